// Taking a session away: all of its records in one transaction, and again where somebody saves it meanwhile. Its messages
// are not read for that, so one whose log is damaged can be taken away as well.
import { mayPass } from './errors.ts'
import { homeOf, readRecords, recordOp } from './owner-records.ts'
import type { Op, RecordStore } from './record-store.ts'
import { checkedHead, journalKind, recentId, recentKind, sessionKind } from './session-records.ts'
import { untilFirst } from './update.ts'

/** Takes a session away; tells whether there was one. */
export async function removeSession(store: RecordStore, id: string): Promise<boolean> {
  const home = homeOf(id)
  return untilFirst(async () => {
    const records = await readRecords(store, sessionKind, id)
    const head = records.get('')
    if (head === undefined) return false
    const { info } = checkedHead(id, head.value)
    const ops: readonly Op[] = [
      ...[...records].map(([key, { rev }]) => recordOp(sessionKind, id, key, undefined, rev)),
      { op: 'remove', kind: journalKind, id: home },
      { op: 'remove', kind: recentKind, id: recentId(info.user, info) },
    ]
    try {
      await store.transact(ops)
    } catch (error) {
      const isGone = mayPass(error) && (await store.get(sessionKind, home)) === undefined
      if (!isGone) throw error // else it was done, and nobody heard so
    }
    return true
  })
}
