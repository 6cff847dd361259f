import fc from 'fast-check'
import { describe, it } from 'vitest'
import { cases } from './cases.ts'
import { itemsOf, PresenceModel } from './presence-model.ts'
import { anyGraph, anyOp, bags, breathe, items, keys, kindOf, kindOrder, owners, typeOf, World, type Graph } from './world.ts'

describe('random graphs and operations against a model that recomputes D7 from scratch', () => {
  it('shows in every bag what the closure of tools and requests gives, and tells exactly the difference, in order (SPEC 14, 28, 29, 30, D7)', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.array(anyOp, { maxLength: 8 }), fc.subarray([...owners], { maxLength: 4 }), async (graph, ops, looked) => {
        await breathe()
        const world = new World(graph)
        const model = new PresenceModel(graph)
        for (const name of looked) world.observe(name)
        let before = stateOf(model)
        for (const op of ops) {
          const threw = model.run(op)
          same('whether it throws', world.run(op), threw)
          for (const name of looked) compare(world, model, name)
          const after = stateOf(model)
          compareEvents(world, graph, before, after)
          before = after
        }
        for (const name of owners) compare(world, model, name)
      }),
      cases,
    )
  })
})

interface Seen {
  readonly presence: ReadonlySet<string>
  readonly toolsets: ReadonlyMap<string, number>
  readonly unresolved: ReadonlySet<string>
  /** All of it, for a quick look. */
  readonly text: string
}

function stateOf(model: PresenceModel): Map<string, Seen> {
  return new Map(
    [...model.owners.keys()].map((name) => {
      const { toolsets, unresolved } = model.force(name)
      const presence = model.presence(name)
      return [name, { presence, toolsets, unresolved, text: `${[...presence].sort()} ${[...unresolved].sort()}` }]
    }),
  )
}

/** Compares what an owner shows with what the model says. */
function compare(world: World, model: PresenceModel, name: string): void {
  const alive = model.owners.has(name)
  if (world.live.has(name) !== alive) throw new Error(`${name} lives on one side only`)
  if (!alive) return
  const present = model.presence(name)
  const parked = model.parked(name)
  for (const kind of Object.keys(bags)) {
    const bag = world.bag(name, kind) as never as Record<string, unknown> & {
      $types(): string[]
      $parked(): string[]
      $has(key: string): boolean
    }
    if (bag === undefined) continue
    const types = itemsOf(kind, present)
    same(`$types of ${name} ${kind}`, [...bag.$types()].sort(), types.sort())
    same(`keys of ${name} ${kind}`, Object.keys(bag), bag.$types().map(camel))
    same(`$parked of ${name} ${kind}`, [...bag.$parked()].sort(), itemsOf(kind, parked).sort())
    for (const key of items) {
      if (kindOf(key) !== kind) continue
      const type = typeOf(key)
      const is = present.has(key)
      if (bag.$has(type) !== is || type in bag !== is || camel(type) in bag !== is) {
        throw new Error(`${name}: ${key} should ${is ? '' : 'not '}be there`)
      }
    }
  }
  if (name.startsWith('user')) return
  const { toolsets, unresolved } = model.force(name)
  const { tools } = world.live.get(name) as never as { tools: { inForce: string[]; unresolved: { type: string }[] } }
  same(`tools of ${name}`, [...tools.inForce].sort(), [...toolsets.keys()].sort())
  same(`unresolved of ${name}`, [...new Set(tools.unresolved.map(({ type }) => type))].sort(), [...unresolved].sort())
}

/** Compares what was heard with the difference of two states, and its order with what SPEC 29 and 30 say. */
function compareEvents(world: World, graph: Graph, before: Map<string, Seen>, after: Map<string, Seen>): void {
  for (const [name, heard] of world.heard) {
    const told = heard.splice(0)
    if (told.length === 0 && before.get(name)?.text === after.get(name)?.text) continue
    const [was, is] = [before.get(name), after.get(name)]
    if (was === undefined || is === undefined) continue
    const changes = told.filter(({ event }) => event !== 'toolsetUnresolved').map(({ event, payload }) => ({ ...parse(event), ...(payload as { type: string; index?: number }) }))
    const added = changes.filter(({ how }) => how === 'Added').map(({ kind, type }) => `${kind}.${type}`)
    const removed = changes.filter(({ how }) => how === 'Removed').map(({ kind, type }) => `${kind}.${type}`)
    // Nobody can hear of what is present on this owner by a kind that the world does not know: it knows them all.
    same(`added to ${name}`, [...added].sort(), keys.filter((key) => is.presence.has(key) && !was.presence.has(key)).sort())
    same(`removed from ${name}`, [...removed].sort(), keys.filter((key) => was.presence.has(key) && !is.presence.has(key)).sort())
    same(`order of ${name}`, changes.map(({ how }) => how), [...removed.map(() => 'Removed'), ...added.map(() => 'Added')])
    inOrder(name, added, graph)
    const [gone, tools] = [removed.filter((key) => kindOf(key) !== 'toolset'), removed.filter((key) => kindOf(key) === 'toolset')]
    same(`toolsets last of ${name}`, removed, [...gone, ...tools])
    inOrder(name, gone.toReversed(), graph)
    inOrder(name, tools.toReversed(), graph)
    for (const { kind, how, type, index } of changes) {
      if (kind === 'toolset') same(`index of ${type} in ${name}`, index, (how === 'Added' ? is : was).toolsets.get(type) ?? -1)
    }
    const unresolved = told.filter(({ event }) => event === 'toolsetUnresolved').map(({ payload }) => (payload as { type: string }).type)
    if (new Set(unresolved).size !== unresolved.length) throw new Error(`${name} heard twice that a toolset is unresolved: ${unresolved.join()}`)
    for (const type of unresolved) if (!is.unresolved.has(type)) throw new Error(`${name} heard that ${type} is unresolved, and it is not`)
    for (const type of is.unresolved) {
      if (!was.unresolved.has(type) && !unresolved.includes(type)) throw new Error(`${name} did not hear that ${type} is unresolved`)
    }
  }
}

/** Kinds in the order of events, and within a kind what is needed before what needs it. */
function inOrder(name: string, told: readonly string[], graph: Graph): void {
  told.forEach((key, i) => {
    for (const later of told.slice(i + 1)) {
      const [a, b] = [kindOrder.indexOf(kindOf(key)), kindOrder.indexOf(kindOf(later))]
      if (a > b || (a === b && graph.needs[key]!.includes(later))) throw new Error(`${name} heard of ${key} before ${later}`)
    }
  })
}

function parse(event: string): { kind: string; how: string } {
  const how = event.endsWith('Added') ? 'Added' : 'Removed'
  return { kind: event.slice(0, -how.length), how }
}

function camel(type: string): string {
  return type.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** A cheap comparison: `expect` costs too much in a loop of millions. */
function same(what: string, is: unknown, should: unknown): void {
  if (is === should) return
  const [a, b] = [String(is), String(should)]
  if (a !== b) throw new Error(`${what}: is ${a}, should be ${b}`)
}
