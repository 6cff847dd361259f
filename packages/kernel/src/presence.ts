// Presence: what is there for an owner, as a closure over needs. Nothing is counted and nothing remembered: it is
// computed from the tools in force, the requests and (on users and agents) the own values, and compared with what
// it was, which gives the events. Sessions that add nothing to their agent's tools share its closure.
import type { Layer } from './layers.ts'
import type { Registration, Registry } from './registry.ts'
import { OwnerNotice, type Notice } from './transaction.ts'
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
}

const nothing: Force = { toolsets: new Map(), keys: [], unresolved: [], onUser: [] }

/** The tools in force for an owner: those of its agent, its parents and its own, less what is excluded. */
export function forceOf(owner: Layer | undefined): Force {
  let layer = owner
  while (layer?.parent !== undefined && !hasOwn(layer)) layer = layer.parent
  if (layer?.type === 'session' && !hasOwn(layer)) layer = layer.agent
  if (layer === undefined || layer.type === 'user') return nothing
  if (layer.type === 'agent') return agentForce(layer)
  const lists: (readonly string[])[] = []
  const excluded = new Set<string>()
  for (
    let at: Layer | undefined = layer;
    at !== undefined;
    at = at.type === 'session' ? at.agent : at.parent
  ) {
    lists.unshift(at.tools?.items ?? [])
    for (const type of at.excluded ?? []) excluded.add(`toolset.${type}`)
  }
  return combine(layer.registry, lists, excluded)
}

/** What is present for an owner. */
export function presenceOf(layer: Layer): Presence {
  const { registry } = layer
  const present = new Map<string, Registration>()
  const add = (key: string): void => {
    for (const each of registry.graph.closure(key).keys) present.set(each, registry.at(each)!)
  }
  if (layer.type === 'session' || layer.type === 'interaction') {
    const above = layer.type === 'session' ? [layer.user, layer.agent] : [layer.parent]
    for (const up of above) {
      for (const [key, entry] of up?.presence() ?? []) if (isSeen(layer, up!, entry)) present.set(key, entry)
    }
    for (const key of forceOf(layer).keys) present.set(key, registry.at(key)!)
  } else {
    layer.valued().forEach(add)
    if (layer.type === 'user') requestedByTools(layer).forEach(add)
    // An agent's toolsets are in force there; what they need is present where it is used, in sessions.
    for (const type of forceOf(layer).toolsets.keys())
      present.set(`toolset.${type}`, registry.at(`toolset.${type}`)!)
  }
  layer.requested?.forEach(add)
  return present
}

/** The events that lead from one state to another: what left in reverse order, then what came. */
export function flips(
  layer: Layer,
  before: { readonly presence: Presence; readonly force: Force },
  after: { readonly presence: Presence; readonly force: Force },
): readonly Notice[] {
  const { registry } = layer
  const notices: Notice[] = []
  const removed = inOrder(registry, missing(before.presence, after.presence)).reverse()
  const toolsetsLast = [
    ...removed.filter(({ kind }) => kind.name !== 'toolset'),
    ...removed.filter(({ kind }) => kind.name === 'toolset'),
  ]
  for (const entry of toolsetsLast) notices.push(flip(layer, entry, 'Removed', before.force))
  for (const entry of inOrder(registry, missing(after.presence, before.presence))) {
    notices.push(flip(layer, entry, 'Added', after.force))
  }
  for (const tool of after.force.unresolved) {
    const known = before.force.unresolved.some(
      (each) => each.type === tool.type && each.reason === tool.reason,
    )
    if (!known) notices.push(new OwnerNotice(layer, 'toolsetUnresolved', tool))
  }
  return notices
}

/** An agent's own tools, computed once for a version of its list and of the registry. */
function agentForce(agent: Layer): Force {
  const { registry, tools, excluded } = agent
  if (tools === undefined || tools.length === 0) return nothing
  if (excluded?.length)
    return combine(registry, [tools.items], new Set(excluded.items.map((type) => `toolset.${type}`)))
  return tools.memo(registry.version, () => combine(registry, [tools.items], new Set()))
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
      const key = `toolset.${type}`
      if (excluded.has(key)) return
      const { graph } = registry
      const { keys: brought, problem } =
        excluded.size === 0 ? graph.closure(key) : graph.close([key], excluded)
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
  return { toolsets, keys: [...keys], unresolved, onUser }
}

/** Whether an owner has tools or exclusions of its own. */
export function hasOwn({ tools, excluded }: Layer): boolean {
  return Boolean(tools?.length || excluded?.length)
}

/** What the tools of a user's sessions and interactions need of the kinds that are requested on users. */
function requestedByTools(user: Layer): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { onUser } of user.members?.forces() ?? []) for (const key of onUser) keys.add(key)
  return keys
}

/** What is present above is present below, but for the toolsets that are excluded there. */
function isSeen(layer: Layer, above: Layer, { kind, type }: Registration): boolean {
  if (kind.name !== 'toolset' || forceOf(layer).toolsets.has(type)) return true
  return !forceOf(above).toolsets.has(type) && !layer.excluded?.has(type)
}

function missing(from: Presence, in_: Presence): Registration[] {
  return [...from].filter(([key]) => !in_.has(key)).map(([, entry]) => entry)
}

function inOrder(registry: Registry, entries: readonly Registration[]): Registration[] {
  if (entries.length < 2) return [...entries]
  const order = new Map(registry.kinds.map((kind, i) => [kind.name, i]))
  return [...entries].sort((a, b) => order.get(a.kind.name)! - order.get(b.kind.name)!)
}

function flip(layer: Layer, { kind, type }: Registration, how: 'Added' | 'Removed', force: Force): Notice {
  const payload = kind.name === 'toolset' ? { type, index: force.toolsets.get(type) ?? -1 } : { type }
  return new OwnerNotice(layer, `${kind.name}${how}`, payload)
}
