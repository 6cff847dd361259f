import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  RetinueError,
  Secret,
  Section,
  Type,
} from '../src/index.ts'
import { isEntryClass } from '../src/entry.ts'

class Notes extends Context('notes', {
  title: Type.String({ default: 'untitled' }),
  lines: Type.Array(Type.String(), { default: [] }),
  author: Type.Optional(Type.String()),
}) {
  get isEmpty() {
    return this.lines.length === 0
  }
}
class KeyConfig extends Config('key', {
  key: Type.Optional(Secret()),
  limit: Type.Integer({ default: 5, maximum: 9 }),
}) {}
class Greeting extends Section('greeting', {}, { template: 'Hello.' }) {}

const code = (name: string, text = '') =>
  expect.objectContaining({
    name: 'RetinueError',
    code: name,
    message: expect.stringContaining(text) as string,
  })

const registry = createRegistry()
registry.register(
  definePlugin({ name: 'notes', version: '1.0.0', contributes: [Notes, KeyConfig, Greeting] }),
)

function session() {
  return new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
}

describe('an instance that stands alone', () => {
  it('has the values it is made of, every other field at its default, and the getters of its class (SPEC 2)', () => {
    const notes = new Notes({ title: 'Shopping' })
    expect(notes.$values()).toEqual({ title: 'Shopping', lines: [] })
    expect(notes.isEmpty).toBe(true)
    expect(notes.author).toBeUndefined()
    expect(notes.$type).toBe('notes')
    expect(notes.$source('title')).toBe('registry')
  })

  it('validates every assignment, and keeps the old value (SPEC 19)', () => {
    const notes = new Notes()
    expect(() => (notes.title = 5 as never)).toThrow(
      code('RETINUE_VALUE_INVALID', "The field 'title' of the context 'notes'"),
    )
    expect(() => (notes.lines = [1] as never)).toThrow(code('RETINUE_VALUE_INVALID', '/0'))
    expect(notes.$values()).toEqual({ title: 'untitled', lines: [] })
  })

  it('replaces a field as a whole: what is inside it is frozen (SPEC 19)', () => {
    const notes = new Notes({ lines: ['milk'] })
    expect(() => (notes.lines as string[]).push('eggs')).toThrow(TypeError)
    notes.lines = [...notes.lines, 'eggs']
    expect(notes.lines).toEqual(['milk', 'eggs'])
    expect(() => (new Notes().lines as string[]).push('x')).toThrow(TypeError)
  })

  it('sets several fields or none (SPEC 19, D13)', () => {
    const notes = new Notes()
    expect(() => notes.$patch({ title: 'x', lines: [1] as never })).toThrow(code('RETINUE_VALUE_INVALID'))
    expect(notes.title).toBe('untitled')
    notes.$patch({ title: 'x', lines: ['y'] })
    expect(notes.$values()).toEqual({ title: 'x', lines: ['y'] })
    notes.$reset('title')
    expect(notes.$values()).toEqual({ title: 'untitled', lines: ['y'] })
    notes.$reset()
    expect(notes.$values()).toEqual({ title: 'untitled', lines: [] })
    expect(() => notes.$reset(undefined as never)).toThrow(code('RETINUE_FIELD_UNKNOWN'))
    expect(() => notes.$reset('tilte' as never)).toThrow(
      code('RETINUE_FIELD_UNKNOWN', 'Its fields are: title, lines, author.'),
    )
  })

  it('drops a value that is set to undefined (D5)', () => {
    const notes = new Notes({ title: 'x' })
    notes.title = undefined as never
    expect(notes.title).toBe('untitled')
  })

  it('takes no property of its own (SPEC 19)', () => {
    expect(() => Object.assign(new Notes(), { extra: 1 })).toThrow(TypeError)
    expect(() => new Notes({ extra: 1 } as never)).toThrow(code('RETINUE_FIELD_UNKNOWN'))
  })

  it.each([
    [null, 'null'],
    ['text', "'text'"],
    [5, '5'],
    [[], 'an array'],
  ])('is made of an object only: %o is refused (SPEC 3, 16)', (values, what) => {
    expect(() => new Notes(values as never)).toThrow(
      code('RETINUE_VALUE_INVALID', `can't be made of ${what}.`),
    )
    expect(() => new Notes().$patch(values as never)).toThrow(code('RETINUE_VALUE_INVALID'))
  })

  it('is made of another instance by copying what that has set: they share nothing (SPEC 8)', () => {
    const first = session().context.$set(Notes, { title: 'first' })
    const second = new Notes(first)
    expect(second.$values()).toEqual({ title: 'first', lines: [] })
    second.title = 'second'
    expect(first.title).toBe('first')
  })

  it('is not made of an instance of another type (SPEC 16)', () => {
    expect(() => new Notes(new KeyConfig() as never)).toThrow(
      code('RETINUE_TYPE_MISMATCH', "the config 'key'"),
    )
    expect(() => new Notes().$patch(new Greeting() as never)).toThrow(code('RETINUE_TYPE_MISMATCH'))
  })

  it('belongs to nobody, so that it neither tells nor renders (SPEC 2)', () => {
    expect(() => new Notes().$on('changed', () => undefined)).toThrow(code('RETINUE_OWNER_INVALID'))
    expect(() => new Greeting().render()).toThrow(code('RETINUE_OWNER_INVALID'))
    const notes = new Notes()
    notes.$pin()
    expect(notes.$values()).toEqual({ title: 'untitled', lines: [] })
    const key = new KeyConfig({ key: Secret.value('hunter2') })
    key.$pin()
    expect(key).toMatchObject({ limit: 5 })
  })
})

describe('the JSON and the inspection of an item', () => {
  it('show its effective values, and of a secret its name at most (SPEC 15, D17)', () => {
    const key = new KeyConfig({ key: Secret.value('hunter2') })
    expect(JSON.stringify(new Notes({ title: 'x' }))).toBe('{"title":"x","lines":[]}')
    expect(inspect(new Notes({ title: 'x' }))).toBe("context notes { title: 'x', lines: [] }")
    expect(inspect(key)).toBe('config key { key: [secret], limit: 5 }')
    expect(JSON.stringify(key)).not.toContain('hunter2')
    expect(inspect(new KeyConfig({ key: Secret.env('KEY') }))).toContain('[secret env:KEY]')
  })

  it('are there for inspectors that hand over less (SPEC 15)', () => {
    const custom = Symbol.for('nodejs.util.inspect.custom')
    const notes = new Notes() as unknown as Record<symbol, (depth: number, options: object) => unknown>
    expect(notes[custom]!(0, {})).toBe('context notes')
  })

  it('never throw and never create, whoever looks (SPEC 15)', async () => {
    const { context } = session()
    const notes = context.$get(Notes)
    expect(await Promise.resolve(notes)).toBe(notes)
    expect(notes).toEqual(notes)
    expect({ notes }).toMatchObject({ notes: { title: 'untitled', lines: [] } })
    expect(notes).not.toMatchObject({ title: 'x' })
    expect(Object.entries(notes)).toEqual([])
    expect(context.$types()).toEqual(['notes'])
  })
})

describe('the definition of a field', () => {
  it.each([
    ['has neither a default nor is it optional', { field: Type.String() }],
    ['has neither a default nor is it optional', { field: Type.String({ default: undefined }) }],
    ['has no name that can follow a dot', { 'my-field': Type.String({ default: '' }) }],
    ['has no name that can follow a dot', { $field: Type.String({ default: '' }) }],
    ['has a reserved name', { constructor: Type.String({ default: '' }) }],
    ['has a reserved name', { render: Type.String({ default: '' }) }],
    ['has a reserved name', { toJSON: Type.String({ default: '' }) }],
    ['hides a secret inside', { field: Type.Object({ key: Secret() }, { default: {} }) }],
    ['is sent to baseUrl', { key: Type.Optional(Secret({ sentTo: ['baseUrl'] })) }],
  ])('is refused where it %s (SPEC 19, D4, D17)', (why, properties) => {
    expect(() => Context('broken', properties as never)).toThrow(code('RETINUE_DEFINITION_INVALID', why))
  })

  it('stays when whoever gave it goes on with the object that it came in (SPEC 8, D16)', () => {
    const properties = { word: Type.String({ default: 'kept' }) }
    class Kept extends Context('kept', properties) {}
    Object.assign(properties, { more: Type.String({ default: '' }) })
    expect(new Kept().$values()).toEqual({ word: 'kept' })
  })

  it('may be optional, and may permit null to hide what lies below (D5, SPEC 19)', () => {
    class Hidden extends Context('hidden', {
      word: Type.Union([Type.String(), Type.Null()], { default: 'shown' }),
    }) {}
    expect(new Hidden().word).toBe('shown')
    expect(new Hidden({ word: null }).word).toBeNull()
  })

  it('may name who may set it; nobody owns an instance that stands alone (D17)', () => {
    class Guarded extends Config('guarded', { url: Type.String({ default: '', setBy: ['agent'] }) }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'guarded', version: '1.0.0', contributes: [Guarded] }))
    const user = new ChatUser({ id: 'ada', registry })
    expect(() => (user.config.$get(Guarded).url = 'x')).toThrow(
      code('RETINUE_VALUE_REFUSED', 'only agent may set it, not the user'),
    )
    expect(new Guarded({ url: 'x' }).url).toBe('x')
  })

  it('of a secret takes references only, set on a user or an agent (D17)', () => {
    expect(() => new KeyConfig({ key: 'hunter2' as never })).toThrow(
      code('RETINUE_VALUE_INVALID', 'must be a reference to a secret'),
    )
    const lookalike = { $secret: 'env', name: 'HOME' } as const
    expect(() => new KeyConfig({ key: lookalike })).toThrow(code('RETINUE_VALUE_INVALID'))
    expect(() => (session().config.$get(KeyConfig).key = Secret.env('X'))).toThrow(
      code('RETINUE_VALUE_REFUSED', 'belongs to a user or an agent'),
    )
  })
})

describe('the options of a definition', () => {
  it.each([
    { version: 0 },
    { version: 1.5 },
    { slot: 'middle' },
    { stability: 'always' },
    { shrink: 'omit' },
    { shrink: ['none'] },
    { order: '1' },
    { priority: Number.NaN },
    { maxTokens: null },
  ])('are refused where they say what they can not: %o (SPEC 45, 50)', (options) => {
    expect(() => Section('broken', {}, options as never)).toThrow(
      code('RETINUE_DEFINITION_INVALID', ` as ${Object.keys(options)[0]}. Give `),
    )
  })
})

describe('the members of an item', () => {
  it('start with $, but for render() and what JavaScript looks for: the rest belongs to fields (D4)', () => {
    const members = new Set<string>()
    for (let at: object = new Greeting(); at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
      for (const name of Object.getOwnPropertyNames(at)) members.add(name)
    }
    expect([...members].filter((name) => !name.startsWith('$')).sort()).toEqual([
      'constructor',
      'render',
      'toJSON',
    ])
    expect(Object.keys(new Notes())).toEqual([])
    const fields = Object.fromEntries(
      ['source', 'reset', 'values', 'type', 'kind', 'on'].map((name) => [
        name,
        Type.String({ default: name }),
      ]),
    )
    class Usual extends Context('usual', fields) {}
    expect(new Usual().$values()).toEqual({
      source: 'source',
      reset: 'reset',
      values: 'values',
      type: 'type',
      kind: 'kind',
      on: 'on',
    })
  })
})

describe('the first content of a bag', () => {
  it.each([
    ['data by name', { notes: { title: 'x' } }, 'x'],
    ['an instance by name', { notes: new Notes({ title: 'x' }) }, 'x'],
    ['instances', [new Notes({ title: 'x' })], 'x'],
    ['names', ['notes'], 'untitled'],
    ['classes', [Notes], 'untitled'],
    ['another bag', new ChatUser({ id: 'eve', registry, context: { notes: { title: 'x' } } }).context, 'x'],
  ])('may be %s (SPEC 17)', (_, context, title) => {
    const user = new ChatUser({ id: 'ada', registry, context })
    expect(user.context.$types()).toEqual(['notes'])
    expect(user.context.$get(Notes).title).toBe(title)
  })

  it('is checked like an assignment, and nothing is made where it is wrong (SPEC 17, 16)', () => {
    for (const context of [
      { notes: { title: 5 } },
      { key: {} },
      [new KeyConfig()],
      { notes: new Greeting() },
    ]) {
      expect(() => new ChatUser({ id: 'ada', registry, context })).toThrow(RetinueError)
    }
  })
})

describe('a class', () => {
  it('is pure: defining it registers nothing (SPEC 4)', () => {
    expect(createRegistry().contexts.has(Notes)).toBe(false)
    expect(isEntryClass(Notes)).toBe(true)
    expect(isEntryClass(class {})).toBe(false)
    expect(isEntryClass(new Notes())).toBe(false)
  })

  it('says what it is, by properties that nobody changes (SPEC 8)', () => {
    expect([Notes.kind, Notes.type, Object.keys(Notes.schema.properties)]).toEqual([
      'context',
      'notes',
      ['title', 'lines', 'author'],
    ])
    expect(() => ((Notes as { type: string }).type = 'other')).toThrow(TypeError)
  })

  it('may be extended: the one that extends it has its name and fields (D18)', () => {
    class LongNotes extends Notes {
      get length() {
        return this.lines.length
      }
    }
    expect(new LongNotes({ lines: ['a'] })).toMatchObject({ $type: 'notes', length: 1, isEmpty: false })
  })
})
