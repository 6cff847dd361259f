// A snapshot in the parts that are stored apart: one for each item of a bag, and what is left. Bags of kinds that
// nobody has registered are taken apart like any other, so what a plugin of another process saved keeps its records.
import type { ChatSession, ChatUser, Json, Quarantined, Registry } from '@retinue/kernel'
import { equalJson, isObject, type JsonObject } from './json.ts'
import type { StoredRecord } from './record-store.ts'

/** What an owner holds, in parts. */
export interface OwnerState {
  /** What is in no bag: requests, tools, the agent's name, the quarantine. */
  readonly own: JsonObject
  /** The items by `bag.type`, in the form that they are saved in. */
  readonly items: ReadonlyMap<string, Json>
}

/** What an owner holds, and what of it lies in its place though it is set aside. */
export interface StoredState extends OwnerState {
  readonly placed: readonly Quarantined[]
}

/**
 * What an owner holds, as it is stored. What others know lies in its place, though it is set aside here; it is not where
 * something else was put there, here or in the records that are known.
 */
export function storedState(
  owner: ChatSession | ChatUser,
  registry: Registry,
  records?: ReadonlyMap<string, StoredRecord>,
): StoredState {
  const { own, items } = takeApart(owner.snapshot({ frozen: true }), registry)
  const { quarantine = [], ...rest } = own
  const aside = quarantine as unknown as readonly Quarantined[]
  const placed = new Set<Quarantined>()
  for (const each of aside.toReversed()) {
    const part = partOf(each, registry)
    const item = part && placedIn(items.get(part.key), part)
    if (item === undefined || (records && !without(records.get(part!.key)?.value, part!))) continue
    items.set(part!.key, item)
    placed.add(each)
  }
  const left = aside.filter((each) => !placed.has(each)) as unknown as Json[]
  return {
    own: { ...rest, ...(left.length > 0 && { quarantine: left }) },
    items,
    placed: aside.filter((each) => placed.has(each)),
  }
}

/** A part of an item that is set aside here, and has its place in it for those who know it. */
export interface Part {
  /** The key of the item. */
  readonly key: string
  readonly version: number
  /** Which field it is; `undefined`: all of the item. */
  readonly field: string | undefined
  readonly value: Json
}

/** The part that is set aside: an item of a newer version, or a field that others may know in this one. */
export function partOf(
  { at, field, code, version = 0, value, original }: Quarantined,
  registry: Registry,
): Part | undefined {
  const known = registry.at(at)?.shape?.version ?? Infinity
  const isField = field !== undefined && version === known && original === undefined
  if (!isField && (code !== 'RETINUE_VERSION_NEWER' || version <= known)) return undefined
  return { key: itemKey(registry, ...partsOf(at)), version, field, value: value as Json }
}

/** What is left of an item without such a part, in a list; nothing where it is not in it. */
export function without(item: Json | undefined, { version, field, value }: Part): [Json?] | undefined {
  if (field === undefined) return equalJson(item, { version, values: value }) ? [] : undefined
  const { version: held, values } = Object(item) as Partial<Item>
  const { [field]: there, ...rest } = Object(values) as JsonObject
  return held === version && equalJson(there, value) ? [{ version, values: rest }] : undefined
}

/** An item with such a part; nothing where something else is in its place. */
function placedIn(item: Json | undefined, { version, field, value }: Part): Json | undefined {
  if (field === undefined) return item === undefined ? { version, values: value } : undefined
  const { version: held, values } = (item ?? { version, values: {} }) as Item
  if (held !== version || Object.hasOwn(values, field)) return undefined
  return { version, values: { ...values, [field]: value } }
}

/** An item as the kernel saves it. */
export interface Item {
  readonly version: number
  readonly values: JsonObject
}

/** Takes a snapshot apart; its id and its messages are stored otherwise. */
function takeApart(
  snapshot: object,
  registry: Registry,
): { readonly own: JsonObject; readonly items: Map<string, Json> } {
  const own: Record<string, Json> = {}
  const items = new Map<string, Json>()
  for (const [name, part] of Object.entries(snapshot) as [string, Json][]) {
    if (name === 'id' || name === 'messages') continue
    const bag = isObject(part) ? Object.entries(part) : undefined
    if (bag === undefined || (bag.length === 0 && registry.kindOfBag(name) === undefined)) own[name] = part
    for (const [type, item] of bag ?? []) items.set(`${name}.${type}`, item)
  }
  return { own, items }
}

/** Puts a snapshot together again. */
export function putTogether(id: string, { own, items }: OwnerState): Record<string, unknown> {
  const snapshot: Record<string, unknown> = { ...own, id }
  for (const [key, item] of items) {
    const [bagName, type] = partsOf(key)
    const bag = (snapshot[bagName] ??= {}) as Record<string, Json>
    // Whatever its name is: assigning to `__proto__` would lose it.
    Object.defineProperty(bag, type, {
      value: item,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return snapshot
}

/** The two parts of a name with a dot between. */
export function partsOf(name: string): [before: string, after: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

/** The key of the item that a patch is about. */
export function itemKey(registry: Registry, kind: string, type: string): string {
  return `${registry.kinds.find(({ name }) => name === kind)?.bag ?? kind}.${type}`
}
