import { readdirSync, readFileSync } from 'node:fs'
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
  register,
  registry as shared,
  type Contribution,
  type EntryClass,
  type Plugin,
  type Registry,
  RetinueError,
  Section,
  Secret,
  Type,
} from '../src/index.ts'
import type { Key } from '../src/name.ts'

const tool = defineTool({ description: 'x', input: Type.Object({}), execute: () => null })
const code = (name: string, ...texts: string[]) =>
  expect.objectContaining({
    name: 'RetinueError',
    code: name,
    message: expect.stringMatching(
      texts.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*'),
    ) as string,
  })

function pluginOf(
  name: string,
  contributes: readonly Contribution[],
  more: { version?: string; replaces?: Key[] } = {},
): Plugin {
  return definePlugin({ name, version: '1.0.0', contributes, file: `/${name}.ts`, ...more })
}

function notes(title = 'untitled') {
  return class Notes extends Context('notes', { title: Type.String({ default: title }) }) {}
}

function sessionOn(registry: Registry, tools: string[] = []) {
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'a', registry, tools })
  return new ChatSession({ user, agent })
}

/** Everything that a session tells. */
function heardBy(session: ChatSession): string[] {
  const heard: string[] = []
  const kinds = ['config', 'context', 'section', 'toolset']
  for (const event of kinds.flatMap((kind) => [`${kind}Added`, `${kind}Removed`])) {
    session.on(event, (payload) => heard.push(`${event} ${(payload as { type: string }).type}`))
  }
  session.on('toolsetUnresolved', ({ type, code }) => heard.push(`toolsetUnresolved ${type} ${code}`))
  session.on('changed', ({ type, field, to }) => heard.push(`changed ${type} ${field} ${String(to)}`))
  return heard
}

describe('registering a plugin', () => {
  it('makes what it contributes available by name, whatever the order (SPEC 1, 4)', () => {
    const Notes = notes()
    class NotesSection extends Section('notes', {}, { needs: [Notes] }) {}
    const notebook = defineToolset('notebook', { needs: [NotesSection], tools: { notebook: tool } })
    const plugins = [pluginOf('c', [notebook]), pluginOf('b', [NotesSection]), pluginOf('a', [Notes])]
    for (const order of [plugins, plugins.toReversed()]) {
      const registry = createRegistry()
      for (const plugin of order) registry.register(plugin)
      expect(sessionOn(registry, ['notebook']).context.$types()).toEqual(['notes'])
    }
  })

  it('twice is quiet, and what the second gives disposes of nothing (SPEC 4)', () => {
    const registry = createRegistry()
    const plugin = pluginOf('a', [notes()])
    const heard: unknown[] = []
    registry.on('registered', (each) => heard.push(each))
    const dispose = registry.register(plugin)
    const disposeAgain = registry.register(plugin)
    expect(heard).toEqual([plugin])
    disposeAgain()
    expect(registry.contexts.list()).toEqual(['notes'])
    dispose()
    expect(registry.contexts.list()).toEqual([])
  })

  it('may list one definition twice, but not two of one name (SPEC 6)', () => {
    const registry = createRegistry()
    const Notes = notes()
    registry.register(pluginOf('a', [Notes, Notes]))
    expect(registry.contexts.list()).toEqual(['notes'])
    expect(() => registry.register(pluginOf('b', [notes(), notes()]))).toThrow(
      code('RETINUE_DEFINITION_INVALID', "'b' contributes two definitions of context.notes"),
    )
  })

  it('is all or nothing (SPEC 3, D13)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('a', [notes()]))
    class Other extends Context('other', {}) {}
    expect(() => registry.register(pluginOf('b', [Other, notes()]))).toThrow(code('RETINUE_TYPE_TAKEN'))
    expect(registry.contexts.list()).toEqual(['notes'])
  })

  it.each([undefined, null, {}, { plugin: pluginOf('a', []) }])(
    'refuses what is no plugin, such as its module: %o (SPEC 4)',
    (plugin) => {
      expect(() => createRegistry().register(plugin as never)).toThrow(
        code('RETINUE_DEFINITION_INVALID', 'what definePlugin() gave'),
      )
    },
  )

  it.each([undefined, null, 'notes', class {}, {}])(
    'refuses what is no class, toolset or kind: %o (SPEC 1)',
    (contribution) => {
      const plugin = pluginOf('a', [contribution as never])
      expect(() => createRegistry().register(plugin)).toThrow(
        code('RETINUE_DEFINITION_INVALID', 'A contribution is ', 'Contribute what Config()'),
      )
    },
  )

  it.each([undefined, {}, 'notes', '.notes', 'context.', 'context.größe', Symbol('x')])(
    'refuses a need that names nothing, as a circular import gives: %o (SPEC 29)',
    (need) => {
      class Wanting extends Context('wanting', {}, { needs: [need as never] }) {}
      const plugin = pluginOf('a', [Wanting])
      expect(() => createRegistry().register(plugin)).toThrow(
        code('RETINUE_DEFINITION_INVALID', 'context.wanting needs'),
      )
    },
  )

  it('refuses a class field, which would bypass validation (SPEC 19)', () => {
    class Fielded extends Context('fielded', { a: Type.Integer({ default: 1 }) }) {
      extra = 5
    }
    class Shadowing extends Context('shadowing', { a: Type.Integer({ default: 1 }) }) {
      override a = 5
    }
    for (const definition of [Fielded, Shadowing]) {
      const plugin = pluginOf('a', [definition])
      expect(() => createRegistry().register(plugin)).toThrow(
        code('RETINUE_DEFINITION_INVALID', definition.type, 'Make a class field a field of'),
      )
    }
  })

  it('refuses a constructor that keeps what it is given: what is set would be of no owner (SPEC 19)', () => {
    class Own extends Context('own', { a: Type.Integer({ default: 1 }) }) {
      constructor() {
        super({ a: 2 })
      }
    }
    class Passing extends Context('passing', { a: Type.Integer({ default: 1 }) }) {
      constructor(values?: object) {
        super({ ...values })
      }
    }
    expect(() => createRegistry().register(pluginOf('a', [Own]))).toThrow(
      code('RETINUE_DEFINITION_INVALID', 'own', 'super(values)'),
    )
    const registry = createRegistry()
    registry.register(pluginOf('a', [Passing]))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    session.context.$get(Passing).a = 3
    expect(session.snapshot().context).toEqual({ passing: { version: 1, values: { a: 3 } } })
  })

  it('tells of itself to those who listen, and an error of theirs reaches nobody else (D13)', () => {
    const registry = createRegistry()
    const heard: unknown[] = []
    registry.on('registered', () => {
      throw new Error('no ear for it')
    })
    registry.on('registered', ({ name }) => heard.push(name))
    const off = registry.on('observerError', ({ error, event }) =>
      heard.push([(error as Error).message, event]),
    )
    registry.on('disposed', ({ name }) => heard.push(`${name} gone`))
    registry.register(pluginOf('a', [notes()]))()
    expect(heard).toEqual([['no ear for it', 'registered'], 'a', 'a gone'])
    off()
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    registry.register(pluginOf('b', [notes()]))
    registry.on('observerError', () => {
      throw new Error('deaf')
    })
    registry.register(pluginOf('c', []))
    registry.register(pluginOf('d', [class Other extends Context('other', {}) {}]))
    expect(said.mock.calls.map(([error]) => (error as Error).message)).toEqual(['no ear for it', 'deaf'])
    said.mockRestore()
  })
})

describe('what follows a config', () => {
  class PlainConfig extends Config('plain', {
    size: Type.Integer({ default: 3 }),
    word: Type.String({ default: '' }),
  }) {}

  it('has fields of that name with an equal schema; the others are its own (D6)', () => {
    class Follower extends Context(
      'follower',
      { size: Type.Integer({ default: 3 }), own: Type.String({ default: 'x' }) },
      { follows: PlainConfig },
    ) {}
    const registry = createRegistry()
    registry.register(pluginOf('a', [PlainConfig, Follower]))
    expect(registry.contexts.get('follower')?.needs).toEqual(['config.plain'])
    const session = sessionOn(registry)
    session.user.config.$get(PlainConfig).size = 7
    expect(session.context.$get(Follower)).toMatchObject({ size: 7, own: 'x' })
  })

  it('is refused where it can not follow (D6)', () => {
    class OtherSchema extends Context(
      'other_schema',
      { size: Type.Integer({ default: 4 }) },
      { follows: PlainConfig },
    ) {}
    class Astray extends Context('astray', {}, { follows: notes() as never }) {}
    class ConfigFollows extends Config('config_follows', {}, { follows: PlainConfig }) {}
    class KeyConfig extends Config('key', { key: Type.Optional(Secret()) }) {}
    class SecretFollower extends Context(
      'secret_follower',
      { key: Type.Optional(Secret()) },
      { follows: KeyConfig },
    ) {}
    const refusals: [EntryClass, string][] = [
      [OtherSchema, "whose field 'size' has another schema"],
      [Astray, 'Only configs are followed'],
      [ConfigFollows, 'Configs follow nothing'],
      [SecretFollower, "follows the secret 'key'"],
    ]
    for (const [definition, why] of refusals) {
      const plugin = pluginOf('a', [definition])
      expect(() => createRegistry().register(plugin)).toThrow(code('RETINUE_DEFINITION_INVALID', why))
    }
  })
})

describe('a taken name', () => {
  it('is refused to another package, naming both owners, their versions and files (SPEC 6, D18)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('first', [notes()]))
    const claim = () => registry.register(pluginOf('second', [notes()], { version: '2.0.0' }))
    expect(claim).toThrow(
      code(
        'RETINUE_TYPE_TAKEN',
        "The context 'notes' of second@2.0.0 (/second.ts) is taken by first@1.0.0 (/first.ts)",
      ),
    )
    expect(registry.contexts.get('notes')?.origin.package).toBe('first')
  })

  it('is refused to another version of the package, and to one that says no file (SPEC 6, D18)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('first', [notes()]))
    expect(() => registry.register(pluginOf('first', [notes()], { version: '1.0.1' }))).toThrow(
      code('RETINUE_TYPE_TAKEN', 'first@1.0.1 (/first.ts)', 'first@1.0.0 (/first.ts)', 'npm ls first'),
    )
    const nowhere = { ...pluginOf('nowhere', [notes()]), file: undefined }
    expect(() => registry.register(nowhere)).toThrow(code('RETINUE_TYPE_TAKEN', 'of nowhere@1.0.0 is taken'))
  })

  it('is one in each kind only (SPEC 1)', () => {
    const registry = createRegistry()
    class NotesSection extends Section('notes', {}) {}
    registry.register(pluginOf('first', [notes()]))
    registry.register(pluginOf('second', [NotesSection]))
    expect([
      registry.contexts.get('notes')?.origin.package,
      registry.sections.get('notes')?.origin.package,
    ]).toEqual(['first', 'second'])
  })

  it('of a published tool is refused, however it comes about (SPEC 54, D9)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('first', [defineToolset('web', { tools: { search_all: tool } })]))
    const rival = pluginOf('second', [defineToolset('web_search', { tools: { all: tool } })])
    expect(() => registry.register(rival)).toThrow(
      code(
        'RETINUE_TOOL_NAME_TAKEN',
        "'web' of first@1.0.0",
        "'web_search' of second@1.0.0",
        "both publish 'web_search_all'",
      ),
    )
    const both = pluginOf('both', [
      defineToolset('old', { tools: { map_x: tool } }),
      defineToolset('old_map', { tools: { x: tool } }),
    ])
    expect(() => registry.register(both)).toThrow(code('RETINUE_TOOL_NAME_TAKEN', "'old_map_x'"))
    expect(registry.toolsets.list()).toEqual(['web'])
  })
})

describe('a package that replaces another', () => {
  const Theirs = notes('theirs')
  class Mine extends Theirs {
    get loud() {
      return this.title.toUpperCase()
    }
  }
  const base = pluginOf('theirs', [Theirs])
  const over = pluginOf('mine', [Mine], { replaces: ['notes'] })

  it.each([
    ['after', [base, over]],
    ['before', [over, base]],
  ])('takes its place when it is registered %s it, and gives it back (D18, SPEC 4)', (_, plugins) => {
    const registry = createRegistry()
    const disposers = new Map(plugins.map((plugin) => [plugin, registry.register(plugin)]))
    const session = sessionOn(registry)
    session.context.$set(Theirs, { title: 'x' })
    expect(session.context.$get(Mine).loud).toBe('X')
    expect(registry.contexts.get('notes')?.origin.package).toBe('mine')
    disposers.get(over)!()
    expect(registry.contexts.create('notes')).not.toBeInstanceOf(Mine)
    expect(session.context.$get(Theirs)).toMatchObject({ title: 'x' })
    disposers.get(base)!()
    expect(registry.contexts.list()).toEqual([])
  })

  it('must extend the class that it replaces (D18)', () => {
    const stranger = pluginOf('stranger', [notes('stranger')], { replaces: [Theirs] })
    for (const [first, second] of [
      [base, stranger],
      [stranger, base],
    ] as const) {
      const registry = createRegistry()
      registry.register(first)
      expect(() => registry.register(second)).toThrow(
        code('RETINUE_TYPE_TAKEN', 'What replaces a class must extend it'),
      )
    }
  })

  it('may be another version of the same package (D18)', () => {
    const registry = createRegistry()
    registry.register(base)
    const dispose = registry.register(pluginOf('theirs', [Mine], { version: '2.0.0', replaces: ['notes'] }))
    expect(registry.contexts.get('notes')?.origin.version).toBe('2.0.0')
    dispose()
    expect(registry.contexts.get('notes')?.origin.version).toBe('1.0.0')
  })

  it('is the only one that may (D18)', () => {
    const registry = createRegistry()
    registry.register(base)
    registry.register(over)
    class Third extends Theirs {}
    const third = pluginOf('third', [Third], { replaces: ['notes'] })
    expect(() => registry.register(third)).toThrow(code('RETINUE_TYPE_TAKEN', 'third@1.0.0', 'mine@1.0.0'))
  })

  it('replaces by a class, or by a kind and a type, what is of its kind only (D18)', () => {
    const registry = createRegistry()
    class NotesSection extends Section('notes', {}) {}
    registry.register(pluginOf('theirs', [Theirs, NotesSection]))
    class OtherSection extends NotesSection {}
    for (const other of [Theirs, 'context.notes']) {
      const half = pluginOf('half', [OtherSection], { replaces: [other] })
      expect(() => registry.register(half)).toThrow(code('RETINUE_TYPE_TAKEN', "The section 'notes'"))
    }
    registry.register(pluginOf('whole', [OtherSection], { replaces: ['section.notes'] }))
    expect(registry.sections.get('notes')?.definition).toBe(OtherSection)
  })

  it('stays in place when the package beneath it is evaluated again (D18)', () => {
    const registry = createRegistry()
    registry.register(base)
    registry.register(over)
    registry.register(pluginOf('theirs', [notes('again')]))
    expect(registry.contexts.get('notes')?.definition).toBe(Mine)
  })

  it('may begin to replace when it is evaluated again (D18)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('mine', [Mine]))
    registry.register(
      pluginOf('mine', [Mine, class Other extends Context('other', {}) {}], { replaces: ['notes'] }),
    )
    registry.register(base)
    expect(registry.contexts.get('notes')?.origin.package).toBe('mine')
  })

  it('may be a toolset, which has no class to extend (D18)', () => {
    const registry = createRegistry()
    const theirs = defineToolset('search', { tools: { search: tool } })
    const mine = defineToolset('search', { tools: { search: tool, more: tool } })
    registry.register(pluginOf('theirs', [theirs]))
    registry.register(pluginOf('mine', [mine], { replaces: [theirs] }))
    expect(
      sessionOn(registry, ['search'])
        .tools.published()
        .map(({ name }) => name),
    ).toEqual(['search', 'search_more'])
  })
})

describe('a package that is evaluated again', () => {
  it('replaces its classes silently: values are kept, handles renewed, and nobody hears of it (D18)', () => {
    const registry = createRegistry()
    const First = notes('first')
    const notebook = defineToolset('notebook', { needs: ['context.notes'], tools: { notebook: tool } })
    registry.register(pluginOf('a', [First, notebook]))
    const session = sessionOn(registry, ['notebook'])
    const user = session.user
    user.context.$set(First, { title: 'of the user' })
    const before = session.context.$get(First)
    const heard = heardBy(session)
    class Second extends Context('notes', {
      title: Type.String({ default: 'second' }),
      pages: Type.Integer({ default: 1 }),
    }) {
      get shout() {
        return `${this.title}!`
      }
    }
    registry.register(pluginOf('a', [Second, notebook]))
    expect(heard).toEqual([])
    const after = session.context.$get(Second)
    expect(after).not.toBe(before)
    expect(after).toBeInstanceOf(Second)
    expect(after).toMatchObject({ title: 'of the user', pages: 1, shout: 'of the user!' })
    expect(session.context.$get(First)).toBe(after)
    expect(after.$source('title')).toBe('user')
    expect(session.context.$types()).toEqual(['notes'])
  })

  it('may do so when it hears of an item that was just asked for: who asked is given the later class, and interactions read its values (D18)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('a', [notes('first')]))
    const session = sessionOn(registry)
    using turn = session.interact()
    const Second = notes('second')
    session.once('contextAdded', () => registry.register(pluginOf('a', [Second])))
    const read = () => turn.context.$peek(Second)?.title
    turn.on('contextAdded', read)
    const asked = session.context.$get(Second)
    expect(asked).toBeInstanceOf(Second)
    asked.title = 'set'
    expect(read()).toBe('set')
  })

  it('brings what is saved up to date by the steps of the later class (D18, SPEC 50)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('a', [notes()]))
    const session = sessionOn(registry)
    session.context.$set('notes' as never, { title: 'x' } as never)
    class Later extends Context(
      'notes',
      { name: Type.String({ default: '' }) },
      { version: 2, upgrade: { 1: ({ title }: { title: string }) => ({ name: title }) } },
    ) {}
    registry.register(pluginOf('a', [Later]))
    expect(session.context.$get(Later).name).toBe('x')
    expect(session.snapshot().context).toEqual({ notes: { version: 2, values: { name: 'x' } } })
  })

  it('disposes of what is there now: the disposer of what it replaced does nothing (D18, SPEC 10)', () => {
    const registry = createRegistry()
    const disposeFirst = registry.register(pluginOf('a', [notes('first')]))
    const disposeSecond = registry.register(pluginOf('a', [notes('second')]))
    disposeFirst()
    expect(registry.contexts.list()).toEqual(['notes'])
    disposeSecond()
    disposeSecond()
    expect(registry.contexts.list()).toEqual([])
  })
})

describe('disposing of a registration', () => {
  it('removes all of it and only it, and live sessions hear it go (SPEC 10)', () => {
    const registry = createRegistry()
    const Notes = notes()
    class NotesConfig extends Config('notes', {}) {}
    class Other extends Context('other', {}) {}
    const notebook = defineToolset('notebook', { needs: [Notes, NotesConfig], tools: { notebook: tool } })
    const dispose = registry.register(pluginOf('a', [notebook, Notes, NotesConfig]))
    registry.register(pluginOf('b', [Other]))
    const session = sessionOn(registry, ['notebook'])
    session.context.$get(Other)
    session.context.$get(Notes).title = 'kept'
    const saved = session.snapshot()
    const heard = heardBy(session)
    dispose()
    expect(heard).toEqual([
      'contextRemoved notes',
      'configRemoved notes',
      'toolsetRemoved notebook',
      'toolsetUnresolved notebook RETINUE_TYPE_UNKNOWN',
    ])
    expect([...registry.all().keys()]).toEqual(['context.other'])
    expect(session.context.$types()).toEqual(['other'])
    expect(session.snapshot()).toEqual(saved)
    registry.register(pluginOf('a', [notebook, Notes, NotesConfig]))
    expect(session.context.$get(Notes).title).toBe('kept')
  })

  it('leaves a name to whoever wants it next (SPEC 10)', () => {
    const registry = createRegistry()
    registry.register(pluginOf('first', [notes()]))()
    registry.register(pluginOf('second', [notes()]))
    expect(registry.contexts.get('notes')?.origin.package).toBe('second')
  })
})

describe('a registry of its own', () => {
  it('reads through to its parent, and keeps to itself what it registers (SPEC 10)', () => {
    const parent = createRegistry()
    parent.register(pluginOf('base', [notes()]))
    const [one, two] = [createRegistry({ parent }), createRegistry({ parent })]
    class Extra extends Context('extra', {}) {}
    one.register(pluginOf('extra', [Extra]))
    expect([parent, one, two].map((each) => each.contexts.list())).toEqual([
      ['notes'],
      ['extra', 'notes'],
      ['notes'],
    ])
    expect(sessionOn(one).context.$get(Extra).$type).toBe('extra')
    expect(() => sessionOn(two).context.$get(Extra)).toThrow(code('RETINUE_TYPE_UNKNOWN'))
  })

  it('sees at once what its parent registers and disposes of later, and so do its sessions (SPEC 5, 10)', () => {
    const parent = createRegistry()
    const child = createRegistry({ parent: createRegistry({ parent }) })
    const session = sessionOn(child, ['notebook'])
    const heard = heardBy(session)
    const notebook = defineToolset('notebook', { needs: ['context.notes'], tools: { notebook: tool } })
    const dispose = parent.register(pluginOf('a', [notes(), notebook]))
    dispose()
    expect(heard).toEqual([
      'contextAdded notes',
      'toolsetAdded notebook',
      'contextRemoved notes',
      'toolsetRemoved notebook',
      'toolsetUnresolved notebook RETINUE_TYPE_UNKNOWN',
    ])
  })

  it('refuses a name that its parent has given to another package (SPEC 6, 10)', () => {
    const parent = createRegistry()
    parent.register(pluginOf('first', [notes()]))
    expect(() => createRegistry({ parent }).register(pluginOf('second', [notes()]))).toThrow(
      code('RETINUE_TYPE_TAKEN'),
    )
  })

  it('keeps what it registered itself when its parent disposes of the same plugin (SPEC 10)', () => {
    const parent = createRegistry()
    const child = createRegistry({ parent })
    const plugin = pluginOf('a', [notes()])
    const disposeParent = parent.register(plugin)
    const disposeChild = child.register(plugin)
    disposeParent()
    expect([parent, child].map((each) => each.contexts.list())).toEqual([[], ['notes']])
    disposeChild()
    expect(child.contexts.list()).toEqual([])
  })

  it('is under what its parent replaces too (D18, SPEC 10)', () => {
    const Theirs = notes()
    class Mine extends Theirs {}
    const parent = createRegistry()
    const base = pluginOf('theirs', [Theirs])
    parent.register(base)
    parent.register(pluginOf('mine', [Mine], { replaces: ['notes'] }))
    const child = createRegistry({ parent })
    child.register(base)
    expect(child.contexts.get('notes')?.definition).toBe(Mine)
  })

  it('may replace for one tenant what its parent has (D18, SPEC 10)', () => {
    const Theirs = notes()
    class Mine extends Theirs {}
    const parent = createRegistry()
    parent.register(pluginOf('theirs', [Theirs]))
    const tenant = createRegistry({ parent })
    tenant.register(pluginOf('mine', [Mine], { replaces: ['notes'] }))
    expect(tenant.contexts.get('notes')?.definition).toBe(Mine)
    expect(parent.contexts.get('notes')?.definition).toBe(Theirs)
  })

  it('that is sealed refuses further registration, but not disposal (SPEC 10)', () => {
    const registry = createRegistry()
    const plugin = pluginOf('a', [notes()])
    const dispose = registry.register(plugin)
    registry.seal()
    registry.register(plugin) // again: nothing new (SPEC 4)
    expect(() => registry.register(pluginOf('b', [Context('other', {})]))).toThrow(
      code('RETINUE_REGISTRY_SEALED', "'b'"),
    )
    dispose()
    expect(registry.contexts.list()).toEqual([])
    createRegistry({ parent: registry }).register(pluginOf('b', [notes()]))
  })

  it('does not mix with another in one session (SPEC 10, D16)', () => {
    const user = new ChatUser({ id: 'ada', registry: createRegistry() })
    const agent = new AgentConfig({ name: 'a', registry: createRegistry() })
    expect(() => new ChatSession({ user, agent })).toThrow(code('RETINUE_REGISTRY_MIXED'))
  })
})

describe('importing the package of a plugin', () => {
  it('registers what it contributes, serves sessions that are there already, and resolves what waited (SPEC 4, 5, D9)', async () => {
    const user = new ChatUser({ id: 'ada' })
    const agent = new AgentConfig({ name: 'a', tools: ['late_news'] })
    const session = new ChatSession({ user, agent })
    expect(() => session.context.$get('late_news' as never)).toThrow(code('RETINUE_TYPE_UNKNOWN'))
    expect(session.tools.unresolved.map(({ type }) => type)).toEqual(['late_news'])
    const heard = heardBy(session)
    const { LateNews, dispose } = await import('./late-plugin/index.ts')
    expect(heard).toEqual(['contextAdded late_news', 'sectionAdded late_news', 'toolsetAdded late_news'])
    expect(session.context.lateNews).toBeInstanceOf(LateNews)
    expect(session.prompt().text).toContain('The news: nothing.')
    expect(session.tools.unresolved).toEqual([])
    dispose()
    expect(shared.contexts.has('late_news')).toBe(false)
    session.close()
  })

  it('twice is quiet, even where it is evaluated anew (SPEC 4, D18)', async () => {
    const first = await import('./late-plugin/index.ts')
    const dispose = register(first.plugin)
    const session = new ChatSession({ user: new ChatUser({ id: 'ada' }) })
    session.context.lateNews.headline = 'kept'
    const heard = heardBy(session)
    // @ts-expect-error TypeScript resolves no query
    const again = (await import('./late-plugin/late-plugin.ts?again')) as typeof first
    expect(again.LateNews).not.toBe(first.LateNews)
    const disposeAgain = register(again.plugin)
    expect(heard).toEqual([])
    expect(session.context.lateNews).toBeInstanceOf(again.LateNews)
    expect(session.context.lateNews.headline).toBe('kept')
    dispose()
    expect(session.context.$types()).toEqual(['late_news'])
    disposeAgain()
    expect(session.context.$types()).toEqual([])
    session.close()
  })
})

describe('the kernel', () => {
  const sources = new URL('../src/', import.meta.url)
  const texts = readdirSync(sources).map((file) => readFileSync(new URL(file, sources), 'utf8'))

  it('imports nothing but itself, TypeBox, mitt and eta (SPEC 9)', () => {
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/(?:from|import) ?\(?'([^']+)'/g)].map(([, from]) => from!),
    )
    const foreign = imported.filter((from) => !from.startsWith('./') && !from.includes('${'))
    const known = ['eta/core', 'mitt', 'typebox', 'typebox/schema']
    expect(
      [...new Set(foreign)].filter((from) => !known.includes(from) && !from.startsWith('@retinue/plugin-')),
    ).toEqual([])
  })

  it('names no plugin of this repository (SPEC 9)', () => {
    const plugins = readdirSync(new URL('../../../plugins/', import.meta.url))
    expect(plugins.length).toBeGreaterThan(0)
    const named = plugins.filter((plugin) => texts.some((text) => text.includes(`@retinue/plugin-${plugin}`)))
    expect(named).toEqual([])
  })
})

it('an error of a registry is a RetinueError (SPEC 3)', () => {
  expect(() => createRegistry().contexts.create('x')).toThrow(RetinueError)
})
