// When a watch looks again, beside after a commit of its own process: when another process says that it has committed.
// It says so after its transaction and not within it, which would have all transactions of the server wait for each
// other. A word that is lost, as one is where a pooler stands between, costs half a second: that often it looks anyway.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'

const pollMs = 500

/** What the processes that use one store tell each other. */
export class News {
  readonly #pool: Pool
  readonly #channel: string
  #sending: Promise<void> | undefined
  #isDue = false
  #hearing: Promise<void> | undefined

  constructor(pool: Pool, channel: string) {
    this.#pool = pool
    this.#channel = channel
  }

  /** Tells the others that there is something to read; what comes while it is being told is told once more, together. */
  send(): void {
    this.#isDue = true
    this.#sending ??= this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      await this.#pool.query(`notify ${this.#channel}`).catch(() => {}) // they look anyway
    }
    this.#sending = undefined
  }

  /** Calls `tell` whenever there may be something to read; what it gives ends that. */
  listen(tell: () => void): () => void {
    const stop = new AbortController()
    const timer = setInterval(tell, pollMs)
    if (this.#pool.options.max !== 1) this.#hearing = this.#hear(tell, stop.signal)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }

  /** Resolves when all is told, and the connection that listened is let go. */
  async settled(): Promise<void> {
    await Promise.all([this.#sending, this.#hearing])
  }

  /** Listens on a connection of its own, and on another where that is lost. */
  async #hear(tell: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#hearUntilLost(tell, signal).catch(() => {})
      await pause(pollMs, undefined, { signal }).catch(() => {})
    }
  }

  async #hearUntilLost(tell: () => void, signal: AbortSignal): Promise<void> {
    const client = await this.#pool.connect()
    try {
      client.on('error', () => {}) // it ends then
      client.on('notification', tell)
      await client.query(`listen ${this.#channel}`)
      await once(client, 'end', { signal })
    } finally {
      client.release(true) // it listens as long as it lives
    }
  }
}
