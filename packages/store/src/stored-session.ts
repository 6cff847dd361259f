// A session as it is stored, put together from its records: the items, with what the journal says since of those that are
// behind, and the messages by their log.
import type { Json, Message } from '@retinue/kernel'
import { bigAmong, type BigItems } from './big-items.ts'
import { patched } from './json-patch.ts'
import { type MessageSplice, replayed } from './message-splice.ts'
import { homeOf, readRecords } from './owner-records.ts'
import type { JsonObject } from './json.ts'
import type { OwnerState } from './owner-state.ts'
import type { RecordStore } from './record-store.ts'
import {
  checkedHead,
  damaged,
  type Fork,
  type JournalEntry,
  journalKind,
  type SessionInfo,
  sessionKind,
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
    const records = await readRecords(store, sessionKind, id)
    const first = records.get('')
    if (first === undefined) return undefined
    const { info, own, logLength, since, writer } = checkedHead(id, first.value)
    records.delete('')
    const { messages, length } = await readMessages(store, id, logLength)
    const behind = new Map(Object.entries(since ?? {}))
    const items = new Map([...records].map(([key, { value }]) => [key, value]))
    const isCaughtUp = await catchUp(store, info, behind, items)
    if (length === logLength && messages.length === info.messages && isCaughtUp) {
      const itemRevs = new Map([...records].map(([key, { rev }]) => [key, rev]))
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
        itemRevs,
        big: bigAmong(items, behind),
        messages,
        logLength,
        ...(writer && { writer }),
      }
    }
    // Somebody took it away and made it again between the reads; otherwise it is damaged.
    if (attempt < 3) continue
    if (isCaughtUp) throw damaged(id, `it has ${length} of ${logLength} entries of its messages`)
    throw damaged(id, 'its journal does not say what became of all items')
  }
}

async function readMessages(
  store: RecordStore,
  id: string,
  limit: number,
): Promise<{ messages: readonly Message[]; length: number }> {
  let messages: Message[] = []
  let length = 0
  for await (const { value } of store.read(sessionKind, homeOf(id), { limit })) {
    messages = replayed(messages, value as unknown as MessageSplice)
    length++
  }
  return { messages, length }
}

/** Brings items whose records are behind to a revision; tells whether the journal has all that this takes. */
async function catchUp(
  store: RecordStore,
  { id, revision, updatedAt }: SessionInfo,
  behind: ReadonlyMap<string, number>,
  items: Map<string, Json>,
): Promise<boolean> {
  if (behind.size === 0) return true
  const after = Math.min(...behind.values())
  let last: JournalEntry | undefined
  for await (const { seq, value } of store.read(journalKind, homeOf(id), {
    after,
    limit: revision - after,
  })) {
    last = value as unknown as JournalEntry
    for (const [key, patch] of Object.entries(last.patches ?? {})) {
      const item = items.get(key)
      if (seq > (behind.get(key) ?? Infinity) && item !== undefined) items.set(key, patched(item, patch))
    }
  }
  return last?.at === updatedAt
}
