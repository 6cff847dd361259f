// One watch: what it has yet to tell, the newest change of each record, in the order in which they were made.
import type { Change, WatchFilter } from './record-store.ts'

/** Takes in changes, and gives those that fit to whoever reads them, until it is ended or the signal aborts. */
export class Watch {
  readonly #filter: WatchFilter
  readonly #signal: AbortSignal | undefined
  readonly #waiting = new Map<string, Change>()
  #isOpen = true
  #error: unknown
  #wake: () => void = () => {}

  constructor(filter: WatchFilter, signal: AbortSignal | undefined) {
    this.#filter = filter
    this.#signal = signal
    signal?.addEventListener('abort', this.end)
    if (signal?.aborted) this.end()
  }

  /** Whether it goes on. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether it is to tell of a change. */
  fits({ kind, id }: Pick<Change, 'kind' | 'id'>): boolean {
    const { kind: only = kind, prefix = '' } = this.#filter
    return kind === only && id.startsWith(prefix)
  }

  /** Takes in a change, in place of what it has yet to tell of that record. */
  add(change: Change): void {
    if (!this.fits(change)) return
    const key = `${change.kind}\0${change.id}`
    this.#waiting.delete(key) // cursors stay in order
    this.#waiting.set(key, change)
    this.#wake()
  }

  /** Ends it, whether its reader is waiting or not. */
  readonly end = (): void => {
    this.#isOpen = false
    this.#signal?.removeEventListener('abort', this.end)
    this.#wake()
  }

  /** Ends it with an error, which its reader is told after what waits. */
  fail(error: unknown): void {
    this.#error = error
    this.#wake()
  }

  /** Gives what it takes in, until it ends. */
  async *changes(): AsyncGenerator<Change, void> {
    while (this.#isOpen) {
      for (const [key, change] of this.#waiting) {
        this.#waiting.delete(key)
        yield change
        if (!this.#isOpen) return
      }
      if (this.#error !== undefined) throw this.#error
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
