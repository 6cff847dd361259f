// Opening the file: which SQLite is fit, the modes that make an acknowledged write durable, and waiting for others
// who open it at the same moment.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { explained, failure, isBusy } from './errors.ts'
import { fileVersion, migrate, schemaVersion } from './schema.ts'

/** Before it, two connections that write and checkpoint at one moment could damage a file in WAL mode. */
const oldestSqlite = [3, 51, 3] as const

/** How long SQLite itself waits for a lock: short, because it blocks the event loop. */
const busyWaitMs = 20

/** How long a lock is waited for in all before it is an error. */
const patienceMs = 15_000

/** Opens a file, and makes it where there is none. */
export async function openDatabase(path: string): Promise<DatabaseSync> {
  const { DatabaseSync: Database } = nodeSqlite()
  try {
    const db = new Database(path)
    try {
      db.exec(`pragma busy_timeout = ${busyWaitMs}`)
      await whileBusy(() => checkVersion(sqliteVersion(db))) // even that reads the file
      const version = await whileBusy(() => fileVersion(db, path)) // before anything is written
      await whileBusy(() => useLog(db, path))
      // Only an older file needs the lock of writers: who reads has nobody to wait for.
      if (version < schemaVersion) await whileBusy(() => inTransaction(db, () => migrate(db, path)))
      else checkWritable(db)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    throw explained(error, path)
  }
}

/** @throws {RETINUE_SQLITE_UNSUPPORTED} */
export function checkVersion(version: string): void {
  const parts = version.split('.').map(Number)
  const at = oldestSqlite.findIndex((least, i) => parts[i] !== least)
  if (at < 0 || parts[at]! > oldestSqlite[at]!) return
  throw failure(
    'RETINUE_SQLITE_UNSUPPORTED',
    `This Node ${process.versions.node} comes with SQLite ${version}, which can damage a file that several processes write.`,
    `Use a Node with SQLite ${oldestSqlite.join('.')} or later: the newest of 22, 24 or 26.`,
  )
}

/**
 * Makes what refuses to write once another file, or none, is at the path, or at that of one of the two that SQLite keeps
 * beside it: it would write on where nobody reads.
 */
export function askPlace(path: string): () => void {
  const place = resolve(path)
  const files = ['', '-wal', '-shm'].map((end) => ({ end, opened: fileAt(place + end) }))
  return () => {
    for (const { end, opened } of files) {
      if (fileAt(place + end) === opened) continue
      throw failure(
        'RETINUE_SQLITE_PATH',
        `'${path}${end}' is no longer the file that was opened; nothing was written.`,
        'Move it back, or close the store and open it anew.',
      )
    }
  }
}

function fileAt(place: string): string | undefined {
  const found = statSync(place, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/** Runs something as one transaction that has the write lock from its start. */
export function inTransaction<T>(db: DatabaseSync, run: () => T): T {
  db.exec('begin immediate')
  try {
    const result = run()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('rollback') // a full disk has SQLite do that by itself
    throw error
  }
}

/** Tries something until nobody else has the lock, at random intervals: at regular ones, one process may starve. */
export async function whileBusy<T>(run: () => T): Promise<T> {
  const until = performance.now() + patienceMs
  for (let attempt = 1; ; attempt++) {
    try {
      return run()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      await pause(Math.random() * Math.min(100, 4 * attempt))
    }
  }
}

/** SQLite opens what can't be written to be read, and for good: no right that is given later has it write. */
function checkWritable(db: DatabaseSync): void {
  try {
    db.exec('delete from lease where false') // it asks for the right to write, and writes nothing
  } catch (error) {
    if (!isBusy(error)) throw error // whoever has to wait for the lock can have it
  }
}

/** Has commits go to a write-ahead log, and wait for the disk. */
function useLog(db: DatabaseSync, path: string): void {
  const { journal_mode: mode } = db.prepare('pragma journal_mode = wal').get() as { journal_mode: string }
  if (mode !== 'wal') {
    throw failure(
      'RETINUE_SQLITE_PATH',
      `'${path}' can't have a write-ahead log beside it.`,
      'Give the path of a file on a local disk; memoryStore() of @retinue/store keeps things in memory.',
    )
  }
  db.exec('pragma synchronous = full; pragma fullfsync = on') // the latter is what waits for the disk on a Mac
  db.exec('pragma secure_delete = on') // or what was taken away could be read in the file until its room is used again
}

function sqliteVersion(db: DatabaseSync): string {
  return (db.prepare('select sqlite_version() as version').get() as { version: string }).version
}

function nodeSqlite(): typeof import('node:sqlite') {
  const found = process.getBuiltinModule?.('node:sqlite')
  if (found !== undefined) return found
  throw failure(
    'RETINUE_SQLITE_UNSUPPORTED',
    `Node ${process.versions.node} has no node:sqlite.`,
    'Use the newest Node of 22, 24 or 26.',
  )
}
