import assert from 'node:assert/strict'
import { format, inspect, isDeepStrictEqual } from 'node:util'
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
  Secret,
  Section,
  Type,
} from '../src/index.ts'

class Notes extends Context('my_notes', {
  n: Type.Integer({ default: 0 }),
  text: Type.String({ default: 'plain' }),
}) {
  get double(): number {
    return this.n * 2
  }
}
class Other extends Context('other', { n: Type.Integer({ default: 0 }) }) {}
class Nested extends Context('nested', {}, { needs: [Other] }) {}
class Keyed extends Config('keyed', { n: Type.Integer({ default: 5 }), key: Type.Optional(Secret()) }) {}
class Rules extends Section('rules', {}) {}
class Broken extends Context('broken', {
  n: Type.Integer({
    default: (() => {
      throw new Error('no default')
    }) as never,
  }),
}) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Notes], tools: { kit: tool } })
const plugin = definePlugin({
  name: 'bag',
  version: '1.0.0',
  contributes: [Notes, Other, Nested, Keyed, Rules, Broken, kit],
})

interface Loose {
  [name: string]: { n: number; text: string } | undefined
}

function house() {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry })
  const session = new ChatSession({ user, agent, id: 's' })
  return { registry, user, agent, session, context: session.context as unknown as Loose }
}

describe('dot access', () => {
  it('creates a missing item from the layers below, tells once, and gives the identical object ever after (SPEC 14, D19)', () => {
    const { user, session, context } = house()
    user.context.$set(Notes, { n: 3 })
    user.context.$delete(Notes)
    const heard: unknown[] = []
    session.on('contextAdded', (event) => heard.push(event))
    const notes = context.myNotes
    expect([notes?.n, context.myNotes === notes, session.context.$get(Notes) === notes]).toEqual([
      0,
      true,
      true,
    ])
    session.context.$delete(Notes)
    expect(session.context.$get(Notes)).toBe(notes)
    expect(heard).toEqual([{ type: 'my_notes' }, { type: 'my_notes' }])
  })

  it('requests the item on that owner, saved with it, and requests nothing where it is present (SPEC D7)', () => {
    const { agent, session, context } = house()
    agent.tools.push('kit')
    void context.myNotes
    void context.other
    expect(session.snapshot().requested).toEqual(['context.other'])
    agent.tools.clear()
    expect(session.context.$types()).toEqual(['other'])
    session.context.$delete('other')
    expect(session.snapshot().requested).toEqual([])
    expect(session.context.$types()).toEqual([])
  })

  it('reaches one entry by every spelling, class, instance, in every operation (SPEC 12)', () => {
    const { session } = house()
    const { context } = session
    const notes = context.$get(Notes)
    for (const key of [
      'my_notes',
      'myNotes',
      'MyNotes',
      'MyNotesContext',
      'my-notes',
      'my notes',
      'my.notes',
      'my/notes',
      'my_notes_context',
      notes as never as string,
    ]) {
      expect([context.$get(key as never), context.$peek(key as never), context.$has(key)]).toEqual([
        notes,
        notes,
        true,
      ])
      expect(context.$set(key as never, { n: 1 })).toBe(notes)
      const spelled = typeof key === 'string' ? (context as unknown as Loose)[key] : notes
      expect(spelled).toBe(notes)
      context.$delete(key)
      expect(context.$has(key)).toBe(false)
      void context.$get(Notes)
    }
  })

  it('throws on a name that nobody has registered, with a suggestion and the import that mends it, and keeps nothing (SPEC D3)', () => {
    const { session, context } = house()
    const before = JSON.stringify(session)
    for (const attempt of [
      () => context.myNote,
      () => (context.myNote = {} as never),
      () => session.context.$get('myNote' as never),
      () => session.context.$set('my_note' as never, {}),
    ]) {
      expect(attempt).toThrow(
        expect.objectContaining({
          code: 'RETINUE_TYPE_UNKNOWN',
          message: expect.stringMatching(/'my_notes'.*import 'bag'/),
        }),
      )
    }
    expect([session.context.$has('myNote'), session.context.$peek('my_note' as never)]).toEqual([
      false,
      undefined,
    ])
    expect(JSON.stringify(session)).toBe(before)
  })

  it('leaves the bag unchanged where a default throws (SPEC 18)', () => {
    const { user, session, context } = house()
    for (const attempt of [
      () => context.broken,
      () => session.context.$set(Broken, { n: 1 }),
      () => user.context.$set(Broken, { n: 1 }),
    ]) {
      expect(attempt).toThrow('RETINUE_DEFAULT_FAILED')
    }
    expect([Object.keys(context), session.context.$parked(), user.context.$parked()]).toEqual([[], [], []])
  })

  it('does not recurse for ever where a default reads its own bag (SPEC 18)', () => {
    const registry = createRegistry()
    const user = new ChatUser({ id: 'ada', registry })
    class Mirror extends Context('mirror', {
      n: Type.Integer({ default: (() => (user.context.$get(Mirror) as { n: number }).n) as never }),
    }) {}
    registry.register(definePlugin({ name: 'mirror', version: '1.0.0', contributes: [Mirror] }))
    expect(() => user.context.$get(Mirror)).toThrow('RETINUE_DEFAULT_FAILED')
    expect(user.context.$types()).toEqual([])
  })
})

describe('looking', () => {
  it('creates nothing and never throws, whatever the language, tools and matchers probe (SPEC 15, D3)', async () => {
    const { registry, user, agent, session } = house()
    const turn = session.interact()
    session.config.$get(Keyed)
    user.config.$set(Keyed, { key: Secret.value('hush') })
    const before = JSON.stringify([session, user, agent])
    const handle = user.config.$get(Keyed)
    for (const each of [
      session,
      user,
      agent,
      turn,
      session.config,
      session.context,
      session.sections,
      turn.context,
      handle,
      session.tools,
      session.messages,
    ]) {
      const loose = each as unknown as Record<string | symbol, unknown>
      for (const symbol of [Symbol.iterator, Symbol.asyncIterator, Symbol.toStringTag, Symbol.species])
        void loose[symbol]
      for (const name of 'then catch finally toJSON constructor prototype __proto__ nodeType tagName asymmetricMatch valueOf toString inspect $$typeof _isMockFunction hasOwnProperty'.split(
        ' ',
      )) {
        void loose[name]
        void (name in loose)
      }
      expect(await (each as unknown as Promise<unknown>)).toBe(each)
      expect(each).toEqual(each)
      expect(each).not.toEqual({ something: 'else' })
      expect(each).not.toMatchObject({ something: 'else' })
      expect(() => expect(each).toEqual({ something: 'else' })).toThrow('something')
      for (const text of [
        JSON.stringify(each),
        inspect(each, { depth: 9 }),
        format('%o %s', each, each),
        `${Object.entries(each).length}`,
      ]) {
        expect(text).not.toContain('hush')
      }
      expect(Object.assign({}, each)).toBeTypeOf('object')
      expect(isDeepStrictEqual(each, { something: 'else' })).toBe(false)
      for (const property in each) expect(property).not.toContain('$')
    }
    expect(String(session.context as unknown as string)).toBe('[context of session:s]')
    expect(
      Object.is(Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(session.context))), null),
    ).toBe(true)
    expect(JSON.stringify([session, user, agent])).toBe(before)
    expect(Object.keys(session.context)).toEqual([])
    expect(registry.contexts.list()).toEqual(['broken', 'my_notes', 'nested', 'other'])
  })

  it('lets test runners show a comparison that failed, and creates nothing for it (SPEC 15)', () => {
    const { session, context } = house()
    context.myNotes!.n = 2
    for (const bag of [context, session.sections]) {
      inspect(bag, { customInspect: false, showHidden: true, depth: 9 }) // as node:assert does
      expect(() => assert.deepEqual({ bag }, { bag: { something: 'else' } })).toThrow(assert.AssertionError)
    }
    const copy = copied({ context }).context as unknown as Record<string, unknown>
    expect(JSON.stringify([copy, copied(context.myNotes)])).toBe(JSON.stringify([context, context.myNotes]))
    expect([copy['other'], copy['nobodyKnowsIt']]).toEqual([undefined, undefined])
    expect(Object.keys(context)).toEqual(['myNotes'])
  })

  it('shows properties by in and keys, hides type names, and gives effective values as JSON (SPEC 15, D1)', () => {
    const { user, session, context } = house()
    user.context.$set(Notes, { n: 2 })
    expect([Object.keys(context), 'myNotes' in context, 'my_notes' in context, 'other' in context]).toEqual([
      ['myNotes'],
      true,
      true,
      false,
    ])
    expect(Object.entries(session.context)).toEqual([['myNotes', session.context.$get(Notes)]])
    expect(JSON.stringify(context)).toBe('{"myNotes":{"n":2,"text":"plain"}}')
    expect(inspect(context)).toBe("{ myNotes: context my_notes { n: 2, text: 'plain' } }")
    expect(session.context.$get(Notes).$values()).toEqual({ n: 2, text: 'plain' })
    expect(session.context.$get(Notes).double).toBe(4)
  })

  it('answers undefined where a name can be no type, and reads symbols as nothing (SPEC D3)', () => {
    const { context } = house()
    expect([context['no name!'], context['$nothing'], context[''], (context as never)[Symbol('x')]]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect((Object.getPrototypeOf(Object.getPrototypeOf(context)) as Loose).myNotes).toBeUndefined()
    expect(() => ((context as never as Record<symbol, unknown>)[Symbol('x')] = {})).toThrow(TypeError)
  })

  it('goes on by name where somebody froze the bag, whose keys then stay as they are (SPEC 15, D13)', () => {
    const { agent, session, context } = house()
    const other = session.context.$get(Other)
    Object.freeze(session.context)
    agent.tools.push('kit')
    session.context.$delete(Other)
    expect([context.myNotes?.n, session.context.$types(), Object.keys(context)]).toEqual([
      0,
      ['my_notes'],
      ['other'],
    ])
    expect(session.context.$get(Other)).toBe(other)
  })

  it('lists types in order of arrival, as keys do, and what comes back in its old place (SPEC 14, 30)', () => {
    const { agent, session, context } = house()
    void context.other
    agent.tools.push('kit')
    void context.nested
    expect([session.context.$types(), Object.keys(context)]).toEqual([
      ['other', 'my_notes', 'nested'],
      ['other', 'myNotes', 'nested'],
    ])
    agent.tools.clear()
    agent.tools.push('kit')
    expect([session.context.$types(), Object.keys(context)]).toEqual([
      ['other', 'my_notes', 'nested'],
      ['other', 'myNotes', 'nested'],
    ])
  })
})

describe('assigning', () => {
  it('validates plain data, makes the typed item, and puts the data in the place of what was set here (SPEC 16)', () => {
    const { session, context } = house()
    context.myNotes = { n: 1, text: 'x' }
    const notes = session.context.$get(Notes)
    expect([notes instanceof Notes, notes.n, notes.text]).toEqual([true, 1, 'x'])
    context.myNotes = { n: 2 } as never
    expect([context.myNotes, notes.text, notes.$source('text')]).toEqual([notes, 'plain', 'registry'])
  })

  it('leaves the bag as it was where data is invalid, unknown, or no object (SPEC 16)', () => {
    const { session, context } = house()
    const before = JSON.stringify(session)
    for (const [data, code] of [
      [{ n: 'x' }, 'VALUE_INVALID'],
      [{ text: 'x', nothing: 1 }, 'FIELD_UNKNOWN'],
      [null, 'TYPE_MISMATCH'],
      [[], 'TYPE_MISMATCH'],
      [5, 'TYPE_MISMATCH'],
      [undefined, 'TYPE_MISMATCH'],
      [new Map([['n', 1]]), 'TYPE_MISMATCH'],
      [Promise.resolve({ n: 1 }), 'TYPE_MISMATCH'],
      [
        new (class Row {
          n = 1
        })(),
        'TYPE_MISMATCH',
      ],
    ] as const) {
      expect(() => (context.myNotes = data as never)).toThrow(`RETINUE_${code}`)
      expect([JSON.stringify(session), Object.keys(context)]).toEqual([before, []])
    }
  })

  it('takes an instance, and refuses one of the wrong kind or under another name (SPEC 16)', () => {
    const { registry, session, context } = house()
    context.myNotes = registry.contexts.create(Notes, { n: 4 })
    expect(session.context.$get(Notes).n).toBe(4)
    expect(() => (context.other = session.context.$get(Notes) as never)).toThrow('RETINUE_TYPE_MISMATCH')
    expect(() => (context.other = new Rules() as never)).toThrow('RETINUE_TYPE_MISMATCH')
  })

  it('refuses what an item was spread into, whose fields are left behind (SPEC 16, 15)', () => {
    const { session, context } = house()
    const notes = session.context.$set(Notes, { n: 3 })
    const spread = Object.assign({}, notes, { text: 'x' }) // what { ...notes, text: 'x' } gives
    const told = "[RETINUE_TYPE_MISMATCH] The context 'my_notes' can't be set to what an item was spread into"
    expect(() => (context.myNotes = spread)).toThrow(told)
    expect(() => notes.$patch(spread)).toThrow('spread its $values()')
    context.myNotes = { ...notes.$values(), text: 'x' }
    expect([notes.n, notes.text]).toEqual([3, 'x'])
  })

  it('requests the item where nothing else does, but not where own values are a request (SPEC D7)', () => {
    const { user, agent, session } = house()
    session.context.$set(Notes, { n: 1 })
    user.context.$set(Notes, { n: 1 })
    expect([session.snapshot().requested, user.snapshot().requested]).toEqual([['context.my_notes'], []])
    user.context.$set(Notes, {})
    agent.context.$set(Notes, {})
    expect([user.snapshot().requested, user.context.$has(Notes), agent.context.$has(Notes)]).toEqual([
      ['context.my_notes'],
      true,
      true,
    ])
  })
})

describe('deleting', () => {
  it('drops own values and the request; what is needed otherwise stays (SPEC D4)', () => {
    const { agent, session, context } = house()
    agent.tools.push('kit')
    context.myNotes = { n: 3, text: 'x' }
    session.context.$delete(Notes)
    expect([session.context.$has(Notes), context.myNotes?.n, session.snapshot().context]).toEqual([
      true,
      0,
      {},
    ])
  })

  it('takes along what came with it, and nothing where there is nothing (SPEC D4, D7)', () => {
    const { session, context } = house()
    void context.nested
    expect(session.context.$types()).toEqual(['other', 'nested'])
    session.context.$delete(Nested)
    session.context.$delete('nothing')
    session.context.$delete('no name!')
    expect(session.context.$types()).toEqual([])
  })

  it('drops values of a plugin that is gone, and of one that never came (SPEC D4, 10)', () => {
    const { registry, user } = house()
    class Guest extends Context('guest', { n: Type.Integer({ default: 0 }) }) {}
    const dispose = registry.register(definePlugin({ name: 'guest', version: '1.0.0', contributes: [Guest] }))
    const { session } = ChatSession.restore(
      {
        format: 1,
        id: 'r',
        user: 'ada',
        agent: null,
        context: { stranger: { version: 1, values: { a: 1 } } },
      },
      { user },
    )
    session.context.$set(Guest, { n: 1 })
    dispose()
    expect(session.context.$parked()).toEqual(['guest'])
    session.context.$delete('guest')
    session.context.$delete('stranger')
    expect(session.snapshot()).toMatchObject({ context: {}, requested: [] })
  })

  it('gives a renewed class a renewed handle with the values, and leaves the handles of others alone (SPEC D18, D19)', () => {
    const registry = createRegistry()
    const make = () => class extends Context('guest', { n: Type.Integer({ default: 0 }) }) {}
    const First = make()
    const plugin = (guest: typeof First) =>
      definePlugin({ name: 'guest', version: '1.0.0', contributes: [guest, Other] })
    registry.register(plugin(First))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    const heard: unknown[] = []
    const [first, other] = [session.context.$set(First, { n: 3 }), session.context.$get(Other)]
    for (const event of ['contextAdded', 'contextRemoved'])
      session.on(event, (payload) => heard.push(payload))
    const Second = make()
    registry.register(plugin(Second))
    const second = session.context.$get(Second)
    expect([
      second === first,
      second instanceof Second,
      second.n,
      session.context.$get(Other) === other,
    ]).toEqual([false, true, 3, true])
    expect((session.context as unknown as Loose).guest).toBe(second)
    expect(heard).toEqual([])
  })
})

describe('first content', () => {
  it('is data by name, instances, names or classes, or another bag (SPEC 17)', () => {
    const { registry, user } = house()
    const one = new ChatSession({
      user,
      context: { MyNotes: { n: 1 }, other: {} },
      config: [Keyed],
      sections: ['rules'],
    })
    expect([
      one.context.$types(),
      one.context.$get(Notes).n,
      one.config.$types(),
      one.sections.$types(),
    ]).toEqual([['my_notes', 'other'], 1, ['keyed'], ['rules']])
    const two = new ChatSession({
      user,
      context: [registry.contexts.create('my_notes', { n: 2 }), 'other', Nested],
    })
    expect([two.context.$types(), two.context.$get(Notes).n]).toEqual([['my_notes', 'other', 'nested'], 2])
    const three = new ChatSession({ user, context: two.context })
    expect([
      three.context.$types(),
      three.context.$get(Notes).n,
      three.context.$get(Notes).$source('n'),
    ]).toEqual([['my_notes', 'other', 'nested'], 2, 'session'])
    two.context.$get(Notes).n = 9
    expect(three.context.$get(Notes).n).toBe(2)
  })

  it('that is unknown or invalid makes nothing (SPEC 17, 26)', () => {
    const { registry } = house()
    expect(() => new ChatUser({ id: 'bob', registry, context: { nothing: {} } })).toThrow(
      'RETINUE_TYPE_UNKNOWN',
    )
    expect(() => new AgentConfig({ name: 'y', registry, context: { other: { n: 'x' } } })).toThrow(
      'RETINUE_VALUE_INVALID',
    )
  })

  it.each([
    ['a text', 'other', "'other'"],
    ['null', null, 'null'],
    ['a map', new Map([['other', { n: 1 }]]), 'an instance of Map'],
    ['one instance', new Other(), 'an instance of Other'],
  ])('is not %s (SPEC 17)', (_, context, what) => {
    const { registry } = house()
    expect(() => new ChatUser({ id: 'bob', registry, context: context as never })).toThrow(
      `[RETINUE_TYPE_MISMATCH] The bag 'context' can't be filled with ${what}.`,
    )
  })
})

describe('the properties of a bag', () => {
  it('that were taken from it give the item and put nothing back (SPEC 12)', () => {
    const { session } = house()
    const found = Object.getOwnPropertyDescriptor(session.context, session.context.$get(Notes) && 'myNotes')
    session.context.$delete(Notes)
    const before = Reflect.ownKeys(session.context)
    expect(Reflect.apply(found!.get!, session.context, [])).toBeInstanceOf(Notes)
    expect(Reflect.ownKeys(session.context)).toEqual(before)
  })

  it('are spelled as the type is, where a spelling leads back to it (SPEC 13)', () => {
    class PartB extends Context('a_b', {}) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'parts', version: '1.0.0', contributes: [PartB] }))
    const { context } = new ChatUser({ id: 'ada', registry })
    context.$get(PartB)
    const spellings = ['aB', 'a_b', 'a-b', 'AB'] // the last names a type 'ab'
    expect(spellings.filter((spelling) => spelling in context)).toEqual(['aB', 'a_b', 'a-b'])
  })
})

/** Copies as Vitest copies what it shows of a comparison that failed. */
function copied<T>(value: T, seen = new Map<unknown, unknown>()): T {
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const known = seen.get(value)
  if (known !== undefined) return known as T
  const copy = Object.create(Object.getPrototypeOf(value) as object) as object
  seen.set(value, copy)
  for (const key of Reflect.ownKeys(value as object)) {
    const { enumerable } = Object.getOwnPropertyDescriptor(value, key)!
    const own = copied((value as Record<PropertyKey, unknown>)[key], seen)
    Object.defineProperty(copy, key, { configurable: true, enumerable: enumerable!, get: () => own })
  }
  return copy as T
}
