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
  return new RetinueError(code, what, { hint, ...(cause !== undefined && { cause }) })
}

/** Whether SQLite failed because somebody else has the lock. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === 5 || code === 6
}

/** Turns what SQLite threw into an error that says what to do; others stay. Nothing was written. */
export function explained(error: unknown, path: string): unknown {
  const code = primaryCode(error)
  if (code === undefined) return error
  const at = `'${path}'`
  switch (code) {
    case 5:
    case 6:
      return failure(
        'RETINUE_SQLITE_BUSY',
        `Other processes kept ${at} locked for too long; nothing was written.`,
        'Try again; look for a process that holds a transaction open, such as a database browser.',
        error,
      )
    case 8:
      return failure(
        'RETINUE_SQLITE_READONLY',
        `${at} can't be written.`,
        'Give this user the right to write the file and its folder, where SQLite keeps two more files.',
        error,
      )
    case 11:
      return damaged(`${at} is damaged`, error)
    case 13:
      return failure(
        'RETINUE_SQLITE_FULL',
        `There is no room left to write ${at}; nothing was written.`,
        'Make room on the disk, or raise the quota, and save again.',
        error,
      )
    case 14:
      return failure(
        'RETINUE_SQLITE_PATH',
        `${at} can't be opened.`,
        'Its folder must exist and be writable, and the path name a file.',
        error,
      )
    case 26:
      return failure(
        'RETINUE_SQLITE_FOREIGN',
        `${at} is no SQLite file.`,
        'Give the path of another file.',
        error,
      )
    default:
      return failure(
        'RETINUE_SQLITE_FAILED',
        `SQLite failed on ${at}: ${(error as Error).message}`,
        'Nothing was written; see the cause.',
        error,
      )
  }
}

/** The error of a file, or of a row in it, that can't be read any more. */
export function damaged(what: string, cause: unknown): RetinueError {
  return failure(
    'RETINUE_SQLITE_CORRUPT',
    `${what}.`,
    "Keep the file as it is, with its '-wal' file, and restore a backup, or rescue what can be read with sqlite3's .recover.",
    cause,
  )
}

/** SQLite's result code without what it says in particular. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}
