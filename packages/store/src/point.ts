// Places in the history of a session: after one of its saves, or where it had only so many of its messages.
import { type Message, RetinueError } from '@retinue/kernel'
import type { RecordStore } from './record-store.ts'
import { readRevision, revisionBefore, type StoredRevision } from './session-history.ts'
import type { SessionState, StoredSession } from './stored-session.ts'

/** After that save, or with the first so many messages and what else there was before the next one came. */
export type Point = { readonly revision: number } | { readonly messages: number }

type Stored = StoredSession & Pick<SessionState, 'messages'>

/** What a session held at a place. */
export interface Past extends StoredRevision {
  /** The last save before the place; `state` may have fewer messages than that one left. */
  readonly revision: number
  /** The messages that that save left. */
  readonly messages: readonly Message[]
}

/**
 * Reads what a session held at a place; without one, now.
 * @throws {RETINUE_SESSION_POINT_UNKNOWN}
 */
export async function readPast(store: RecordStore, stored: Stored, at?: Point): Promise<Past> {
  const revision = await revisionOf(store, stored, at)
  const read = await readRevision(store, stored, revision)
  const { messages } = read.state
  if (at === undefined || 'revision' in at) return { ...read, revision, messages }
  return { ...read, revision, messages, state: { ...read.state, messages: read.now.slice(0, at.messages) } }
}

async function revisionOf(store: RecordStore, stored: Stored, at?: Point): Promise<number> {
  const { id, revision, messages } = stored
  if (at === undefined) return revision
  if (typeof at !== 'object' || at === null) throw unknownPoint(id, at, revision, messages.length)
  const isRevision = 'revision' in at
  const [count, most] = isRevision ? [at.revision, revision] : [at.messages, messages.length]
  if (!Number.isSafeInteger(count) || count < 0 || count > most)
    throw unknownPoint(id, at, revision, messages.length)
  if (isRevision) return count
  return count === most ? revision : revisionBefore(store, stored, count)
}

function unknownPoint(id: string, at: Point, revision: number, messages: number): RetinueError {
  return new RetinueError(
    'RETINUE_SESSION_POINT_UNKNOWN',
    `The session '${id}' has no ${JSON.stringify(at)}: it is at revision ${revision} and has ${messages} messages.`,
    {
      hint: 'Pass { revision } as history() tells it, or { messages }: how many of them stay.',
      details: { id, at },
    },
  )
}
