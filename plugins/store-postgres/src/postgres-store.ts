// The record store on Postgres: each call is one statement, and so one transaction of its own, on whichever connection
// of a pool is free. What a lost connection leaves open is asked again until it is known.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { checkOptions, type Json, type KnownOptions } from '@retinue/kernel'
import {
  type Change,
  type ChangePage,
  checkedCursor,
  checkedList,
  checkedOps,
  checkedRead,
  checkKey,
  checkLease,
  checkWatch,
  checkName,
  conflict,
  type ConflictDetails,
  cursorOld,
  type Lease,
  leaseLost,
  type LeaseOptions,
  type ListedRecord,
  type ListOptions,
  type LogEntry,
  type Op,
  prefixEnd,
  type ReadOptions,
  type RecordStore,
  type Result,
  storeClosed,
  type StoredRecord,
  type WatchFilter,
  Watches,
  type WatchOptions,
} from '@retinue/store'
import { Pool, type QueryResultRow } from 'pg'
import { explained, isPassing } from './errors.ts'
import { News } from './news.ts'
import { migrate } from './schema.ts'
import { statement } from './statement.ts'

/** How a Postgres store is opened. */
export interface PostgresStoreOptions {
  /** Where its tables are; it is made where there is none. @default 'retinue' */
  readonly schema?: string
}

/**
 * Opens a store in a database, and makes its tables where there are none. Any number of processes on any number of
 * machines may have it open. A pool that is given stays open when the store is closed.
 *
 * @throws {RETINUE_POSTGRES_UNREACHABLE}, {RETINUE_POSTGRES_REFUSED}, {RETINUE_POSTGRES_UNSUPPORTED},
 * {RETINUE_POSTGRES_RIGHTS}, {RETINUE_POSTGRES_READONLY}, {RETINUE_POSTGRES_FOREIGN}, {RETINUE_POSTGRES_NEWER}
 * @example
 * const store = await postgresStore('postgres://app@db.internal/sessions')
 * const manager = new StoredSessionManager({ store })
 */
export async function postgresStore(
  database: string | Pool,
  options: PostgresStoreOptions = {},
): Promise<RecordStore> {
  checkOptions('A Postgres store', options, storeOptions, 'RETINUE_STORE_INVALID')
  const { schema = 'retinue' } = options
  const quoted = `"${schema}"` // it may be a word of SQL
  const pool = isPool(database) ? database : ownPool(database)
  const close = async (): Promise<void> => {
    if (pool !== database) await pool.end()
  }
  try {
    await migrate(async (text) => {
      return (await pool.query<never>(statement(text))).rows
    }, quoted)
    return new PostgresStore(pool, quoted, new News(pool, `"retinue_${schema}"`), close)
  } catch (error) {
    await close()
    throw explained(error)
  }
}

const storeOptions: KnownOptions<PostgresStoreOptions> = {
  schema: [
    'up to 48 lower-case letters, digits and underscores',
    (schema) => typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,47}$/.test(schema),
  ],
}

function isPool(database: unknown): database is Pool {
  return typeof database === 'object' && database !== null && 'query' in database
}

function ownPool(connectionString: string): Pool {
  checkName(connectionString, 'The address of a database')
  const pool = new Pool({
    connectionString,
    application_name: 'retinue',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    allowExitOnIdle: true, // a server that vanished ends no connection, and no process has to wait for it
  })
  pool.on('error', () => {}) // of a connection that nobody uses: whoever takes one next gets another
  return pool
}

/** How long a lost connection is tried anew before it is an error. */
const patienceMs = 15_000
/** What is asked of a server that went away. */
const probe = { text: 'select 1', query_timeout: 5_000 }
/** Removals that lie further back are forgotten. */
const rememberedRevs = 100_000
/** Receipts that are older are. */
const rememberedTime = '1 hour'
/** How often that is done: once in so many transactions. */
const forgetEvery = 1_000
const watchPage = 256
/** A timer of more goes off at once. */
const longestMs = 2 ** 31 - 1

class PostgresStore implements RecordStore {
  readonly durability = 'commit'
  readonly #pool: Pool
  readonly #schema: string
  readonly #closePool: () => Promise<void>
  readonly #news: News
  readonly #watches: Watches
  /** It begins anywhere, so that processes that write little forget now and then, too. */
  #transactions = Math.floor(Math.random() * forgetEvery)
  readonly #running = new Set<Promise<unknown>>()
  /** The wait for a server that went away, while it is. */
  #return: Promise<boolean> | undefined
  #closing: Promise<void> | undefined

  constructor(pool: Pool, schema: string, news: News, closePool: () => Promise<void>) {
    this.#pool = pool
    this.#schema = schema
    this.#news = news
    this.#watches = new Watches({
      pageAfter: (rev) => this.#changesSince(rev),
      look: (tell) => news.listen(tell),
    })
    this.#closePool = closePool
  }

  async get(kind: string, id: string): Promise<StoredRecord | undefined> {
    checkKey(kind, id)
    const [row] = await this.#ask<{ rev: string; value: string }>(
      `select rev, value from ${this.#schema}.record where kind = $1 and id = $2 and value is not null`,
      [kind, id],
    )
    return row && { rev: Number(row.rev), value: JSON.parse(row.value) as Json }
  }

  async transact(ops: readonly Op[]): Promise<readonly Result[]> {
    this.#refuseClosed()
    const checked = checkedOps(ops)
    // The same each time that it is tried: what was kept though nobody heard of it is told, and not done again.
    const request = randomUUID()
    const [made] = await this.#ask<{ revs: string[]; conflict: ConflictDetails | null }>(
      `select * from ${this.#schema}.transact($1, $2)`,
      [request, JSON.stringify(checked)],
    )
    const { revs, conflict: found } = made!
    if (found !== null) throw conflict(found)
    this.#watches.tell()
    this.#news.send()
    if (++this.#transactions % forgetEvery === 0) this.#forget()
    return revs.map((rev) => ({ rev: Number(rev) }))
  }

  async *list(kind: string, options: ListOptions = {}): AsyncIterable<ListedRecord> {
    const { prefix, after, limit } = checkedList(kind, options)
    const rows = await this.#ask<{ id: string; rev: string; value: string }>(
      `select id, rev, value from ${this.#schema}.record
       where kind = $1 and id >= $2 and id > $3 and ($4::text is null or id < $4) and value is not null
       order by id limit $5`,
      [kind, prefix, after, prefixEnd(prefix), limit],
    )
    for (const { id, rev, value } of rows) yield { id, rev: Number(rev), value: JSON.parse(value) as Json }
  }

  async *read(kind: string, id: string, options: ReadOptions = {}): AsyncIterable<LogEntry> {
    const { after, limit } = checkedRead(kind, id, options)
    const rows = await this.#ask<{ seq: string; value: string }>(
      `select seq, value from ${this.#schema}.entry where kind = $1 and id = $2 and seq > $3 order by seq limit $4`,
      [kind, id, after, limit],
    )
    for (const { seq, value } of rows) yield { seq: Number(seq), value: JSON.parse(value) as Json }
  }

  async cursor(): Promise<string> {
    return String(await this.#settled())
  }

  async *watch(filter: WatchFilter = {}, options: WatchOptions = {}): AsyncIterable<Change> {
    checkWatch(filter, options)
    const { after, signal } = options
    this.#refuseClosed()
    const last = await this.#settled().catch((error: unknown) => {
      if (this.#closing === undefined) throw error
    })
    if (last === undefined || this.#closing !== undefined) return // it was closed meanwhile
    yield* this.#watches.from(checkedCursor(after, last), filter, signal)
  }

  async lease(name: string, options: LeaseOptions): Promise<Lease | undefined> {
    checkLease(name, options)
    const { ttlMs } = options
    const table = `${this.#schema}.lease`
    const end = "clock_timestamp() + $2 * interval '1 ms'" // by the clock of the database, which is one for all machines
    const request = randomUUID()
    let until = performance.now() + ttlMs // by the clock of this machine: nobody else has it before
    const [row] = await this.#ask<{ epoch: string }>(
      `insert into ${table} values ($1, 1 + ${this.#schema}.base(), ${end}, $3)
       on conflict (name) do update
         set epoch = greatest(lease.epoch + 1, excluded.epoch), until = excluded.until, request = excluded.request
       where lease.until <= clock_timestamp() or lease.request = excluded.request returning epoch`,
      [name, ttlMs, request],
    )
    if (row === undefined) return undefined
    const epoch = Number(row.epoch)
    return {
      name,
      epoch,
      renew: async () => {
        const [asked, known] = [performance.now(), until]
        if (asked >= known) throw leaseLost(name, epoch)
        const answered = this.#ask(
          `update ${table} set until = ${end}
           where name = $1 and request = $3 and until > clock_timestamp() returning epoch`,
          [name, ttlMs, request],
        )
        // A server that does not answer is waited for longer than the lease may hold.
        const late = pause(Math.min(known - asked, longestMs), undefined, { ref: false })
        const rows = await Promise.race([answered, late])
        if (rows?.length === 1) until = Math.max(until, asked + ttlMs)
        else if (rows !== undefined || until === known) throw leaseLost(name, epoch)
      },
      release: async () => {
        await this.#ask(`update ${table} set until = '-infinity' where name = $1 and request = $2`, [
          name,
          request,
        ])
      },
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end())
  }

  async #end(): Promise<void> {
    this.#watches.close()
    await Promise.allSettled(this.#running)
    await this.#news.settled()
    await this.#closePool()
  }

  /** A page of what changed after a revision. */
  async #changesSince(since: number): Promise<ChangePage> {
    const last = await this.#settled()
    const rows = await this.#ask<ChangedRow>(
      `select horizon.rev as horizon, changed.* from ${this.#schema}.horizon left join (
         select rev, kind, id, value is null as removed from ${this.#schema}.record
         where rev > $1 and rev <= $2 order by rev limit ${watchPage}
       ) changed on true order by changed.rev`,
      [since, last],
    )
    if (since < Number(rows[0]!.horizon)) throw cursorOld()
    const changes = rows.flatMap(({ rev, kind, id, removed }) =>
      rev === null ? [] : [{ rev: Number(rev), kind, id, removed }],
    )
    const isFull = changes.length === watchPage
    return { changes, until: isFull ? changes.at(-1)!.rev : last, isFull }
  }

  /** A revision up to which all that is kept can be seen: it waits for those who were writing when it was the last. */
  async #settled(): Promise<number> {
    const [stand] = await this.#ask<{ last: string; writing: string[] }>(
      `select * from ${this.#schema}.stand()`,
    )
    let { writing } = stand!
    for (let ms = 2; writing.length > 0; ms = Math.min(2 * ms, 500)) {
      await pause(ms) // longer each time: who is held up, by a lock or a replica that is away, may be so for hours
      const [now] = await this.#ask<{ writers: string[] }>(`select ${this.#schema}.writers()`)
      writing = writing.filter((each) => now!.writers.includes(each))
    }
    return Number(stand!.last)
  }

  #forget(): void {
    // Whoever comes next does it where this fails.
    this.#ask(`select ${this.#schema}.forget($1, $2)`, [rememberedRevs, rememberedTime]).catch(() => {})
  }

  /** Asks the database, and asks again where the connection was lost: all that is asked may be asked twice. */
  async #ask<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    this.#refuseClosed()
    const asked = this.#patiently<Row>(text, values)
    this.#running.add(asked)
    try {
      return await asked
    } finally {
      this.#running.delete(asked)
    }
  }

  async #patiently<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    let until: number | undefined
    for (;;) {
      try {
        return (await this.#pool.query<Row>(statement(text, values))).rows
      } catch (error) {
        until ??= performance.now() + patienceMs
        if (!isPassing(error) || performance.now() > until) throw explained(error)
        if (!(await (this.#return ??= this.#untilBack()))) throw explained(error)
      }
    }
  }

  /** Waits until the server answers again, one for all who ask; tells whether it did in time. */
  async #untilBack(): Promise<boolean> {
    const until = performance.now() + patienceMs
    try {
      for (let attempt = 1; performance.now() < until; attempt++) {
        await pause(Math.random() * Math.min(1000, 20 * 2 ** attempt))
        if (await this.#pool.query(probe).catch(() => false)) return true
      }
      return false
    } finally {
      this.#return = undefined
    }
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw storeClosed()
  }
}

interface ChangedRow {
  readonly horizon: string
  /** Nothing where nothing has changed. */
  readonly rev: string | null
  readonly kind: string
  readonly id: string
  readonly removed: boolean
}
