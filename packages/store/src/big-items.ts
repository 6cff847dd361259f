// Big items that change a little, as a context that grows with each turn does: the journal has that little, and their
// records stay as they are for a while. Whoever reads them puts over them what the journal says since.
import type { Json } from '@retinue/kernel'
import { isLarger, type JsonPatch, littlePatch } from './json-patch.ts'

/** The big items of a session, as they are stored, and whatever else has a record that is behind. */
export interface BigItems {
  readonly values: ReadonlyMap<string, Json>
  /** Those whose records are behind, with the revision of the session at which they were not. */
  readonly since: ReadonlyMap<string, number>
}

/** Changes of items, by how they are written. */
export interface ItemChanges {
  /** As they are; `undefined` for what is gone. */
  readonly whole: readonly (readonly [key: string, item: Json | undefined])[]
  /** By what was done to them. */
  readonly patches: { readonly [key: string]: JsonPatch }
  /** Those whose records have been behind for long enough. */
  readonly late: readonly (readonly [key: string, item: Json])[]
  /** The big items after it. */
  readonly big: BigItems
}

/** From how many characters on an item is big. */
const bigSize = 4096
/** How many times as large as what was done to it an item is, that this is kept in its place. */
const share = 4
/** How many revisions a record may be behind. */
const longestTail = 256

/** Those of the items that are big. */
export function bigAmong(items: ReadonlyMap<string, Json>, since: BigItems['since']): BigItems {
  const values = [...items].filter(([key, item]) => since.has(key) || isLarger(item, bigSize))
  return { values: new Map(values), since }
}

/** Says how changes of items are written after a revision. */
export function itemChanges(
  revision: number,
  big: BigItems,
  changes: readonly (readonly [key: string, item: Json | undefined])[],
): ItemChanges {
  const whole: (readonly [string, Json | undefined])[] = []
  const patches: Record<string, JsonPatch> = {}
  const [values, since] = [new Map(big.values), new Map(big.since)]
  for (const [key, item] of changes) {
    const patch = littlePatch(values.get(key), item, share)
    if (patch === undefined) {
      whole.push([key, item])
      since.delete(key)
    } else {
      patches[key] = patch
      if (!since.has(key)) since.set(key, revision)
    }
    if (item !== undefined && (since.has(key) || isLarger(item, bigSize))) values.set(key, item)
    else values.delete(key)
  }
  const late = [...since].flatMap(([key, from]) =>
    revision - from < longestTail ? [] : [[key, values.get(key)!] as const],
  )
  for (const [key] of late) since.delete(key)
  return { whole, patches, late, big: { values, since } }
}
