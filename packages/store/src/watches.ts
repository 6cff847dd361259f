// The watches of a store whose cursors are its revisions: each reads what changed page by page, and then waits until
// there may be more. Who looks for that, and only while somebody watches, is the store's business.
import type { Change } from './record-store.ts'

/** What changed after a revision, in order. */
export interface ChangePage {
  readonly changes: readonly Omit<Change, 'cursor'>[]
  /** No other change lies up to here, nor ever will. */
  readonly until: number
  /** Whether there may be more behind it. */
  readonly isFull: boolean
}

/** The watches of one store. For those who write a store. */
export class Watches {
  readonly #look: (tell: () => void) => () => void
  readonly #open = new Set<Watch>()
  #stop: (() => void) | undefined

  /** `look` begins to call `tell` whenever something may have changed; what it gives ends that. */
  constructor(look: (tell: () => void) => () => void) {
    this.#look = look
  }

  /** Something may have changed. */
  readonly tell = (): void => {
    for (const watch of this.#open) watch.wake()
  }

  /** Ends all watches, also those whose readers are not waiting. */
  close(): void {
    for (const watch of this.#open) watch.end()
    this.#rest()
  }

  /** Tells what changes from a revision on, until the signal aborts or the store is closed. */
  async *from(
    since: number,
    pageAfter: (rev: number) => Promise<ChangePage>,
    signal: AbortSignal | undefined,
  ): AsyncIterable<Change> {
    const watch = new Watch()
    this.#open.add(watch)
    this.#stop ??= this.#look(this.tell)
    signal?.addEventListener('abort', watch.end)
    if (signal?.aborted) watch.end()
    try {
      for (let rev = since; watch.isOpen;) {
        watch.isNews = false // before it reads: what comes meanwhile is seen the next time
        const { changes, until, isFull } = await pageAfter(rev)
        for (const change of changes) {
          rev = change.rev
          yield { ...change, cursor: String(rev) }
          if (!watch.isOpen) return
        }
        rev = Math.max(rev, until)
        if (!isFull) await watch.wait()
      }
    } catch (error) {
      if (watch.isOpen) throw error // else the store was closed while it was read
    } finally {
      signal?.removeEventListener('abort', watch.end)
      this.#open.delete(watch)
      if (this.#open.size === 0) this.#rest()
    }
  }

  /** Looks no longer for what may have changed. */
  #rest(): void {
    this.#stop?.()
    this.#stop = undefined
  }
}

/** One watch: whether there may be something to read, and whether it goes on. */
class Watch {
  isOpen = true
  isNews = true
  #resolve: (() => void) | undefined

  /** Waits until there may be something new. */
  async wait(): Promise<void> {
    if (this.isNews || !this.isOpen) return
    await new Promise<void>((resolve) => {
      this.#resolve = resolve
    })
  }

  wake(): void {
    this.isNews = true
    this.#resolve?.()
  }

  readonly end = (): void => {
    this.isOpen = false
    this.#resolve?.()
  }
}
