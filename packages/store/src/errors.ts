// The codes of this package, and the errors that every store throws in one form. A code is stable within a major
// version, a text is not. `docs/errors.md` has an entry for each code.
import { RetinueError } from '@retinue/kernel'

/** Each code that stores and the manager of stored sessions throw, with what it means. */
export const errorCodes = {
  RETINUE_STORE_CONFLICT: 'Somebody else has changed a record, or a log, since it was read.',
  RETINUE_STORE_CONTENDED: 'Others stored a user each time that it was to be saved here.',
  RETINUE_STORE_INVALID: 'A store was given something that can not be a key, a value or an option.',
  RETINUE_STORE_CLOSED: 'A store was used after it was closed.',
  RETINUE_STORE_CURSOR_OLD: 'What changed since a cursor can not all be told any more.',
  RETINUE_STORE_LEASE_LOST: 'A lease has run out, and may be in other hands.',
  RETINUE_SESSION_MISSING: 'The store has no session of that id.',
  RETINUE_SESSION_DISCARDED: 'A session was discarded while somebody waited for it to be saved.',
  RETINUE_USER_REVERTED: 'A user was reverted or deleted while somebody waited for them to be saved.',
  RETINUE_SESSION_AGENT_UNKNOWN: 'The agent of a stored session was not given, and nobody knows it by name.',
  RETINUE_SESSION_FORK_UNSURE: 'The store went away while it kept a fork, which may be there or not.',
  RETINUE_SESSION_POINT_UNKNOWN: 'A session has no such revision, or not so many messages.',
  RETINUE_SESSION_RECORDS_INVALID:
    'The records of a session or user are not of the form that this version reads.',
} as const

/** A code of this package. */
export type StoreErrorCode = keyof typeof errorCodes

/** Makes an error of this package; two of its codes are the kernel's. */
export function failure(
  code: StoreErrorCode | 'RETINUE_SESSION_EXISTS' | 'RETINUE_SNAPSHOT_OWNER',
  what: string,
  hint: string,
  details?: object,
  cause?: unknown,
): RetinueError {
  return new RetinueError(code, what, { hint, details: { ...details }, cause })
}

/** What a conflict tells in its `details`. */
export interface ConflictDetails {
  readonly kind: string
  readonly id: string
  /** The revision that the writer took for the present one; 0: there is none. */
  readonly expected: number
  readonly actual: number
}

/** Makes the error of a write that expected another revision. For those who write a store. */
export function conflict({ kind, id, expected, actual }: ConflictDetails): RetinueError {
  return failure(
    'RETINUE_STORE_CONFLICT',
    `The ${kind} '${id}' is at revision ${actual}, not at ${expected}: somebody else has changed it. Nothing was written.`,
    'Read it again, and make the change on what is there now.',
    { kind, id, expected, actual },
  )
}

/** Tells whether an error is a conflict, and of which record. */
export function conflictOf(error: unknown): ConflictDetails | undefined {
  if (codeOf(error) !== 'RETINUE_STORE_CONFLICT') return undefined
  return (error as RetinueError).details as unknown as ConflictDetails
}

/** The code of whatever was thrown, where it has one. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code
}

const lasting = new Set<unknown>([
  'RETINUE_STORE_CONFLICT',
  'RETINUE_STORE_INVALID',
  'RETINUE_STORE_CLOSED',
] satisfies StoreErrorCode[])

/** Tells whether what failed so may succeed when it is tried again: all but what a store refuses by the contract. */
export function mayPass(error: unknown): boolean {
  return !lasting.has(codeOf(error))
}

/** Makes the error of a watch that begins too early. */
export function cursorOld(): RetinueError {
  return failure(
    'RETINUE_STORE_CURSOR_OLD',
    'What changed after that cursor can not all be told any more.',
    'Take cursor(), list what you need, and watch from there.',
  )
}

/** Makes the error of a store that is used after its end. */
export function storeClosed(): RetinueError {
  return failure('RETINUE_STORE_CLOSED', 'The store is closed.', 'Open it again.')
}

/** Makes the error of a session or user that could not be saved any more. */
export function closedUnsaved(what: string, cause: unknown): RetinueError {
  return failure(
    'RETINUE_STORE_CLOSED',
    `The store was closed before the last changes of ${what} were stored: they are in memory alone.`,
    'Await manager.saved() before store.close().',
    undefined,
    cause,
  )
}

/** Tells whether an error is that of a store that is used after its end. */
export function isStoreClosed(error: unknown): boolean {
  return codeOf(error) === 'RETINUE_STORE_CLOSED'
}

/** Makes the error of a lease that somebody else may hold. */
export function leaseLost(name: string, epoch: number): RetinueError {
  return failure(
    'RETINUE_STORE_LEASE_LOST',
    `The lease '${name}' of epoch ${epoch} has run out.`,
    'Stop writing, take the lease again, and read anew. Renew it well before its time is over.',
    { name, epoch },
  )
}
