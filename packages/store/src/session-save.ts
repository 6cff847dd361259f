// What writes the next state of a session, be it an earlier one, in one transaction: on condition that the head is the one
// that is known.
import type { Json, Message } from '@retinue/kernel'
import { itemChanges } from './big-items.ts'
import { logEntry, type MessageSplice, type Splice, spliceBetween } from './message-splice.ts'
import { homeOf, recordOp } from './owner-records.ts'
import { equalJson, isList, isObject, type JsonObject } from './json.ts'
import type { Op, Result } from './record-store.ts'
import type { Past } from './session-history.ts'
import {
  type Head,
  type JournalEntry,
  journalKind,
  recentId,
  recentKind,
  recordsFormat,
  type SessionInfo,
  sessionKind,
} from './session-records.ts'
import type { StoredSession } from './stored-session.ts'

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
  const revision = stored.revision + 1
  const { own, splice, writer, isUnsure } = next
  const items = [...next.items].filter(([key, item]) => item !== undefined || stored.itemRevs.has(key))
  const isOwnChanged = !equalJson(own, stored.own)
  if (items.length === 0 && splice === undefined && !isOwnChanged && !isUnsure) {
    return { ops: [], after: () => stored }
  }
  const updatedAt = Date.now()
  const logLength = stored.logLength + (splice === undefined ? 0 : 1)
  const info = infoOf({ ...stored, revision, updatedAt }, next)
  const { whole, patches, late, big } = itemChanges(stored.revision, stored.big, items)
  const records = [...whole, ...late]
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
    recordOp(sessionKind, id, '', head as unknown as Json, stored.headRev),
    ...records.map(([key, item]) => recordOp(sessionKind, id, key, item, stored.itemRevs.get(key) ?? 0)),
    appendOp(journalKind, id, change, stored.revision),
    ...(splice === undefined
      ? []
      : [appendOp(sessionKind, id, logEntry(revision, splice), stored.logLength)]),
    ...recentOps(stored, info),
  ]
  return {
    ops,
    after: (results) => {
      const itemRevs = new Map(stored.itemRevs)
      records.forEach(([key, item], i) => {
        if (item === undefined) itemRevs.delete(key)
        else itemRevs.set(key, results[i + 1]!.rev)
      })
      return { ...stored, headRev: results[0]!.rev, revision, updatedAt, own, itemRevs, big, logLength }
    },
  }
}

/** Says what to write to take a session back: what came between stays in its history. `writer` is the live session. */
export function saveRewind(stored: StoredSession, { state, now }: Past, writer: string): SessionSave {
  const items = new Map<string, Json | undefined>(state.items)
  for (const key of stored.itemRevs.keys()) if (!items.has(key)) items.set(key, undefined) // it came later
  return saveSession(stored, { ...state, items, splice: spliceBetween(now, state.messages), writer })
}

function appendOp(kind: string, id: string, entry: JournalEntry | MessageSplice, expect: number): Op {
  return { op: 'append', kind, id: homeOf(id), values: [entry as unknown as Json], expect }
}

/** Puts a session first in the list of its user's. */
function recentOps(stored: StoredSession, info: SessionInfo): Op[] {
  const id = recentId(info.user, info)
  const before = stored.headRev > 0 ? recentId(stored.own['user'] as string, stored) : id
  return [
    ...(before === id ? [] : [{ op: 'remove', kind: recentKind, id: before } as const]),
    { op: 'put', kind: recentKind, id, value: info as unknown as Json },
  ]
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
  const first = messages.find((message) => fieldOf(message, 'role') === 'user')
  const parts = fieldOf(first, 'parts')
  const part = isList(parts) ? parts.find((each) => fieldOf(each, 'type') === 'text') : undefined
  const said = fieldOf(part, 'text')
  const text = typeof said === 'string' ? said : ''
  const line = text
    .slice(0, titleLength * 4)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return Array.from(line).slice(0, titleLength).join('') // whole characters
}

/** A field of what may be damaged in the store: loading sets that aside, and here it is without a title. */
function fieldOf(value: unknown, name: string): Json | undefined {
  return isObject(value as Json) ? (value as JsonObject)[name] : undefined
}
