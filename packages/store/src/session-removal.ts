// Taking a session away: all of its records in one transaction, and again where somebody saves it meanwhile.
import { conflictOf } from './errors.ts'
import { encodeId } from './owner-state.ts'
import type { Op, RecordStore } from './record-store.ts'
import {
  homeOf,
  journalKind,
  readSession,
  recentId,
  recentKind,
  sessionKind,
  type StoredSession,
} from './session-records.ts'
import { jitteredDelay, pause } from './update.ts'

const maxAttempts = 20

/** Takes a session away; tells whether there was one. */
export async function removeSession(store: RecordStore, id: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const stored = await readSession(store, id)
    if (stored === undefined) return false
    try {
      await store.transact(removal(stored))
      return true
    } catch (error) {
      if (attempt === maxAttempts || conflictOf(error) === undefined) throw error
      await pause(jitteredDelay(attempt))
    }
  }
}

function removal({ id, headRev, own, itemRevs, updatedAt }: StoredSession): readonly Op[] {
  const home = homeOf(id)
  return [
    { op: 'remove', kind: sessionKind, id: home, expect: headRev },
    ...[...itemRevs].map(([key, expect]): Op => ({
      op: 'remove',
      kind: sessionKind,
      id: home + encodeId(key),
      expect,
    })),
    { op: 'remove', kind: journalKind, id: home },
    { op: 'remove', kind: recentKind, id: recentId(own['user'], { id, updatedAt }) },
  ]
}
