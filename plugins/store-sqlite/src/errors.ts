// The codes of this package, and what SQLite says in the words of whoever has to do something about it. SQLite's own
// error is the cause. A code is stable within a major version, a text is not.
import { RetinueError } from '@retinue/kernel'

/** Each code that the SQLite store throws beside those of `@retinue/store`, with what it means. */
export const errorCodes = {
  RETINUE_SQLITE_UNSUPPORTED: 'This Node has no SQLite, or one with a bug that can damage the file.',
  RETINUE_SQLITE_PATH: 'The file can not be opened or made there.',
  RETINUE_SQLITE_FOREIGN: 'The file is no store of retinue.',
  RETINUE_SQLITE_NEWER: 'A newer version of this package has changed the file.',
  RETINUE_SQLITE_READONLY: 'The file, or its folder, can not be written.',
  RETINUE_SQLITE_FULL: 'The disk, or the quota, is full.',
  RETINUE_SQLITE_BUSY: 'Other processes kept the file locked for too long.',
  RETINUE_SQLITE_CORRUPT: 'The file is damaged.',
  RETINUE_SQLITE_FAILED: 'SQLite or the disk failed in another way; `cause` says how.',
} as const

/** A code of this package. */
export type SqliteErrorCode = keyof typeof errorCodes

/** Makes an error of this package. */
export function failure(code: SqliteErrorCode, what: string, hint: string, cause?: unknown): RetinueError {
  return new RetinueError(code, what, { hint, cause })
}

/** Whether SQLite failed because somebody else has the lock. */
export function isBusy(error: unknown): boolean {
  return toldOf(error) === busy
}

/** Turns what SQLite threw into an error that says what to do; others stay. Nothing was written. */
export function explained(error: unknown, path: string): unknown {
  if (codeOf(error) === undefined) return error
  const [code, what, hint] = toldOf(error) ?? [
    'RETINUE_SQLITE_FAILED',
    `could not be used by SQLite: ${(error as Error).message}`,
    'Nothing was written; see the cause.',
  ]
  return failure(code, `'${path}' ${what}.`, hint, error)
}

type Told = readonly [code: SqliteErrorCode, what: string, hint: string]

const busy: Told = [
  'RETINUE_SQLITE_BUSY',
  'was kept locked for too long by other processes; nothing was written',
  'Try again; look for a process that holds a transaction open, such as a database browser.',
]

const full: Told = [
  'RETINUE_SQLITE_FULL',
  'has no room left on its disk; nothing was written',
  'Make room on the disk, or raise the quota, and save again.',
]

const keepIt =
  "Keep the file as it is, with its '-wal' file, and restore a backup, or rescue what can be read with sqlite3's .recover."

/** By result codes, primary ones but for the last: https://www.sqlite.org/rescode.html */
const told: Readonly<Record<number, Told>> = {
  5: busy,
  6: busy,
  8: [
    'RETINUE_SQLITE_READONLY',
    "can't be written",
    'Give this user the right to write the file and its folder, where SQLite keeps two more files.',
  ],
  10: [
    'RETINUE_SQLITE_FAILED',
    'met an error of its disk',
    'Look at the disk: its quota may be used up, or its file system have become read-only. Then try again.',
  ],
  11: ['RETINUE_SQLITE_CORRUPT', 'is damaged', keepIt],
  13: full,
  14: [
    'RETINUE_SQLITE_PATH',
    "can't be opened",
    'Its folder must exist and be writable, and the path name a file.',
  ],
  26: ['RETINUE_SQLITE_FOREIGN', 'is no SQLite file', 'Give the path of another file.'],
  4874: full, // the memory that processes share beside the file has no room there
}

/** The error of a row that can't be read any more. */
export function damaged(what: string, cause: unknown): RetinueError {
  return failure('RETINUE_SQLITE_CORRUPT', `${what}.`, keepIt, cause)
}

function toldOf(error: unknown): Told | undefined {
  const code = codeOf(error) ?? 0
  return told[code] ?? told[code & 0xff] // the latter is the code without what SQLite says in particular
}

/** SQLite's result code. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode : undefined
}
