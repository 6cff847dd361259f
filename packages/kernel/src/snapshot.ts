// Snapshots: what an owner holds, as plain JSON, and the way back. Saving writes differences only and creates
// nothing. Loading is: check limits, upgrade, validate field by field, fill; what does not survive is set aside
// word for word, what nobody has registered is kept as it is, and no handler, network or secret look-up runs.
import { RetinueError } from './errors.ts'
import type { Layer, Quarantined } from './layers.ts'
import { parseWithin, type Limits } from './limits.ts'
import { messageProblem, type Message } from './message.ts'
import { isTypeName } from './name.ts'
import type { ObservableList } from './observable.ts'
import type { Registry } from './registry.ts'
import type { StoredItem } from './shape.ts'
import { excludedOf, toolsOf } from './tool-list.ts'

/** The form of snapshots that this kernel writes. */
export const snapshotFormat = 1

/** Own values of one bag, by type name. */
export type SavedBag = Readonly<Record<string, StoredItem>>

/** What every saved owner has. Bags of kinds that plugins add stand beside the three. */
export interface OwnerSnapshot {
  readonly format: number
  readonly config: SavedBag
  readonly context: SavedBag
  readonly sections: SavedBag
  /** What code asked for: `kind.type`. */
  readonly requested: readonly string[]
  readonly quarantine?: readonly Quarantined[]
}

/** How a saved owner is loaded. */
export interface RestoreOptions {
  /** @default the shared registry, or that of the user who is given */
  readonly registry?: Registry
  /** Limits that differ from the usual ones. */
  readonly limits?: Partial<Limits>
  /** Names of the secret references (variables, paths) that the saved data may use. */
  readonly secrets?: readonly string[]
}

/** What loading found. */
export interface Report {
  /** Whether all of it was loaded as it was saved. */
  readonly ok: boolean
  /** What did not survive; it stays in the snapshot until it is accepted. */
  readonly quarantined: readonly Quarantined[]
  /** `kind.type` of what nobody has registered: kept word for word until its plugin is there. */
  readonly unknown: readonly string[]
  /** What was brought up to date. */
  readonly upgraded: readonly { readonly at: string; readonly from: number; readonly to: number }[]
  /** `kind.type` of values that nobody needs here now; they are back in force when somebody does. */
  readonly parked: readonly string[]
  /** The agent that the snapshot names, where it is another than the one given. */
  readonly agent?: { readonly saved: string | null; readonly given: string | null }
}

/** Saves what a layer holds. */
export function saveLayer(layer: Layer): OwnerSnapshot {
  layer.settleStored()
  const saved: Record<string, unknown> = { format: snapshotFormat }
  for (const kind of layer.registry.kinds) {
    if (kind.snapshot && kind.owners.includes(layer.type)) saved[kind.bag] = {}
  }
  for (const [key, item] of savedItems(layer)) {
    const dot = key.indexOf('.')
    const kind = layer.registry.kinds.find((each) => each.name === key.slice(0, dot))
    const bag = kind && (saved[kind.bag] as Record<string, unknown> | undefined)
    if (bag !== undefined) bag[key.slice(dot + 1)] = item
  }
  for (const [bag, data] of layer.strays ?? []) saved[bag] = data
  saved.requested = [...(layer.requested ?? [])]
  if (layer.quarantine.length > 0) saved.quarantine = layer.quarantine
  return saved as unknown as OwnerSnapshot
}

/** Saves the tools of a layer, and what it excludes if it excludes anything. */
export function saveTools(layer: Layer): { readonly tools: readonly string[]; readonly excluded?: readonly string[] } {
  const excluded = layer.excluded?.items ?? []
  return { tools: [...(layer.tools?.items ?? [])], ...(excluded.length > 0 && { excluded: [...excluded] }) }
}

/** Checks a snapshot's limits and form. @throws {RETINUE_SNAPSHOT_LIMIT}, {RETINUE_SNAPSHOT_INVALID} */
export function openSnapshot(json: string | object, limits?: Partial<Limits>): Record<string, unknown> {
  const data = parseWithin(json, limits)
  if (data.format === snapshotFormat) return data
  throw new RetinueError('RETINUE_SNAPSHOT_INVALID', `A snapshot has the format ${JSON.stringify(data.format) ?? 'of nothing known'}; this kernel reads ${snapshotFormat}.`, {
    hint: 'A newer kernel may have written it: load it with that one.',
  })
}

/** Loads a snapshot into a layer that is new and that nobody observes. */
export function loadLayer(layer: Layer, data: Readonly<Record<string, unknown>>, options: RestoreOptions): Report {
  layer.secrets = new Set(options.secrets)
  if (Array.isArray(data.quarantine)) layer.setAside(...(data.quarantine as Quarantined[]))
  const before = layer.quarantine.length
  const { kinds } = layer.registry
  const upgraded: Report['upgraded'][number][] = []
  for (const [property, content] of Object.entries(data)) {
    if (ownKeys.has(property)) continue
    const kind = kinds.find((each) => each.bag === property)
    if (kind === undefined) (layer.strays ??= new Map()).set(property, content)
    else {
      noteUpgrades(layer, kind.name, content, upgraded)
      layer.loadBag(kind, content)
    }
  }
  loadNames(layer, 'requested', data.requested, isKey, (key) => (layer.requested ??= new Set()).add(key))
  loadNames(layer, 'tools', data.tools, isTypeName, (type) => toolsOf(layer).push(type))
  loadNames(layer, 'excluded', data.excluded, isTypeName, (type) => excludedOf(layer).push(type))
  layer.registry.domain.epoch++
  const quarantined = layer.quarantine.slice(before)
  const present = layer.presence()
  const parked = layer.type === 'session' ? layer.valued().filter((key) => !present.has(key)) : []
  const unknown = [...(layer.stored?.keys() ?? []), ...(layer.strays?.keys() ?? [])]
  return { ok: layer.quarantine.length === 0, quarantined, unknown, upgraded, parked }
}

/** Loads messages: a damaged one is set aside with its place, and history is not repaired by guessing. */
export function loadMessages(layer: Layer, list: ObservableList<Message>, data: unknown): void {
  if (data === undefined) return
  if (!Array.isArray(data)) {
    layer.setAside({ at: 'messages', value: data, code: 'RETINUE_SNAPSHOT_INVALID', reason: 'Messages are an array.' })
    return
  }
  const good: Message[] = []
  for (const [index, message] of data.entries()) {
    const reason = messageProblem(message)
    if (reason === undefined) good.push(message as Message)
    else layer.setAside({ at: 'messages', index, value: message, code: 'RETINUE_VALUE_INVALID', reason })
  }
  list.push(...good)
}

/** The keys of a snapshot that are not bags. */
const ownKeys: ReadonlySet<string> = new Set(
  'format id name parent user agent model instructions requested tools excluded messages quarantine'.split(' '),
)

function* savedItems(layer: Layer): Iterable<readonly [string, unknown]> {
  const items = new Map<string, unknown>(layer.stored)
  for (const cell of layer.cells.values()) {
    const item = cell.shape.save(cell.own)
    if (Object.keys(item.values).length > 0) items.set(cell.entry.key, item)
  }
  yield* [...items].sort(([a], [b]) => (a < b ? -1 : 1))
}

function noteUpgrades(layer: Layer, kind: string, bag: unknown, upgraded: Report['upgraded'][number][]): void {
  if (typeof bag !== 'object' || bag === null) return
  for (const [type, stored] of Object.entries(bag)) {
    const to = layer.registry.at(`${kind}.${type}`)?.shape?.version
    const from = (stored as Partial<StoredItem> | null)?.version
    if (to !== undefined && typeof from === 'number' && from < to) upgraded.push({ at: `${kind}.${type}`, from, to })
  }
}

function loadNames(layer: Layer, at: string, data: unknown, fits: (name: string) => boolean, take: (name: string) => void): void {
  if (data === undefined) return
  for (const [index, name] of (Array.isArray(data) ? data : [data]).entries()) {
    if (typeof name === 'string' && fits(name)) take(name)
    else layer.setAside({ at, index, value: name, code: 'RETINUE_SNAPSHOT_INVALID', reason: 'That is no name.' })
  }
}

function isKey(key: string): boolean {
  const dot = key.indexOf('.')
  return dot > 0 && isTypeName(key.slice(0, dot)) && isTypeName(key.slice(dot + 1))
}
