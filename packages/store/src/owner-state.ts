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

/**
 * What an owner holds, as it is stored. What is set aside because it is of a newer version lies in its place, for those
 * who know that version; it is not where something else was put there, here or in the records that are known.
 */
export function storedState(
  owner: ChatSession | ChatUser,
  registry: Registry,
  records?: ReadonlyMap<string, StoredRecord>,
): OwnerState {
  const { own, items } = takeApart(owner.snapshot({ frozen: true }), registry)
  const aside = (own['quarantine'] ?? []) as unknown as readonly Quarantined[]
  const state = new Map(items)
  const left = aside.toReversed().filter((each) => {
    const [key, item] = newerItem(each, registry) ?? []
    if (key === undefined || item === undefined || state.has(key)) return true
    if (records !== undefined && !equalJson(records.get(key)?.value, item)) return true
    state.set(key, item)
    return false
  })
  if (left.length === aside.length) return { own, items }
  const { quarantine: _quarantine, ...rest } = own
  const kept = left.length > 0 && { quarantine: left.toReversed() as unknown as Json }
  return { own: { ...rest, ...kept }, items: state }
}

/** What is set aside because it is of a version that is newer than what is known here: the key of the item, and the item. */
export function newerItem(
  { at, code, version, value }: Quarantined,
  registry: Registry,
): readonly [key: string, item: Json] | undefined {
  const known = registry.at(at)?.shape?.version ?? Infinity
  if (code !== 'RETINUE_VERSION_NEWER' || version! <= known) return undefined
  return [itemKey(registry, ...partsOf(at)), { version: version!, values: value as Json }]
}

/** Takes a snapshot apart; its id and its messages are stored otherwise. */
function takeApart(snapshot: object, registry: Registry): OwnerState {
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
