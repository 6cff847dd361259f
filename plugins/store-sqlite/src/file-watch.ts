// When a watch looks again: after a commit of this connection, and when SQLite's `data_version` says that another
// connection or process has committed. It is asked only while somebody watches.
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** How often other processes are looked for. */
const pollMs = 30

/** The watches of one connection. */
export class FileWatch {
  readonly #version: StatementSync
  readonly #tickets = new Set<Ticket>()
  #timer: ReturnType<typeof setInterval> | undefined
  #last: unknown

  constructor(db: DatabaseSync) {
    this.#version = db.prepare('pragma data_version')
  }

  /** Begins a watch, until the signal aborts. */
  join(signal: AbortSignal | undefined): Ticket {
    const ticket = new Ticket(signal, () => this.#leave(ticket))
    this.#tickets.add(ticket)
    if (this.#timer === undefined) {
      this.#last = this.#look()
      this.#timer = setInterval(() => this.#poll(), pollMs)
    }
    return ticket
  }

  /** Wakes the watches. */
  tell(): void {
    for (const ticket of this.#tickets) ticket.wake()
  }

  /** Ends the watches. */
  close(): void {
    for (const ticket of this.#tickets) ticket.end()
  }

  #poll(): void {
    const now = this.#look()
    if (now === this.#last) return
    this.#last = now
    this.tell()
  }

  #look(): unknown {
    try {
      return (this.#version.get() as { data_version: number }).data_version
    } catch (error) {
      return error // another one each time: the watches look, and meet it themselves
    }
  }

  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket)
    if (this.#tickets.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** One watch: whether there may be something to read, and whether it goes on. */
export class Ticket {
  readonly #signal: AbortSignal | undefined
  readonly #left: () => void
  #isOpen = true
  #isNews = true
  #resolve: (() => void) | undefined
  readonly #end = (): void => this.end()

  constructor(signal: AbortSignal | undefined, left: () => void) {
    this.#signal = signal
    this.#left = left
    if (signal?.aborted) this.#isOpen = false
    signal?.addEventListener('abort', this.#end)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Everything until now is about to be read. */
  clear(): void {
    this.#isNews = false
  }

  /** Waits until there may be something new. */
  async wait(): Promise<void> {
    if (this.#isNews || !this.#isOpen) return
    await new Promise<void>((resolve) => {
      this.#resolve = resolve
    })
  }

  wake(): void {
    this.#isNews = true
    this.#resolve?.()
  }

  end(): void {
    this.#isOpen = false
    this.#resolve?.()
    this.leave()
  }

  leave(): void {
    this.#signal?.removeEventListener('abort', this.#end)
    this.#left()
  }
}
