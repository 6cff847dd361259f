// Loading what was saved: check limits, upgrade, validate field by field, fill. What does not survive is set aside word for
// word, what nobody has registered is kept as it is, and no handler, network or secret look-up runs.
import { RetinueError, reasonOf } from './errors.ts'
import type { Quarantined } from './holdings.ts'
import { isSaved } from './kind.ts'
import type { Layer } from './layers.ts'
import { parseWithin, type Limits, type Opened } from './limits.ts'
import { isMessage, messageProblem, takeMessage, type Message } from './message.ts'
import { isTypeName, partsOfKey, words } from './name.ts'
import type { ObservableList } from './observable-list.ts'
import { checkOptions, option, type KnownOptions } from './options.ts'
import type { Registry } from './registry.ts'
import type { StoredItem } from './shape.ts'
import { snapshotFormat } from './snapshot.ts'
import { excludedOf, toolsOf } from './tool-list.ts'
import { equal } from './value.ts'

type Data = Readonly<Record<string, unknown>>

/** How a saved owner is loaded. */
export interface RestoreOptions {
  /** @default the shared registry, or that of the user who is given */
  readonly registry?: Registry | undefined
  /** Limits that differ from the usual ones. */
  readonly limits?: Partial<Limits> | undefined
  /** Names of the secret references (variables, paths) that the saved data may use. */
  readonly secrets?: readonly string[] | undefined
}

/** Every option of `restore`; owners add theirs. */
export const restoreOptions: KnownOptions<RestoreOptions> = {
  registry: option.object,
  limits: option.object,
  secrets: option.list,
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
  /** `kind.type` of what an older or a broken version had put in quarantine, and this one could load. */
  readonly recovered: readonly string[]
  /** `kind.type` of values that nobody needs here now; they are back in force when somebody does. */
  readonly parked: readonly string[]
  /** The agent that the snapshot names, where it is another than the one given. */
  readonly agent?: { readonly saved: string | null; readonly given: string | null }
}

/**
 * Checks a snapshot's limits and format.
 * @throws {RETINUE_SNAPSHOT_LIMIT}, {RETINUE_SNAPSHOT_INVALID}
 */
export function openSnapshot<O extends RestoreOptions>(
  json: string | object,
  options: O,
  known: KnownOptions<O>,
  ...needed: readonly (keyof O & string)[]
): Opened {
  checkOptions('restore()', options, known, undefined, ...needed)
  const opened = parseWithin(json, options.limits)
  const { format } = opened.data
  if (format === snapshotFormat) return opened
  throw new RetinueError(
    'RETINUE_SNAPSHOT_INVALID',
    `A snapshot has the format ${JSON.stringify(format)}; this kernel reads ${snapshotFormat}.`,
    { hint: 'Load it with the kernel that wrote it.' },
  )
}

/** Loads a snapshot into a layer that is new and that nobody observes; its messages may be loaded already. */
export function loadLayer(layer: Layer, data: Data, options: RestoreOptions): Report {
  layer.secrets = new Set(options.secrets)
  const saved = soundIn(layer, 'quarantine', data, isQuarantined, 'entry of a quarantine')
  const retried = [...wholeIn(saved).values()].filter((each) => isRetried(layer, each, data))
  loadBags(layer, data, retried)
  loadNames(layer, data)
  const quarantined = layer.quarantine.filter((each) => !saved.some((before) => equal(before, each)))
  const aside = wholeIn(layer.quarantine)
  // In their places, also what was tried once more and failed again: what is saved again is the same.
  const kept = saved.filter((each) => !retried.includes(each) || equal(aside.get(each.at), each))
  layer.quarantine = [...kept, ...quarantined]
  return {
    ok: layer.quarantine.length === 0,
    quarantined,
    unknown: [...(layer.stored?.keys() ?? []), ...(layer.strays?.keys() ?? [])],
    upgraded: upgradedIn(layer, data, retried).filter(({ at }) => !aside.has(at)),
    recovered: retried.map(({ at }) => at).filter((at) => !aside.has(at)),
    parked: layer.type === 'session' ? layer.parked() : [],
  }
}

/** Loads the bags of a snapshot, and once more what an earlier load had set aside. */
function loadBags(layer: Layer, data: Data, retried: readonly Quarantined[]): void {
  const own = ownKeys[layer.type]!
  for (const [property, content] of Object.entries(data)) {
    if (!own.has(property) && content !== undefined) loadProperty(layer, property, content)
  }
  for (const { at, version, value } of retried) {
    const { kind, type } = layer.registry.at(at)!
    loadProperty(layer, kind.bag, { [type]: { version, values: value } })
  }
}

/** Loads what a snapshot names: what was asked for, and the tools. */
function loadNames(layer: Layer, data: Data): void {
  const own = ownKeys[layer.type]!
  for (const at of ['agent', 'parent']) {
    const value = own.has(at) ? (data[at] ?? undefined) : undefined
    if (value !== undefined && typeof value !== 'string') layer.setAside({ at, value }, 'That is no name.')
  }
  const namesIn = (at: string, fits = isTypeName): string[] => {
    const isName = (value: unknown): value is string => isText(value) && fits(value)
    return own.has(at) ? [...new Set(soundIn(layer, at, data, isName, 'name'))] : []
  }
  const requested = namesIn('requested', isKey)
  if (requested.length > 0) layer.requested = new Set(requested)
  const tools = namesIn('tools')
  const excluded = namesIn('excluded')
  const equip = (): void => {
    if (tools.length > 0) fill(toolsOf(layer), tools)
    if (excluded.length > 0) fill(excludedOf(layer), excluded)
  }
  // What the session's own tools need of its user comes, and what it excludes of its agent's goes.
  if (layer.changeTools(equip)) layer.domain.record({ reach: (reached) => layer.user!.reach(reached) })
}

/** The items of an older version than the code's, saved or tried once more. */
function upgradedIn(layer: Layer, data: Data, retried: readonly Quarantined[]): Report['upgraded'] {
  return [...layer.cells].flatMap(([at, { entry, shape }]) => {
    const bag = Object(data[entry.kind.bag]) as Readonly<Record<string, unknown>>
    const { version: from } = Object(retried.find((each) => each.at === at) ?? bag[entry.type]) as StoredItem
    return from < shape.version ? [{ at, from, to: shape.version }] : []
  })
}

/** The items that were set aside whole, by their place: of several the last, which was set there after the others. */
function wholeIn(quarantined: readonly Quarantined[]): ReadonlyMap<string, Quarantined> {
  return new Map(quarantined.filter(({ field }) => field === undefined).map((each) => [each.at, each]))
}

/** Whether an item that was set aside is one that this code may know how to load, and nothing was set in its place. */
function isRetried({ registry }: Layer, { at, version }: Quarantined, data: Data): boolean {
  const { kind, type, shape } = registry.at(at) ?? {}
  if (shape === undefined || !(version! <= shape.version)) return false // where there is no version, too
  return !Object.hasOwn(Object(data[kind!.bag]), type!)
}

/** Loads messages: a damaged one is set aside with its place, and history is not repaired by guessing. */
export function loadMessages(
  layer: Layer,
  list: ObservableList<Message>,
  { data: { messages: data }, owned }: Opened,
): void {
  if (data === undefined) return
  if (!Array.isArray(data)) return layer.setAside({ at: 'messages', value: data }, 'Messages are an array.')
  let isSound = owned
  for (let i = 0; isSound && i < data.length; i++) isSound = isMessage(data[i]) // `every` is slow with frozen arrays
  if (isSound) return fill(list, data)
  const good: Message[] = []
  data.forEach((value: unknown, index) => {
    try {
      good.push(takeMessage(value as Message))
    } catch (error) {
      const reason = messageProblem(value) ?? reasonOf(error)
      layer.quarantine.push({ at: 'messages', index, value, code: 'RETINUE_VALUE_INVALID', reason })
    }
  })
  fill(list, good)
}

/** Fills a list without a commit. */
function fill<T>(list: ObservableList<T, never>, items: readonly T[]): void {
  list.apply({ index: list.length, removed: [], added: items })
}

/** The keys of a snapshot that are not bags. */
const ownKeys: Readonly<Record<string, ReadonlySet<string>>> = {
  user: words('format id requested quarantine'),
  agent: words('format name model instructions requested tools excluded quarantine'),
  session: words('format id parent user agent requested tools excluded messages quarantine'),
}

/** Loads a bag; one of no registered kind is kept as it is, one that this owner can't have is set aside. */
function loadProperty(layer: Layer, property: string, content: unknown): void {
  const kind = layer.registry.kindOfBag(property)
  if (kind === undefined && /^[a-z][a-zA-Z]{0,31}$/.test(property)) {
    ;(layer.strays ??= new Map()).set(property, content)
  } else if (kind === undefined || !isSaved(kind, layer.type)) {
    layer.setAside({ at: property, value: content }, `No bag of that name is saved with a ${layer.type}.`)
  } else layer.loadBag(kind, content)
}

/** What is sound of a list in a snapshot; the rest is set aside with its place. */
function soundIn<T>(
  layer: Layer,
  at: string,
  { [at]: list }: Data,
  isSound: (value: unknown) => value is T,
  what: string,
): T[] {
  if (list === undefined) return []
  if (Array.isArray(list)) {
    return list.filter((value, index): value is T => {
      const sound = isSound(value)
      if (!sound) layer.setAside({ at, index, value }, `That is no ${what}.`)
      return sound
    })
  }
  layer.setAside({ at, value: list }, 'That is no list.')
  return []
}

/** What was in quarantine already, in which nothing is lost either. */
function isQuarantined(value: unknown): value is Quarantined {
  const { at, code, reason } = Object(value) as Partial<Quarantined>
  return [at, code, reason].every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isKey(key: string): boolean {
  return partsOfKey(key).every(isTypeName)
}
