// Group commit: requests that come together share one transaction, and so one wait for the disk. Each has a savepoint
// of its own, so that what one of them gets wrong is undone for it alone. A batch is bounded, because SQLite blocks
// the event loop while it writes; whoever asked hears of it after the commit.
import type { DatabaseSync } from 'node:sqlite'
import { storeClosed } from '@retinue/store'
import { askPlace, inTransaction, whileBusy } from './connection.ts'
import { explained } from './errors.ts'
import { askVersion, refuseNewer } from './schema.ts'

interface Request {
  readonly rows: number
  readonly bytes: number
  run(): unknown
  resolve(value: never): void
  reject(error: unknown): void
}

const maxRows = 64
const maxBytes = 256 * 1024

/** The writes of one connection, in order. */
export class WriteQueue {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #refuseMoved: () => void
  readonly #version: () => number
  /** Runs after each commit. */
  readonly #committed: () => void
  readonly #requests: Request[] = []
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(db: DatabaseSync, path: string, committed: () => void) {
    this.#db = db
    this.#path = path
    this.#refuseMoved = askPlace(path)
    this.#version = askVersion(db)
    this.#committed = committed
  }

  /** Runs a write in a transaction; resolves with what it gave once that is on disk. A throw undoes it alone. */
  add<T>(size: { readonly rows: number; readonly bytes: number }, run: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(storeClosed())
    return new Promise<T>((resolve, reject) => {
      this.#requests.push({ ...size, run, resolve, reject })
      this.#running ??= this.#work()
    })
  }

  /** Takes no more, and resolves when all that was asked for is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #work(): Promise<void> {
    // What the job that runs now still asks for comes along.
    for (;;) {
      await new Promise(setImmediate)
      const batch = this.#nextBatch()
      if (batch.length === 0) break
      await this.#commit(batch)
    }
    this.#running = undefined
  }

  #nextBatch(): Request[] {
    let [count, rows, bytes] = [0, 0, 0]
    for (const request of this.#requests) {
      rows += request.rows
      bytes += request.bytes
      if (count > 0 && (rows > maxRows || bytes > maxBytes)) break
      count++
    }
    return this.#requests.splice(0, count)
  }

  async #commit(batch: readonly Request[]): Promise<void> {
    try {
      const outcomes = await whileBusy(() =>
        inTransaction(this.#db, () => {
          this.#refuseMoved()
          refuseNewer(this.#version(), this.#path)
          return batch.map((request) => this.#try(request))
        }),
      )
      this.#committed()
      outcomes.forEach((tell) => tell())
    } catch (error) {
      for (const { reject } of batch) reject(explained(error, this.#path))
    }
  }

  /** Runs one request, and gives what tells its outcome. */
  #try({ run, resolve, reject }: Request): () => void {
    const db = this.#db
    db.exec('savepoint request')
    try {
      const value = run()
      db.exec('release request')
      return () => resolve(value as never)
    } catch (error) {
      if (!db.isTransaction) throw error // all of the batch is undone
      db.exec('rollback to request; release request')
      return () => reject(explained(error, this.#path))
    }
  }
}
