import { describe, expect, it } from 'vitest'
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
  Section,
  SessionManager,
  Type,
  type RetinueError,
} from '../src/index.ts'

class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }) }) {}
class Notes extends Context('notes', { n: Type.Integer({ default: 0 }) }) {}
class Rules extends Section('rules', {}, { needs: [Notes] }) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Knobs, Rules], tools: { kit: tool } })
const plugin = definePlugin({ name: 'session', version: '1.0.0', contributes: [Knobs, Notes, Rules, kit] })

function house() {
  const registry = createRegistry()
  registry.register(plugin)
  const manager = new SessionManager()
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry, tools: ['kit'] })
  return { registry, manager, user, agent }
}

describe('making a session', () => {
  it('gives it an id that is unique and unguessable where none is given, or an empty one (SPEC 27)', () => {
    const { user } = house()
    const ids = ['', undefined, undefined].map((id) => new ChatSession({ user, id }).id)
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(new ChatSession({ user, id: 'mine' }).id).toBe('mine')
  })

  it('lets the id of a sub-session start with that of its parent (SPEC 27)', () => {
    const { user } = house()
    const parent = new ChatSession({ user, id: 'p' })
    const [one, two] = [new ChatSession({ user, parent }), new ChatSession({ user, parent: 'p' })]
    expect([
      one.parent,
      two.parent,
      one.id.startsWith('p.'),
      two.id.startsWith('p.'),
      one.id === two.id,
    ]).toEqual(['p', 'p', true, true, false])
    expect(new ChatSession({ user, parent, id: 'mine' }).id).toBe('mine')
    expect(one.snapshot().parent).toBe('p')
  })

  it("has the user's contexts, what the agent lists, and the extras of every tool, and is valid without an agent (SPEC 28)", () => {
    const { user, agent, manager } = house()
    user.context.$set(Notes, { n: 1 })
    agent.sections.$get(Rules)
    const session = new ChatSession({ user, agent, manager })
    expect([
      session.context.$get(Notes).n,
      session.sections.$types(),
      session.config.$types(),
      session.tools.inForce,
    ]).toEqual([1, ['rules'], ['knobs'], ['kit']])
    const alone = new ChatSession({ user, manager })
    expect([alone.agent, alone.snapshot().agent, alone.sections.$types(), alone.context.$types()]).toEqual([
      undefined,
      null,
      [],
      ['notes'],
    ])
    expect(manager.list()).toEqual([session, alone])
  })

  it('fails without a trace, wherever it fails: nobody is told, nothing is held, the id is free (SPEC 26)', () => {
    const { registry, manager, user, agent } = house()
    const heard: unknown[] = []
    for (const event of ['configAdded', 'configRemoved', 'committed'])
      for (const owner of [user, agent]) owner.on(event, (payload) => heard.push(payload))
    const before = [user, agent].map((owner) => [JSON.stringify(owner), owner.revision])
    const other = createRegistry()
    const fine = { user, agent, manager, id: 's' }
    const broken: [object, string][] = [
      [{ ...fine, user: undefined }, 'RETINUE_OWNER_INVALID'],
      [{ ...fine, agent: {} }, 'RETINUE_OWNER_INVALID'],
      [{ ...fine, registry: other }, 'RETINUE_REGISTRY_MIXED'],
      [{ ...fine, agent: new AgentConfig({ name: 'y', registry: other }) }, 'RETINUE_REGISTRY_MIXED'],
      [{ ...fine, context: { notes: { n: 'x' } } }, 'RETINUE_VALUE_INVALID'],
      [{ ...fine, context: { notes: { n: 1 } }, sections: ['nothing'] }, 'RETINUE_TYPE_UNKNOWN'],
      [{ ...fine, config: [new Notes()] }, 'RETINUE_TYPE_MISMATCH'],
    ]
    for (const [options, code] of broken) {
      expect(() => new ChatSession(options as never)).toThrow(code)
      expect([manager.list(), user.config.$types(), heard]).toEqual([[], [], []])
      expect([user, agent].map((owner) => [JSON.stringify(owner), owner.revision])).toEqual(before)
    }
    expect(new ChatSession({ ...fine, registry }).id).toBe('s')
    expect(heard).toEqual([{ type: 'knobs' }])
  })

  it('fails without a trace in a batch, too, and where handlers go round in circles (SPEC 26, D13)', () => {
    const { registry, manager, user, agent } = house()
    const heard: unknown[] = []
    const errors: RetinueError[] = []
    registry.on('observerError', ({ error }) => errors.push(error as RetinueError))
    user.on('configAdded', ({ type }) => heard.push(type))
    user.batch(() => {
      expect(() => new ChatSession({ user, agent, manager, context: { notes: { n: 'x' } } })).toThrow(
        'RETINUE_VALUE_INVALID',
      )
    })
    expect([heard, manager.list()]).toEqual([[], []])
    let made = 0
    user.on('ping', () => {
      const session = new ChatSession({ user, agent, manager })
      made++
      user.emit('ping')
      expect(manager.list()).toContain(session)
    })
    user.emit('ping')
    expect(manager.list()).toHaveLength(made)
    expect([made > 10, errors.map(({ code }) => code)]).toEqual([true, ['RETINUE_LOOP']])
  })

  it('is one transaction: one revision for all that it starts with (SPEC 23, 26)', () => {
    const { user } = house()
    expect(new ChatSession({ user, context: { notes: { n: 1 } }, sections: ['rules'] }).revision).toBe(1)
  })
})

describe('a session', () => {
  it('refuses an agent of another registry, and goes on as it was (SPEC 26, 30)', () => {
    const { user, agent } = house()
    const session = new ChatSession({ user, agent })
    expect(() => (session.agent = new AgentConfig({ name: 'y', registry: createRegistry() }))).toThrow(
      'RETINUE_REGISTRY_MIXED',
    )
    expect([session.agent, session.tools.inForce]).toEqual([agent, ['kit']])
  })

  it('gets another agent though the first holds values of a plugin that is gone (SPEC 30, 10)', () => {
    const { registry, user, agent } = house()
    class Guest extends Context('guest', { n: Type.Integer({ default: 0 }) }) {}
    const dispose = registry.register(definePlugin({ name: 'guest', version: '1.0.0', contributes: [Guest] }))
    agent.context.$set(Guest, { n: 1 })
    const session = new ChatSession({ user, agent })
    session.context.$get(Guest).n = 2
    dispose()
    session.agent = undefined
    expect([session.context.$types(), session.context.$parked(), agent.context.$parked()]).toEqual([
      [],
      ['guest'],
      ['guest'],
    ])
  })

  it('brings its tools to its sub-interactions and prompts, and explains itself (SPEC 36, 37)', () => {
    const { user, agent } = house()
    const session = new ChatSession({ user, agent })
    using turn = session.interact({ input: 'Hello.' })
    expect([
      turn.input,
      turn.tools.inForce,
      session.prompt().text,
      session.prompt({ interaction: turn }).text,
    ]).toEqual(['Hello.', ['kit'], '', ''])
    expect(session.explain('context.notes').requestedBy[0]?.by).toBe('toolset:kit')
  })

  it('renders no prompt for the interaction of another (SPEC 39)', () => {
    const { user, agent } = house()
    const [one, two] = [new ChatSession({ user, agent }), new ChatSession({ user, agent })]
    expect(() => one.prompt({ interaction: two.interact() })).toThrow('RETINUE_OWNER_INVALID')
  })

  it('is saved as plain JSON, which reading and saving do not change (SPEC 48)', () => {
    const { user, agent } = house()
    const session = new ChatSession({ user, agent, id: 's', parent: 'p' })
    const before = JSON.stringify(session)
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
    session.tools.push('other')
    session.tools.exclude('kit')
    expect(session.snapshot()).toEqual({
      format: 1,
      id: 's',
      parent: 'p',
      user: 'ada',
      agent: 'x',
      config: {},
      context: {},
      sections: {},
      requested: [],
      tools: ['other'],
      excluded: ['kit'],
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] }],
    })
    session.messages.clear()
    session.tools.clear()
    session.tools.include('kit')
    expect(JSON.stringify(session)).toBe(before)
  })
})

describe('restoring a session', () => {
  it("gives a fixed point, and tells the user's observers once all of it is loaded (SPEC 49, 52)", () => {
    const { registry, user, agent } = house()
    const session = new ChatSession({ user, agent, id: 's', parent: 'p' })
    session.context.$set(Notes, { n: 3 })
    session.tools.push('other')
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
    const saved = JSON.stringify(session)
    session.close()
    const seen: unknown[] = []
    user.on('configAdded', () => seen.push(registry.manager?.get('s')?.messages.length))
    const { session: again, report } = ChatSession.restore(saved, { user, agent })
    expect([JSON.stringify(again), report.ok, report.agent, again.revision, seen]).toEqual([
      saved,
      true,
      undefined,
      0,
      [1],
    ])
  })

  it("refuses another user's, reports another agent, and leaves no trace where it fails (SPEC 49, 26)", () => {
    const { manager, user, agent, registry } = house()
    const saved = { format: 1, id: 's', user: 'ada', agent: 'y', messages: [] }
    expect(() =>
      ChatSession.restore(saved, { user: new ChatUser({ id: 'bob', registry }), manager }),
    ).toThrow('RETINUE_SNAPSHOT_OWNER')
    expect(() => ChatSession.restore({ ...saved, id: '' }, { user, manager })).toThrow(
      'RETINUE_OWNER_INVALID',
    )
    expect(() => ChatSession.restore(saved, undefined as never)).toThrow('RETINUE_OPTION_INVALID')
    const hostile = {
      ...saved,
      get requested(): never {
        throw new Error('hostile')
      },
    }
    expect(() => ChatSession.restore(hostile, { user, agent, manager })).toThrow('hostile')
    expect([manager.list(), user.config.$types()]).toEqual([[], []])
    let reads = 0
    const fickle = {
      ...saved,
      get messages(): unknown[] {
        if (reads++ > 0) throw new Error('fickle')
        return []
      },
    }
    expect(() => ChatSession.restore(fickle, { user, agent, manager })).toThrow('fickle')
    expect([manager.list(), user.config.$types()]).toEqual([[], []])
    const { session, report } = ChatSession.restore(saved, { user, agent, manager, registry })
    const second = ChatSession.restore(saved, { user, agent, manager }).session
    expect([manager.list(), second.id]).toEqual([[session], 's'])
    expect(report.agent).toEqual({ saved: 'y', given: 'x' })
    expect(ChatSession.restore({ ...saved, id: 't' }, { user }).report.agent).toEqual({
      saved: 'y',
      given: null,
    })
  })
})

describe('a closed session', () => {
  it('hears nothing, takes no writes, and its interactions have ended and been aborted (SPEC 25, D19)', () => {
    const { user, agent, manager } = house()
    const session = new ChatSession({ user, agent, manager })
    const heard: unknown[] = []
    for (const event of ['changed', 'configAdded', 'contextRemoved', 'toolsetRemoved', 'committed'])
      session.on(event, () => heard.push(event))
    const notes = session.context.$get(Notes)
    const outside = new AbortController()
    const turn = session.interact({ signal: outside.signal })
    const child = turn.child()
    const { signal } = child
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
    heard.splice(0)
    session.close()
    session.close()
    expect([session.closed, turn.ended, child.ended, signal.aborted, manager.get(session.id)]).toEqual([
      true,
      true,
      true,
      true,
      undefined,
    ])
    user.context.$set(Notes, { n: 3 })
    agent.tools.clear()
    agent.tools.push('kit')
    expect([heard, notes.n]).toEqual([[], 3])
    const writes: (() => unknown)[] = [
      () => (notes.n = 1),
      () => notes.$reset(),
      () => notes.$pin(),
      () => session.context.$set(Notes, { n: 1 }),
      () => session.context.$delete(Notes),
      () => session.config.$get('missing' as never),
      () => session.tools.push('other'),
      () => session.tools.exclude('kit'),
      () => session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Late.' }] }),
      () => session.messages.clear(),
      () => (session.agent = undefined),
      () => session.interact(),
      () => manager.add(session),
    ]
    for (const write of writes) expect(write).toThrow(/RETINUE_(OWNER_ENDED|TYPE_UNKNOWN)/)
    expect([session.context.$get(Notes), session.snapshot().messages.length]).toEqual([notes, 1])
    outside.abort()
  })

  it('closes at the end of its block (SPEC 25)', () => {
    const { user } = house()
    let closed: ChatSession
    {
      using session = new ChatSession({ user })
      closed = session
    }
    expect(closed.closed).toBe(true)
  })

  it('lets go of its user and agent, whose automatic configs leave with it (SPEC 25, 34)', () => {
    const { user, agent } = house()
    const [one, two] = [new ChatSession({ user, agent }), new ChatSession({ user, agent })]
    const heard: unknown[] = []
    user.on('configRemoved', ({ type }) => heard.push(type))
    one.close()
    expect([heard, user.config.$types()]).toEqual([[], ['knobs']])
    two.close()
    expect([heard, user.config.$types()]).toEqual([['knobs'], []])
  })
})
