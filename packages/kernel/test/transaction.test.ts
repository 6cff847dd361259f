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
  ObservableList,
  Section,
  Type,
  type EntryClass,
  type ObserverError,
  type RetinueError,
} from '../src/index.ts'
import { Domain, type Change } from '../src/transaction.ts'
import { cases } from './cases.ts'
import { anyGraph, anyOp, anyRollback, bags, breathe, owners, World } from './world.ts'

class Notes extends Context('notes', {
  n: Type.Integer({ default: 0 }),
  list: Type.Array(Type.Integer(), { default: [] }),
}) {}
class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }) }) {}
class Rules extends Section('rules', { n: Type.Integer({ default: 0 }) }, { needs: [Notes] }) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Knobs, Rules], tools: { kit: tool } })
const plugin = definePlugin({
  name: 'transaction',
  version: '1.0.0',
  contributes: [Notes, Knobs, Rules, kit],
})

function house() {
  const registry = createRegistry()
  registry.register(plugin)
  const errors: ObserverError[] = []
  registry.on('observerError', (error) => errors.push(error))
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry })
  return { registry, errors, user, agent, session: new ChatSession({ user, agent, id: 's' }) }
}

const allEvents = [
  'configAdded',
  'contextAdded',
  'sectionAdded',
  'toolsetAdded',
  'toolsetRemoved',
  'sectionRemoved',
  'contextRemoved',
  'configRemoved',
  'changed',
  'committed',
]

/** Writes down every event of an owner. */
function hear(owner: ChatUser | ChatSession | AgentConfig): string[] {
  const heard: string[] = []
  for (const event of allEvents) owner.on(event, () => heard.push(event))
  return heard
}

describe('a batch', () => {
  it('is one transaction over all owners: events come after it, once, with everything in place (SPEC 23, 29, D13)', () => {
    const { user, agent, session } = house()
    const heard = hear(session)
    const seen: unknown[] = []
    for (const event of allEvents.slice(0, 4))
      session.on(event, () =>
        seen.push([
          session.config.$has(Knobs),
          session.context.$has(Notes),
          session.sections.$has(Rules),
          session.tools.inForce,
        ]),
      )
    session.batch(() => {
      agent.tools.push('kit')
      user.config.$get(Knobs).n = 7
      expect(session.context.$has(Notes)).toBe(true)
      expect(heard).toEqual([])
    })
    expect(heard).toEqual(['configAdded', 'contextAdded', 'sectionAdded', 'toolsetAdded', 'changed'])
    expect(seen).toEqual(seen.map(() => [true, true, true, ['kit']]))
  })

  it('is one revision of each owner that it changes, observed or not (SPEC 23)', () => {
    const { user, agent, session } = house()
    user.on('committed', () => undefined)
    const before = [user, agent, session].map(({ revision }) => revision)
    session.batch(() => {
      for (const owner of [user, agent, session]) owner.context.$set(Notes, { n: 1, list: [2] })
    })
    expect([user, agent, session].map(({ revision }) => revision)).toEqual(
      before.map((revision) => revision + 1),
    )
  })

  it('gives back what its function returns, and throws what it throws (SPEC 23)', () => {
    const { session } = house()
    const error = new Error('on purpose')
    expect(session.batch(() => 5)).toBe(5)
    expect(() =>
      session.batch(() => {
        throw error
      }),
    ).toThrow(error)
  })

  it('is a savepoint within another: what it changed is undone, what was before stays (SPEC 23, D13)', () => {
    const { session } = house()
    const notes = session.context.$get(Notes)
    const heard = hear(session)
    session.batch(() => {
      notes.n = 1
      expect(() =>
        session.batch(() => {
          notes.n = 2
          session.tools.push('kit')
          throw new Error('inner')
        }),
      ).toThrow('inner')
      expect([notes.n, session.tools.items]).toEqual([1, []])
    })
    expect(heard).toEqual(['changed', 'committed'])
    expect(notes.n).toBe(1)
  })

  it('refuses a function that returns a promise, undoes what it did, and lets the promise fail in peace (SPEC D13)', async () => {
    const { session } = house()
    const notes = session.context.$get(Notes)
    expect(() =>
      session.batch(async () => {
        notes.n = 1
        throw new Error('nobody hears of this')
      }),
    ).toThrow('RETINUE_BATCH_ASYNC')
    await Promise.resolve()
    expect(notes.n).toBe(0)
  })

  it('says nothing where nothing is different after it (SPEC 21, 23)', () => {
    const { session } = house()
    const heard = hear(session)
    const { revision } = session
    session.batch(() => undefined)
    session.batch(() => {
      session.tools.push('kit')
      session.tools.clear()
    })
    expect(heard).toEqual(['committed'])
    expect(session.revision).toBe(revision + 1)
  })

  it("keeps events of one's own until its commit, and drops them when it throws (SPEC 22, D13)", () => {
    const { session } = house()
    const heard: unknown[] = []
    session.on('ping', (payload) => heard.push(payload))
    session.batch(() => {
      session.emit('ping', 1)
      expect(heard).toEqual([])
    })
    expect(() =>
      session.batch(() => {
        session.emit('ping', 2)
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    session.emit('ping', 3)
    expect(heard).toEqual([1, 3])
  })

  it('that throws does not bring back who ended in it, and tells what left with them (SPEC 25, D13)', () => {
    const { user, session } = house()
    session.tools.push('kit')
    const heard = hear(user)
    expect(() =>
      user.batch(() => {
        user.context.$get(Notes).n = 1
        session.close()
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(heard).toEqual(['configRemoved'])
    expect([user.context.$has(Notes), user.config.$has(Knobs)]).toEqual([false, false])
  })

  it('tells nothing to an owner that ended in it (SPEC 25)', () => {
    const { user, session } = house()
    const heard = [hear(session), hear(user)]
    session.batch(() => {
      session.tools.push('kit')
      session.context.$set(Notes, { n: 1 })
      session.close()
    })
    expect(heard).toEqual([[], []])
  })

  it('that throws leaves bags right that were first looked at in it, and later events too (SPEC 23, 29)', () => {
    const { agent, session } = house()
    expect(() =>
      session.batch(() => {
        agent.tools.push('kit')
        session.batch(() => {
          expect(Object.keys(session.context)).toEqual(['notes'])
        })
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(Object.keys(session.context)).toEqual([])
    const heard = hear(session)
    agent.tools.push('kit')
    expect(heard).toEqual(['configAdded', 'contextAdded', 'sectionAdded', 'toolsetAdded'])
  })

  it('of one change tells those who watch the list before those who watch its owner (SPEC 20, 23)', () => {
    const { session } = house()
    const heard: string[] = []
    session.messages.on('changed', () => heard.push('list'))
    session.on('committed', ({ patches }) => heard.push(`committed ${patches.length}`))
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
    expect(heard).toEqual(['list', 'committed 1'])
  })

  it('that throws brings back what was asked for, in its order (SPEC 23)', () => {
    const { session } = house()
    session.context.$get(Notes)
    session.sections.$get(Rules)
    const before = JSON.stringify(session)
    expect(() =>
      session.batch(() => {
        session.context.$delete(Notes)
        session.config.$get(Knobs)
        session.context.$get(Notes)
        session.sections.$delete(Rules)
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(JSON.stringify(session)).toBe(before)
    expect(session.sections.$types()).toEqual(['rules'])
  })

  it('that throws takes lists back as they were (SPEC 23)', () => {
    const { session } = house()
    const text = (of: string) => ({ role: 'user' as const, parts: [{ type: 'text' as const, text: of }] })
    session.messages.push(text('a'), text('b'))
    session.tools.push('kit', 'other')
    const before = JSON.stringify(session)
    expect(() =>
      session.batch(() => {
        session.messages.splice(0, 1).push(text('c'))
        session.messages.insert(1, text('d'), text('e'))
        session.tools.replace(['x', 'kit'])
        session.tools.exclude('kit')
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect(JSON.stringify(session)).toBe(before)
  })
})

describe('many transactions', () => {
  it('are all seen by the next prompt, however many there were, in however many owners (SPEC 46)', () => {
    class Shown extends Section(
      'shown',
      { n: Type.Integer({ default: 0 }) },
      { template: 'n is <%= section.n %>.' },
    ) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'many', version: '1.0.0', contributes: [Notes, Shown] }))
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({ user, context: [Notes], sections: [Shown] })
    for (const writes of [1, 0, 2, 63, 64, 65, 300]) {
      session.sections.$get(Shown).n = writes
      for (let i = 0; i < writes; i++) user.context.$get(Notes).n++
      expect(session.prompt().text).toBe(`n is ${writes}.`)
    }
    const agent = new AgentConfig({ name: 'x', registry, sections: { shown: { n: 7 } } })
    session.sections.$get(Shown).$reset()
    session.agent = agent
    expect(session.prompt().text).toBe('n is 7.')
  })
})

describe('a class that is registered anew', () => {
  it('has its values taken over, of which the next prompt knows (SPEC 46, D18)', () => {
    const make = () =>
      class extends Section(
        'shown',
        { n: Type.Integer({ default: 0 }) },
        { template: 'n is <%= section.n %>.' },
      ) {}
    const registry = createRegistry()
    const register = (made: EntryClass) =>
      registry.register(definePlugin({ name: 'anew', version: '1.0.0', contributes: [made] }))
    const [First, Second] = [make(), make()]
    register(First)
    const user = new ChatUser({ id: 'ada', registry })
    const [one, two] = [1, 2].map((n) => new ChatSession({ user, sections: { shown: { n } } })) as [
      ChatSession,
      ChatSession,
    ]
    expect(one.prompt().text).toBe('n is 1.')
    register(Second)
    expect(one.prompt().text).toBe('n is 1.')
    two.sections.$get(Second).n = 3
    expect([one.prompt().text, two.prompt().text]).toEqual(['n is 1.', 'n is 3.'])
  })

  it('in a batch that throws, has what was set in it before taken back, too (SPEC 23, D18)', () => {
    const make = () => class extends Context('anew', { n: Type.Integer({ default: 0 }) }) {}
    const registry = createRegistry()
    const register = (made: EntryClass) =>
      registry.register(definePlugin({ name: 'anew', version: '1.0.0', contributes: [made] }))
    const [First, Second, Third] = [make(), make(), make()]
    register(First)
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    const old = session.context.$get(First)
    old.n = 1
    const act = (): never => {
      old.n = 2
      register(Second)
      session.context.$get(Second).n = 3
      register(Third)
      session.context.$get(Third).n = 4
      throw new Error('back')
    }
    expect(() => session.batch(act)).toThrow('back')
    expect([old.n, session.context.$get(Third).n]).toEqual([1, 1])
    expect(session.snapshot().context).toEqual({ anew: { version: 1, values: { n: 1 } } })
  })
})

describe('errors of handlers', () => {
  it('go once each to observerError, with the event and the owner, never to the caller, and stop nobody (SPEC 22, D13)', () => {
    const { agent, session, errors } = house()
    const fail = (of: string) => () => {
      throw new Error(of)
    }
    const heard: string[] = []
    session.on('contextAdded', fail('first'))
    session.on('contextAdded', () => heard.push('second'))
    session.on('toolsetAdded', fail('third'))
    agent.tools.on('added', fail('list'))
    agent.tools.push('kit')
    expect(heard).toEqual(['second'])
    expect(errors.map(({ error, event, owner }) => [(error as Error).message, event, owner])).toEqual([
      ['list', 'changed', 'agent:x'],
      ['first', 'contextAdded', 'session:s'],
      ['third', 'toolsetAdded', 'session:s'],
    ])
    expect(session.tools.inForce).toEqual(['kit'])
  })

  it('go there from asynchronous handlers too, whenever they reject (SPEC 22, D13)', async () => {
    const { registry, session, errors } = house()
    const failing = (async ({ type }: { type: string }) => {
      await Promise.resolve()
      throw new Error(type)
    }) as (changed: { type: string }) => void
    session.once('contextAdded', failing)
    session.on('toolsetUnresolved', failing)
    session.tools.push('kit', 'nobody')
    expect(errors).toEqual([])
    await vi.waitFor(() => expect(errors).toHaveLength(2))
    expect(errors.map(({ error, event, owner }) => [(error as Error).message, event, owner])).toEqual([
      ['notes', 'contextAdded', 'session:s'],
      ['nobody', 'toolsetUnresolved', 'session:s'],
    ])
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    registry.on('observerError', (() => Promise.reject(new Error('theirs'))) as () => void)
    session.on('ping', (() => Promise.reject(new Error('mine'))) as () => void)
    session.emit('ping')
    await vi.waitFor(() => expect(complaint.mock.calls).toEqual([[new Error('theirs')]]))
    complaint.mockRestore()
  })

  it('go to the console where nobody listens, and so do those of whoever listens (SPEC D13)', () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const registry = createRegistry()
    const user = new ChatUser({ id: 'ada', registry })
    const [mine, theirs] = [new Error('mine'), new Error('theirs')]
    user.on('ping', () => {
      throw mine
    })
    user.emit('ping')
    registry.on('observerError', () => {
      throw theirs
    })
    user.emit('ping')
    expect(complaint.mock.calls).toEqual([[mine], [theirs]])
    complaint.mockRestore()
  })
})

describe('a change that is committed', () => {
  it('stays so, and the next is told as ever, though the console itself throws (SPEC D13)', () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {
      throw new Error('no console')
    })
    const registry = createRegistry()
    registry.register(plugin)
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    const notes = session.context.$get(Notes)
    const off = session.on('committed', () => {
      throw new Error('on purpose')
    })
    session.batch(() => (notes.n = 1))
    expect(complaint).toHaveBeenCalledOnce()
    expect(notes.n).toBe(1)
    off()
    const heard = hear(session)
    notes.n = 2
    expect(heard).toEqual(['changed', 'committed'])
    complaint.mockRestore()
  })
})

describe('handlers that change something', () => {
  it('have it queued: everybody hears of the first change before anybody hears of the second (SPEC 22, D13)', () => {
    const { session } = house()
    const notes = session.context.$get(Notes)
    const heard: string[] = []
    session.on('changed', ({ to }) => {
      if (to === 1) notes.n = 2
      heard.push(`first ${to}`)
    })
    session.on('changed', ({ to }) => heard.push(`second ${to}`))
    session.on('committed', ({ id }) => heard.push(`committed ${id > 0}`))
    notes.n = 1
    expect(heard).toEqual(['first 1', 'second 1', 'committed true', 'first 2', 'second 2', 'committed true'])
  })

  it('are cut at 100 rounds with an error that names the path, and the last change is refused (SPEC 22, D13)', () => {
    const { session, errors } = house()
    const notes = session.context.$get(Notes)
    session.on('changed', () => notes.n++)
    notes.n = 1
    expect(errors).toHaveLength(1)
    const error = errors[0]!.error as RetinueError
    expect(error.code).toBe('RETINUE_LOOP')
    expect(error.details).toMatchObject({ rounds: 100 })
    expect(error.details.path).toEqual(Array.from({ length: 8 }, () => 'changed of session:s'))
    expect(notes.n).toBe(100)
    session.context.$get(Notes).n = -1
    expect(errors).toHaveLength(2)
  })

  it('are cut though they change what nobody watches field by field, or a list that stands alone (SPEC 22, D13)', () => {
    const { session, errors } = house()
    const notes = session.context.$get(Notes)
    session.on('committed', () => notes.n++)
    notes.n = 1
    expect(errors.map(({ error }) => (error as RetinueError).code)).toEqual(['RETINUE_LOOP'])
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const list = new ObservableList<number>()
    list.on('added', ({ value }) => void list.push(value + 1))
    list.push(0)
    expect(list.length).toBe(100)
    expect(complaint.mock.calls.map(([error]) => (error as RetinueError).message)).toEqual([
      expect.stringContaining('changed of a list'),
    ])
    complaint.mockRestore()
  })

  it('are cut where each round fans out, before the queue eats the memory (SPEC 22, D13)', () => {
    const { session, errors } = house()
    const notes = session.context.$get(Notes)
    for (let i = 0; i < 3; i++) session.on('committed', () => notes.n++)
    notes.n = 1
    expect(notes.n).toBeLessThanOrEqual(10_020) // those of the first rounds are not counted
    expect(new Set(errors.map(({ error }) => (error as RetinueError).code))).toEqual(
      new Set(['RETINUE_LOOP']),
    )
    const told = errors.length
    session.context.$get(Notes).list = [1]
    expect(errors.length).toBeGreaterThan(told)
  })

  it('are cut where they send each other events of their own (SPEC 22, D13)', () => {
    const { session, errors } = house()
    let sent = 0
    session.on('ping', () => session.emit('pong'))
    session.on('pong', () => {
      sent++
      session.emit('ping')
    })
    session.emit('ping')
    expect(errors.map(({ error }) => (error as RetinueError).code)).toEqual(['RETINUE_LOOP'])
    expect(sent).toBe(50)
  })

  it('have a batch of theirs undone as a whole where the loop is cut (SPEC 22, D13)', () => {
    const { session, errors } = house()
    const notes = session.context.$get(Notes)
    session.on('committed', () =>
      session.batch(() => {
        notes.n++
        notes.list = [...notes.list, notes.n]
      }),
    )
    notes.n = 1
    expect(errors).toHaveLength(1)
    expect(notes.list).toHaveLength(notes.n - 1)
  })
})

describe('a failure at the k-th step', () => {
  /** A chain of contexts, of which the k-th has no default; a toolset needs the last. */
  function chain(k: number, length: number) {
    const classes: EntryClass[] = []
    for (let i = 0; i < length; i++) {
      const fails = (): never => {
        throw new Error(`no default of ${i}`)
      }
      const n = Type.Integer({ default: (i === k ? fails : i) as number })
      classes.push(class extends Context(`link${i}`, { n }, { needs: classes.slice(-1) }) {})
    }
    return [
      ...classes,
      defineToolset('long', { needs: [Knobs, ...classes.slice(-1)], tools: { long: tool } }),
    ]
  }

  it.each([0, 1, 2, 3, 4])(
    'of a cascade (k = %i) changes nothing, tells nobody and names tool and type (SPEC 18, 31, D13)',
    (k) => {
      const { registry, user, agent, session } = house()
      registry.register(definePlugin({ name: 'chain', version: '1.0.0', contributes: chain(k, 5) }))
      const strict = new AgentConfig({ name: 'strict', registry, strict: true, tools: ['kit'] })
      session.agent = strict
      const heard = [hear(session), hear(user), hear(strict)]
      const before = [session, user, strict].map((owner) => JSON.stringify(owner))
      const keys = Object.keys(session.context)
      const attempts: (() => unknown)[] = [
        () => strict.tools.push('long'),
        () => strict.tools.replace(['long']),
        () => new AgentConfig({ name: 'y', registry, strict: true, tools: ['kit', 'long'] }),
        () =>
          session.batch(() => {
            strict.tools.clear()
            strict.tools.push('long')
          }),
        () => session.context.$get('link4' as never),
        () => session.context.$set('link4' as never, { n: 1 }),
        () => user.context.$set('link4' as never, { n: 1 }),
        () => new ChatSession({ user, agent, context: { notes: { n: 1 }, link4: { n: 1 } } }),
        () => new ChatUser({ id: 'bob', registry, context: ['notes', 'link4'] }),
      ]
      for (const attempt of attempts) {
        expect(attempt).toThrow(
          expect.objectContaining({
            code: 'RETINUE_DEFAULT_FAILED',
            message: expect.stringContaining(`link${k}`),
          }),
        )
        expect([session, user, strict].map((owner) => JSON.stringify(owner))).toEqual(before)
        expect(Object.keys(session.context)).toEqual(keys)
      }
      expect(heard).toEqual([[], [], []])
      expect(() => strict.tools.push('long')).toThrow('toolset.long')
      agent.tools.push('long')
      session.agent = agent
      expect(session.tools.unresolved.map(({ type, code }) => [type, code])).toEqual([
        ['long', 'RETINUE_DEFAULT_FAILED'],
      ])
    },
  )

  const steps: ((of: ReturnType<typeof house>) => void)[] = [
    ({ agent }) => agent.tools.push('kit'),
    ({ session }) => void (session.context.$get(Notes).n = 3),
    ({ user }) => void (user.config.$get(Knobs).n = 6),
    ({ session }) => session.tools.exclude('kit'),
    ({ session, agent }) => void (session.agent = agent.fork({ name: 'z' })),
    ({ agent }) => void (agent.instructions = 'Be kind.'),
    ({ session }) => session.context.$delete(Notes),
    ({ session }) => session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] }),
    ({ session }) => session.tools.include('kit'),
  ]
  it.each(steps.map((_step, k) => k))(
    'of a batch (k = %i) leaves nothing half done (SPEC 23, 31, D13)',
    (k) => {
      const all = house()
      const heard = [all.session, all.user, all.agent].map(hear)
      const before = [all.session, all.user, all.agent].map((owner) => JSON.stringify(owner))
      expect(() =>
        all.session.batch(() => {
          for (const step of steps.slice(0, k + 1)) step(all)
          throw new Error('on purpose')
        }),
      ).toThrow('on purpose')
      expect([all.session, all.user, all.agent].map((owner) => JSON.stringify(owner))).toEqual(before)
      expect([Object.keys(all.session.context), all.session.agent, all.user.config.$types()]).toEqual([
        [],
        all.agent,
        [],
      ])
      expect(heard).toEqual([[], [], []])
    },
  )

  it.each([0, 1, 2, 3])('of what a list takes in (k = %i) takes in none of it (SPEC 20, D13)', (k) => {
    const { session } = house()
    const good = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello.' }] }
    const messages = [0, 1, 2, 3].map((i) => (i === k ? { role: 'nobody' } : good))
    const heard = hear(session)
    expect(() => session.messages.push(...(messages as never[]))).toThrow('RETINUE_VALUE_INVALID')
    expect(() =>
      session.tools.push(...messages.map((_each, i) => (i === k ? 'no name!' : `tool${i}`))),
    ).toThrow('RETINUE_NAME_INVALID')
    expect([session.messages.length, session.tools.length, heard]).toEqual([0, 0, []])
  })

  it.each(allEvents.map((_event, k) => k))(
    'of a notification (k = %i) is reported, once, and the rest is told (SPEC 22, D13)',
    (k) => {
      const { user, agent, session, errors } = house()
      const heard: string[] = []
      const due: string[] = []
      const record = (list: string[]) => (event: string) => () => {
        list.push(event)
        if (list === heard && heard.length === k + 1) throw new Error(`at ${k}`)
      }
      const twin = new ChatSession({ user, agent })
      for (const event of allEvents) {
        session.on(event, record(heard)(event))
        twin.on(event, record(due)(event))
      }
      agent.tools.push('kit')
      user.config.$get(Knobs).n = 9
      agent.tools.remove('kit')
      user.config.$delete(Knobs)
      expect(heard).toEqual(due)
      expect(errors.map(({ error, owner }) => [(error as Error).message, owner])).toEqual(
        k < heard.length ? [[`at ${k}`, 'session:s']] : [],
      )
    },
  )
})

/** Everything that can be seen of a world, in one text. */
function textOf(world: World): string {
  return owners
    .map((name) => {
      const owner = world.live.get(name) as never as
        | { tools?: { inForce: unknown; unresolved: unknown }; revision: number }
        | undefined
      if (owner === undefined) return ''
      const shown = Object.keys(bags).map((kind) => {
        const bag = world.bag(name, kind) as never as { $types(): unknown; $parked(): unknown } | undefined
        return bag && [Object.keys(bag), bag.$types(), bag.$parked()]
      })
      const saved = name.startsWith('interaction') ? null : owner
      return JSON.stringify([
        name,
        owner.revision,
        saved,
        shown,
        name.startsWith('user') || [owner.tools!.inForce, owner.tools!.unresolved],
      ])
    })
    .join('\n')
}

describe('a batch that throws', () => {
  it('leaves snapshots, presence and the keys of bags byte for byte as they were, and tells nobody (SPEC 23, D13)', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyGraph,
        fc.array(anyOp, { maxLength: 5 }),
        anyRollback,
        fc.boolean(),
        async (graph, ops, rollback, looked) => {
          await breathe()
          const world = new World(graph)
          for (const op of ops) world.run(op)
          // Bags that are first looked at within the batch must come out right, too.
          const before = looked ? textOf(world) : ''
          for (const name of world.live.keys()) {
            world.record(name)
            if (looked) world.observe(name)
          }
          for (const heard of world.heard.values()) heard.splice(0)
          world.run(rollback)
          for (const [name, heard] of world.heard)
            if (heard.length > 0) throw new Error(`${name} heard ${JSON.stringify(heard)}`)
          for (const [name, told] of world.committed)
            if (told.length > 0) throw new Error(`${name} was told ${JSON.stringify(told)}`)
          const after = textOf(world)
          if (looked && after !== before) throw new Error(`is\n${after}\nshould be\n${before}`)
          for (const name of world.live.keys()) world.observe(name)
          world.run(rollback)
          for (const [name, heard] of world.heard)
            if (heard.length > 0) throw new Error(`${name} heard ${JSON.stringify(heard)}`)
        },
      ),
      cases,
    )
  })
})

describe('what fails after the commit', () => {
  it('undoes nothing, and leaves the domain as it should be (SPEC 22, 23)', () => {
    const domain = new Domain(({ error }) => {
      throw error
    })
    const heard: string[] = []
    const change = (name: string, failure?: Error): Change => ({
      party: undefined,
      undo: () => heard.push(`undo ${name}`),
      notice: () => ({
        event: name,
        party: undefined,
        deliver(failed) {
          heard.push(name)
          if (failure !== undefined) failed(failure)
        },
      }),
    })
    const failure = new Error('on purpose')
    expect(() => domain.batch(() => domain.record(change('a', failure)))).toThrow(failure)
    expect(() => domain.record(change('b', failure))).toThrow(failure)
    domain.batch(() => domain.record(change('c')))
    expect(heard).toEqual(['a', 'b', 'c'])
  })
})
