// What the file holds, and how older files become newer ones: steps that only go forward, counted by `user_version`.
import type { DatabaseSync } from 'node:sqlite'
import { failure } from './errors.ts'

/** Marks a file as ours: 'RTNE'. */
const applicationId = 0x52544e45

/**
 * One step for each version. A step is never changed once it is published.
 *
 * The revision of a record is its row: a replaced record gets a new one that was never used, and a removed one keeps a
 * row without a value, so that a watch is a walk along the rows.
 */
const steps: readonly string[] = [
  `create table record (
     rev integer primary key autoincrement,
     kind text not null,
     id text not null,
     value text,
     unique (kind, id)
   ) strict;
   create index removed on record (rev) where value is null;
   create table entry (
     kind text not null,
     id text not null,
     seq integer not null,
     value text not null,
     primary key (kind, id, seq)
   ) strict, without rowid;
   create table lease (
     name text primary key,
     epoch integer not null,
     until integer not null
   ) strict, without rowid;
   create table horizon (rev integer not null) strict;
   insert into horizon values (0);`,
]

/** The version of files that this package writes. */
export const schemaVersion = steps.length

/** Brings the file up to date, inside a transaction that is open. @throws as `fileVersion`, with nothing changed. */
export function migrate(db: DatabaseSync, path: string): void {
  const version = fileVersion(db, path)
  db.exec(`pragma application_id = ${applicationId}`)
  for (const step of steps.slice(version)) db.exec(step)
  db.exec(`pragma user_version = ${schemaVersion}`)
}

/**
 * The version of a file of ours; 0 of one with nothing in it. It only reads.
 * @throws {RETINUE_SQLITE_NEWER}, {RETINUE_SQLITE_FOREIGN}
 */
export function fileVersion(db: DatabaseSync, path: string): number {
  const isEmpty = first(db, 'select count(*) from sqlite_schema') === 0 // asked first: another process may make it now
  if (first(db, 'pragma application_id') === applicationId) {
    const version = askVersion(db)()
    refuseNewer(version, path)
    return version
  }
  if (isEmpty) return 0
  throw failure(
    'RETINUE_SQLITE_FOREIGN',
    `'${path}' is a database of something else.`,
    'Give the path of another file; retinue makes it where there is none.',
  )
}

/** @throws {RETINUE_SQLITE_NEWER} */
export function refuseNewer(version: number, path: string): void {
  if (version <= schemaVersion) return
  throw failure(
    'RETINUE_SQLITE_NEWER',
    `'${path}' has the version ${version}; this package knows ${schemaVersion}. Nothing was written.`,
    'Update @retinue/store-sqlite.',
  )
}

/** Makes what tells the version of the file as it is then. */
export function askVersion(db: DatabaseSync): () => number {
  const statement = db.prepare('pragma user_version')
  return () => (statement.get() as { user_version: number }).user_version
}

function first(db: DatabaseSync, sql: string): number {
  return Object.values(db.prepare(sql).get() as Record<string, number>)[0]!
}
