// Presence: what is there for an owner, as a closure over needs. Nothing is counted and nothing remembered: it is
// computed from the tools in force, the requests and (on users and agents) the own values, and compared with what
// it was, which gives the events. Sessions that add nothing to their agent's tools share its closure.
import { Combined } from './combined.ts'
import { Interned } from './interned.ts'
import type { Layer } from './layers.ts'
import type { Registration, Registry } from './registry.ts'
import { OwnerNotice, type Notice } from './delivery.ts'
import type { UnresolvedTool } from './types.ts'

/** What is present, by key, in order of arrival. */
export type Presence = ReadonlyMap<string, Registration>

/** The tools in force for an owner. */
export interface Force {
  /** The toolsets in force and where each is listed; -1 for one that another toolset needs. */
  readonly toolsets: ReadonlyMap<string, number>
  /** Those toolsets and everything they need, what is needed first. */
  readonly keys: readonly string[]
  /** What is listed but can't be in force, and why. */
  readonly unresolved: readonly UnresolvedTool[]
  /** Of the keys, those that are requested on the user. */
  readonly onUser: readonly string[]
  /** The toolsets that are kept out, by key. */
  readonly excluded: ReadonlySet<string>
}

/** What is present for an owner, and what is in force. */
export interface Standing {
  readonly presence: Presence
  readonly force: Force
}

const nothing: Force = { toolsets: new Map(), keys: [], unresolved: [], onUser: [], excluded: new Set() }

/** The tools in force for an owner: those of its agent, its parents and its own, less what is excluded. */
export function forceOf(owner: Layer | undefined): Force {
  let layer = owner
  while (layer !== undefined && !hasOwn(layer)) layer = layer.parent ?? layer.agent
  if (layer === undefined) return nothing
  let at = layer.registry.version
  let top = layer
  for (let up: Layer | undefined = layer; up !== undefined; up = up.parent ?? up.agent) {
    at += (up.tools?.changes ?? 0) + (up.excluded?.changes ?? 0) // all only grow
    top = up
  }
  const kept: { result?: object } = layer.tools?.memo(at, top) ?? {}
  return (kept.result ??= forceOn(layer)) as Force
}

/** The tools in force there: one object for all whose lists say the same. */
function forceOn(layer: Layer): Force {
  const { registry } = layer
  const lists: (readonly string[])[] = []
  const excluded = new Set<string>()
  for (let at: Layer | undefined = layer; at !== undefined; at = at.parent ?? at.agent) {
    lists.unshift(at.tools?.items ?? [])
    for (const type of at.excluded ?? []) excluded.add(`toolset.${type}`)
  }
  const interned = registry.graph.memo('forces', () => new Interned<Force>())
  return interned.of([...lists, [...excluded]].join(';'), () => combine(registry, lists, excluded))
}

/** What is present for an owner: one object for all for whom it comes from the same. */
export function presenceOf(layer: Layer): Presence {
  if (layer.isRoot) return presenceOfRoots(layer)
  if (!isShared(layer)) return presenceBelow(layer)
  if (layer.type === 'interaction') return layer.parent!.presence()
  const ofAgent = layer.agent?.presence() ?? absent
  const kept = shared.at([layer.user!.presence(), ofAgent, forceOf(layer)])
  return (kept.result ??= presenceBelow(layer))
}

/** Whether what is present for a session or interaction comes from above alone. */
function isShared(layer: Layer): boolean {
  return !hasOwn(layer) && !layer.requested?.size
}

const absent: Presence = new Map()
const shared = new Combined<Presence>()

/** On users and agents: what was set, the tools, and what was asked for. */
function presenceOfRoots(layer: Layer): Presence {
  if (layer.type === 'agent') {
    return ofRoots(
      layer,
      forceOf(layer).keys.filter((key) => key.startsWith('toolset.')),
    )
  }
  const forces = layer.members?.forces() ?? []
  // Most users have nothing but what the tools of their sessions request there.
  const isPlain = layer.valued().length === 0 && !layer.requested?.size
  const kept = isPlain ? ofTools.at([layer.registry.graph, ...forces]) : {}
  return (kept.result ??= ofRoots(
    layer,
    forces.flatMap(({ onUser }) => onUser),
  ))
}

const ofTools = new Combined<Presence>()

function ofRoots(layer: Layer, tools: readonly string[]): Presence {
  const { registry, requested } = layer
  const roots = [...new Set([...layer.valued(), ...tools, ...(requested ?? [])])]
  const interned = registry.graph.memo('presence', () => new Interned<Presence>())
  return interned.of(roots.join(), () => {
    // An agent's toolsets are in force there; what they need is present where it is used, in sessions.
    const keys = roots.flatMap((key) =>
      key.startsWith('toolset.') ? [key] : registry.graph.closure(key).keys,
    )
    return new Map(keys.map((key) => [key, registry.at(key)!]))
  })
}

/** In sessions and interactions: what is present above, the tools in force, and what was asked for. */
function presenceBelow(layer: Layer): Presence {
  const { registry, requested } = layer
  const above = layer.type === 'session' ? [layer.user, layer.agent] : [layer.parent]
  const present = new Map<string, Registration>()
  const { keys, toolsets, excluded } = forceOf(layer)
  for (const up of above) {
    const there = forceOf(up).toolsets
    for (const [key, entry] of up?.presence() ?? []) {
      const { type } = entry
      // All but the toolsets that are excluded here.
      if (!key.startsWith('toolset.') || toolsets.has(type) || !(there.has(type) || excluded.has(key)))
        present.set(key, entry)
    }
  }
  const asked = [...(requested ?? [])].flatMap((key) => registry.graph.closure(key, excluded).keys)
  for (const key of [...keys, ...asked]) present.set(key, registry.at(key)!)
  return present
}

/** The events that lead from one state to another: what left in reverse order, then what came. */
export function flips(layer: Layer, before: Standing, after: Standing): readonly Notice[] {
  const states = [before.presence, before.force, after.presence, after.force]
  const kept = isShared(layer) ? between.at(states) : {}
  return (kept.result ??= flipsBetween(layer.registry, before, after)).map(
    ({ event, payload }) => new OwnerNotice(layer, event, payload),
  )
}

const between = new Combined<readonly Flip[]>()

/** What came or went, as its event tells it. */
interface Flip {
  readonly event: string
  readonly payload: object
}

function flipsBetween(registry: Registry, before: Standing, after: Standing): readonly Flip[] {
  const removed = missing(registry, before.presence, after.presence).toReversed()
  const toolsetsLast = [
    ...removed.filter(({ kind }) => kind.name !== 'toolset'),
    ...removed.filter(({ kind }) => kind.name === 'toolset'),
  ]
  const unresolved = after.force.unresolved.filter(
    ({ type, reason }) =>
      !before.force.unresolved.some((each) => each.type === type && each.reason === reason),
  )
  return [
    ...toolsetsLast.map((entry) => flip(entry, 'Removed', before.force)),
    ...missing(registry, after.presence, before.presence).map((entry) => flip(entry, 'Added', after.force)),
    ...unresolved.map((tool) => ({ event: 'toolsetUnresolved', payload: tool })),
  ]
}

function combine(
  registry: Registry,
  lists: readonly (readonly string[])[],
  excluded: ReadonlySet<string>,
): Force {
  const toolsets = new Map<string, number>()
  const keys = new Set<string>()
  const unresolved: UnresolvedTool[] = []
  for (const list of lists) {
    list.forEach((type, index) => {
      const { keys: brought, problem } = registry.graph.closure(`toolset.${type}`, excluded)
      if (problem !== undefined) {
        const known = unresolved.some((each) => each.type === type)
        if (!known) unresolved.push({ type, code: problem.code, reason: problem.message })
        return
      }
      for (const each of brought) {
        keys.add(each)
        if (each.startsWith('toolset.') && !toolsets.has(each.slice(8))) toolsets.set(each.slice(8), -1)
      }
      if (toolsets.get(type) === -1) toolsets.set(type, index)
    })
  }
  const onUser = [...keys].filter((key) => registry.at(key)?.kind.home === 'user')
  return { toolsets, keys: [...keys], unresolved, onUser, excluded }
}

/** Whether an owner has tools or exclusions of its own. */
export function hasOwn({ tools, excluded }: Layer): boolean {
  return Boolean(tools?.length || excluded?.length)
}

/** What is in the one and not in the other, in the order of events. */
function missing(registry: Registry, one: Presence, other: Presence): readonly Registration[] {
  const order = new Map(registry.kinds.map((kind, i) => [kind.name, i]))
  const entries = [...one.values()].filter(({ key }) => !other.has(key))
  return entries.sort((a, b) => order.get(a.kind.name)! - order.get(b.kind.name)!)
}

function flip({ kind, type }: Registration, how: 'Added' | 'Removed', force: Force): Flip {
  const payload = kind.name === 'toolset' ? { type, index: force.toolsets.get(type) ?? -1 } : { type }
  return { event: `${kind.name}${how}`, payload: Object.freeze(payload) }
}
