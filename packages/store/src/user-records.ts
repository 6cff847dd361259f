// How a user lies in a store: a record for each item, and a head for requests where there are any. No two items share
// a record, so sessions in several processes that set different ones never meet.
import { ChatUser, type Json, type Registry, type RestoreOptions } from '@retinue/kernel'
import { readRecords, recordOp } from './owner-records.ts'
import { equalJson, type JsonObject } from './json.ts'
import { itemKey, partsOf, putTogether, storedState } from './owner-state.ts'
import type { Op, RecordStore, Result, StoredRecord } from './record-store.ts'
import { damaged } from './session-records.ts'
import { untilFirst } from './update.ts'

/** The head and the items. */
export const userKind = 'user'

/** A user as it is stored, as far as this process knows: what the next save is told against. */
export interface StoredUser {
  readonly id: string
  /** By `bag.type`; what is in no bag lies under the empty key. */
  readonly records: ReadonlyMap<string, StoredRecord>
}

/** A user's state with what is in no bag under the empty key. */
export type UserState = ReadonlyMap<string, Json>

/** The changes that bring what is stored to a state. */
export interface UserSave {
  readonly ops: readonly Op[]
  /** What they write, by key. */
  readonly writes: ReadonlyMap<string, Json | undefined>
  after(results: readonly Result[]): StoredUser
}

/** Reads a user; it has no records where nothing was ever stored. */
export async function readUser(store: RecordStore, id: string): Promise<StoredUser> {
  return { id, records: await readRecords(store, userKind, id) }
}

/** How owners are restored here. */
export type RestoreSettings = RestoreOptions & { readonly registry: Registry }

/**
 * Makes a user of what is stored, and says what that is once it is loaded: items of older versions are brought up to
 * date, and nothing has changed by that. What is set aside is still there as it was.
 */
export function restoreUser(
  stored: StoredUser,
  options: RestoreSettings,
): { readonly user: ChatUser; readonly stored: StoredUser } {
  const { id, records } = stored
  const { registry } = options
  const items = new Map([...records].map(([key, { value }]) => [key, value]))
  const own = items.get('') as JsonObject | undefined
  items.delete('')
  if (own === undefined && items.size === 0) return { user: new ChatUser({ id, registry }), stored }
  if (own === undefined) throw damaged(id, 'its head is missing')
  const { user, report } = ChatUser.restore(putTogether(id, { own, items }), options)
  const aside = new Set(report.quarantined.map(({ at }) => itemKey(registry, ...partsOf(at))))
  const loaded = storedState(user, registry).items
  const known = [...records].map(([key, { rev, value }]) => {
    const now = aside.has(key) ? value : (loaded.get(key) ?? value)
    return [key, { rev, value: now }] as const
  })
  return { user, stored: { id, records: new Map(known) } }
}

/** Takes a user's records away, and again where somebody saves them meanwhile; tells whether there were any. */
export function removeUser(store: RecordStore, id: string): Promise<boolean> {
  return untilFirst(async () => {
    const { records } = await readUser(store, id)
    const ops = [...records].map(([key, { rev }]) => recordOp(userKind, id, key, undefined, rev))
    if (ops.length > 0) await store.transact(ops)
    return ops.length > 0
  })
}

/** Says what to write of what has changed, and of that of which it is not known what is stored. */
export function saveUser(
  stored: StoredUser,
  state: UserState,
  changed: ReadonlySet<string>,
  unsure: ReadonlySet<string>,
): UserSave {
  const writes = new Map<string, Json | undefined>()
  const ops: Op[] = []
  const keys = new Set([...changed, ...unsure])
  // The head goes along with a new item: whoever is to delete the user meanwhile is met there, and not missed.
  const isHeadDue = [...keys].some((key) => state.has(key) && !stored.records.has(key))
  for (const key of keys) {
    const value = state.get(key)
    const held = stored.records.get(key)
    const isDue = unsure.has(key) || (key === '' && isHeadDue)
    if (equalJson(value, held?.value) && !isDue) continue
    ops.push(recordOp(userKind, stored.id, key, value, held?.rev ?? 0))
    writes.set(key, value)
  }
  return {
    ops,
    writes,
    after: (results) => {
      const records = new Map(stored.records)
      ;[...writes].forEach(([key, value], i) => {
        if (value === undefined) records.delete(key)
        else records.set(key, { rev: results[i]!.rev, value })
      })
      return { id: stored.id, records }
    },
  }
}

/** A list in a head; empty where there is none. */
export function listIn(own: Json | undefined, name: 'requested' | 'quarantine'): readonly Json[] {
  return ((own as JsonObject | undefined)?.[name] ?? []) as readonly Json[]
}
