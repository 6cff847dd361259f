// A session as it is stored, put together from its records: the items, with what the journal says since of those that are
// behind, and the messages by their log.
import type { Json, Message } from '@retinue/kernel'
import { bigAmong, type BigItems } from './big-items.ts'
import { patched } from './json-patch.ts'
import { type MessageSplice, replayed } from './message-splice.ts'
import { homeOf, readRecords } from './owner-records.ts'
import { isObject, type JsonObject } from './json.ts'
import type { OwnerState } from './owner-state.ts'
import type { ReadOptions, RecordStore } from './record-store.ts'
import {
  checkedHead,
  damaged,
  type Fork,
  isUnreadable,
  type JournalEntry,
  journalKind,
  type SessionInfo,
  sessionKind,
  understood,
} from './session-records.ts'

/** What a session holds. */
export interface SessionState extends OwnerState {
  readonly messages: readonly Message[]
}

/** A session as it is stored: what the next save is told against. */
export interface StoredSession {
  readonly id: string
  /** The revision of the head's record; 0: it is not stored. */
  readonly headRev: number
  /** How many saves it has seen, which is how long its journal is. */
  readonly revision: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly forkedFrom: Fork | undefined
  readonly own: JsonObject
  /** The revisions of the items' records. */
  readonly itemRevs: ReadonlyMap<string, number>
  readonly big: BigItems
  /** How long the log of the messages is. */
  readonly logLength: number
  /** Which live session wrote it last. */
  readonly writer?: string
}

/** A session that is not stored yet. */
export function newSession(id: string): StoredSession {
  return {
    id,
    headRev: 0,
    revision: 0,
    createdAt: Date.now(),
    updatedAt: 0,
    forkedFrom: undefined,
    own: {},
    itemRevs: new Map(),
    big: { values: new Map(), since: new Map() },
    logLength: 0,
  }
}

/** Reads a session and what it holds; `undefined` where the store has none of that id. */
export async function readSession(
  store: RecordStore,
  id: string,
): Promise<(StoredSession & SessionState) | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(store, id)
    } catch (error) {
      // Somebody took it away and made it again between the reads; otherwise it is damaged.
      if (attempt === 3 || !isUnreadable(error)) throw error
    }
  }
}

async function readOnce(store: RecordStore, id: string): Promise<(StoredSession & SessionState) | undefined> {
  const records = await readRecords(store, sessionKind, id)
  const first = records.get('')
  if (first === undefined) return undefined
  const { info, own, logLength, since, writer } = checkedHead(id, first.value)
  records.delete('')
  let messages: Message[] = []
  for await (const splice of readSplices(store, id, logLength))
    messages = understood(id, 'the log of its messages', () => replayed(messages, splice))
  if (messages.length !== info.messages)
    throw damaged(id, `it has ${messages.length} of ${info.messages} messages`)
  const behind = new Map(Object.entries(since ?? {}))
  const items = new Map([...records].map(([key, { value }]) => [key, value]))
  await catchUp(store, info, behind, items)
  const { revision, createdAt, updatedAt, forkedFrom } = info
  return {
    id,
    headRev: first.rev,
    revision,
    createdAt,
    updatedAt,
    forkedFrom,
    own,
    items,
    itemRevs: new Map([...records].map(([key, { rev }]) => [key, rev])),
    big: bigAmong(items, behind),
    messages,
    logLength,
    ...(writer && { writer }),
  }
}

/** Brings items whose records are behind to what the journal says that they are by now. */
async function catchUp(
  store: RecordStore,
  { id, revision, updatedAt }: SessionInfo,
  behind: ReadonlyMap<string, number>,
  items: Map<string, Json>,
): Promise<void> {
  if (behind.size === 0) return
  const after = Math.min(...behind.values())
  let isCaughtUp = false
  for await (const { seq, entry } of readJournal(store, id, { after, limit: revision - after })) {
    isCaughtUp = understood(id, 'its journal', () => {
      for (const [key, patch] of Object.entries(entry.patches ?? {}))
        if (seq > (behind.get(key) ?? Infinity)) items.set(key, patched(items.get(key)!, patch))
      return seq === revision && entry.at === updatedAt
    })
  }
  if (!isCaughtUp) throw damaged(id, 'its journal does not say what became of all items')
}

/** Reads the log of messages, all that a session's head says that there is of it. */
export async function* readSplices(
  store: RecordStore,
  id: string,
  length: number,
): AsyncIterable<MessageSplice> {
  let [count, last] = [0, 0]
  for await (const { value } of store.read(sessionKind, homeOf(id), { limit: length })) {
    const splice = value as unknown as MessageSplice
    if (!(splice?.revision > last)) throw damaged(id, 'the log of its messages is out of order')
    last = splice.revision
    count++
    yield splice
  }
  if (count < length) throw damaged(id, `it has ${count} of ${length} entries of its messages`)
}

/** Reads the journal. */
export async function* readJournal(
  store: RecordStore,
  id: string,
  options: ReadOptions = {},
): AsyncIterable<{ readonly seq: number; readonly entry: JournalEntry }> {
  let last = options.after ?? 0
  for await (const { seq, value } of store.read(journalKind, homeOf(id), options)) {
    if (seq !== ++last || !isObject(value)) throw damaged(id, `its journal has no entry ${last}`)
    yield { seq, entry: value as unknown as JournalEntry }
  }
}
