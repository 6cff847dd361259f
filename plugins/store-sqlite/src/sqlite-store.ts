// The record store on one SQLite file: reads at once, writes by the queue, watches along the rows of records.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Json } from '@retinue/kernel'
import {
  type Change,
  type ChangePage,
  checkedCursor,
  checkedList,
  checkedOps,
  type CheckedOp,
  checkedRead,
  checkKey,
  checkLease,
  checkWatch,
  checkName,
  conflict,
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
import { openDatabase, whileBusy } from './connection.ts'
import { damaged, explained } from './errors.ts'
import { fileWatch } from './file-watch.ts'
import { WriteQueue } from './write-queue.ts'

/**
 * Opens a store in a file, and makes it where there is none. Several processes may have one file open; it must not lie
 * on a network file system.
 *
 * @throws {RETINUE_SQLITE_UNSUPPORTED}, {RETINUE_SQLITE_PATH}, {RETINUE_SQLITE_FOREIGN}, {RETINUE_SQLITE_NEWER}
 * @example
 * const store = await sqliteStore('sessions.db')
 * const manager = new StoredSessionManager({ store })
 */
export async function sqliteStore(path: string): Promise<RecordStore> {
  checkName(path, 'The path of a store')
  return new SqliteStore(await openDatabase(path), path)
}

/** Removals that lie further back are forgotten. */
const rememberedRevs = 100_000
/** How often that is done: once in so many removals. */
const forgetEvery = 1_000
const watchPage = 256
const readPage = 512

/** A store on a connection that was opened for it. */
export class SqliteStore implements RecordStore {
  readonly durability = 'commit'
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #queue: WriteQueue
  readonly #watches: Watches
  readonly #statements = new Map<string, StatementSync>()
  /** It begins anywhere, so that processes that remove little forget now and then, too. */
  #removals = Math.floor(Math.random() * forgetEvery)
  #closing: Promise<void> | undefined

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
    this.#watches = new Watches({
      pageAfter: (rev) => this.#read(() => this.#changesSince(rev)),
      look: fileWatch(db),
    })
    this.#queue = new WriteQueue(db, path, this.#watches.tell)
  }

  async get(kind: string, id: string): Promise<StoredRecord | undefined> {
    checkKey(kind, id)
    const found = await this.#read(() => this.#find(kind, id))
    return found && { rev: found.rev, value: this.#json(found.value, kind, id) }
  }

  async transact(ops: readonly Op[]): Promise<readonly Result[]> {
    const checked = checkedOps(ops)
    return this.#queue.add(sizeOf(checked), () => checked.map((op) => ({ rev: this.#make(op) })))
  }

  async *list(kind: string, options: ListOptions = {}): AsyncIterable<ListedRecord> {
    const { prefix, after, limit } = checkedList(kind, options)
    const end = prefixEnd(prefix)
    // One lower bound: of two, SQLite looks the first one up, and walks from there to the other.
    const rows = (await this.#read(() =>
      this.#sql(
        `select id, rev, value from record
         where kind = ? and id >= max(?, ?) and id <> ? ${end === undefined ? '' : 'and id < ?'} and value is not null
         order by id limit ?`,
      ).all(kind, prefix, after, after, ...(end === undefined ? [] : [end]), limit ?? -1),
    )) as unknown as Row[]
    for (const { id, rev, value } of rows) yield { id, rev, value: this.#json(value, kind, id) }
  }

  async *read(kind: string, id: string, options: ReadOptions = {}): AsyncIterable<LogEntry> {
    const { after, limit = Infinity } = checkedRead(kind, id, options)
    // Page by page, and others have their turn between: a long log takes a second.
    for (let from = after; from < after + limit; from += readPage) {
      const rows = (await this.#read(() =>
        this.#sql(
          'select seq, value from entry where kind = ? and id = ? and seq > ? order by seq limit ?',
        ).all(kind, id, from, Math.min(readPage, after + limit - from)),
      )) as unknown as { seq: number; value: string }[]
      for (const { seq, value } of rows) yield { seq, value: this.#json(value, kind, id) }
      if (rows.length < readPage) return
      await new Promise(setImmediate)
    }
  }

  async cursor(): Promise<string> {
    return String(await this.#read(() => this.#lastRev()))
  }

  async *watch(filter: WatchFilter = {}, options: WatchOptions = {}): AsyncIterable<Change> {
    checkWatch(filter, options)
    const { after, signal } = options
    const since = checkedCursor(after, await this.#read(() => this.#lastRev()))
    yield* this.#watches.from(since, filter, signal)
  }

  async lease(name: string, options: LeaseOptions): Promise<Lease | undefined> {
    checkLease(name, options)
    const { ttlMs } = options
    const row = await this.#queue.add(small, () => {
      const now = Date.now()
      const take = this.#sql(
        `insert into lease (name, epoch, until) values (?, 1, ?)
         on conflict (name) do update set epoch = epoch + 1, until = excluded.until where until <= ?
         returning epoch`,
      )
      return take.get(name, now + ttlMs, now) as { epoch: number } | undefined
    })
    if (row === undefined) return undefined
    const { epoch } = row
    /** Sets the end of a lease that runs beyond a time; tells whether it did. */
    const extend = (until: number, from: number): boolean =>
      this.#sql('update lease set until = ? where name = ? and epoch = ? and until > ?').run(
        until,
        name,
        epoch,
        from,
      ).changes !== 0
    return {
      name,
      epoch,
      renew: () =>
        this.#queue.add(small, () => {
          const now = Date.now()
          if (!extend(now + ttlMs, now)) throw leaseLost(name, epoch)
        }),
      release: async () => {
        await this.#queue.add(small, () => extend(0, 0))
      },
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end())
  }

  async #end(): Promise<void> {
    this.#watches.close()
    await this.#queue.close()
    this.#db.close()
  }

  /** Makes one change inside the open transaction; gives its revision. */
  #make(op: CheckedOp): number {
    const { kind, id, expect: expected } = op
    const actual = op.op === 'append' ? this.#lengthOf(kind, id) : (this.#find(kind, id)?.rev ?? 0)
    if (expected !== undefined && expected !== actual) throw conflict({ kind, id, expected, actual })
    if (op.op === 'put') return this.#replace(kind, id, op.text)
    if (op.op === 'append') {
      const insert = this.#sql('insert into entry (kind, id, seq, value) values (?, ?, ?, ?)')
      op.texts.forEach((text, i) => insert.run(kind, id, actual + i + 1, text))
      return actual + op.texts.length
    }
    this.#sql('delete from entry where kind = ? and id = ?').run(kind, id)
    if (actual === 0) return 0
    const rev = this.#replace(kind, id, null)
    if (++this.#removals % forgetEvery === 0) this.#forget(rev - rememberedRevs)
    return rev
  }

  #replace(kind: string, id: string, text: string | null): number {
    const put = this.#sql('insert or replace into record (kind, id, value) values (?, ?, ?)')
    return Number(put.run(kind, id, text).lastInsertRowid)
  }

  #find(kind: string, id: string): { rev: number; value: string } | undefined {
    const find = this.#sql('select rev, value from record where kind = ? and id = ? and value is not null')
    return find.get(kind, id) as { rev: number; value: string } | undefined
  }

  #lengthOf(kind: string, id: string): number {
    const find = this.#sql('select max(seq) as length from entry where kind = ? and id = ?')
    return (find.get(kind, id) as { length: number | null }).length ?? 0
  }

  #lastRev(): number {
    const find = this.#sql("select seq from sqlite_sequence where name = 'record'")
    return (find.get() as { seq: number } | undefined)?.seq ?? 0
  }

  /** Drops the rows of old removals, and remembers up to where. */
  #forget(rev: number): void {
    const gone = this.#sql('delete from record where value is null and rev <= ?').run(rev)
    if (gone.changes !== 0) this.#sql('update horizon set rev = max(rev, ?)').run(rev)
  }

  /** A page of what changed after a revision. */
  #changesSince(since: number): ChangePage {
    const { rev: horizon } = this.#sql('select rev from horizon').get() as { rev: number }
    if (since < horizon) throw cursorOld()
    const last = this.#lastRev()
    const rows = this.#sql(
      `select rev, kind, id, value is null as removed from record where rev > ? order by rev limit ${watchPage}`,
    ).all(since) as unknown as ChangedRow[]
    const isFull = rows.length === watchPage
    return {
      changes: rows.map((row) => ({ ...row, removed: row.removed === 1 })),
      until: isFull ? rows.at(-1)!.rev : last,
      isFull,
    }
  }

  /** Reads from the file; what SQLite throws is explained. */
  async #read<T>(run: () => T): Promise<T> {
    try {
      return await whileBusy(() => {
        this.#refuseClosed()
        return run()
      })
    } catch (error) {
      throw explained(error, this.#path)
    }
  }

  /** A value as it was stored; whoever else wrote to the file may have broken it. */
  #json(text: string, kind: string, id: string): Json {
    try {
      return JSON.parse(text) as Json
    } catch (error) {
      throw damaged(`The ${kind} '${id}' in '${this.#path}' is no JSON`, error)
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (statement === undefined) this.#statements.set(text, (statement = this.#db.prepare(text)))
    return statement
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw storeClosed()
  }
}

interface Row {
  readonly id: string
  readonly rev: number
  readonly value: string
}

interface ChangedRow {
  readonly rev: number
  readonly kind: string
  readonly id: string
  readonly removed: 0 | 1
}

const small = { rows: 1, bytes: 0 }

function sizeOf(ops: readonly CheckedOp[]): { rows: number; bytes: number } {
  let [rows, bytes] = [0, 0]
  for (const op of ops) {
    const texts = op.op === 'put' ? [op.text] : op.op === 'append' ? op.texts : ['']
    rows += texts.length
    for (const text of texts) bytes += text.length
  }
  return { rows, bytes }
}
