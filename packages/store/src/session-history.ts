// What a session was: its state after any of its saves, put together from the journal and the log of messages. Nothing in
// the two is ever changed or dropped while the session is there.
import type { Json, Message, RetinueError } from '@retinue/kernel'
import { patched } from './json-patch.ts'
import { spliced } from './message-splice.ts'
import { homeOf } from './owner-records.ts'
import type { JsonObject } from './owner-state.ts'
import type { RecordStore } from './record-store.ts'
import {
  damaged,
  type JournalEntry,
  journalKind,
  missing,
  type MessageSplice,
  type Revision,
  sessionKind,
} from './session-records.ts'
import type { SessionState, StoredSession } from './stored-session.ts'

/** What a session held after one of its revisions, and its logs up to there. */
export interface StoredRevision {
  readonly state: SessionState
  readonly journal: readonly Json[]
  readonly log: readonly Json[]
  /** The messages that it has now: those that stayed are the same objects. */
  readonly now: readonly Message[]
}

/** Reads what a session held after one of its revisions. */
export async function readRevision(
  store: RecordStore,
  { id, logLength }: StoredSession,
  revision: number,
): Promise<StoredRevision> {
  const items = new Map<string, Json>()
  const journal: Json[] = []
  const log: Json[] = []
  let own: JsonObject | undefined
  for await (const { seq, value } of store.read(journalKind, homeOf(id), { limit: Math.max(1, revision) })) {
    const change = value as unknown as JournalEntry
    if (seq > revision) {
      own = beginning(change.own!)
      break
    }
    journal.push(value)
    own = change.own ?? own
    for (const [key, item] of Object.entries(change.items)) {
      if (item === null) items.delete(key)
      else items.set(key, item)
    }
    for (const [key, item] of patchedItems(change, items)) items.set(key, item)
  }
  if (own === undefined || journal.length < revision)
    throw await torn(store, id, `its journal has ${journal.length} of ${revision} entries`)
  let now: Message[] = []
  let messages: Message[] | undefined
  for await (const splice of readSplices(store, id, logLength)) {
    if (splice.revision > revision) messages ??= now.slice()
    else log.push(splice as unknown as Json)
    now = spliced(now, splice, splice.added)
  }
  return { state: { own, items, messages: messages ?? now }, journal, log, now }
}

/** What is in no bag before anything was done: whose it is, and nothing else. */
function beginning(own: JsonObject): JsonObject {
  const kept = Object.entries(own).filter(([name]) => name !== 'quarantine' && name !== 'excluded')
  return { ...Object.fromEntries(kept), requested: [], tools: [] }
}

/** The last revision in which none of the messages from `count` on was there yet. */
export async function revisionBefore(
  store: RecordStore,
  { id, logLength }: StoredSession,
  count: number,
): Promise<number> {
  let cameWith: number[] = []
  for await (const splice of readSplices(store, id, logLength)) {
    cameWith = spliced(cameWith, splice, Array<number>(splice.added.length).fill(splice.revision))
  }
  return cameWith.slice(count).reduce((first, revision) => Math.min(first, revision)) - 1
}

/** Reads the log of messages, all that a session's head says that there is of it. */
async function* readSplices(store: RecordStore, id: string, length: number): AsyncIterable<MessageSplice> {
  let count = 0
  for await (const { value } of store.read(sessionKind, homeOf(id), { limit: length })) {
    yield value as unknown as MessageSplice
    count++
  }
  if (count < length) throw await torn(store, id, `it has ${count} of ${length} entries of its messages`)
}

/** Makes the error of a session of which a part is not there: it may have been taken away since it was read. */
async function torn(store: RecordStore, id: string, why: string): Promise<RetinueError> {
  return (await store.get(sessionKind, homeOf(id))) === undefined ? missing(id) : damaged(id, why)
}

/**
 * Tells what each revision changed, oldest first.
 * @throws {RETINUE_SESSION_MISSING}
 */
export async function* readHistory(store: RecordStore, id: string): AsyncIterable<Revision> {
  const known = new Map<string, Json>()
  let isThere = false
  for await (const { seq, value } of store.read(journalKind, homeOf(id))) {
    const entry = value as unknown as JournalEntry
    const { patches: _patches, ...change } = entry
    const items = { ...change.items, ...Object.fromEntries(patchedItems(entry, known)) }
    for (const [key, item] of Object.entries(items)) known.set(key, item)
    yield { revision: seq, ...change, items }
    isThere = true
  }
  if (!isThere) throw missing(id) // its first save is the first entry
}

/** The items of which an entry of the journal says what was done to them, as they are then. */
function patchedItems(
  { patches = {} }: Pick<JournalEntry, 'patches'>,
  items: ReadonlyMap<string, Json>,
): readonly (readonly [key: string, item: Json])[] {
  return Object.entries(patches).map(([key, patch]) => [key, patched(items.get(key)!, patch)])
}
