// How a user lies in a store: a record for each item, and a head for requests where there are any. No two items share
// a record, so sessions in several processes that set different ones never meet; where they do meet in one item, what
// each of them changed is put over what the other stored, field by field.
import { ChatUser, type Json, type Registry, type RestoreOptions } from '@retinue/kernel'
import { readRecords, recordOp } from './owner-records.ts'
import { isList, isObject, equalJson, type JsonObject } from './json.ts'
import { itemKey, partsOf, putTogether, storedState } from './owner-state.ts'
import type { Op, RecordStore, Result, StoredRecord } from './record-store.ts'
import { damaged } from './session-records.ts'
import { untilFirst } from './update.ts'

/** The head and the items. */
export const userKind = 'user'

/** An item as the kernel saves it. */
export interface Item {
  readonly version: number
  readonly values: JsonObject
}

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

/** Stands for two values that can't be brought together. */
export const clash: unique symbol = Symbol('clash')

/** What the schema of a value says of how two of them are brought together. */
export interface MergeSchema {
  /** Whether each key of an object, or each entry of a list, is changed by itself. */
  readonly merge?: boolean
  readonly default?: Json
  readonly properties?: { readonly [name: string]: MergeSchema }
}

/**
 * Brings together what was changed here and what somebody else has stored meanwhile: the fields, of each, that differ from
 * what was stored before. Which of `known` that was may be open, since a save may have gone without an answer: the last is
 * what surely was, and each other of them is taken for it wherever it is what is there. Two values for one field clash,
 * unless its schema has them merged.
 */
export function merge(
  key: string,
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema?: MergeSchema,
): Json | undefined | typeof clash {
  const one = theOne(known, there, here)
  if (one !== undefined) return one.value
  return key === '' ? mergeOwn(known, there, here) : mergeItem(known, there, here, schema)
}

/** What may have been stored before, the newest first. */
export type Known = readonly (Json | undefined)[]

/** What a value is if one alone has changed it, or both to the same. */
function theOne(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
): { readonly value: Json | undefined } | undefined {
  if ([here, ...known].some((each) => equalJson(each, there))) return { value: here }
  if (known.every((each) => equalJson(each, here))) return { value: there }
  return undefined
}

function mergeItem(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema: MergeSchema | undefined,
): Json | undefined | typeof clash {
  const [theirs, mine, ...before] = [there, here, ...known] as unknown as (Item | undefined)[]
  const versions = new Set([theirs, mine, ...before].flatMap((item) => item?.version ?? []))
  if (versions.size !== 1) return clash
  const were = before.map((item) => item?.values)
  const values = mergeKeys(were, theirs?.values, mine?.values, schema)
  if (values === clash) return clash
  return Object.keys(values).length === 0 ? undefined : { version: [...versions][0]!, values }
}

function mergeKeys(
  before: Known,
  there: JsonObject = {},
  here: JsonObject = {},
  schema?: MergeSchema,
): JsonObject | typeof clash {
  const was = before.map((each) => new Map(Object.entries(isObject(each) ? each : {}))) // whatever a key is called
  const values = new Map(Object.entries(there))
  const wanted = new Map(Object.entries(here))
  for (const name of new Set([...was, wanted].flatMap((each) => [...each.keys()]))) {
    const known = was.map((each) => each.get(name))
    const value = mergeValue(known, values.get(name), wanted.get(name), schema?.properties?.[name])
    if (value === clash) return clash
    if (value === undefined) values.delete(name)
    else values.set(name, value)
  }
  return Object.fromEntries(values)
}

function mergeValue(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema: MergeSchema | undefined,
): Json | undefined | typeof clash {
  const one = theOne(known, there, here)
  if (one !== undefined) return one.value
  if (schema?.merge === true) {
    const before = known.map((each) => each ?? schema.default)
    if (isList(there) && isList(here)) return mergeList(before, there, here)
    if (isObject(there) && isObject(here)) return mergeKeys(before, there, here, schema)
  }
  return equalJson(known.at(-1), here) ? there : clash
}

/** What came and went here comes and goes there. */
function mergeList(before: Known, there: readonly Json[], here: readonly Json[]): Json[] {
  const [isThere, isHere, ...were] = [there, here, ...before].map((list) => {
    const texts = new Set((isList(list) ? list : []).map(textOf))
    return (each: Json) => texts.has(textOf(each))
  }) as [Has, Has, ...Has[]]
  const stays = there.filter((each) => isHere(each) || !were.some((wasIn) => wasIn(each)))
  return [...stays, ...here.filter((each) => !isThere(each) && !were.every((wasIn) => wasIn(each)))]
}

type Has = (each: Json) => boolean

/** One text for values that are equal as JSON. */
function textOf(json: Json): string {
  return JSON.stringify(json, (_, part: Json) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

/** Requests and quarantine are merged; of the rest, ours is taken. */
function mergeOwn(known: Known, there: Json | undefined, here: Json | undefined): Json {
  const merged: Record<string, Json> = { ...(there as JsonObject), ...(here as JsonObject) }
  for (const name of ['requested', 'quarantine'] as const) {
    const before = known.map((each) => listIn(each, name))
    const list = mergeList(before, listIn(there, name), listIn(here, name))
    if (list.length > 0 || name === 'requested') merged[name] = list
    else delete merged[name]
  }
  return merged
}

/** A list in a head; empty where there is none. */
export function listIn(own: Json | undefined, name: 'requested' | 'quarantine'): readonly Json[] {
  return ((own as JsonObject | undefined)?.[name] ?? []) as readonly Json[]
}
