// When a watch looks again, beside after a commit of its own process: when another process says that it has committed.
// It says so after its transaction and not within it, which would have all transactions of the server wait for each
// other. A word that is lost costs half a second: that often it looks anyway. Behind a pooler nothing else happens: who
// listens there has others hear it, since connections are lent from one to the next.
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { statement } from './statement.ts'

const pollMs = 500
/** How many connections of a pool listen, for all stores on it: at most half of them, so that those who ask get one. */
const listening = new WeakMap<Pool, number>()

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
      await this.#pool.query(statement(`notify ${this.#channel}`)).catch(() => {}) // they look anyway
    }
    this.#sending = undefined
  }

  /** Calls `tell` whenever there may be something to read; what it gives ends that. */
  listen(tell: () => void): () => void {
    const stop = new AbortController()
    const timer = setInterval(tell, pollMs)
    this.#hearing = this.#hear(tell, stop.signal)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }

  /** Resolves when all is told, and the connection that listened is let go. */
  async settled(): Promise<void> {
    await Promise.all([this.#sending, this.#hearing])
  }

  /** Listens on a connection of its own, when there is one, and on another where that is lost; not at all behind a pooler. */
  async #hear(tell: () => void, signal: AbortSignal): Promise<void> {
    for (let isDirect = true; isDirect && !signal.aborted;) {
      isDirect = await this.#hearUntilLost(tell, signal).catch(() => true)
      await pause(pollMs, undefined, { signal }).catch(() => {})
    }
  }

  /** Tells whether connections lead to the server itself, as far as is known. */
  async #hearUntilLost(tell: () => void, signal: AbortSignal): Promise<boolean> {
    const count = 1 + (listening.get(this.#pool) ?? 0)
    if (count > this.#pool.options.max / 2) return true
    listening.set(this.#pool, count)
    let client: PoolClient | undefined
    try {
      client = await connection(this.#pool)
      if (!(await isDirect(client))) return false
      client.on('notification', tell)
      await client.query(statement(`listen ${this.#channel}`))
      await once(client, 'end', { signal })
      return true
    } finally {
      listening.set(this.#pool, listening.get(this.#pool)! - 1)
      client?.release(true) // it listens as long as it lives
    }
  }
}

/** A connection whose end is no error from the first moment on: a server may say that it ends with its greeting. */
function connection(pool: Pool): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      client?.on('error', () => {})
      if (client === undefined) reject(error!)
      else resolve(client)
    })
  })
}

/** Whether the server itself has greeted a client: a pooler makes up a process of its own. */
async function isDirect(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>(statement('select pg_backend_pid() as pid'))
  return rows[0]!.pid === (client as { readonly processID?: number }).processID
}
