// A check of stores is one promise of their contract, on stores of its own.
import type { TestedStore } from './tested-store.ts'

/** One promise that stores make. */
export interface StoreCheck {
  /** What holds, as a sentence. */
  readonly name: string
  /** How a store is mended that does not keep it. */
  readonly mend: string
  run(stores: Stores): Promise<void>
}

/** Where a check has its stores from; they are closed after it. */
export interface Stores {
  /** How many sequences of calls the model is compared over. */
  readonly runs: number
  /** A new store, with nothing in it. */
  open(): Promise<TestedStore>
  /** The same data once more, as another process opens it; nothing where a store can not. */
  reopen(store: TestedStore): Promise<TestedStore | undefined>
}
