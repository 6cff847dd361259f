// Making a session of its own from what another one was: all of it in one transaction. Where nobody hears what came of
// that, the store is asked; where it does not answer that either, whoever forks is told under which id to look.
import type { Json, RetinueError } from '@retinue/kernel'
import { conflictOf, failure, mayPass } from './errors.ts'
import { spliceBetween } from './message-splice.ts'
import { homeOf } from './owner-records.ts'
import type { Op, RecordStore } from './record-store.ts'
import type { Past } from './session-history.ts'
import { journalKind, sessionKind } from './session-records.ts'
import { saveSession } from './session-save.ts'
import { newSession, readSession, type SessionState, type StoredSession } from './stored-session.ts'

/**
 * Stores a fork, with the history up to there.
 * @throws {RETINUE_SESSION_EXISTS}, {RETINUE_SESSION_FORK_UNSURE}
 */
export async function storeFork(
  store: RecordStore,
  id: string,
  origin: string,
  { revision, state, messages, journal, log }: Past,
): Promise<StoredSession & SessionState> {
  const forked = {
    ...newSession(id),
    forkedFrom: { id: origin, revision },
    revision,
    logLength: log.length,
  }
  const writer = crypto.randomUUID() // tells this fork from whatever else may have the id
  const logs = copyLogs(id, journal, log)
  const { ops, after } = saveSession(forked, {
    ...state,
    splice: spliceBetween(messages, state.messages),
    writer,
  })
  try {
    const results = await store.transact([...logs, ...ops])
    return { ...after(results.slice(logs.length)), ...state }
  } catch (error) {
    if (conflictOf(error) !== undefined) throw taken(id, error) // all that it expects is that nothing is there
    if (!mayPass(error)) throw error
    const found = await readSession(store, id).catch(() => {
      throw unsure(id, origin, error)
    })
    if (found?.writer === writer) return found
    throw error
  }
}

/** The changes that give a fork the logs that its origin had, before its own first save. */
function copyLogs(id: string, journal: readonly Json[], log: readonly Json[]): readonly Op[] {
  const copy = (kind: string, values: readonly Json[]): Op[] =>
    values.length === 0 ? [] : [{ op: 'append', kind, id: homeOf(id), values, expect: 0 }]
  return [...copy(journalKind, journal), ...copy(sessionKind, log)]
}

/** Makes the error of an id that is in use. */
export function taken(id: string, cause?: unknown): RetinueError {
  return failure(
    'RETINUE_SESSION_EXISTS',
    `Another session has the id '${id}'. Nothing was written.`,
    'Give the fork another id, or leave it out: then it gets one that nobody has.',
    { id },
    cause,
  )
}

function unsure(id: string, origin: string, cause: unknown): RetinueError {
  return failure(
    'RETINUE_SESSION_FORK_UNSURE',
    `The store did not say whether it kept the fork '${id}' of '${origin}', and can't be asked.`,
    `When it is back, load('${id}') gives the fork, or says that there is none: then fork again.`,
    { id, origin },
    cause,
  )
}
