import { describe, expect, it } from 'vitest'
import { AgentConfig, ChatSession, ChatUser, createRegistry, SessionManager } from '../src/index.ts'

const registry = createRegistry()

describe('a manager', () => {
  it('gives live sessions by id, lists them, those of a user or on an agent too, and closes them (SPEC 35)', () => {
    const manager = new SessionManager()
    const [ada, bob] = ['ada', 'bob'].map((id) => new ChatUser({ id, registry })) as [ChatUser, ChatUser]
    const agent = new AgentConfig({ name: 'x', registry })
    const one = new ChatSession({ user: ada, agent, manager })
    const two = new ChatSession({ user: bob, agent, manager })
    const three = new ChatSession({ user: bob, manager })
    expect([manager.get(one.id), manager.get('nobody')]).toEqual([one, undefined])
    expect([manager.list(), manager.list(bob), manager.list(agent)]).toEqual([
      [one, two, three],
      [two, three],
      [one, two],
    ])
    expect([manager.close(two.id), manager.close(two.id), two.closed]).toEqual([true, false, true])
    expect([manager.list(), manager.get(two.id)]).toEqual([[one, three], undefined])
  })

  it('belongs to a registry where nobody gives one (SPEC 35, D16)', () => {
    const own = createRegistry()
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry: own }) })
    expect(own.manager?.get(session.id)).toBe(session)
  })

  it('takes one object twice in silence, and refuses another live one of the same id, of which nothing remains (SPEC 35, 26)', async () => {
    const manager = new SessionManager()
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user, id: 's', manager })
    manager.add(session)
    const heard: unknown[] = []
    user.on('committed', (committed) => heard.push(committed))
    expect(() => new ChatSession({ user, id: 's', manager, context: {} })).toThrow('RETINUE_SESSION_EXISTS')
    expect([manager.list(), manager.get('s'), heard]).toEqual([[session], session, []])
    await Promise.resolve()
    session.close()
    const next = new ChatSession({ user, id: 's', manager })
    session.close()
    expect(manager.get('s')).toBe(next)
    await Promise.resolve()
    session.close()
    expect(manager.get('s')).toBe(next)
  })

  it('counts no session that has ended, wherever it was made, and takes none (SPEC 35, 25)', () => {
    const manager = new SessionManager()
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user, id: 'elsewhere' })
    manager.add(session)
    expect(manager.list()).toEqual([session])
    session.close()
    expect([manager.list(), manager.get('elsewhere'), manager.close('elsewhere')]).toEqual([
      [],
      undefined,
      false,
    ])
    expect(() => manager.add(session)).toThrow('RETINUE_OWNER_ENDED')
    manager.add(new ChatSession({ user, id: 'elsewhere' }))
    expect(manager.list()).toHaveLength(1)
  })

  it('forgets what has ended as it grows (SPEC 25, 35)', () => {
    const manager = new SessionManager()
    const user = new ChatUser({ id: 'ada', registry })
    const kept: ChatSession[] = []
    for (let i = 0; i < 300; i++) {
      const session = new ChatSession({ user })
      manager.add(session)
      if (i % 100 === 0) kept.push(session)
      else session.close()
    }
    expect(manager.list()).toEqual(kept)
  })
})
