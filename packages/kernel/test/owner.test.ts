import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  SessionManager,
  Type,
} from '../src/index.ts'

class Notes extends Context('notes', { n: Type.Integer({ default: 0 }) }) {}
const Gadget = defineKind({ name: 'gadget', bag: 'gadgets', owners: ['session'] })
class Wheel extends Gadget('wheel', { turns: Type.Integer({ default: 0 }) }) {}

function house() {
  const registry = createRegistry()
  registry.register(definePlugin({ name: 'owner', version: '1.0.0', contributes: [Notes, Gadget, Wheel] }))
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry })
  return { registry, user, agent, session: new ChatSession({ user, agent, id: 's' }) }
}

describe('events of an owner', () => {
  it('are heard in order of registration until taken off, and once only where that was asked (SPEC 21)', () => {
    const { session } = house()
    const heard: string[] = []
    const off = session.on('contextAdded', ({ type }) => heard.push(`first ${type}`))
    session.once('contextAdded', ({ type }) => heard.push(`once ${type}`))
    const never = session.once('contextAdded', () => heard.push('never'))
    never()
    session.context.$get(Notes)
    session.context.$delete(Notes)
    off()
    session.context.$get(Notes)
    expect(heard).toEqual(['first notes', 'once notes'])
  })

  it("may be of an application's own; the kernel's are its own to send (SPEC 23)", () => {
    const { session, user } = house()
    const heard: unknown[] = []
    session.on('saved', (payload) => heard.push(payload))
    user.emit('saved', 0)
    session.emit('saved', 1)
    session.emit('saved')
    expect(heard).toEqual([1, undefined])
    for (const event of ['changed', 'committed', 'contextAdded', 'gadgetRemoved', 'toolsetUnresolved']) {
      expect(() => session.emit(event)).toThrow('RETINUE_OWNER_INVALID')
    }
  })

  it('do not reach an owner that has ended, and what it is told then is heard by nobody (SPEC 25)', () => {
    const { session } = house()
    const heard: unknown[] = []
    session.on('saved', () => heard.push('saved'))
    session.close()
    session.on('saved', () => heard.push('late'))()
    session.once('saved', () => heard.push('late'))
    session.emit('saved')
    expect(heard).toEqual([])
  })
})

describe('an owner', () => {
  it('has the bag of a kind that a plugin added, if that kind is for it, and its other properties as ever (SPEC 1, D14)', () => {
    const { user, session } = house()
    const loose = session as unknown as {
      gadgets: { wheel: { turns: number } }
      nothing: unknown
      [Symbol.toStringTag]: unknown
    }
    loose.gadgets.wheel.turns = 3
    expect([loose.gadgets.wheel.turns, session.snapshot()]).toEqual([
      3,
      expect.objectContaining({ gadgets: { wheel: { version: 1, values: { turns: 3 } } } }),
    ])
    expect([
      loose.nothing,
      loose[Symbol.toStringTag],
      Object.prototype.toString.call(loose),
      (user as unknown as typeof loose).gadgets,
    ]).toEqual([undefined, undefined, '[object Object]', undefined])
    expect((Object.getPrototypeOf(Object.getPrototypeOf(session)) as typeof loose).gadgets).toBeUndefined()
  })

  it('says of which registry it is: that of whom it goes with (SPEC 10)', () => {
    const { user, agent, session } = house()
    expect([agent.registry, session.registry].every((registry) => registry === user.registry)).toBe(true)
  })

  it('is inspected by its name alone, and gives its snapshot as JSON (SPEC 15)', () => {
    const { user, agent, session } = house()
    expect([inspect(user), inspect(agent), inspect(session)]).toEqual([
      'ChatUser { user:ada }',
      'AgentConfig { agent:x }',
      'ChatSession { session:s }',
    ])
    for (const owner of [user, agent, session])
      expect(JSON.parse(JSON.stringify(owner))).toEqual(owner.snapshot())
  })

  it('keeps quarantine until somebody accepts it, one entry or all, as part of a transaction (SPEC D12, 23)', () => {
    const { user } = house()
    const saved = {
      format: 1,
      id: 'r',
      user: 'ada',
      agent: null,
      context: { 'no name!': 1, notes: { version: 1, values: { n: 'x' } } },
    }
    const { session } = ChatSession.restore(saved, { user })
    const told: unknown[] = []
    session.on('committed', ({ patches }) =>
      told.push(patches.map((patch) => ('field' in patch ? patch.field : undefined))),
    )
    const [first, second] = session.quarantine
    expect(() =>
      session.batch(() => {
        session.acceptQuarantine()
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(session.quarantine).toEqual([first, second])
    session.acceptQuarantine(undefined as never) // what was looked for and not found is not all
    expect(session.quarantine).toEqual([first, second])
    session.acceptQuarantine(first!)
    session.acceptQuarantine(first!)
    expect(session.quarantine).toEqual([second])
    session.acceptQuarantine()
    session.acceptQuarantine()
    expect([session.quarantine, told, session.snapshot().quarantine]).toEqual([
      [],
      [['quarantine'], ['quarantine']],
      undefined,
    ])
  })

  it('is refused where it is of the wrong sort, or none (SPEC 26)', () => {
    const { user, agent, session } = house()
    const manager = new SessionManager()
    const wrong: [unknown, string][] = [
      [undefined, 'A session takes options, not undefined.'],
      [{}, 'A session has no user. Give one: new ChatUser({ id }).'],
      [{ user: null }, "A session can't have null as user."],
      [{ user: 'ada' }, "A session can't have 'ada' as user."],
      [{ user: agent }, "can't have an instance of AgentConfig as user. Give one: new ChatUser({ id })."],
      [
        { user, agent: user },
        "can't have an instance of ChatUser as agent. Give one: new AgentConfig({ name }).",
      ],
      [{ user, id: 5 }, "A session can't have 5 as id. Give a text."],
    ]
    for (const [options, text] of wrong) {
      expect(() => new ChatSession((options && { manager, ...(options as object) }) as never)).toThrow(text)
    }
    expect(() => (session.agent = session as never)).toThrow('RETINUE_OWNER_INVALID')
    expect([manager.list(), session.agent]).toEqual([[], agent])
  })
})
