// Snapshots: what an owner holds, as plain JSON. Saving writes differences only, and creates nothing. The way back is in
// `loading`.
import type { Quarantined } from './holdings.ts'
import { isSaved } from './kind.ts'
import type { Layer } from './layers.ts'
import { partsOfKey } from './name.ts'
import type { StoredItem } from './shape.ts'
import { thaw } from './value.ts'

/** The form of the snapshots that this kernel writes, and of the messages in them. */
export const snapshotFormat = 1

/** Own values of one bag, by type name. */
export type SavedBag = Readonly<Record<string, StoredItem>>

/** What every saved owner has. Bags of kinds that plugins add stand beside the three. */
export interface OwnerSnapshot {
  /** 1; another is refused when it is loaded. */
  readonly format: number
  readonly config: SavedBag
  readonly context: SavedBag
  readonly sections: SavedBag
  /** What code asked for: `kind.type`. */
  readonly requested: readonly string[]
  readonly quarantine?: readonly Quarantined[]
}

/** How an owner is saved. */
export interface SnapshotOptions {
  /**
   * Shares the values and messages of the owner, which never change, instead of copying what has arrays: for code that
   * only reads them.
   */
  readonly frozen?: boolean | undefined
}

/** Saves what a layer holds, after what its owner says of itself. */
export function saveLayer<T extends object>(
  layer: Layer,
  owner: T,
  { frozen }: SnapshotOptions = {},
): OwnerSnapshot & T {
  layer.settleStored()
  const saved: Record<string, unknown> = { format: snapshotFormat, ...owner }
  const bags = new Map<string, Record<string, unknown>>()
  for (const { name, bag } of layer.registry.kinds.filter((kind) => isSaved(kind, layer.type)))
    bags.set(name, (saved[bag] = {}))
  for (const [key, item] of savedItems(layer, frozen)) {
    const [kind, type] = partsOfKey(key)
    const bag = bags.get(kind)
    if (bag !== undefined) bag[type] = item
  }
  for (const [bag, data] of layer.strays ?? []) saved[bag] = data
  saved.requested = [...(layer.requested ?? [])]
  if (layer.quarantine.length > 0) saved.quarantine = [...layer.quarantine]
  return saved as unknown as OwnerSnapshot & T
}

/** Saves the tools of a layer, and what it excludes if it excludes anything. */
export function saveTools(layer: Layer): {
  readonly tools: readonly string[]
  readonly excluded?: readonly string[]
} {
  const excluded = layer.excluded?.items ?? []
  return { tools: [...(layer.tools?.items ?? [])], ...(excluded.length > 0 && { excluded: [...excluded] }) }
}

function savedItems(layer: Layer, frozen: boolean | undefined): (readonly [string, unknown])[] {
  const items = new Map<string, unknown>(layer.stored)
  for (const cell of layer.cells.values()) {
    const item = cell.shape.save(cell.own)
    if (Object.keys(item.values).length > 0) items.set(cell.entry.key, frozen ? item : thaw(item))
  }
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1))
}
