import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
} from '../src/index.ts'
import { cases } from './cases.ts'
import { itemsOf, PresenceModel } from './presence-model.ts'
import {
  anyGraph,
  anyOp,
  bags,
  breathe,
  items,
  keys,
  kindOf,
  kindOrder,
  owners,
  typeOf,
  World,
  type Graph,
} from './world.ts'

const Gadget = defineKind({ name: 'gadget', bag: 'gadgets', owners: ['session', 'interaction'] })
class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }) }) {}
class Results extends Context('results', { text: Type.String({ default: '' }) }) {}
class Shared extends Context('shared', {}) {}
class Guide extends Section('guide', {}, { needs: [Results] }) {}
class Wheel extends Gadget('wheel', {}) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const search = defineToolset('search', { needs: [Guide, Knobs, Shared, Wheel], tools: { search: tool } })
const fetch = defineToolset('fetch', { needs: [Shared, Knobs], tools: { fetch: tool } })
const kit = defineToolset('kit', { needs: [search], tools: {} })
class Desk extends Context('desk', {}, { needs: [fetch] }) {}
const plugin = definePlugin({
  name: 'presence',
  version: '1.0.0',
  contributes: [Gadget, Knobs, Results, Shared, Guide, Wheel, search, fetch, kit, Desk],
})

function house() {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry })
  return { registry, user, agent, session: new ChatSession({ user, agent, id: 's' }) }
}

/** Writes down every event of presence. */
function hear(owner: { on(event: string, handler: (payload: unknown) => void): unknown }): unknown[][] {
  const heard: unknown[][] = []
  for (const kind of ['config', 'context', 'section', 'gadget', 'toolset']) {
    for (const event of [`${kind}Added`, `${kind}Removed`])
      owner.on(event, (payload) => heard.push([event, ...Object.values(payload as object)]))
  }
  return heard
}

const arrival = [
  ['configAdded', 'knobs'],
  ['contextAdded', 'results'],
  ['contextAdded', 'shared'],
  ['sectionAdded', 'guide'],
  ['gadgetAdded', 'wheel'],
  ['toolsetAdded', 'search', 0],
]
const departure = [
  ['gadgetRemoved', 'wheel'],
  ['sectionRemoved', 'guide'],
  ['contextRemoved', 'shared'],
  ['contextRemoved', 'results'],
  ['configRemoved', 'knobs'],
  ['toolsetRemoved', 'search', 0],
]

describe('the retinue of a tool', () => {
  it('comes with it into every live session on the agent, in order, each event once, with everything in place (SPEC 29, 1)', () => {
    const { registry, user, agent, session } = house()
    const other = new ChatSession({ user: new ChatUser({ id: 'bob', registry }), agent })
    const heard = [session, other].map(hear)
    const seen: unknown[] = []
    session.on('configAdded', () =>
      seen.push(session.config.$has(Knobs), session.sections.$has(Guide), session.tools.inForce),
    )
    agent.tools.push('search')
    expect(heard).toEqual([arrival, arrival])
    expect(seen).toEqual([true, true, ['search']])
    expect([user.config.$types(), user.context.$types()]).toEqual([['knobs'], []])
    expect(Object.keys((session as never as { gadgets: object }).gadgets)).toEqual(['wheel'])
    expect((user as never as { gadgets?: object }).gadgets).toBeUndefined()
  })

  it('leaves with it, in the reverse order, and a snapshot after adding, using and removing is the one before (SPEC 30)', () => {
    const { user, agent, session } = house()
    const before = JSON.stringify([user, session])
    agent.tools.push('search')
    session.context.$get(Results).text = 'used'
    session.context.$get(Results).$reset()
    const heard = hear(session)
    agent.tools.remove('search')
    expect(heard).toEqual(departure)
    expect(JSON.stringify([user, session])).toBe(before)
  })

  it('stays as far as a second tool still needs it (SPEC 30)', () => {
    const { agent, session } = house()
    agent.tools.push('search', 'fetch')
    agent.tools.remove('search')
    expect([session.context.$types(), session.config.$types()]).toEqual([['shared'], ['knobs']])
  })

  it('keeps what two tools share when one takes the place of the other: same handles, no events (SPEC 30)', () => {
    const { agent, session } = house()
    agent.tools.push('search')
    const [shared, knobs] = [session.context.$get(Shared), session.config.$get(Knobs)]
    const heard = hear(session)
    agent.tools.replace(['fetch'])
    expect([session.context.$get(Shared), session.config.$get(Knobs)]).toEqual([shared, knobs])
    expect(session.context.$get(Shared)).toBe(shared)
    expect(heard.flat()).not.toContain('shared')
    expect(heard.flat()).not.toContain('knobs')
    expect(heard.at(-1)).toEqual(['toolsetAdded', 'fetch', 0])
  })

  it('changes by the difference only when the session gets another agent (SPEC 30)', () => {
    const { agent, session } = house()
    agent.tools.push('search')
    const next = agent.fork({ name: 'y' })
    next.tools.push('fetch')
    const heard = hear(session)
    session.agent = next
    session.agent = next
    expect(heard).toEqual([['toolsetAdded', 'fetch', 1]])
    session.agent = undefined
    expect([session.context.$types(), session.tools.inForce]).toEqual([[], []])
  })

  it('parks what a session had set in it, and has it back in force when the tool is back (SPEC D7, 30)', () => {
    const { agent, session } = house()
    agent.tools.push('search')
    const results = session.context.$get(Results)
    results.text = 'kept'
    agent.tools.clear()
    expect([session.context.$has(Results), session.context.$parked(), session.snapshot().context]).toEqual([
      false,
      ['results'],
      { results: { version: 1, values: { text: 'kept' } } },
    ])
    agent.tools.push('search')
    expect([session.context.$parked(), session.context.$get(Results), results.text]).toEqual([
      [],
      results,
      'kept',
    ])
  })

  it('comes transitively, a toolset by another included, which has no place in a list (SPEC 29)', () => {
    const { agent, session } = house()
    const heard = hear(session)
    agent.tools.push('kit')
    expect(heard.slice(-2)).toEqual([
      ['toolsetAdded', 'search', -1],
      ['toolsetAdded', 'kit', 0],
    ])
    agent.tools.push('search')
    expect([heard.length, session.tools.inForce]).toEqual([arrival.length + 1, ['search', 'kit']])
  })

  it('is there in a session that is made later, exactly as if it had been added later (SPEC 28)', () => {
    const { user, agent, session } = house()
    user.context.$set(Results, { text: 'mine' })
    agent.sections.$get(Guide)
    agent.tools.push('fetch')
    const later = new ChatSession({ user, agent })
    for (const bag of ['config', 'context', 'sections'] as const)
      expect([...later[bag].$types()].sort()).toEqual([...session[bag].$types()].sort())
    expect(later.context.$get(Results).text).toBe('mine')
  })
})

describe('configs of users', () => {
  it('that somebody has set survive every tool and session, untouched ones go when nobody asks for them (SPEC 34, D7)', () => {
    const { user, agent, session } = house()
    agent.tools.push('search')
    expect(user.config.$types()).toEqual(['knobs'])
    session.close()
    expect(user.config.$types()).toEqual([])
    const again = new ChatSession({ user, agent })
    user.config.$get(Knobs).n = 9
    agent.tools.clear()
    again.close()
    expect([user.config.$types(), user.config.$get(Knobs).n]).toEqual([['knobs'], 9])
    user.config.$get(Knobs).$reset()
    expect(user.config.$types()).toEqual([])
  })

  it('come with a session that has a content from the start, and are told of (SPEC 28, 29)', () => {
    const registry = createRegistry()
    registry.register(plugin)
    const user = new ChatUser({ id: 'ada', registry })
    expect(user.config.$types()).toEqual([])
    const heard = hear(user)
    const agent = new AgentConfig({ name: 'x', tools: ['search'], registry })
    new ChatSession({ user, agent, context: ['desk'] })
    expect([user.config.$types(), heard]).toEqual([['knobs'], [['configAdded', 'knobs']]])
  })

  it('are asked for by interactions as well, as long as these are under way (SPEC 40, D7)', () => {
    const { user, session } = house()
    const heard = [hear(user), hear(session)]
    const turn = session.interact()
    const inTurn = hear(turn)
    turn.tools.push('search')
    expect([user.config.$types(), session.config.$types(), session.context.$types()]).toEqual([
      ['knobs'],
      ['knobs'],
      [],
    ])
    expect(inTurn).toEqual(arrival)
    turn.end()
    expect([user.config.$types(), heard]).toEqual([
      [],
      [
        [
          ['configAdded', 'knobs'],
          ['configRemoved', 'knobs'],
        ],
        [
          ['configAdded', 'knobs'],
          ['configRemoved', 'knobs'],
        ],
      ],
    ])
  })
})

describe('a batch that throws after it has ended a session', () => {
  const fail = () => {
    throw new Error('no')
  }

  it('leaves nothing of what tools in it had asked of the user (SPEC 23, 34, D7)', () => {
    const { user, session } = house()
    const turn = session.interact()
    turn.tools.push('search')
    expect(user.config.$types()).toEqual(['knobs'])
    const ending = () => {
      turn.tools.push('fetch')
      session.close()
      fail()
    }
    expect(() => user.batch(ending)).toThrow('no')
    expect([session.closed, user.config.$types()]).toEqual([true, []])
  })

  it("tells the user's other sessions of what goes with it, whatever it had taken off before (SPEC 23, 28)", () => {
    const { user, session } = house()
    const other = new ChatSession({ user })
    session.tools.push('search')
    const heard: unknown[] = []
    other.on('configRemoved', ({ type }) => heard.push(type))
    const ending = () => {
      session.tools.clear()
      session.close()
      fail()
    }
    expect(() => user.batch(ending)).toThrow('no')
    expect([user.config.$types(), heard]).toEqual([[], ['knobs']])
  })

  it('gives it the agent back that it had, and keeps nothing of it there (SPEC 23, 25)', () => {
    const { user, agent, session } = house()
    agent.tools.push('search')
    const next = agent.fork({ name: 'y' })
    const ending = () => {
      session.agent = next
      session.close()
      fail()
    }
    expect(() => user.batch(ending)).toThrow('no')
    expect([session.agent, user.config.$types()]).toEqual([agent, []])
  })
})

describe('presence as seen from an owner', () => {
  it('shows a session what is present for its user and agent, and an interaction what is for its session (SPEC D7, 28)', () => {
    const { user, agent, session } = house()
    const turn = session.interact()
    const heard = hear(turn)
    user.context.$get(Results)
    agent.context.$get(Shared)
    session.sections.$get(Guide)
    expect([
      turn.context.$types(),
      turn.sections.$types(),
      user.context.$types(),
      agent.context.$types(),
    ]).toEqual([['results', 'shared'], ['guide'], ['results'], ['shared']])
    expect(heard).toEqual([
      ['contextAdded', 'results'],
      ['contextAdded', 'shared'],
      ['sectionAdded', 'guide'],
    ])
  })

  it('reaches an interaction whose session nobody has looked at (SPEC 29, D7)', () => {
    const { agent, session } = house()
    const turn = session.interact().child()
    const heard = hear(turn)
    void turn.context
    agent.tools.push('search')
    expect([heard, Object.keys(turn.context)]).toEqual([arrival, ['results', 'shared']])
  })

  it('hides an excluded toolset that something above needs, and one that is excluded above (SPEC D8, D7)', () => {
    const { agent, user, session } = house()
    const heard = hear(session)
    user.context.$get(Desk)
    const turn = session.interact()
    expect(heard.at(-1)).toEqual(['toolsetAdded', 'fetch', -1])
    expect([session.tools.inForce, session.context.$types()]).toEqual([['fetch'], ['shared', 'desk']])
    turn.tools.exclude('fetch')
    expect([session.tools.inForce, turn.tools.inForce]).toEqual([['fetch'], []])
    agent.tools.push('search')
    turn.tools.exclude('search')
    expect([[...session.tools.inForce].sort(), turn.tools.inForce, turn.context.$has(Results)]).toEqual([
      ['fetch', 'search'],
      [],
      true,
    ])
  })

  it('follows what an agent asks for and gives up, by request and by value (SPEC D7, 28)', () => {
    const { agent, session } = house()
    const heard = hear(session)
    const results = agent.context.$set(Results, { text: 'x' })
    results.$reset()
    agent.context.$get(Results)
    agent.context.$delete(Results)
    const [added, removed] = [
      ['contextAdded', 'results'],
      ['contextRemoved', 'results'],
    ]
    expect(heard).toEqual([added, removed, added, removed])
  })
})

describe('random graphs and operations against a model that recomputes D7 from scratch', () => {
  it('shows in every bag what the closure of tools and requests gives, and tells exactly the difference, in order (SPEC 14, 28, 29, 30, D7)', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyGraph,
        fc.array(anyOp, { maxLength: 8 }),
        fc.subarray([...owners], { maxLength: 4 }),
        async (graph, ops, looked) => {
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
        },
      ),
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
      return [
        name,
        { presence, toolsets, unresolved, text: `${[...presence].sort()} ${[...unresolved].sort()}` },
      ]
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
  const { tools } = world.live.get(name) as never as {
    tools: { inForce: string[]; unresolved: { type: string }[] }
  }
  same(`tools of ${name}`, [...tools.inForce].sort(), [...toolsets.keys()].sort())
  same(
    `unresolved of ${name}`,
    [...new Set(tools.unresolved.map(({ type }) => type))].sort(),
    [...unresolved].sort(),
  )
}

/** Compares what was heard with the difference of two states, and its order with what SPEC 29 and 30 say. */
function compareEvents(
  world: World,
  graph: Graph,
  before: Map<string, Seen>,
  after: Map<string, Seen>,
): void {
  for (const [name, heard] of world.heard) {
    const told = heard.splice(0)
    if (told.length === 0 && before.get(name)?.text === after.get(name)?.text) continue
    const [was, is] = [before.get(name), after.get(name)]
    if (was === undefined || is === undefined) continue
    const changes = told
      .filter(({ event }) => event !== 'toolsetUnresolved')
      .map(({ event, payload }) => ({ ...parse(event), ...(payload as { type: string; index?: number }) }))
    const added = changes.filter(({ how }) => how === 'Added').map(({ kind, type }) => `${kind}.${type}`)
    const removed = changes.filter(({ how }) => how === 'Removed').map(({ kind, type }) => `${kind}.${type}`)
    // Nobody can hear of what is present on this owner by a kind that the world does not know: it knows them all.
    same(
      `added to ${name}`,
      [...added].sort(),
      keys.filter((key) => is.presence.has(key) && !was.presence.has(key)).sort(),
    )
    same(
      `removed from ${name}`,
      [...removed].sort(),
      keys.filter((key) => was.presence.has(key) && !is.presence.has(key)).sort(),
    )
    same(
      `order of ${name}`,
      changes.map(({ how }) => how),
      [...removed.map(() => 'Removed'), ...added.map(() => 'Added')],
    )
    inOrder(name, added, graph)
    const [gone, tools] = [
      removed.filter((key) => kindOf(key) !== 'toolset'),
      removed.filter((key) => kindOf(key) === 'toolset'),
    ]
    same(`toolsets last of ${name}`, removed, [...gone, ...tools])
    inOrder(name, gone.toReversed(), graph)
    inOrder(name, tools.toReversed(), graph)
    for (const { kind, how, type, index } of changes) {
      if (kind === 'toolset')
        same(`index of ${type} in ${name}`, index, (how === 'Added' ? is : was).toolsets.get(type) ?? -1)
    }
    const unresolved = told
      .filter(({ event }) => event === 'toolsetUnresolved')
      .map(({ payload }) => (payload as { type: string }).type)
    if (new Set(unresolved).size !== unresolved.length)
      throw new Error(`${name} heard twice that a toolset is unresolved: ${unresolved.join()}`)
    for (const type of unresolved)
      if (!is.unresolved.has(type)) throw new Error(`${name} heard that ${type} is unresolved, and it is not`)
    for (const type of is.unresolved) {
      if (!was.unresolved.has(type) && !unresolved.includes(type))
        throw new Error(`${name} did not hear that ${type} is unresolved`)
    }
  }
}

/** Kinds in the order of events, and within a kind what is needed before what needs it. */
function inOrder(name: string, told: readonly string[], graph: Graph): void {
  told.forEach((key, i) => {
    for (const later of told.slice(i + 1)) {
      const [a, b] = [kindOrder.indexOf(kindOf(key)), kindOrder.indexOf(kindOf(later))]
      if (a > b || (a === b && graph.needs[key]!.includes(later)))
        throw new Error(`${name} heard of ${key} before ${later}`)
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

describe('many toolsets', () => {
  const toolsets = Array.from({ length: 40 }, (_, i) => {
    const name = `many_${'abcdefghij'[Math.floor(i / 10)]}${'abcdefghij'[i % 10]}`
    return defineToolset(name, { needs: [Shared, Knobs], tools: { [name]: tool } })
  })
  const many = definePlugin({ name: 'many', version: '1.0.0', contributes: toolsets })

  it('are gone through once where a session excludes one of them, and not for each that is present', () => {
    const { registry, agent, session } = house()
    registry.register(many)
    agent.tools.push(...toolsets)
    void session.context
    const closure = vi.spyOn(registry.graph, 'closure')
    session.tools.exclude(toolsets[0]!)
    expect(session.tools.inForce).toHaveLength(39)
    expect(closure.mock.calls.length).toBeLessThan(3 * toolsets.length)
  })

  it('are put together once for all sessions that have the same ones of their own', () => {
    const { registry, user, agent } = house()
    registry.register(many)
    agent.tools.push(...toolsets)
    const make = (): ChatSession => {
      const session = new ChatSession({ user, agent })
      session.tools.push('search')
      void session.context
      return session
    }
    const first = make()
    const closure = vi.spyOn(registry.graph, 'closure')
    expect(make().tools.published()).toEqual(first.tools.published())
    expect(closure).toHaveBeenCalledTimes(0)
  })
})
