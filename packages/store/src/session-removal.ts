// Taking a session away: all of its records in one transaction, and again where somebody saves it meanwhile. Its messages
// are not read for that, so one whose log is damaged can be taken away as well.
import { conflictOf } from './errors.ts'
import { encodeId } from './owner-state.ts'
import type { Op, RecordStore } from './record-store.ts'
import {
  checkedHead,
  homeOf,
  journalKind,
  readRecords,
  recentId,
  recentKind,
  sessionKind,
} from './session-records.ts'
import { jitteredDelay, pause } from './update.ts'

const maxAttempts = 20

/** Takes a session away; tells whether there was one. */
export async function removeSession(store: RecordStore, id: string): Promise<boolean> {
  const home = homeOf(id)
  for (let attempt = 1; ; attempt++) {
    const records = await readRecords(store, sessionKind, home)
    const head = records.get('')
    if (head === undefined) return false
    const { info } = checkedHead(id, head.value)
    const ops: readonly Op[] = [
      ...[...records].map(([key, { rev }]): Op => ({
        op: 'remove',
        kind: sessionKind,
        id: home + encodeId(key),
        expect: rev,
      })),
      { op: 'remove', kind: journalKind, id: home },
      { op: 'remove', kind: recentKind, id: recentId(info.user, info) },
    ]
    try {
      await store.transact(ops)
      return true
    } catch (error) {
      if (attempt === maxAttempts || conflictOf(error) === undefined) throw error
      await pause(jitteredDelay(attempt))
    }
  }
}
