// A record store as far as its contract uses it. It says the same as `RecordStore` of @retinue/store, which this package
// does not depend on: whoever puts such a store to the contract has the compiler compare the two.
import type { Json } from '@retinue/kernel'

/** What can be put to the contract of stores: any `RecordStore`. */
export interface TestedStore {
  get(kind: string, id: string): Promise<{ readonly rev: number; readonly value: Json } | undefined>
  transact(ops: readonly StoreOp[]): Promise<readonly { readonly rev: number }[]>
  list(
    kind: string,
    options?: { readonly prefix?: string; readonly after?: string; readonly limit?: number },
  ): AsyncIterable<{ readonly id: string; readonly rev: number; readonly value: Json }>
  read(
    kind: string,
    id: string,
    options?: { readonly after?: number; readonly limit?: number },
  ): AsyncIterable<{ readonly seq: number; readonly value: Json }>
  cursor(): Promise<string>
  watch(
    filter?: { readonly kind?: string; readonly prefix?: string },
    options?: { readonly after?: string; readonly signal?: AbortSignal },
  ): AsyncIterable<StoreChange>
  lease(name: string, options: { readonly ttlMs: number }): Promise<StoreLease | undefined>
  close(): Promise<void>
}

/** One change in a transaction. */
export type StoreOp = { readonly kind: string; readonly id: string; readonly expect?: number } & (
  | { readonly op: 'put'; readonly value: Json }
  | { readonly op: 'remove' }
  | { readonly op: 'append'; readonly values: readonly Json[] }
)

/** What a watch tells. */
export interface StoreChange {
  readonly kind: string
  readonly id: string
  readonly rev: number
  readonly removed: boolean
  readonly cursor: string
}

/** A lease that is held. */
export interface StoreLease {
  readonly epoch: number
  renew(): Promise<void>
  release(): Promise<void>
}
