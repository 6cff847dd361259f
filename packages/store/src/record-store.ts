// The contract of a record store: what retinue asks of whatever keeps its sessions. Records have a revision and are
// replaced under a condition; logs only grow; both change together, all or nothing. Nothing here knows what is stored.
import type { Json } from '@retinue/kernel'

/**
 * Keeps records and logs by kind and id. An implementation proves itself by `testStore` of
 * @retinue/testing.
 *
 * - A **record** has a value and a revision: a number that grows over the whole store and never comes back, so that a
 *   record that was removed and made again is not taken for the old one.
 * - A **log** has entries, numbered from 1 without gaps. A key may have a record, a log, or both.
 * - What was acknowledged is kept: with the durability `commit` it is on disk when `transact` resolves.
 * - Reads see every transaction that was acknowledged before they began, from whichever process.
 */
export interface RecordStore {
  /** `commit`: an acknowledged transaction survives the end of the process and of the machine. `memory`: it does not. */
  readonly durability: 'commit' | 'memory'

  /** Reads one record; `undefined` where there is none. */
  get(kind: string, id: string): Promise<StoredRecord | undefined>

  /**
   * Makes the changes in order, all of them or none; resolves with one result for each when they are kept.
   * @throws {RETINUE_STORE_CONFLICT} where an expectation does not hold: `details` names the record and both revisions.
   * @throws {RETINUE_STORE_INVALID} before anything is written.
   * @throws {RETINUE_STORE_CLOSED} after `close`.
   * @throws any other error where it failed for a reason that may pass or be mended, as a full disk, a lost connection or
   * a missing right may: whoever saves tries again. Where a store can't know what came of it, it may have been made.
   */
  transact(ops: readonly Op[]): Promise<readonly Result[]>

  /** The records of a kind in the order of their ids (by code point), as they were at one moment. */
  list(kind: string, options?: ListOptions): AsyncIterable<ListedRecord>

  /** The entries of a log, in order. */
  read(kind: string, id: string, options?: ReadOptions): AsyncIterable<LogEntry>

  /** Where the store stands: a watch from here on misses nothing that is not in a list made after. */
  cursor(): Promise<string>

  /**
   * Tells of changed records until the signal aborts or the store is closed. Each change comes at least once, in order
   * for each record; several of one record may come as the newest. Logs are not watched: change a record along.
   * @throws {RETINUE_STORE_CURSOR_OLD} where the cursor lies before removals that are forgotten: list again.
   */
  watch(filter?: WatchFilter, options?: WatchOptions): AsyncIterable<Change>

  /**
   * Takes a lease that nobody else holds; `undefined` where somebody does. It runs out by the clock of the machine. The
   * epoch grows with each holder: store it with what you write, and an old holder is told by it.
   */
  lease(name: string, options: LeaseOptions): Promise<Lease | undefined>

  /** Finishes what was begun, ends the watches, and lets go of everything. */
  close(): Promise<void>
}

/** A record as it is read. */
export interface StoredRecord {
  /** Its revision: what a change of it may expect. */
  readonly rev: number
  readonly value: Json
}

/** A record in a list. */
export interface ListedRecord extends StoredRecord {
  readonly id: string
}

/** An entry of a log. */
export interface LogEntry {
  /** Its number: 1 is the first. */
  readonly seq: number
  readonly value: Json
}

/** One change in a transaction. */
export type Op = PutOp | RemoveOp | AppendOp

/** Makes or replaces a record. */
export interface PutOp {
  readonly op: 'put'
  readonly kind: string
  readonly id: string
  readonly value: Json
  /** The revision that it must have; 0: it must not exist. @default any */
  readonly expect?: number
}

/** Takes a key away: its record, and its log, whose next entry is 1 again. */
export interface RemoveOp {
  readonly op: 'remove'
  readonly kind: string
  readonly id: string
  /** The revision that the record must have; 0: there must be none. @default any */
  readonly expect?: number
}

/** Adds entries to a log. */
export interface AppendOp {
  readonly op: 'append'
  readonly kind: string
  readonly id: string
  readonly values: readonly Json[]
  /** The number that the last entry must have; 0: there must be none. @default any */
  readonly expect?: number
}

/** What a change came to. */
export interface Result {
  /** Of a put: the record's new revision. Of a removal: its own, or 0 where no record was. Of an append: the last number. */
  readonly rev: number
}

/** Which records are listed. */
export interface ListOptions {
  /** Only ids that begin so. */
  readonly prefix?: string
  /** Only ids after this one: the last of the page before. */
  readonly after?: string
  /** @default all */
  readonly limit?: number
}

/** Which entries are read. */
export interface ReadOptions {
  /** Only entries after this number. @default 0 */
  readonly after?: number
  /** @default all */
  readonly limit?: number
}

/** Which records are watched. */
export interface WatchFilter {
  /** @default every kind */
  readonly kind?: string
  /** Only ids that begin so. */
  readonly prefix?: string
}

/** From where on, and how long, records are watched. */
export interface WatchOptions {
  /** Tells what came after this cursor. @default where the store stands when the first change is asked for */
  readonly after?: string
  /** Ends the watch. */
  readonly signal?: AbortSignal
}

/** A record was put or removed. Whoever knows a revision as new as `rev` has nothing to do. */
export interface Change {
  readonly kind: string
  readonly id: string
  readonly rev: number
  readonly removed: boolean
  /** Watch from here after a break. */
  readonly cursor: string
}

/** How a lease is taken. */
export interface LeaseOptions {
  /** How long it holds without renewal; a whole number. */
  readonly ttlMs: number
}

/** A lease that is held. */
export interface Lease {
  readonly name: string
  /** One more with each holder. */
  readonly epoch: number
  /** Has it hold for its time from now on. @throws {RETINUE_STORE_LEASE_LOST} */
  renew(): Promise<void>
  /** Lets others have it; nothing happens where it was lost already. */
  release(): Promise<void>
}
