import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  Secret,
  Section,
  SessionManager,
  Type,
  type FieldChanged,
  type InteractionContext,
  type Registry,
} from '../src/index.ts'
import { cases } from './cases.ts'
import { fields, LayersModel, paths } from './layers-model.ts'
import { breathe } from './world.ts'

class Knobs extends Config('knobs', {
  n: Type.Integer({ default: 5 }),
  text: Type.String({ default: 'plain' }),
  maybe: Type.Optional(Type.Integer()),
}) {}
class Notes extends Context('notes', {
  n: Type.Integer({ default: 1 }),
  nullable: Type.Union([Type.Integer(), Type.Null()], { default: 2 }),
}) {}
class Follower extends Section(
  'follower',
  {
    n: Type.Integer({ default: 5 }),
    maybe: Type.Optional(Type.Integer()),
    own: Type.Integer({ default: 0 }),
  },
  { follows: Knobs },
) {}

const plugin = definePlugin({ name: 'layers', version: '1.0.0', contributes: [Knobs, Notes, Follower] })

function shelf(): Registry {
  const registry = createRegistry()
  registry.register(plugin)
  return registry
}

type Anyone = ChatUser | AgentConfig | ChatSession | InteractionContext
type Handle = Record<string, unknown> & {
  $source(field: string): string
  $reset(...fields: readonly string[]): void
  $pin(): void
  $patch(values: object): void
  $values(): Record<string, unknown>
}

function handle(owner: Anyone, key: string): Handle {
  const [kind, type] = key.split('.') as [string, string]
  const bag = { config: owner.config, context: owner.context, section: owner.sections }[kind] as unknown as {
    $get(type: string): Handle
  }
  return bag.$get(type)
}

/** Reads something until its handle has seen its values: what was seen must not outlive them. */
function often<T>(read: () => T): T {
  read()
  read()
  return read()
}

describe('an owner and its chain', () => {
  const registry = shelf()
  const make = () => {
    const user = new ChatUser({ id: 'ada', registry })
    const agent = new AgentConfig({ name: 'x', registry })
    const session = new ChatSession({ user, agent })
    return { user, agent, session, config: session.config.$get(Knobs) }
  }

  it('reads registry 5, user 7, session 9, each where it should, and resets fall back one by one (SPEC 32)', () => {
    const { user, agent, session, config } = make()
    const other = new ChatSession({ user, agent })
    const stranger = new ChatSession({ user: new ChatUser({ id: 'bob', registry }), agent })
    expect([often(() => config.n), config.$source('n')]).toEqual([5, 'registry'])
    agent.config.$get(Knobs).n = 6
    expect([often(() => config.n), config.$source('n')]).toEqual([6, 'agent'])
    user.config.$get(Knobs).n = 7
    expect([often(() => config.n), config.$source('n')]).toEqual([7, 'user'])
    config.n = 9
    expect([often(() => config.n), config.$source('n')]).toEqual([9, 'session'])
    using turn = session.interact()
    turn.config.$get(Knobs).n = 11
    expect([turn.config.$get(Knobs).n, turn.config.$get(Knobs).$source('n')]).toEqual([11, 'interaction'])
    expect([
      config.n,
      other.config.$get(Knobs).n,
      user.config.$get(Knobs).n,
      stranger.config.$get(Knobs).n,
    ]).toEqual([9, 7, 7, 6])
    turn.config.$get(Knobs).$reset('n')
    expect(turn.config.$get(Knobs).n).toBe(9)
    config.$reset('n')
    expect(often(() => config.n)).toBe(7)
    user.config.$get(Knobs).$reset('n')
    expect(often(() => config.n)).toBe(6)
    agent.config.$get(Knobs).$reset('n')
    expect(often(() => config.n)).toBe(5)
  })

  it('drops a value by assigning undefined, and hides a lower one by null where the schema permits (SPEC D5)', () => {
    const { user, session } = make()
    const mine = session.context.$get(Notes)
    user.context.$get(Notes).nullable = 3
    mine.nullable = null
    expect([mine.nullable, mine.$source('nullable')]).toEqual([null, 'session'])
    mine.nullable = undefined as never
    expect([mine.nullable, mine.$source('nullable')]).toEqual([3, 'user'])
  })

  it('reads own values, then registry defaults, through the handles of a user and of an agent (SPEC D5)', () => {
    const { user, agent, session } = make()
    agent.config.$get(Knobs).n = 6
    expect([user.config.$get(Knobs).n, user.config.$get(Knobs).$source('n')]).toEqual([5, 'registry'])
    session.config.$get(Knobs).n = 9
    expect(agent.config.$get(Knobs).n).toBe(6)
  })

  it('pins what is effective now, but for secrets (SPEC D5)', () => {
    class Keyed extends Config('keyed', { n: Type.Integer({ default: 5 }), key: Type.Optional(Secret()) }) {}
    const mine = createRegistry()
    mine.register(definePlugin({ name: 'keyed', version: '1.0.0', contributes: [Keyed] }))
    const user = new ChatUser({ id: 'ada', registry: mine })
    const session = new ChatSession({ user })
    user.config.$set(Keyed, { n: 7, key: Secret.env('SOME_KEY') })
    const config = session.config.$get(Keyed)
    config.$pin()
    user.config.$get(Keyed).n = 8
    expect([config.n, config.$source('n'), config.$source('key')]).toEqual([7, 'session', 'user'])
    expect(session.snapshot().config).toEqual({ keyed: { version: 1, values: { n: 7 } } })
  })

  it('stores only what differs (SPEC D5)', () => {
    const { session, config } = make()
    config.text = 'x'
    expect(session.snapshot().config).toEqual({ knobs: { version: 1, values: { text: 'x' } } })
    config.$reset()
    expect(session.snapshot().config).toEqual({})
  })

  it('refuses a value that does not fit and keeps the old one, in every field of a patch (SPEC 16, 19, D5)', () => {
    const { config } = make()
    config.text = 'before'
    expect(() => (config.n = 1.5)).toThrow('RETINUE_VALUE_INVALID')
    expect(() => config.$patch({ text: 'after', n: 'no' as never })).toThrow('RETINUE_VALUE_INVALID')
    expect(() => config.$patch({ nothing: 1 } as never)).toThrow('RETINUE_FIELD_UNKNOWN')
    expect(config.$values()).toEqual({ n: 5, text: 'before' })
  })

  it('reads effective values through a handle whose item is absent, and parks what is written (SPEC D19)', () => {
    const { user, session } = make()
    const notes = session.context.$get(Notes)
    session.context.$delete(Notes)
    user.context.$get(Notes).n = 4
    user.context.$delete(Notes)
    expect([session.context.$has(Notes), notes.n]).toEqual([false, 1])
    notes.n = 8
    expect([session.context.$has(Notes), session.context.$parked(), notes.n]).toEqual([false, ['notes'], 8])
    expect(session.context.$get(Notes)).toBe(notes)
    expect(session.context.$parked()).toEqual([])
  })

  it('keeps values and secrets in memory when a class is registered anew, on every owner (SPEC D18)', () => {
    const make = () =>
      class extends Config('keyed', { n: Type.Integer({ default: 5 }), key: Type.Optional(Secret()) }) {}
    const [First, Second] = [make(), make()]
    const mine = createRegistry()
    const register = (made: typeof First) =>
      mine.register(definePlugin({ name: 'keyed', version: '1.0.0', contributes: [made] }))
    register(First)
    const user = new ChatUser({ id: 'ada', registry: mine })
    const agents = ['x', 'y'].map((name) => new AgentConfig({ name, registry: mine }))
    const session = new ChatSession({ user, agent: agents[0] })
    const key = Secret.value('hush')
    user.config.$set(First, { n: 7, key })
    agents[1]!.config.$set(First, { n: 6 })
    expect(session.config.$get(First).n).toBe(7)
    register(Second)
    session.agent = agents[1]
    const renewed = session.config.$get(Second)
    expect([renewed.n, renewed.key, user.config.$get(Second).key, agents[1]!.config.$get(Second).n]).toEqual([
      7,
      key,
      key,
      6,
    ])
    user.config.$get(Second).n = 8
    expect([renewed.n, session.config.$get(Second) === renewed, renewed instanceof Second]).toEqual([
      8,
      true,
      true,
    ])
  })

  it('keeps what was granted with a secret when its class is registered anew (SPEC D17, D18)', () => {
    const make = () => class extends Config('granted', { key: Type.Optional(Secret()) }) {}
    const mine = createRegistry()
    const register = (made: ReturnType<typeof make>) =>
      mine.register(definePlugin({ name: 'granted', version: '1.0.0', contributes: [made] }))
    const [First, Second] = [make(), make()]
    register(First)
    const user = new ChatUser({ id: 'ada', registry: mine })
    const key = Secret.env('RETINUE_TEST_KEY')
    user.config.$set(First, { key })
    register(Second)
    expect(user.config.$get(Second).key).toBe(key)
  })

  it('goes on by the new class through a handle of the old (SPEC D18, D19)', () => {
    const make = (more: object) =>
      class extends Context('anew', { ...more, n: Type.Integer({ default: 1 }) }) {}
    const mine = createRegistry()
    const register = (made: ReturnType<typeof make>) =>
      mine.register(definePlugin({ name: 'anew', version: '1.0.0', contributes: [made] }))
    const [First, Second] = [make({}), make({ before: Type.Integer({ default: 0 }) })]
    register(First)
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry: mine }) })
    const old = session.context.$get(First)
    expect(often(() => old.n)).toBe(1)
    register(Second)
    const renewed = session.context.$get(Second)
    renewed.n = 4
    expect(often(() => [old.n, renewed.n])).toEqual([4, 4])
    old.n = 5
    expect([often(() => [old.n, renewed.n]), old.$source('n')]).toEqual([[5, 5], 'session'])
    renewed.$reset()
    expect([often(() => old.n), old.$source('n')]).toEqual([1, 'registry'])
    register(class extends Context('anew', { other: Type.Integer({ default: 2 }) }) {} as never)
    expect([often(() => old.n), JSON.stringify([old, renewed])]).toEqual([undefined, '[{},{}]'])
  })

  it('reads what an owner above has set since its class was registered anew, through a handle of the old (SPEC 33, D18)', () => {
    const make = () => class extends Context('anew', { n: Type.Integer({ default: 1 }) }) {}
    const mine = createRegistry()
    const register = (made: ReturnType<typeof make>) =>
      mine.register(definePlugin({ name: 'anew', version: '1.0.0', contributes: [made] }))
    const [First, Second] = [make(), make()]
    register(First)
    const user = new ChatUser({ id: 'ada', registry: mine })
    const session = new ChatSession({ user })
    const turn = session.interact()
    const old = [session, turn].map((owner) => owner.context.$get(First))
    expect(old.map((item) => often(() => item.n))).toEqual([1, 1])
    register(Second)
    user.context.$get(Second).n = 2
    expect(old.map((item) => often(() => item.n))).toEqual([2, 2])
  })

  it('reads what an owner above sets after a class came back that others had taken the place of (SPEC 33, D18)', () => {
    const make = () => {
      class Anew extends Context('anew', { n: Type.Integer({ default: 10 }) }) {}
      return definePlugin({ name: 'anew', version: '1.0.0', contributes: [Anew] })
    }
    const [first, second] = [make(), make()]
    const mine = createRegistry()
    const user = new ChatUser({ id: 'ada', registry: mine })
    const [agent, other] = ['a', 'b'].map((name) => new AgentConfig({ name, registry: mine })) as [
      AgentConfig,
      AgentConfig,
    ]
    const [one, two] = [new ChatSession({ user, agent }), new ChatSession({ user, agent: other })]
    const n = (owner: ChatSession | AgentConfig) => owner.context.$get('anew' as never) as { n: number }
    const dispose = mine.register(first)
    n(two).n = 3
    dispose()
    one.batch(() => {
      const leave = mine.register(second)
      expect(n(one).n).toBe(10)
      leave()
    })
    two.agent = agent
    mine.register(second)
    n(agent).n = 1
    expect([n(one).n, n(two).n]).toEqual([1, 3])
  })

  it('reads through a proxy of a handle as through the handle (SPEC 15)', () => {
    const { session } = make()
    const knobs = session.config.$get(Knobs)
    const proxy = new Proxy(knobs, {})
    expect(often(() => proxy.n)).toBe(5)
    proxy.n = 6
    expect([often(() => proxy.n), knobs.n]).toEqual([6, 6])
  })

  it('lets a session on another agent read that agent, in its interactions too (SPEC D5, 30)', () => {
    const { user, session } = make()
    const other = new AgentConfig({ name: 'y', registry })
    other.config.$get(Knobs).text = 'of y'
    const turn = session.interact()
    const deep = turn.child()
    const heard: FieldChanged[] = []
    void [session, turn, deep].map((owner) => [
      often(() => owner.config.$get(Knobs).text),
      owner.on('changed', (change) => heard.push(change)),
    ])
    session.agent = other
    expect([session, turn, deep].map((owner) => owner.config.$get(Knobs).text)).toEqual([
      'of y',
      'of y',
      'of y',
    ])
    expect(heard.map(({ field, from, to, layer, cause }) => [field, from, to, layer, cause])).toEqual(
      heard.map(() => ['text', 'plain', 'of y', 'agent', `session:${session.id}`]),
    )
    expect(heard).toHaveLength(3)
    session.agent = undefined
    expect(deep.config.$get(Knobs).text).toBe('plain')
    expect(user.config.$peek(Knobs)).toBeUndefined()
  })
})

describe('a context or section that follows a config', () => {
  it('shows the config where nobody set the field, live and by its own source (SPEC D6, 33)', () => {
    const registry = shelf()
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user })
    const section = session.sections.$get(Follower)
    const heard: [string, unknown, string, string][] = []
    session.on('changed', ({ kind, to, layer, cause }) => heard.push([kind, to, layer, cause]))
    expect([section.n, section.$source('n')]).toEqual([5, 'registry'])
    user.config.$get(Knobs).n = 9
    expect([section.n, section.$source('n')]).toEqual([9, 'config'])
    expect(heard).toEqual([
      ['config', 9, 'user', 'user:ada'],
      ['section', 9, 'config', 'user:ada'],
    ])
    section.n = 3
    user.config.$get(Knobs).n = 4
    expect([section.n, section.$source('n')]).toEqual([3, 'session'])
  })

  it('needs the config, so that it is there (SPEC D6)', () => {
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry: shelf() }) })
    session.sections.$get(Follower)
    expect(session.config.$has(Knobs)).toBe(true)
  })

  it('follows a config that is registered after values of it were loaded, and reads on when that leaves (SPEC D6, 5)', () => {
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'section', version: '1.0.0', contributes: [Follower] }))
    const user = new ChatUser({ id: 'ada', registry })
    const saved = {
      format: 1,
      id: 's',
      user: 'ada',
      agent: null,
      sections: { follower: { version: 1, values: { own: 2 } } },
    }
    const { session } = ChatSession.restore(saved, { user })
    const dispose = registry.register(
      definePlugin({ name: 'config', version: '1.0.0', contributes: [Knobs] }),
    )
    user.config.$get(Knobs).n = 9
    const section = session.sections.$get(Follower)
    expect([section.n, section.own]).toEqual([9, 2])
    dispose()
    expect([section.n, section.$source('n')]).toEqual([5, 'registry'])
  })
})

describe('what is told of values', () => {
  it('fires changed where the effective value changed, naming layer and cause, and nowhere else (SPEC 23, 33)', () => {
    const registry = shelf()
    const user = new ChatUser({ id: 'ada', registry })
    const [a, b] = [new ChatSession({ user, id: 'a' }), new ChatSession({ user, id: 'b' })]
    b.config.$get(Knobs).n = 9
    const heard: unknown[] = []
    for (const session of [a, b])
      session.config.$get(Knobs).$on('changed', (change) => heard.push([session.id, change]))
    user.config.$get(Knobs).n = 7
    const common = { kind: 'config', type: 'knobs', field: 'n' }
    expect(heard).toEqual([['a', { ...common, from: 5, to: 7, layer: 'user', cause: 'user:ada' }]])
    b.config.$get(Knobs).$reset('n')
    expect(heard[1]).toEqual(['b', { ...common, from: 9, to: 7, layer: 'user', cause: 'session:b' }])
  })

  it('says nothing where the value is equal, set or fallen back on (SPEC 21, 33)', () => {
    const registry = shelf()
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user })
    const heard: string[] = []
    session.on('changed', () => heard.push('changed'))
    session.on('committed', () => heard.push('committed'))
    const config = session.config.$get(Knobs)
    heard.splice(0)
    config.$reset('n')
    config.$pin()
    expect(heard).toEqual(['committed'])
    user.config.$get(Knobs).n = 8
    config.n = 5
    expect(heard).toEqual(['committed'])
  })

  it('says nothing of an equal list or object that is set anew (SPEC 21)', () => {
    class Lists extends Context('lists', {
      list: Type.Array(Type.Object({ a: Type.Integer() }), { default: [] }),
    }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'lists', version: '1.0.0', contributes: [Lists] }))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    const lists = session.context.$set(Lists, { list: [{ a: 1 }] })
    const heard: string[] = []
    for (const event of ['changed', 'committed']) session.on(event, () => heard.push(event))
    const before = lists.list
    lists.list = [{ a: 1 }]
    expect([heard, lists.list === before]).toEqual([[], true])
  })

  it('tells the observers of one item of that item only, until they are taken off (SPEC 21, 23)', () => {
    const registry = shelf()
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user })
    const heard: unknown[] = []
    const off = session.config.$get(Knobs).$on('changed', ({ field, to }) => heard.push([field, to]))
    session.context.$get(Notes).n = 3
    user.config.$get(Knobs).n = 8
    off()
    off()
    user.config.$get(Knobs).n = 9
    expect(heard).toEqual([['n', 8]])
  })

  it('compares with what was before the transaction, whatever happened in between (SPEC 23)', () => {
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry: shelf() }) })
    const config = session.config.$get(Knobs)
    const heard: unknown[] = []
    config.$on('changed', ({ field, from, to }) => heard.push([field, from, to]))
    session.batch(() => {
      config.n = 6
      config.n = 7
      config.text = 'x'
      config.text = 'plain'
    })
    expect(heard).toEqual([['n', 5, 7]])
  })

  it('survives that a default fails where an observed value is dropped (SPEC 18, 22)', () => {
    class Shaky extends Context('shaky', {
      n: Type.Integer({
        default: (() => {
          throw new Error('no default')
        }) as never,
      }),
    }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'shaky', version: '1.0.0', contributes: [Shaky] }))
    const user = new ChatUser({ id: 'ada', registry })
    const saved = {
      format: 1,
      id: 's',
      user: 'ada',
      agent: null,
      context: { shaky: { version: 1, values: { n: 2 } } },
    }
    const { session } = ChatSession.restore(saved, { user })
    const heard: unknown[] = []
    session.on('changed', ({ from, to }) => heard.push([from, to]))
    expect(session.context.$parked()).toEqual(['shaky'])
    session.context.$delete(Shaky)
    expect(heard).toEqual([[2, undefined]])
    expect(session.context.$parked()).toEqual([])
  })
})

type Op =
  | { readonly do: 'write'; readonly at: string; readonly path: string; readonly value: unknown }
  | { readonly do: 'reset'; readonly at: string; readonly path: string; readonly all: boolean }
  | { readonly do: 'pin'; readonly at: string; readonly path: string }
  | { readonly do: 'delete'; readonly at: string; readonly path: string }
  | {
      readonly do: 'patch'
      readonly at: string
      readonly path: string
      readonly values: Readonly<Record<string, unknown>>
    }
  | {
      readonly do: 'assign'
      readonly at: string
      readonly path: string
      readonly values: Readonly<Record<string, unknown>>
    }
  | { readonly do: 'swap'; readonly at: string; readonly agent: string | undefined }
  | { readonly do: 'renew'; readonly at: string }
  | { readonly do: 'batch'; readonly ops: readonly Op[]; readonly throws: boolean }

const names = [
  'user:ada',
  'user:bob',
  'agent:x',
  'agent:y',
  'session:p',
  'session:q',
  'session:r',
  'interaction:i',
  'interaction:j',
  'interaction:k',
]
const sessions = names.filter((name) => name.startsWith('session'))
const anyName = fc.constantFrom(...names)
const anyPath = fc.constantFrom(...paths)
const valuesOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  n: fc.constantFrom(1, 5, 6, undefined),
  text: fc.constantFrom('plain', 'x', undefined),
  maybe: fc.constantFrom(1, 2, undefined),
  nullable: fc.constantFrom(2, 3, null, undefined),
  own: fc.constantFrom(0, 1, undefined),
}
const anyWrite = anyPath.chain((path) =>
  fc.record({
    do: fc.constant('write' as const),
    at: anyName,
    path: fc.constant(path),
    value: valuesOf[path.split(' ')[1]!]!,
  }),
)
const anyValues = anyPath.chain((path) => {
  const of = Object.keys(fields[path.split(' ')[0] as keyof typeof fields])
  const values = fc.record(Object.fromEntries(of.map((field) => [field, valuesOf[field]!])), {
    requiredKeys: [],
  })
  return fc.record({
    do: fc.constantFrom('patch' as const, 'assign' as const),
    at: anyName,
    path: fc.constant(path),
    values,
  })
})
const anySimple: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: anyWrite },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reset' as const),
      at: anyName,
      path: anyPath,
      all: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('pin' as const, 'delete' as const),
      at: anyName,
      path: anyPath,
    }),
  },
  { weight: 3, arbitrary: anyValues },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('swap' as const),
      at: fc.constantFrom(...sessions),
      agent: fc.constantFrom('agent:x', 'agent:y', undefined),
    }),
  },
)
const anyLayerOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: anySimple },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('renew' as const),
      at: fc.constantFrom('interaction:i', 'interaction:j', 'interaction:k'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      ops: fc.array(anySimple, { maxLength: 4 }),
      throws: fc.boolean(),
    }),
  },
)

describe('random owners and operations against a naive model of D5', () => {
  it('gives every owner its effective values and their sources, tells each observer the difference, and nobody else ever sees anything (SPEC 32, 23, 33, D5, D6)', async () => {
    const registry = shelf()
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLayerOp, { maxLength: 6 }),
        fc.subarray(names, { maxLength: 5 }),
        async (ops, observed) => {
          await breathe()
          const house = new House(registry, observed)
          for (const op of ops) house.run(op)
        },
      ),
      cases,
    )
  })
})

/** By owner, what each path gives there. */
type Effective = ReadonlyMap<string, readonly { readonly value: unknown; readonly source: string }[]>

/** The owners for real, and the model beside them. */
class House {
  readonly #owners = new Map<string, Anyone>()
  #model = new LayersModel()
  readonly #heard = new Map<string, FieldChanged[]>()
  readonly #observed: readonly string[]
  #before: Effective

  constructor(registry: Registry, observed: readonly string[]) {
    this.#observed = observed
    const manager = new SessionManager()
    const user = (id: string): ChatUser => this.#add(`user:${id}`, new ChatUser({ id, registry }))
    const agent = (name: string): AgentConfig =>
      this.#add(`agent:${name}`, new AgentConfig({ name, registry }))
    const [ada, bob, x] = [user('ada'), user('bob'), agent('x'), agent('y')]
    const session = (id: string, of: ChatUser, on?: AgentConfig): ChatSession =>
      this.#add(
        `session:${id}`,
        new ChatSession({ id, user: of, agent: on, manager }),
        `user:${of.id}`,
        on && `agent:${on.name}`,
      )
    const p = session('p', ada, x)
    session('q', ada)
    session('r', bob, x)
    const i = this.#add('interaction:i', p.interact(), 'session:p')
    this.#add('interaction:j', i.child(), 'interaction:i')
    this.#add('interaction:k', p.interact(), 'session:p')
    this.#before = this.#effective()
  }

  /** Does it on both sides, and compares them. */
  run(op: Op): void {
    if (op.do === 'batch') this.#batch(op.ops, op.throws)
    else this.#do(op)
    const after = this.#effective()
    this.#compare(this.#before, after, op)
    this.#before = after
  }

  #batch(ops: readonly Op[], throws: boolean): void {
    const model = this.#model.copy()
    const batch = (): void =>
      this.#owners.get('user:ada')!.batch(() => {
        for (const op of ops) this.#do(op)
        if (throws) throw new Error('on purpose')
      })
    if (!throws) return batch()
    try {
      batch()
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'on purpose') throw error
      this.#model = model
      return
    }
    throw new Error('The batch was to throw.')
  }

  #do(op: Op): void {
    if (op.do === 'batch') return
    if (op.do === 'renew') return this.#renew(op.at)
    if (op.do === 'swap') {
      ;(this.#owners.get(op.at) as ChatSession).agent = this.#owners.get(op.agent ?? '') as
        | AgentConfig
        | undefined
      this.#model.below.get(op.at)![1] = op.agent
      return
    }
    const owner = this.#owners.get(op.at)
    if (owner === undefined) return
    const [key, field] = op.path.split(' ') as [keyof typeof fields, string]
    const item = handle(owner, key)
    const all = Object.keys(fields[key])
    const set = (name: string, value: unknown): void => this.#model.set(op.at, `${key} ${name}`, value)
    if (op.do === 'write') {
      item[field] = op.value
      set(field, op.value)
    } else if (op.do === 'reset') {
      item.$reset(...(op.all ? [] : [field]))
      for (const each of op.all ? all : [field]) set(each, undefined)
    } else if (op.do === 'pin') {
      item.$pin()
      for (const each of all) set(each, this.#model.read(op.at, `${key} ${each}`).value)
    } else if (op.do === 'delete') {
      const [kind, type] = key.split('.') as [string, string]
      ;(owner as never as Record<string, { $delete(type: string): void }>)[
        kind === 'section' ? 'sections' : kind
      ]!.$delete(type)
      for (const each of all) set(each, undefined)
    } else if (op.do === 'patch') {
      item.$patch(op.values)
      for (const [each, value] of Object.entries(op.values)) set(each, value)
    } else if (op.do === 'assign') {
      const [kind, type] = key.split('.') as [string, string]
      ;(owner as never as Record<string, { $set(type: string, data: object): void }>)[
        kind === 'section' ? 'sections' : kind
      ]!.$set(type, op.values)
      for (const each of all) set(each, op.values[each])
    }
  }

  /** Ends an interaction, which takes those within it, and opens another in its place. */
  #renew(at: string): void {
    const old = this.#owners.get(at) as InteractionContext | undefined
    old?.end()
    for (const [name, owner] of this.#owners) {
      if ((owner as InteractionContext).ended !== true) continue
      this.#owners.delete(name)
      this.#heard.delete(name)
      this.#model.remove(name)
    }
    if (at !== 'interaction:j')
      this.#add(at, (this.#owners.get('session:p') as ChatSession).interact(), 'session:p')
    else if (this.#owners.has('interaction:i'))
      this.#add(at, (this.#owners.get('interaction:i') as InteractionContext).child(), 'interaction:i')
  }

  #add<T extends Anyone>(name: string, owner: T, ...below: (string | undefined)[]): T {
    this.#owners.set(name, owner)
    this.#model.add(name, ...below)
    if (this.#observed.includes(name)) {
      const heard: FieldChanged[] = []
      this.#heard.set(name, heard)
      owner.on('changed', (change) => heard.push(change))
    }
    return owner
  }

  #effective(): Effective {
    return new Map(
      [...this.#owners.keys()].map((name) => [name, paths.map((path) => this.#model.read(name, path))]),
    )
  }

  #compare(before: Effective, after: Effective, op: Op): void {
    for (const [name, owner] of this.#owners) {
      const should = after.get(name)!
      let i = 0
      for (const [key, of] of Object.entries(fields)) {
        const item = handle(owner, key)
        for (const field of Object.keys(of)) {
          const { value, source } = should[i++]!
          if (item[field] !== value || item.$source(field) !== source) {
            throw new Error(
              `${name} ${key} ${field} is ${inspect([item[field], item.$source(field)])}, should be ${inspect([value, source])}`,
            )
          }
        }
      }
      const heard = this.#heard.get(name)?.splice(0)
      if (heard === undefined || (op.do === 'renew' && name.startsWith('interaction'))) continue
      const told = heard.map(
        ({ kind, type, field, from, to, layer }) => `${kind}.${type} ${field}: ${from} to ${to} of ${layer}`,
      )
      const due = paths.flatMap((path, at) => {
        const [was, is] = [before.get(name)![at]!, should[at]!]
        return was.value === is.value ? [] : [`${path}: ${was.value} to ${is.value} of ${is.source}`]
      })
      if (told.sort().join() !== due.sort().join())
        throw new Error(`${name} heard ${inspect(told)}, should have heard ${inspect(due)}`)
      if (op.do !== 'batch') for (const { cause } of heard) this.#compareCause(cause, op)
    }
  }

  #compareCause(cause: string, op: Exclude<Op, { do: 'batch' }>): void {
    const [type, id] = op.at.split(':')
    const owner = this.#owners.get(op.at) as InteractionContext | undefined
    const label = type === 'interaction' ? `${type}:${owner?.id}` : `${type}:${id}`
    if (cause !== label) throw new Error(`${cause} is named as the cause, should be ${label}`)
  }
}
