import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  openSecrets,
  Secret,
  Type,
  type Committed,
  type Patch,
} from '../src/index.ts'
import { cases } from './cases.ts'
import { anyGraph, anyStoring, breathe, World, type Op } from './world.ts'

class Notes extends Context('notes', {
  n: Type.Integer({ default: 0 }),
  list: Type.Array(Type.Integer(), { default: [] }),
}) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Notes], tools: { kit: tool } })
const plugin = definePlugin({ name: 'replay', version: '1.0.0', contributes: [Notes, kit] })

function house() {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry })
  return { registry, user, agent, session: new ChatSession({ user, agent, id: 's' }) }
}

/** Collects the patches of an owner. */
function recorder(owner: ChatUser | AgentConfig | ChatSession): Committed[] {
  const list: Committed[] = []
  owner.on('committed', (committed) => list.push(committed))
  return list
}

function patchesOf(list: readonly Committed[]): Patch[] {
  return JSON.parse(JSON.stringify(list.flatMap(({ patches }) => patches))) as Patch[]
}

describe('what committed tells', () => {
  it('gives each owner its own patches, in order, as JSON (SPEC 23)', () => {
    const { session } = house()
    const told = recorder(session)
    session.batch(() => {
      session.context.$get(Notes).n = 1
      session.tools.push('kit')
      session.context.$get(Notes).$reset('n')
      session.context.$delete(Notes)
    })
    expect(patchesOf(told)).toEqual([
      { owner: 'session:s', kind: 'context', type: 'notes', requested: true },
      { owner: 'session:s', kind: 'context', type: 'notes', field: 'n', to: 1 },
      { owner: 'session:s', list: 'tools', index: 0, removed: [], added: ['kit'] },
      { owner: 'session:s', kind: 'context', type: 'notes', field: 'n', from: 1 },
      { owner: 'session:s', kind: 'context', type: 'notes', requested: false },
    ])
  })

  it('has one id for all owners of a transaction, and one more on each revision (SPEC 23)', () => {
    const { user, agent, session } = house()
    const [a, b, c] = [recorder(user), recorder(agent), recorder(session)]
    const before = [user.revision, agent.revision, session.revision]
    session.batch(() => {
      user.context.$get(Notes).n = 1
      session.context.$get(Notes).n = 2
      agent.instructions = 'Be kind.'
    })
    agent.instructions = 'Be brief.'
    expect([a.length, b.length, c.length]).toEqual([1, 2, 1])
    expect(new Set([a[0]!.id, b[0]!.id, c[0]!.id]).size).toBe(1)
    expect(b[1]!.id).not.toBe(b[0]!.id)
    expect([user.revision, agent.revision, session.revision]).toEqual([
      before[0]! + 1,
      before[1]! + 2,
      before[2]! + 1,
    ])
    expect([a, b, c].map((list) => list.at(-1)!.revision)).toEqual([
      user.revision,
      agent.revision,
      session.revision,
    ])
  })

  it('keeps what an interaction stores out of its session, save by promote (SPEC 23)', () => {
    const { session } = house()
    session.context.$get(Notes)
    const told = recorder(session)
    using turn = session.interact()
    turn.context.$get(Notes).n = 3
    expect(told).toEqual([])
    turn.promote(Notes, 'n')
    expect(patchesOf(told)).toEqual([
      { owner: 'session:s', kind: 'context', type: 'notes', field: 'n', to: 3 },
    ])
  })
})

describe('replaying', () => {
  it('takes back what an agent is made of, too (SPEC 24)', () => {
    const [one, two] = [house(), house()]
    const told = recorder(one.agent)
    one.agent.instructions = 'Be kind.'
    one.agent.model = 'a/b'
    one.agent.tools.exclude('kit')
    one.agent.tools.push('kit', 'other')
    one.agent.model = undefined
    two.agent.replay(patchesOf(told))
    expect(two.agent.snapshot()).toEqual(one.agent.snapshot())
  })

  it('takes messages, and an accepted quarantine (SPEC 24)', () => {
    const [one, two] = [house(), house()]
    const saved = { ...one.session.snapshot(), id: 'r', context: { 'no name!': 1 } }
    const start = [one, two].map(({ user, agent }) => ChatSession.restore(saved, { user, agent }).session)
    const told = recorder(start[0]!)
    start[0]!.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
    start[0]!.acceptQuarantine()
    expect(start[1]!.quarantine).toHaveLength(1)
    start[1]!.replay(patchesOf(told))
    expect(start[1]!.snapshot()).toEqual(start[0]!.snapshot())
  })

  it('takes back the loss of what nobody has registered (SPEC 24)', () => {
    const [one, two] = [house(), house()]
    const context = { stranger: { version: 1, values: {} }, other: { version: 1, values: {} } }
    const start = [one, two].map(
      ({ user, session }) =>
        ChatSession.restore({ ...session.snapshot(), id: 'r', agent: null, context }, { user }).session,
    )
    const told = recorder(start[0]!)
    start[0]!.context.$delete('stranger')
    start[0]!.context.$delete('stranger')
    start[1]!.replay(patchesOf(told))
    expect(start[1]!.snapshot()).toEqual(start[0]!.snapshot())
    expect(Object.keys(start[1]!.snapshot().context)).toEqual(['other'])
    expect(() =>
      start[1]!.batch(() => {
        start[1]!.context.$delete('other')
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(Object.keys(start[1]!.snapshot().context)).toEqual(['other'])
  })

  it('wants the last agent of a session in place, since a patch only names it (SPEC 24)', () => {
    const [one, two] = [house(), house()]
    const told = recorder(one.session)
    one.session.agent = undefined
    one.session.context.$get(Notes).n = 1
    one.session.agent = one.agent.fork({ name: 'y' })
    const patches = patchesOf(told)
    expect(() => two.session.replay(patches)).toThrow('RETINUE_PATCH_INVALID')
    two.session.agent = two.agent.fork({ name: 'y' })
    two.session.replay(patches)
    expect(two.session.snapshot()).toEqual(one.session.snapshot())
  })

  it('takes references of secrets, which work only where the application allowed them by name (SPEC 24, D17)', () => {
    class Keyed extends Config('keyed', { key: Type.Optional(Secret()) }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'keyed', version: '1.0.0', contributes: [Keyed] }))
    const user = new ChatUser({ id: 'ada', registry })
    const start = user.snapshot()
    const told = recorder(user)
    user.config.$set(Keyed, { key: Secret.env('SOME_KEY') })
    const [trusting, wary] = [['SOME_KEY'], []].map(
      (secrets) => ChatUser.restore(start, { registry, secrets }).user,
    )
    const read = (of: ChatUser) => openSecrets().read(of.config.$get(Keyed), 'key')
    vi.stubEnv('SOME_KEY', 'hush')
    for (const each of [trusting!, wary!]) {
      each.replay(patchesOf(told))
      expect(each.snapshot()).toEqual(user.snapshot())
    }
    expect(read(trusting!)).toBe('hush')
    expect(() => read(wary!)).toThrow('RETINUE_SECRET_REFUSED')
    vi.unstubAllEnvs()
  })

  it('sets nothing for a secret that lived in the memory of another process, and refuses what is none (SPEC 24, D17)', () => {
    class Keyed extends Config('keyed', { key: Type.Optional(Secret()) }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'keyed', version: '1.0.0', contributes: [Keyed] }))
    const user = new ChatUser({ id: 'ada', registry })
    const told = recorder(user)
    user.config.$set(Keyed, { key: Secret.value('hush') })
    const patches = JSON.stringify(patchesOf(told))
    expect(patches).not.toContain('hush')
    const other = new ChatUser({ id: 'ada', registry })
    other.replay(JSON.parse(patches) as Patch[])
    expect(other.config.$get(Keyed).key).toBeUndefined()
    user.config.$get(Keyed).key = Secret.env('SOME_KEY')
    user.config.$set(Keyed, {})
    other.replay(patchesOf(told))
    expect(other.config.$get(Keyed).key).toBeUndefined()
    const wrong = patchesOf(told).map((patch) => ({ ...patch, to: 'plain text' }))
    expect(() => other.replay(wrong as Patch[])).toThrow('RETINUE_')
  })

  it('undoes within one process what was done to a secret, which works as before (SPEC 24, D17)', () => {
    class Keyed extends Config('keyed', { key: Type.Optional(Secret()) }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'keyed', version: '1.0.0', contributes: [Keyed] }))
    vi.stubEnv('SOME_KEY', 'hush')
    for (const former of [Secret.env('SOME_KEY'), Secret.value('hush')]) {
      const user = new ChatUser({ id: 'ada', registry })
      const keyed = user.config.$get(Keyed)
      keyed.key = former
      const told = recorder(user)
      keyed.key = Secret.value('other')
      user.replay(
        told.flatMap(({ patches }) => patches).map((patch) => ({ ...patch, to: patch['from' as never] })),
      )
      expect(openSecrets().read(keyed, 'key')).toBe('hush')
    }
    vi.unstubAllEnvs()
  })

  it('refuses what does not fit, with nothing changed and nothing told (SPEC 24, 23)', () => {
    const { session, user } = house()
    const good: Patch = { owner: 'session:s', kind: 'context', type: 'notes', field: 'n', to: 5 }
    const accept: Patch = { owner: 'session:s', field: 'quarantine', to: [] }
    const bad: [Patch, string][] = [
      [{ ...good, type: 'nothing' }, 'RETINUE_TYPE_UNKNOWN'],
      [{ ...good, kind: 'toolset', type: 'kit' }, 'RETINUE_TYPE_UNKNOWN'],
      [{ ...good, field: 'nothing' }, 'RETINUE_FIELD_UNKNOWN'],
      [{ ...good, to: 'text' }, 'RETINUE_VALUE_INVALID'],
      ...['user:ada', 'agent:x', 'interaction:i', 's', undefined].map((owner): [Patch, string] => [
        { ...good, owner } as Patch,
        'RETINUE_PATCH_INVALID',
      ]),
      [{ owner: 'session:s', list: 'nothing', index: 0, removed: [], added: [] }, 'RETINUE_PATCH_INVALID'],
      [{ owner: 'session:s', field: 'nothing', to: 1 }, 'RETINUE_PATCH_INVALID'],
      [{ owner: 'session:s', field: 'agent', to: 'z' }, 'RETINUE_PATCH_INVALID'],
      ...[
        { index: 'a' },
        { index: -1 },
        { index: 1 },
        { removed: ['kit'] },
        { added: 'kit' },
        { removed: 1 },
      ].map((part): [Patch, string] => [
        { owner: 'session:s', list: 'tools', index: 0, removed: [], added: [], ...(part as object) },
        'RETINUE_PATCH_INVALID',
      ]),
      ...['quarantine', 'stored'].map((field): [Patch, string] => [
        { owner: 'session:s', field, to: 5 },
        'RETINUE_PATCH_INVALID',
      ]),
      ...[{ kind: 'context', type: 'No Name' }, { kind: 'context', type: '__proto__' }, {}].map(
        (part): [Patch, string] => [
          { owner: 'session:s', requested: true, ...part } as Patch,
          'RETINUE_PATCH_INVALID',
        ],
      ),
    ]
    const { session: spoilt } = ChatSession.restore(
      { ...session.snapshot(), id: 'r', context: { 'no name!': 1 } },
      { user },
    )
    const told = recorder(spoilt)
    const before = JSON.stringify(spoilt)
    for (const [patch, code] of bad) {
      expect(() =>
        spoilt.replay([
          good,
          accept,
          { owner: 'session:t', list: 'excluded', index: 0, removed: [], added: ['kit'] },
          patch,
        ]),
      ).toThrow(code)
      expect(JSON.stringify(spoilt)).toBe(before)
    }
    expect(told).toEqual([])
  })

  it('gives an equal end on an equal start, after random operations, batches, throws and savepoints (SPEC 24, 23)', async () => {
    const names = ['user:ada', 'agent:x', 'session:p']
    await fc.assert(
      fc.asyncProperty(
        anyGraph,
        fc.array(anyStoring, { maxLength: 6 }),
        fc.array(anyStoring, { maxLength: 6 }),
        async (graph, before, ops) => {
          await breathe()
          const [world, twin] = [new World(graph), new World(graph)]
          const both: Op[] = [{ do: 'register' }, ...before]
          for (const op of both) for (const each of [world, twin]) each.run(op)
          for (const name of names) world.record(name)
          for (const op of ops) world.run(op)
          const [session, copy] = [world, twin].map(({ live }) => live.get('session:p') as ChatSession) as [
            ChatSession,
            ChatSession,
          ]
          copy.agent = session.agent && (twin.live.get(`agent:${session.agent.name}`) as AgentConfig)
          for (const name of names) {
            const told = world.committed.get(name)!
            ;(twin.live.get(name) as ChatSession).replay(patchesOf(told))
            for (const { patches } of told)
              if (patches.some(({ owner }) => owner !== name))
                throw new Error(`A patch of another owner at ${name}`)
            const [is, should] = [JSON.stringify(twin.live.get(name)), JSON.stringify(world.live.get(name))]
            if (is !== should) throw new Error(`${name} is ${is}, should be ${should}`)
          }
        },
      ),
      cases,
    )
  })
})
