// What a session was: at each of its saves, or where it had only so many of its messages, put together from the journal
// and the log of messages. Nothing in the two is ever changed or dropped while the session is there.
import type { Json, Message, RetinueError } from '@retinue/kernel'
import { failure } from './errors.ts'
import { patched } from './json-patch.ts'
import { replayed, spliced } from './message-splice.ts'
import { homeOf } from './owner-records.ts'
import { equalJson, type JsonObject } from './json.ts'
import type { RecordStore } from './record-store.ts'
import {
  checkedHead,
  damaged,
  isUnreadable,
  type JournalEntry,
  missing,
  type Revision,
  sessionKind,
  understood,
} from './session-records.ts'
import { readJournal, readSplices, type SessionState, type StoredSession } from './stored-session.ts'

/** After that save, or with the first so many messages and what else there was before the next one came. */
export type Point = { readonly revision: number } | { readonly messages: number }

type Stored = StoredSession & Pick<SessionState, 'messages'>

/** What a session held at a place, and its logs up to the last save before that. */
export interface Past {
  readonly state: SessionState
  /** The last save before the place; `state` may have fewer messages than that one left. */
  readonly revision: number
  /** The messages that that save left. */
  readonly messages: readonly Message[]
  readonly journal: readonly Json[]
  readonly log: readonly Json[]
  /** The messages that it has now: those that stayed are the same objects. */
  readonly now: readonly Message[]
}

/**
 * Reads what a session held at a place; without one, now.
 * @throws {RETINUE_SESSION_POINT_UNKNOWN}
 */
export async function readPast(store: RecordStore, stored: Stored, at?: Point): Promise<Past> {
  const { id } = stored
  try {
    return await pastOf(store, stored, await revisionOf(store, stored, at), at)
  } catch (error) {
    throw await goneOr(store, id, error)
  }
}

async function pastOf(
  store: RecordStore,
  { id, logLength }: StoredSession,
  revision: number,
  at: Point | undefined,
): Promise<Past> {
  const items = new Map<string, Json>()
  const journal: Json[] = []
  const log: Json[] = []
  let own: JsonObject | undefined
  for await (const { seq, entry } of readJournal(store, id, { limit: Math.max(1, revision) })) {
    if (seq > revision) {
      own = understood(id, 'its journal', () => beginning(entry.own!))
      break
    }
    journal.push(entry as unknown as Json)
    own = entry.own ?? own
    for (const [key, item] of changedItems(id, entry, items)) {
      if (item === null) items.delete(key)
      else items.set(key, item)
    }
  }
  if (own === undefined || journal.length < revision)
    throw damaged(id, `its journal has ${journal.length} of ${revision} entries`)
  let now: Message[] = []
  let left: Message[] | undefined
  for await (const splice of readSplices(store, id, logLength)) {
    if (splice.revision > revision) left ??= now.slice()
    else log.push(splice as unknown as Json)
    now = understood(id, 'the log of its messages', () => replayed(now, splice))
  }
  const messages = left ?? now
  const kept = at === undefined || 'revision' in at ? messages : now.slice(0, at.messages)
  return { state: { own, items, messages: kept }, revision, messages, journal, log, now }
}

/**
 * Tells what each revision changed, oldest first.
 * @throws {RETINUE_SESSION_MISSING}
 */
export async function* readHistory(store: RecordStore, id: string): AsyncIterable<Revision> {
  const head = await store.get(sessionKind, homeOf(id))
  if (head === undefined) throw missing(id)
  const { info } = checkedHead(id, head.value)
  const known = new Map<string, Json>()
  let count = 0
  for await (const { seq, entry } of readJournal(store, id)) {
    const changed = changedItems(id, entry, known)
    for (const [key, item] of changed) known.set(key, item)
    const { patches: _patches, ...change } = entry
    yield { revision: seq, ...change, items: Object.fromEntries(changed) }
    count++
  }
  if (count < info.revision)
    throw await goneOr(store, id, damaged(id, `its journal has ${count} of ${info.revision} entries`))
}

/** What to throw of records that can't be read: the session may have been taken away since its head was read. */
async function goneOr(store: RecordStore, id: string, error: unknown): Promise<unknown> {
  const isGone = isUnreadable(error) && (await store.get(sessionKind, homeOf(id))) === undefined
  return isGone ? missing(id) : error
}

async function revisionOf(store: RecordStore, stored: Stored, at?: Point): Promise<number> {
  const { id, revision, messages } = stored
  if (at === undefined) return revision
  const point = Object(at) as { revision?: number; messages?: number } // whatever it is
  const isRevision = 'revision' in point
  const [count, most] = isRevision ? [point.revision!, revision] : [point.messages!, messages.length]
  if (!Number.isSafeInteger(count) || count < 0 || count > most)
    throw unknownPoint(id, at, revision, messages.length)
  if (isRevision) return count
  return count === most ? revision : revisionBefore(store, stored, count)
}

/** The last revision in which the first `count` messages were all that there was; else, in which none of the others was. */
async function revisionBefore(
  store: RecordStore,
  { id, logLength, messages }: Stored,
  count: number,
): Promise<number> {
  const kept = messages.slice(0, count) as unknown as Json
  let now: Message[] = []
  let cameWith: number[] = []
  let last: number | undefined
  for await (const splice of readSplices(store, id, logLength)) {
    const { revision, index, removed, changed = [], added } = splice
    if (equalJson(now as unknown as Json, kept)) last = revision - 1
    const here = Array<number>(changed.length + added.length).fill(revision)
    cameWith = spliced(cameWith, index, removed, here)
    now = replayed(now, splice)
  }
  return last ?? cameWith.slice(count).reduce((first, revision) => Math.min(first, revision)) - 1
}

/** What is in no bag before anything was done: whose it is, and nothing else. */
function beginning(own: JsonObject): JsonObject {
  const kept = Object.entries(own).filter(([name]) => name !== 'quarantine' && name !== 'excluded')
  return { ...Object.fromEntries(kept), requested: [], tools: [] }
}

/** The items that an entry of the journal is about, as they are then; null for what is gone. */
function changedItems(
  id: string,
  { items, patches = {} }: Pick<JournalEntry, 'items' | 'patches'>,
  before: ReadonlyMap<string, Json>,
): readonly (readonly [key: string, item: Json])[] {
  return understood(id, 'its journal', () => [
    ...Object.entries(items),
    ...Object.entries(patches).map(([key, patch]) => [key, patched(before.get(key)!, patch)] as const),
  ])
}

function unknownPoint(id: string, at: Point, revision: number, messages: number): RetinueError {
  return failure(
    'RETINUE_SESSION_POINT_UNKNOWN',
    `The session '${id}' has no ${JSON.stringify(at)}: it is at revision ${revision}, and the number of its messages is ${messages}.`,
    'Pass { revision } as history() tells it, or { messages }: how many of them stay.',
    { id, at },
  )
}
