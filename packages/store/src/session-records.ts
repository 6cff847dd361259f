// How a session lies in a store: a head that counts the revisions and so keeps writers apart, a record for each item, a
// log of what happened to the messages, a journal of what every revision changed, and an entry in the list of the user's
// sessions.
import type { Json, RetinueError } from '@retinue/kernel'
import { codeOf, failure, mayPass } from './errors.ts'
import type { JsonPatch } from './json-patch.ts'
import { encodeId, homeOf, readRecords, recordOp } from './owner-records.ts'
import type { JsonObject } from './json.ts'
import type { ListOptions, Op, RecordStore } from './record-store.ts'
import { untilFirst } from './update.ts'

/** The head, the items and the messages. */
export const sessionKind = 'session'
/** What every revision changed. */
export const journalKind = 'session_journal'
/** The sessions of each user, newest first. */
export const recentKind = 'session_recent'

/** The form of these records; those of any before it are read. */
export const recordsFormat = 2

/** Where a fork comes from. */
export interface Fork {
  readonly id: string
  readonly revision: number
}

/** A session in a list. */
export interface SessionInfo {
  readonly id: string
  /** The user's id. */
  readonly user: string
  /** The agent's name. */
  readonly agent: string | null
  /** The beginning of what the user said first. */
  readonly title: string
  /** How many messages it has. */
  readonly messages: number
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When it was saved last, in milliseconds since 1970. */
  readonly updatedAt: number
  readonly forkedFrom?: Fork
}

/** What is first in the records of a session. */
export interface Head {
  readonly format: number
  readonly info: SessionInfo
  readonly own: JsonObject
  readonly logLength: number
  /** The items whose records are behind, with the revision at which they were not: the journal says the rest. */
  readonly since?: { readonly [key: string]: number }
  readonly writer?: string
}

/** One save, in the history of a session. */
export interface Revision {
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** How many messages there were after it. */
  readonly messages: number
  /** The items that it changed, by `bag.type`; null: it took one away. */
  readonly items: JsonObject
  /** What it changed beside bags and messages. */
  readonly own?: JsonObject
}

/** An entry of the journal: a revision, with some items by what was done to them. */
export interface JournalEntry extends Omit<Revision, 'revision'> {
  readonly patches?: { readonly [key: string]: JsonPatch }
}

/** The sessions of a user from the newest on. */
export async function* readRecent(
  store: RecordStore,
  user: string,
  { limit, after }: Pick<ListOptions, 'limit' | 'after'> = {},
): AsyncIterable<{ readonly info: SessionInfo; readonly cursor: string }> {
  const prefix = homeOf(user)
  const options = {
    prefix,
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { after: prefix + after }),
  }
  for await (const { id, value } of store.list(recentKind, options)) {
    yield { info: value as unknown as SessionInfo, cursor: id.slice(prefix.length) }
  }
}

/**
 * Takes a session away, and again where somebody saves it meanwhile; tells whether there was one. Its messages are not
 * read for that, so one whose log is damaged can be taken away as well.
 */
export function removeSession(store: RecordStore, id: string): Promise<boolean> {
  return untilFirst(async () => {
    const records = await readRecords(store, sessionKind, id)
    const head = records.get('')
    if (head === undefined) return false
    const { info } = checkedHead(id, head.value)
    const ops: readonly Op[] = [
      ...[...records].map(([key, { rev }]) => recordOp(sessionKind, id, key, undefined, rev)),
      { op: 'remove', kind: journalKind, id: homeOf(id) },
      { op: 'remove', kind: recentKind, id: recentId(info.user, info) },
    ]
    try {
      await store.transact(ops)
    } catch (error) {
      const isGone = mayPass(error) && (await store.get(sessionKind, homeOf(id))) === undefined
      if (!isGone) throw error // else it was done, and nobody heard so
    }
    return true
  })
}

/** Makes the error of records that this version can't read. */
export function damaged(id: string, why: string, cause?: unknown): RetinueError {
  return failure(
    'RETINUE_SESSION_RECORDS_INVALID',
    `The records of '${id}' can't be read: ${why}.`,
    'A newer version may have written them: load or delete them with that one. What was lost, a backup has. They are as they were.',
    { id },
    cause,
  )
}

/** What a part of the records comes to; where it can't be what was written, that is told as damage. */
export function understood<T>(id: string, part: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw damaged(id, `${part} makes no sense`, error)
  }
}

/** Tells whether an error is that of records that this version can't read. */
export function isUnreadable(error: unknown): boolean {
  return codeOf(error) === 'RETINUE_SESSION_RECORDS_INVALID'
}

/** Makes the error of a session that is not there. */
export function missing(id: string): RetinueError {
  return failure(
    'RETINUE_SESSION_MISSING',
    `The store has no session '${id}'.`,
    'List those of a user with sessions(user).',
    { id },
  )
}

/** The head of a session, as this version knows it. @throws {RETINUE_SESSION_RECORDS_INVALID} */
export function checkedHead(id: string, value: Json): Head {
  const head = value as unknown as Head
  if (!(head?.format >= 1 && head.format <= recordsFormat))
    throw damaged(
      id,
      `they have the format ${JSON.stringify(head?.format) ?? 'of nothing known'}, not one of 1 to ${recordsFormat}`,
    )
  if (typeof head.own?.['user'] === 'string' && head.info?.user === head.own['user']) return head
  throw damaged(id, 'they do not say whose it is')
}

/** The place in the list of a user's sessions: newest first, since records are in the order of their ids. */
export function recentId(user: string, { id, updatedAt }: Pick<SessionInfo, 'id' | 'updatedAt'>): string {
  const age = String(Number.MAX_SAFE_INTEGER - updatedAt).padStart(16, '0')
  return `${homeOf(user)}${age}/${encodeId(id)}`
}
