// The codes of this package, and what Postgres says in the words of whoever has to do something about it. Its own
// error is the cause. A code is stable within a major version, a text is not.
import { RetinueError } from '@retinue/kernel'

/** Each code that the Postgres store throws beside those of `@retinue/store`, with what it means. */
export const errorCodes = {
  RETINUE_POSTGRES_UNSUPPORTED: 'The server is too old, or the database has another encoding than UTF-8.',
  RETINUE_POSTGRES_UNREACHABLE: 'No server answers, or the connection to it was lost.',
  RETINUE_POSTGRES_REFUSED:
    'The server lets nobody in by that name, password or database, or it and this process do not agree on TLS.',
  RETINUE_POSTGRES_RIGHTS: 'The user of the database may not read, write or make the tables.',
  RETINUE_POSTGRES_FOREIGN: 'The schema holds tables of something else.',
  RETINUE_POSTGRES_NEWER: 'A newer version of this package has changed the tables.',
  RETINUE_POSTGRES_READONLY: 'The server is a replica, or takes no writes for now.',
  RETINUE_POSTGRES_FULL: 'The disk of the server is full, or its connections or memory are used up.',
  RETINUE_POSTGRES_FAILED: 'Postgres failed in another way; `cause` says how.',
} as const

/** A code of this package. */
export type PostgresErrorCode = keyof typeof errorCodes

/** Makes an error of this package. */
export function failure(code: PostgresErrorCode, what: string, hint: string, cause?: unknown): RetinueError {
  return new RetinueError(code, what, { hint, cause })
}

/** Whether it failed because the connection or the server went away, or because others were there at that moment. */
export function isPassing(error: unknown): boolean {
  const { code, message, syscall } = (error ?? {}) as { code?: unknown; message?: unknown; syscall?: unknown }
  if (syscall === 'open') return false // the file of a certificate
  if (typeof code === 'string') return /^(08|57P0|53300|40001|40P01|E(?!RR_)[A-Z]{2})/.test(code)
  return (
    typeof message === 'string' &&
    /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded when trying|Query read timeout)/.test(
      message,
    )
  )
}

/** Turns what the database, or the way to it, threw into an error that says what to do; others stay. */
export function explained(error: unknown): unknown {
  if (error instanceof RetinueError || !(error instanceof Error)) return error
  const { code } = error as { code?: string }
  const known = told.find(([states]) => states.test(code ?? error.message))?.[1]
  const [found, hint] = known ?? (isPassing(error) ? unreachable : other)
  return failure(found, `${errorCodes[found].replace(/\.$|;.*/, '')}: ${error.message || code}.`, hint, error)
}

type Told = readonly [code: PostgresErrorCode, hint: string]

const unreachable: Told = [
  'RETINUE_POSTGRES_UNREACHABLE',
  'Look at the address, whether the server runs, and whether a pooler between has a connection free. What was to be written may be there, or not: read it again.',
]
const other: Told = [
  'RETINUE_POSTGRES_FAILED',
  'See the cause. What was to be written may be there where a connection was lost before.',
]

/** By the states of SQL: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const told: readonly (readonly [states: RegExp, told: Told])[] = [
  [
    /^28|^3D000/,
    [
      'RETINUE_POSTGRES_REFUSED',
      'Look at the user, the password and the name of the database, and whether the server wants TLS: ?sslmode=verify-full in its address.',
    ],
  ],
  [
    /^UNABLE_TO_|^SELF_SIGNED|^DEPTH_ZERO|^CERT_|^ERR_TLS|^ERR_SSL|does not support SSL/,
    [
      'RETINUE_POSTGRES_REFUSED',
      'A server with certificates of its own authority takes ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, and the name that its certificate is for; one without TLS takes no sslmode.',
    ],
  ],
  [
    /^42501/,
    [
      'RETINUE_POSTGRES_RIGHTS',
      'Make the schema as its owner, or give the user the right to create one, then rights on all in it.',
    ],
  ],
  [
    /^ERR_INVALID_URL/,
    [
      'RETINUE_POSTGRES_UNREACHABLE',
      "An address is postgres://user:password@host:port/database, with one host: of several, give the name that leads to the one that takes writes. A password's special characters are encoded, as by encodeURIComponent().",
    ],
  ],
  // A function or a table that this version uses, and that is not there any more.
  [
    /^42883|^42P01|^3F000/,
    [
      'RETINUE_POSTGRES_NEWER',
      'Update @retinue/store-postgres, or put the tables back where somebody took them away.',
    ],
  ],
  [/^25006/, ['RETINUE_POSTGRES_READONLY', 'Give the address of the server that takes writes.']],
  [/^53/, ['RETINUE_POSTGRES_FULL', 'Make room, or raise the limit, and save again.']],
]
