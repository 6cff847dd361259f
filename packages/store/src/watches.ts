// The watches of a store whose cursors are its revisions. What changes is read page by page, once for all of them; who
// begins further back reads on its own until it is there. Nothing is looked for while nobody watches.
import type { Change, WatchFilter } from './record-store.ts'
import { Watch } from './watch.ts'

/** What changed after a revision, in order. */
export interface ChangePage {
  readonly changes: readonly Omit<Change, 'cursor'>[]
  /** No other change lies up to here, nor ever will. */
  readonly until: number
  /** Whether there may be more behind it. */
  readonly isFull: boolean
}

/** What a store gives for its watches. */
export interface ChangeSource {
  /** Reads what changed after a revision. */
  pageAfter(rev: number): Promise<ChangePage>
  /** Begins to call `tell` whenever something may have changed; what it gives ends that. */
  look(tell: () => void): () => void
}

/** The watches of one store. For those who write a store. */
export class Watches {
  readonly #source: ChangeSource
  readonly #open = new Set<Watch>()
  /** Up to where what changed was given to all of them. */
  #rev = 0
  #isNews = false
  #wake: () => void = () => {}
  #stop: (() => void) | undefined

  constructor(source: ChangeSource) {
    this.#source = source
  }

  /** Something may have changed. */
  readonly tell = (): void => {
    this.#isNews = true
    this.#wake()
  }

  /** Ends all watches, also those whose readers are not waiting. */
  close(): void {
    for (const watch of this.#open) watch.end()
    this.#open.clear()
    this.#rest()
    this.#wake()
  }

  /** Tells what changes from a revision on, until the signal aborts or the store is closed. */
  async *from(since: number, filter: WatchFilter, signal: AbortSignal | undefined): AsyncIterable<Change> {
    const watch = new Watch(filter, signal)
    this.#open.add(watch)
    if (this.#stop === undefined) void this.#read(since)
    const joined = this.#rev
    try {
      for (let rev = since; rev < joined && watch.isOpen;) {
        const { changes, until } = await this.#source.pageAfter(rev)
        for (const change of changes) {
          if (change.rev <= joined && watch.fits(change)) yield told(change)
          if (!watch.isOpen) return
        }
        rev = until
      }
      for await (const change of watch.changes()) if (change.rev > since) yield change
    } catch (error) {
      if (watch.isOpen) throw error // else the store was closed while it was read
    } finally {
      watch.end()
      this.#open.delete(watch)
      this.#wake()
    }
  }

  /** Reads from a revision on, as long as anybody watches. */
  async #read(since: number): Promise<void> {
    this.#stop = this.#source.look(this.tell)
    this.#rev = since
    try {
      while (this.#open.size > 0) {
        this.#isNews = false // before it reads: what comes meanwhile is seen the next time
        const { changes, until, isFull } = await this.#source.pageAfter(this.#rev)
        for (const change of changes) for (const watch of this.#open) watch.add(told(change))
        this.#rev = Math.max(this.#rev, until)
        if (!isFull) await this.#news()
      }
    } catch (error) {
      for (const watch of this.#open) watch.fail(error)
      this.#open.clear()
    }
    this.#rest()
  }

  /** Waits until there may be something to read, or nobody watches any more. */
  async #news(): Promise<void> {
    while (!this.#isNews && this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Looks no longer for what may have changed. */
  #rest(): void {
    this.#stop?.()
    this.#stop = undefined
  }
}

function told(change: Omit<Change, 'cursor'>): Change {
  return { ...change, cursor: String(change.rev) }
}
