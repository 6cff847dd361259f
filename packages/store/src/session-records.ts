// How a session lies in a store, and what writes the next state of it. In one transaction: a head that counts the
// revisions and so keeps writers apart, a record for each item, a log of what happened to the messages, a journal of
// what every revision changed, and an entry in the list of the user's sessions.
import { RetinueError, type Json, type Message } from '@retinue/kernel'
import { bigAmong, type BigItems, itemChanges } from './big-items.ts'
import { type JsonPatch, patched } from './json-patch.ts'
import { spliced, type Splice } from './message-splice.ts'
import { decodeId, encodeId, equalJson, type JsonObject, type OwnerState } from './owner-state.ts'
import type { Op, RecordStore, Result } from './record-store.ts'
import type { Revision } from './session-history.ts'

/** The head, the items and the messages. */
export const sessionKind = 'session'
/** What every revision changed. */
export const journalKind = 'session_journal'
/** The sessions of each user, newest first. */
export const recentKind = 'session_recent'

/** The form of these records. */
const recordsFormat = 1

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

/** Where a fork comes from. */
export interface Fork {
  readonly id: string
  readonly revision: number
}

/** A session in a list. */
export interface SessionInfo {
  readonly id: string
  readonly user: string
  readonly agent: string | null
  /** The beginning of what the user said first. */
  readonly title: string
  /** How many messages it has. */
  readonly messages: number
  readonly revision: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
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

/** An entry of the journal: a revision, with some items by what was done to them. */
export interface JournalEntry extends Omit<Revision, 'revision'> {
  readonly patches?: { readonly [key: string]: JsonPatch }
}

/** An entry of the log of messages. */
export interface MessageSplice extends Splice {
  readonly revision: number
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

/** The changes that bring what is stored to a state, and what is stored then. */
export interface SessionSave {
  readonly ops: readonly Op[]
  after(results: readonly Result[]): StoredSession
}

/** What a session is to become. */
export interface NextState {
  readonly own: JsonObject
  /** Those that may have changed; `undefined` for what is gone. */
  readonly items: ReadonlyMap<string, Json | undefined>
  readonly messages: Told
  /** What is done to them. */
  readonly splice: Splice | undefined
  /** The live session whose it is. */
  readonly writer?: string
  /** Writes it although nothing has changed: whether the store has what was written last is not known. */
  readonly isUnsure?: boolean
}

/** Messages as far as the list of sessions tells of them. */
interface Told {
  readonly length: number
  find(fits: (message: Message) => boolean): Message | undefined
}

/** Says what to write. Nothing: no ops. */
export function saveSession(stored: StoredSession, next: NextState): SessionSave {
  const { id } = stored
  const home = homeOf(id)
  const revision = stored.revision + 1
  const { own, splice, writer, isUnsure } = next
  const items = [...next.items].filter(([key, item]) => item !== undefined || stored.itemRevs.has(key))
  const isOwnChanged = !equalJson(own, stored.own)
  if (stored.headRev > 0 && items.length === 0 && splice === undefined && !isOwnChanged && !isUnsure) {
    return { ops: [], after: () => stored }
  }
  const updatedAt = Date.now()
  const logLength = stored.logLength + (splice === undefined ? 0 : 1)
  const info = infoOf({ ...stored, revision, updatedAt }, next)
  const { whole, patches, big } = itemChanges(stored.revision, stored.big, items)
  const head: Head = {
    format: recordsFormat,
    info,
    own,
    logLength,
    ...(big.since.size > 0 && { since: Object.fromEntries(big.since) }),
    ...(writer && { writer }),
  }
  const change: JournalEntry = {
    at: updatedAt,
    messages: next.messages.length,
    items: Object.fromEntries(whole.map(([key, item]) => [key, item ?? null])),
    ...(whole.length < items.length && { patches }),
    ...(isOwnChanged && { own }),
  }
  const ops: Op[] = [
    { op: 'put', kind: sessionKind, id: home, value: head as unknown as Json, expect: stored.headRev },
    ...whole.map(([key, item]): Op => {
      const at = { kind: sessionKind, id: home + encodeId(key), expect: stored.itemRevs.get(key) ?? 0 }
      return item === undefined ? { op: 'remove', ...at } : { op: 'put', ...at, value: item }
    }),
    {
      op: 'append',
      kind: journalKind,
      id: home,
      values: [change as unknown as Json],
      expect: stored.revision,
    },
  ]
  if (splice !== undefined) {
    const values = [{ revision, ...splice } as unknown as Json]
    ops.push({ op: 'append', kind: sessionKind, id: home, values, expect: stored.logLength })
  }
  const after = recentId(own['user'], { id, updatedAt })
  const before = stored.headRev > 0 ? recentId(stored.own['user'], stored) : after
  if (before !== after) ops.push({ op: 'remove', kind: recentKind, id: before })
  ops.push({ op: 'put', kind: recentKind, id: after, value: info as unknown as Json })
  return {
    ops,
    after: (results) => {
      const itemRevs = new Map(stored.itemRevs)
      whole.forEach(([key, item], i) => {
        if (item === undefined) itemRevs.delete(key)
        else itemRevs.set(key, results[i + 1]!.rev)
      })
      return { ...stored, headRev: results[0]!.rev, revision, updatedAt, own, itemRevs, big, logLength }
    },
  }
}

/** Reads a session and what it holds; `undefined` where the store has none of that id. */
export async function readSession(
  store: RecordStore,
  id: string,
): Promise<(StoredSession & SessionState) | undefined> {
  for (let attempt = 1; ; attempt++) {
    const records = await readRecords(store, sessionKind, homeOf(id))
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

/** The sessions of a user from the newest on. */
export async function* readRecent(
  store: RecordStore,
  user: string,
  limit: number,
  after: string | undefined,
): AsyncIterable<{ readonly info: SessionInfo; readonly cursor: string }> {
  const prefix = `${encodeId(user)}/`
  const options = { prefix, limit, ...(after !== undefined && { after: prefix + after }) }
  for await (const { id, value } of store.list(recentKind, options)) {
    yield { info: value as unknown as SessionInfo, cursor: id.slice(prefix.length) }
  }
}

/** Reads the records below a place, by what follows it in their ids. */
export async function readRecords(
  store: RecordStore,
  kind: string,
  home: string,
): Promise<Map<string, { rev: number; value: Json }>> {
  const records = new Map<string, { rev: number; value: Json }>()
  for await (const { id, rev, value } of store.list(kind, { prefix: home })) {
    records.set(decodeId(id.slice(home.length)), { rev, value })
  }
  return records
}

/** Where the records of an owner lie: all their ids begin so, and nobody else's do. */
export function homeOf(id: string): string {
  return `${encodeId(id)}/`
}

/** Whose a record is, and what follows its home in its id. */
export function placeOf(id: string): { readonly owner: string; readonly key: string } {
  const [owner = ''] = /^(?:[^\\/]|\\.)*/.exec(id) ?? []
  return { owner: decodeId(owner), key: decodeId(id.slice(owner.length + 1)) }
}

/** Makes the error of records that this version can't read. */
export function damaged(id: string, why: string): RetinueError {
  return new RetinueError(
    'RETINUE_SESSION_RECORDS_INVALID',
    `The records of '${id}' can't be read: ${why}.`,
    {
      hint: 'A newer version may have written them: load them with that one. Nothing was changed.',
      details: { id },
    },
  )
}

/** Makes the error of a session that is not there. */
export function missing(id: string): RetinueError {
  return new RetinueError('RETINUE_SESSION_MISSING', `The store has no session '${id}'.`, {
    hint: 'List those of a user with sessions(user).',
    details: { id },
  })
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

async function readMessages(
  store: RecordStore,
  id: string,
  limit: number,
): Promise<{ messages: readonly Message[]; length: number }> {
  let messages: Message[] = []
  let length = 0
  for await (const { value } of store.read(sessionKind, homeOf(id), { limit })) {
    const splice = value as unknown as MessageSplice
    messages = spliced(messages, splice, splice.added)
    length++
  }
  return { messages, length }
}

/** The head of a session, as this version knows it. @throws {RETINUE_SESSION_RECORDS_INVALID} */
export function checkedHead(id: string, value: Json): Head {
  const head = value as unknown as Head
  if (head?.format === recordsFormat) return head
  throw damaged(
    id,
    `they have the format ${JSON.stringify(head?.format) ?? 'of nothing known'}, not ${recordsFormat}`,
  )
}

function infoOf(
  { id, revision, createdAt, updatedAt, forkedFrom }: StoredSession,
  { own, messages }: Pick<NextState, 'own' | 'messages'>,
): SessionInfo {
  return {
    id,
    user: own['user'] as string,
    agent: own['agent'] as string | null,
    title: titleOf(messages),
    messages: messages.length,
    revision,
    createdAt,
    updatedAt,
    ...(forkedFrom !== undefined && { forkedFrom }),
  }
}

const titleLength = 80

function titleOf(messages: Told): string {
  const first = messages.find(({ role }) => role === 'user')
  const text = first?.parts.find((part) => part.type === 'text')?.text ?? ''
  const line = text
    .slice(0, titleLength * 4)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return Array.from(line).slice(0, titleLength).join('') // whole characters
}

/** The place in the list of a user's sessions: newest first, since records are in the order of their ids. */
export function recentId(
  user: Json | undefined,
  { id, updatedAt }: { id: string; updatedAt: number },
): string {
  const age = String(Number.MAX_SAFE_INTEGER - updatedAt).padStart(16, '0')
  return `${encodeId(user as string)}/${age}/${encodeId(id)}`
}
