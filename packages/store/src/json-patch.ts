// What makes one JSON value of another: names of objects that came, changed or went, the run of a list that is another.
import type { Json } from '@retinue/kernel'
import { isList, isObject, type JsonObject } from './json.ts'

/** A change of a value. */
export type JsonPatch =
  | { readonly to: Json }
  | { readonly of: { readonly [name: string]: JsonPatch }; readonly without?: readonly string[] }
  | { readonly at: number; readonly removed: number; readonly added: readonly Json[] }

/** What was done to a value; `undefined` where both are the same, to the order of their names. */
export function patchBetween(before: Json, after: Json): JsonPatch | undefined {
  if (before === after) return undefined
  if (isList(before) && isList(after)) return listPatch(before, after)
  if (isObject(before) && isObject(after)) return objectPatch(before, after)
  return { to: after }
}

/** What was done to a value, where the value is so many times larger; nothing where one of the two is not there. */
export function littlePatch(
  before: Json | undefined,
  after: Json | undefined,
  times: number,
): JsonPatch | undefined {
  if (before === undefined || after === undefined) return undefined
  const patch = patchBetween(before, after) ?? { of: {} }
  return isLarger(after, times * JSON.stringify(patch).length) ? patch : undefined
}

/** The value after a change. What is not in the change is shared. */
export function patched(value: Json, patch: JsonPatch): Json {
  if ('to' in patch) return patch.to
  if ('at' in patch) {
    const list = value as readonly Json[]
    return [...list.slice(0, patch.at), ...patch.added, ...list.slice(patch.at + patch.removed)]
  }
  const gone = new Set(patch.without)
  const object = value as JsonObject
  const kept = Object.entries(object).filter(([name]) => !gone.has(name))
  const changed = Object.entries(patch.of).map(([name, of]) => [name, patched(object[name]!, of)])
  return Object.fromEntries([...kept, ...changed]) as Json
}

/** Whether a value has more than so many characters; it looks no further. */
export function isLarger(value: Json, size: number): boolean {
  return roomAfter(value, size) < 0
}

function roomAfter(value: Json, room: number): number {
  if (typeof value === 'string') return room - value.length
  if (typeof value !== 'object' || value === null) return room - 1
  let left = room
  for (const [name, part] of Object.entries(value)) {
    left = roomAfter(part, left - name.length)
    if (left < 0) break
  }
  return left
}

function listPatch(before: readonly Json[], after: readonly Json[]): JsonPatch | undefined {
  const isSame = (a: Json, b: Json): boolean => patchBetween(a, b) === undefined
  const shorter = Math.min(before.length, after.length)
  let at = 0
  while (at < shorter && isSame(before[at]!, after[at]!)) at++
  let end = 0
  while (end < shorter - at && isSame(before.at(-1 - end)!, after.at(-1 - end)!)) end++
  const removed = before.length - at - end
  const added = after.slice(at, after.length - end)
  return removed === 0 && added.length === 0 ? undefined : { at, removed, added }
}

function objectPatch(before: JsonObject, after: JsonObject): JsonPatch | undefined {
  const names = Object.keys(after)
  const without = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  const kept = Object.keys(before).filter((name) => Object.hasOwn(after, name))
  if (kept.some((name, i) => name !== names[i])) return { to: after } // in another order
  const of = names.flatMap((name) => {
    const patch = Object.hasOwn(before, name)
      ? patchBetween(before[name]!, after[name]!)
      : { to: after[name]! }
    return patch === undefined ? [] : [[name, patch] as const]
  })
  if (of.length === 0 && without.length === 0) return undefined
  return { of: Object.fromEntries(of), ...(without.length > 0 && { without }) }
}
