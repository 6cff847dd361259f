// A world to play in: random tool graphs, a few owners, and every operation that may flip presence or store something.
// Operations are data, so that fast-check can shrink them, and a model can be played the same ones.
import fc from 'fast-check'
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
  type Committed,
  type Contribution,
  type InteractionContext,
  type Plugin,
  type Registry,
} from '../src/index.ts'

/** What is needed by what; a graph may have circles, needs that nobody registered, and a default that throws. */
export interface Graph {
  readonly needs: Readonly<Record<string, readonly string[]>>
  readonly broken: string | undefined
}

const bare = [
  'config.key_a',
  'config.key_b',
  'config.key_late',
  'context.con_a',
  'context.con_b',
  'context.con_late',
  'section.sec_a',
  'section.sec_late',
  'gear.gear_a',
]
const toolsets = ['toolset.one', 'toolset.two', 'toolset.six', 'toolset.late']

/** Everything that a world's two plugins register, by `kind.type`. */
export const keys: readonly string[] = [...bare, ...toolsets]
/** What hangs in bags. */
export const items: readonly string[] = bare
/** The bag of each kind. */
export const bags = { config: 'config', context: 'context', section: 'sections', gear: 'gears' } as const
/** The kinds in the order of events. */
export const kindOrder: readonly string[] = ['config', 'context', 'section', 'gear', 'toolset']

export function kindOf(key: string): string {
  return key.slice(0, key.indexOf('.'))
}

export function typeOf(key: string): string {
  return key.slice(key.indexOf('.') + 1)
}

const rarely = fc.integer({ min: 0, max: 15 }).map((n) => n === 0)

const graph: fc.Arbitrary<Graph> = fc
  .record({
    needs: fc.tuple(
      ...keys.map((key, i) => {
        // Mostly what stands before, so that circles are the exception; only toolsets need toolsets.
        const before = keys.slice(0, i)
        const any = kindOf(key) === 'toolset' ? keys : items
        return fc.tuple(
          fc.subarray(before, { maxLength: Math.min(i, kindOf(key) === 'toolset' ? 4 : 1) }),
          fc.oneof(
            { weight: 20, arbitrary: fc.constant<string[]>([]) },
            { weight: 1, arbitrary: fc.subarray([...any, 'context.nowhere'], { maxLength: 1 }) },
          ),
        )
      }),
    ),
    broken: fc.tuple(rarely, fc.constantFrom(...items)).map(([is, key]) => (is ? key : undefined)),
  })
  .map(({ needs, broken }) => ({
    needs: Object.fromEntries(keys.map((key, i) => [key, [...new Set(needs[i]!.flat())]])),
    broken,
  }))

/** Definitions cost more than what is done with them: cases share this many graphs. */
const graphs = fc.sample(graph, { numRuns: 250, seed: 7 })
const plugins = new Map<Graph, { readonly early: Plugin; readonly late: Plugin }>()

export const anyGraph: fc.Arbitrary<Graph> = fc.nat(graphs.length - 1).map((i) => graphs[i]!)

/** The kind that a plugin might bring. */
export const Gear = defineKind({ name: 'gear', bag: 'gears', owners: ['session', 'interaction'] })

const makers = { config: Config, context: Context, section: Section, gear: Gear } as unknown as Record<
  string,
  typeof Context
>

function pluginsOf(graph: Graph): { readonly early: Plugin; readonly late: Plugin } {
  let made = plugins.get(graph)
  if (made === undefined) {
    const define = (key: string): Contribution => {
      const needs = graph.needs[key] as never
      const kind = kindOf(key)
      if (kind === 'toolset') {
        const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
        return defineToolset(typeOf(key), { needs, tools: { [typeOf(key)]: tool } })
      }
      const fails = (): never => {
        throw new Error('no default')
      }
      const n = Type.Integer({ default: (key === graph.broken ? fails : 0) as number })
      return class extends makers[kind]!(
        typeOf(key),
        { n, list: Type.Array(Type.Integer(), { default: [] }) },
        { needs },
      ) {}
    }
    const isLate = (key: string): boolean => key.endsWith('late')
    made = {
      early: definePlugin({
        name: 'early',
        version: '1.0.0',
        contributes: [Gear, ...keys.filter((key) => !isLate(key)).map(define)],
      }),
      late: definePlugin({ name: 'late', version: '1.0.0', contributes: keys.filter(isLate).map(define) }),
    }
    plugins.set(graph, made)
  }
  return made
}

/** Something to do with an owner, by name; nothing where that owner is not there. */
export type Op =
  | { readonly do: 'push' | 'replace'; readonly at: Listed; readonly tools: readonly string[] }
  | {
      readonly do: 'insert' | 'splice'
      readonly at: Listed
      readonly index: number
      readonly count: number
      readonly tools: readonly string[]
    }
  | { readonly do: 'setTool'; readonly at: Listed; readonly index: number; readonly tool: string }
  | { readonly do: 'removeTool' | 'exclude' | 'include'; readonly at: Listed; readonly tool: string }
  | { readonly do: 'clear'; readonly at: Listed }
  | { readonly do: 'get' | 'delete' | 'reset'; readonly at: string; readonly key: string }
  | { readonly do: 'assign' | 'write'; readonly at: string; readonly key: string; readonly value: number }
  | { readonly do: 'swap'; readonly at: SessionName; readonly agent: AgentName | undefined }
  | {
      readonly do: 'open'
      readonly at: SessionName
      readonly user: string
      readonly agent: AgentName | undefined
    }
  | { readonly do: 'interact'; readonly at: TurnName; readonly in: SessionName | TurnName }
  | { readonly do: 'end'; readonly at: SessionName | TurnName }
  | { readonly do: 'register' | 'dispose' }
  | { readonly do: 'observe'; readonly at: string }
  | { readonly do: 'batch'; readonly ops: readonly Op[]; readonly throws: boolean }

export type AgentName = 'agent:x' | 'agent:y'
export type SessionName = 'session:p' | 'session:q' | 'session:r'
export type TurnName = 'interaction:i' | 'interaction:j' | 'interaction:k'
export type Listed = AgentName | SessionName | TurnName

const users = ['user:ada', 'user:bob']
const agents: readonly AgentName[] = ['agent:x', 'agent:y']
const sessions: readonly SessionName[] = ['session:p', 'session:q', 'session:r']
const turns: readonly TurnName[] = ['interaction:i', 'interaction:j', 'interaction:k']
export const owners: readonly string[] = [...users, ...agents, ...sessions, ...turns]

/** Half of what is done is done to a few, so that one thing meets another. */
const anyOwner = fc.oneof(
  fc.constantFrom(...owners),
  fc.constantFrom('user:ada', 'agent:x', 'session:p', 'session:p', 'interaction:i'),
)
const anyListed = fc.constantFrom<Listed>(...agents, ...agents, ...sessions, ...turns)
const anyTool = fc.constantFrom(...toolsets.map(typeOf))
const anyTools = fc.array(anyTool, { maxLength: 3 })
const anyItem = fc.oneof(fc.constantFrom(...items), fc.constantFrom('config.key_b', 'context.con_b'))
const anyValue = fc.integer({ min: 0, max: 2 })
const anyIndex = fc.integer({ min: -2, max: 4 })
const anyAgent = fc.option(fc.constantFrom(...agents), { nil: undefined })
const any = fc.constant
const one = <T extends string>(...names: T[]): fc.Arbitrary<T> => fc.constantFrom(...names)

const storing: readonly fc.WeightedArbitrary<Op>[] = [
  { weight: 5, arbitrary: fc.record({ do: one('push', 'replace'), at: anyListed, tools: anyTools }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: one('insert', 'splice'),
      at: anyListed,
      index: anyIndex,
      count: fc.nat(2),
      tools: anyTools,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: any('setTool' as const), at: anyListed, index: anyIndex, tool: anyTool }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: one('removeTool', 'exclude', 'include'), at: anyListed, tool: anyTool }),
  },
  { weight: 1, arbitrary: fc.record({ do: any('clear' as const), at: anyListed }) },
  { weight: 4, arbitrary: fc.record({ do: one('get', 'delete', 'reset'), at: anyOwner, key: anyItem }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: one('assign', 'write'), at: anyOwner, key: anyItem, value: anyValue }),
  },
  { weight: 2, arbitrary: fc.record({ do: any('swap' as const), at: one(...sessions), agent: anyAgent }) },
]
const living: readonly fc.WeightedArbitrary<Op>[] = [
  {
    weight: 2,
    arbitrary: fc.record({
      do: any('open' as const),
      at: one(...sessions),
      user: one(...users),
      agent: anyAgent,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: any('interact' as const),
      at: one(...turns),
      in: one<SessionName | TurnName>(...sessions, ...turns),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: any('end' as const), at: one<SessionName | TurnName>(...sessions, ...turns) }),
  },
]

function batchOf(...ops: fc.WeightedArbitrary<Op>[]): fc.Arbitrary<Op & { do: 'batch' }> {
  const simple = fc.oneof(...ops)
  const batch = any('batch' as const)
  const nested = fc.record({ do: batch, ops: fc.array(simple, { maxLength: 3 }), throws: fc.boolean() })
  const step = fc.oneof({ weight: 4, arbitrary: simple }, { weight: 1, arbitrary: nested })
  return fc.record({ do: batch, ops: fc.array(step, { maxLength: 5 }), throws: fc.boolean() })
}

/** What stores something, alone and in batches. */
export const anyStoring: fc.Arbitrary<Op> = fc.oneof(...storing, {
  weight: 6,
  arbitrary: batchOf(...storing),
})
/** Everything that can be done. */
export const anyOp: fc.Arbitrary<Op> = fc.oneof(
  ...storing,
  ...living,
  { weight: 3, arbitrary: fc.record({ do: one('register', 'dispose') }) },
  { weight: 2, arbitrary: fc.record({ do: any('observe' as const), at: anyOwner }) },
  { weight: 4, arbitrary: batchOf(...storing, ...living) },
)
/** A batch of what stores something, that throws at its end. */
export const anyRollback: fc.Arbitrary<Op> = batchOf(...storing).map((op) => ({ ...op, throws: true }))

type Real = ChatUser | AgentConfig | ChatSession | InteractionContext
type Bagged = Record<
  string,
  Record<string, unknown> & {
    $get(key: string): Item
    $set(key: string, data: object): Item
    $delete(key: string): void
  }
>
interface Item {
  n: number
  $reset(): void
}

/** Lets the collector in between cases: what is held weakly lives until the job that made it ends. */
export async function breathe(): Promise<void> {
  if (++breaths % 50 === 0) await new Promise(setImmediate)
}

let breaths = 0

/** The intention of a batch that throws. */
export const thrown = new Error('on purpose')

/** The owners for real. */
export class World {
  readonly registry: Registry
  readonly live = new Map<string, Real>()
  /** What each observed owner heard since it was last asked. */
  readonly heard = new Map<string, { event: string; payload: unknown }[]>()
  readonly committed = new Map<string, Committed[]>()
  readonly #handles = new Map<string, Item>()
  readonly #late: Plugin
  #dispose: (() => void) | undefined

  constructor(graph: Graph) {
    const { early, late } = pluginsOf(graph)
    this.registry = createRegistry()
    this.registry.register(early)
    this.#late = late
    for (const name of users)
      this.live.set(name, new ChatUser({ id: typeNameOf(name), registry: this.registry }))
    for (const name of agents)
      this.live.set(name, new AgentConfig({ name: typeNameOf(name), registry: this.registry }))
    for (const [name, agent] of [
      ['session:p', 'agent:x'],
      ['session:q', 'agent:x'],
    ] as const) {
      this.run({ do: 'open', at: name, user: 'user:ada', agent })
    }
    this.run({ do: 'interact', at: 'interaction:i', in: 'session:p' })
  }

  /** Does it; tells whether it threw. What it throws on purpose or by a rule is caught, anything else is a bug. */
  run(op: Op): boolean {
    try {
      this.#do(op)
      return false
    } catch (error) {
      if (error === thrown) return true
      if (
        /^RETINUE_(NEED_MISSING|NEED_CYCLE|DEFAULT_FAILED|TYPE_UNKNOWN)$/.test(
          (error as { code?: string }).code ?? '',
        )
      )
        return true
      if (error instanceof RangeError) return true
      throw error
    }
  }

  /** An owner's bag of a kind; `undefined` where it has none. */
  bag(name: string, kind: string): Bagged[string] | undefined {
    return (this.live.get(name) as unknown as Bagged | undefined)?.[bags[kind as keyof typeof bags]]
  }

  observe(name: string): void {
    const owner = this.live.get(name)
    if (owner === undefined || this.heard.has(name)) return
    const heard: { event: string; payload: unknown }[] = []
    this.heard.set(name, heard)
    for (const kind of kindOrder) {
      for (const how of ['Added', 'Removed'])
        owner.on(`${kind}${how}`, (payload) => heard.push({ event: `${kind}${how}`, payload }))
    }
    owner.on('toolsetUnresolved', (payload) => heard.push({ event: 'toolsetUnresolved', payload }))
  }

  record(name: string): void {
    const list: Committed[] = []
    this.committed.set(name, list)
    this.live.get(name)?.on('committed', (committed: Committed) => list.push(committed))
  }

  /** Whether anything that the operation is about is there. */
  can(op: Op): boolean {
    if (op.do === 'open') return !this.live.has(op.at)
    if (op.do === 'interact') return !this.live.has(op.at) && this.live.has(op.in)
    if ('key' in op && this.bag(op.at, kindOf(op.key)) === undefined) return false
    return !('at' in op) || this.live.has(op.at)
  }

  #do(op: Op): void {
    if (!this.can(op)) return
    const owner =
      'at' in op ? (this.live.get(op.at) as ChatSession) : (this.live.get('user:ada') as ChatSession)
    if (op.do === 'push') owner.tools.push(...op.tools)
    else if (op.do === 'replace') owner.tools.replace(op.tools)
    else if (op.do === 'insert') owner.tools.insert(op.index, ...op.tools)
    else if (op.do === 'splice') owner.tools.splice(op.index, op.count, ...op.tools)
    else if (op.do === 'setTool') owner.tools.set(op.index, op.tool)
    else if (op.do === 'removeTool') owner.tools.remove(op.tool)
    else if (op.do === 'exclude') owner.tools.exclude(op.tool)
    else if (op.do === 'include') owner.tools.include(op.tool)
    else if (op.do === 'clear') owner.tools.clear()
    else if (op.do === 'get') this.#hold(op.at, op.key, this.bag(op.at, kindOf(op.key))!.$get(typeOf(op.key)))
    else if (op.do === 'assign')
      this.#hold(op.at, op.key, this.bag(op.at, kindOf(op.key))!.$set(typeOf(op.key), { n: op.value }))
    else if (op.do === 'delete') this.bag(op.at, kindOf(op.key))!.$delete(typeOf(op.key))
    else if (op.do === 'write') this.#write(op.at, op.key, op.value)
    else if (op.do === 'reset') this.#handles.get(`${op.at} ${op.key}`)?.$reset()
    else if (op.do === 'swap') owner.agent = op.agent && (this.live.get(op.agent) as AgentConfig)
    else if (op.do === 'open') this.#open(op.at, op.user, op.agent)
    else if (op.do === 'interact') this.#interact(op.at, op.in)
    else if (op.do === 'end') this.#end(op.at)
    else if (op.do === 'register') this.#dispose ??= this.registry.register(this.#late)
    else if (op.do === 'dispose') this.#disposeLate()
    else if (op.do === 'observe') this.observe(op.at)
    else if (op.do === 'batch') this.#batch(owner, op.ops, op.throws)
  }

  #batch(owner: Real, ops: readonly Op[], throws: boolean): void {
    const before = new Map(this.live)
    try {
      owner.batch(() => {
        for (const op of ops) this.run(op)
        if (throws) throw thrown
      })
    } catch (error) {
      // Who was made in it is gone again.
      for (const [name, owner] of this.live) if (before.get(name) !== owner) this.#forget(name)
      throw error
    }
  }

  #hold(at: string, key: string, handle: Item): void {
    this.#handles.set(`${at} ${key}`, handle)
  }

  #write(at: string, key: string, value: number): void {
    const handle = this.#handles.get(`${at} ${key}`)
    if (handle !== undefined) handle.n = value
  }

  #open(at: SessionName, user: string, agent: AgentName | undefined): void {
    const id = typeNameOf(at)
    const session = new ChatSession({
      id,
      user: this.live.get(user) as ChatUser,
      agent: agent && (this.live.get(agent) as AgentConfig),
    })
    this.live.set(at, session)
  }

  #interact(at: TurnName, in_: string): void {
    const above = this.live.get(in_) as ChatSession & InteractionContext
    const id = typeNameOf(at)
    this.live.set(at, in_.startsWith('session') ? above.interact({ id }) : above.child({ id }))
  }

  #end(at: string): void {
    const owner = this.live.get(at) as ChatSession & InteractionContext
    if (at.startsWith('session')) owner.close()
    else owner.end()
    for (const [name, each] of this.live) {
      if (each !== owner && (each as InteractionContext).ended !== true) continue
      this.#forget(name)
    }
  }

  #forget(name: string): void {
    this.live.delete(name)
    this.heard.delete(name)
    for (const key of items) this.#handles.delete(`${name} ${key}`)
  }

  #disposeLate(): void {
    this.#dispose?.()
    this.#dispose = undefined
  }
}

function typeNameOf(owner: string): string {
  return owner.slice(owner.indexOf(':') + 1)
}
