// What the types promise to plugins and applications. A plugin augments the module of the kernel; here that is its
// source, where it would be '@retinue/kernel'.
import { describe, expectTypeOf, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  type ChatUser,
  checkOptions,
  Config,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  option,
  Section,
  Secret,
  Type,
  type Bag,
  type Disposer,
  type InteractionContext,
  type KnownOptions,
  type Limits,
  type Patch,
  type Registration,
  type Source,
} from '../src/index.ts'

class TypedSearchConfig extends Config('typed_search', {
  engine: Type.Union([Type.Literal('wikipedia'), Type.Literal('searxng')], { default: 'wikipedia' }),
  apiKey: Type.Optional(Secret()),
  maxResults: Type.Integer({ default: 5 }),
}) {}
class TypedResults extends Context('typed_results', {
  query: Type.String({ default: '' }),
  results: Type.Array(Type.Object({ title: Type.String(), tags: Type.Array(Type.String()) }), {
    default: [],
  }),
  place: Type.Tuple([Type.String(), Type.Number()], { default: ['', 0] }),
  pages: Type.Record(Type.String(), Type.Object({ text: Type.String() }), { default: {} }),
  note: Type.Optional(Type.String()),
}) {
  get isEmpty() {
    return this.results.length === 0
  }
}
class TypedSection extends Section(
  'typed_section_text',
  { style: Type.String({ default: '' }) },
  {
    slot: 'tools',
    needs: [TypedResults],
    template({ section, context, json, fence, list }) {
      expectTypeOf(section.style).toEqualTypeOf<string>()
      expectTypeOf(section['isLong']).toEqualTypeOf<unknown>() // a getter, which the class has later
      expectTypeOf(context.typedResults?.isEmpty).toEqualTypeOf<boolean | undefined>()
      expectTypeOf([json(1), fence('x'), list([])]).toEqualTypeOf<string[]>()
      return section.style
    },
  },
) {}
const typedSearch = defineToolset('typed_search', {
  needs: [TypedSearchConfig, TypedSection, 'context.typed_results'],
  tools: {
    typed_search: defineTool({
      description: 'x',
      input: Type.Object({ query: Type.String(), limit: Type.Optional(Type.Integer()) }),
      execute(input, run) {
        expectTypeOf(input.query).toEqualTypeOf<string>()
        expectTypeOf(input.limit).toEqualTypeOf<number | undefined>()
        expectTypeOf(run.interaction).toEqualTypeOf<InteractionContext>()
        expectTypeOf(run.config.typedSearch.maxResults).toEqualTypeOf<number>()
        expectTypeOf(run.signal).toEqualTypeOf<AbortSignal>()
        // @ts-expect-error the model was not told of such an input
        void input.nothing
        return input.query
      },
    }),
  },
})

declare module '../src/index.ts' {
  interface ConfigTypes {
    typedSearch: TypedSearchConfig
  }
  interface ContextTypes {
    typedResults: TypedResults
  }
  interface SectionTypes {
    typedSectionText: TypedSection
  }
  interface ToolsetTypes {
    typedSearch: typeof typedSearch
  }
}

declare const user: ChatUser
declare const agent: AgentConfig
declare const session: ChatSession

describe('dot access', () => {
  it('is typed by augmentation, on every owner (D3, SPEC 14)', () => {
    expectTypeOf(session.context.typedResults).toEqualTypeOf<TypedResults>()
    expectTypeOf(session.config.typedSearch.engine).toEqualTypeOf<'wikipedia' | 'searxng'>()
    expectTypeOf(user.context.typedResults.isEmpty).toEqualTypeOf<boolean>()
    expectTypeOf(agent.sections.typedSectionText.render()).toEqualTypeOf<string>()
    expectTypeOf(session.interact().child().context.typedResults.note).toEqualTypeOf<string | undefined>()
    session.interact().promote(TypedResults, 'note')
    // @ts-expect-error no such field to promote
    session.interact().promote(TypedResults, 'nots')
    // @ts-expect-error no plugin here has such a context
    void session.context.serchResults
    // @ts-expect-error a config is no context
    void session.context.typedSearch
  })

  it('takes a type by its class or by any spelling that types can know (SPEC 12, D3)', () => {
    expectTypeOf(session.context.$get(TypedResults)).toEqualTypeOf<TypedResults>()
    expectTypeOf(session.context.$get('typed_results')).toEqualTypeOf<TypedResults>()
    expectTypeOf(session.context.$get('typedResults')).toEqualTypeOf<TypedResults>()
    expectTypeOf(session.context.$get('TypedResults')).toEqualTypeOf<TypedResults>()
    expectTypeOf(session.context.$peek('TypedResults')).toEqualTypeOf<TypedResults | undefined>()
    expectTypeOf(session.context.$peek(TypedResults)).toEqualTypeOf<TypedResults | undefined>()
    expectTypeOf(session.context.$has('whatever')).toEqualTypeOf<boolean>()
    // @ts-expect-error no such type is known
    session.context.$get('typed_reslts')
    // @ts-expect-error an instance type is no class
    session.context.$get({})
  })

  it('sets plain data that fits the fields, some or all (D3, SPEC 16)', () => {
    expectTypeOf(session.context.$set('typed_results', { query: 'x' })).toEqualTypeOf<TypedResults>()
    expectTypeOf(
      session.context.$set(TypedResults, { results: [{ title: '', tags: [] }] }),
    ).toEqualTypeOf<TypedResults>()
    session.context.$set(TypedResults, session.context.typedResults)
    // @ts-expect-error no such field
    session.context.$set('typed_results', { qery: 'x' })
    // @ts-expect-error no such field
    session.context.$set(TypedResults, { qery: 'x' })
    // @ts-expect-error another type of field
    session.context.$set('TypedResults', { query: 5 })
  })
})

describe('the fields of an item', () => {
  it('are replaced as a whole, and read-only to the ground (SPEC 19)', () => {
    const { typedResults } = session.context
    typedResults.results = [...typedResults.results, { title: 'a', tags: ['b'] }]
    typedResults.place = ['x', 1]
    expectTypeOf(typedResults.place).toEqualTypeOf<readonly [string, number]>()
    expectTypeOf(typedResults.pages).toEqualTypeOf<{ readonly [key: string]: { readonly text: string } }>()
    // @ts-expect-error a list is replaced, never pushed to
    typedResults.results.push({ title: '', tags: [] })
    // @ts-expect-error nor what is in it
    typedResults.results[0]!.title = 'b'
    // @ts-expect-error nor what is in that
    typedResults.results[0]!.tags.push('c')
    // @ts-expect-error nor a record
    typedResults.pages.home = { text: '' }
    // @ts-expect-error a place has two parts
    typedResults.place = ['x']
  })

  it('are known by name and type (SPEC 3)', () => {
    const { typedSearch } = session.config
    typedSearch.engine = 'searxng'
    typedSearch.apiKey = Secret.env('KEY')
    // @ts-expect-error no such engine
    typedSearch.engine = 'altavista'
    // @ts-expect-error a number is no text
    typedSearch.maxResults = 'many'
    // @ts-expect-error no such field
    typedSearch.maxResult = 5
    // @ts-expect-error a secret is a reference, never a text
    typedSearch.apiKey = 'hunter2'
  })

  it('are known to the members of an item (D4, D5)', () => {
    const { typedSearch } = session.config
    expectTypeOf(typedSearch.$source('maxResults')).toEqualTypeOf<Source>()
    expectTypeOf(
      typedSearch.$on('changed', ({ field }) =>
        expectTypeOf(field).toEqualTypeOf<'engine' | 'maxResults' | 'apiKey'>(),
      ),
    ).toEqualTypeOf<Disposer>()
    expectTypeOf(typedSearch.$values().maxResults).toEqualTypeOf<number>()
    typedSearch.$patch({ maxResults: 3 })
    typedSearch.$reset('engine')
    // @ts-expect-error no such field
    typedSearch.$source('max')
    // @ts-expect-error no such field
    typedSearch.$reset('max')
    // @ts-expect-error no such field
    typedSearch.$patch({ max: 3 })
    // @ts-expect-error what it gives is read-only
    typedSearch.$values().maxResults = 3
    // @ts-expect-error sections render, configs don't
    void typedSearch.render
  })
})

describe('a class', () => {
  it('is made of data that fits its fields, or of nothing (SPEC 2, 3)', () => {
    expectTypeOf(new TypedResults()).toEqualTypeOf<TypedResults>()
    expectTypeOf(new TypedResults({ query: 'x', results: [] }).isEmpty).toEqualTypeOf<boolean>()
    // @ts-expect-error no such field
    new TypedResults({ qery: 'x' })
    // @ts-expect-error another type of field
    new TypedResults({ query: 5 })
  })

  it('says its kind, which holds whoever wants one of that kind (D6)', () => {
    expectTypeOf(TypedSearchConfig.kind).toEqualTypeOf<'config'>()
    Context('fine', {}, { follows: TypedSearchConfig, needs: [TypedResults, typedSearch, 'section.any'] })
    // @ts-expect-error only configs are followed
    Context('odd', {}, { follows: TypedResults })
    // @ts-expect-error a need by name says its kind
    Context('odd', {}, { needs: ['typed_results'] })
    // @ts-expect-error a context stands nowhere in a prompt
    Context('odd', {}, { slot: 'tools' })
    // @ts-expect-error there is no such slot
    Section('odd', {}, { slot: 'top' })
  })

  it('of a kind that a plugin made is typed like those of the kernel (D14)', () => {
    const Machine = defineKind({ name: 'machine', bag: 'machines' })
    class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}
    expectTypeOf(new Door().state).toEqualTypeOf<string>()
    expectTypeOf(Door.kind).toEqualTypeOf<'machine'>()
    expectTypeOf<Bag<{ door: Door }>['door']>().toEqualTypeOf<Door>()
    definePlugin({ name: 'x', version: '1.0.0', contributes: [Machine, Door, TypedResults, typedSearch] })
    // @ts-expect-error an instance is no contribution
    definePlugin({ name: 'x', version: '1.0.0', contributes: [new Door()] })
  })
})

describe('tools', () => {
  it('are listed by name, definition, or a name that is not known yet (D9)', () => {
    agent.tools.push('typed_search', 'TypedSearch', typedSearch, 'not_there_yet')
    new AgentConfig({ name: 'a', tools: ['typed_search', typedSearch] })
    session.tools.exclude('typedSearch')
    // @ts-expect-error a number is no toolset
    agent.tools.push(5)
    // @ts-expect-error a context is no toolset
    agent.tools.push(TypedResults)
  })

  it('that an agent or a session keeps out are in its snapshot (D8, SPEC 48)', () => {
    expectTypeOf(agent.snapshot().excluded).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(session.snapshot().excluded).toEqualTypeOf<readonly string[] | undefined>()
  })

  it('have an object as input, and know it in their approval (SPEC 54)', () => {
    defineTool({
      description: 'x',
      input: Type.Object({ path: Type.String() }),
      approval: ({ path }, { user }) => path.startsWith('/') && user.id !== 'root',
      execute: ({ path }) => path.length,
    })
    const input = Type.Object({ path: Type.String() })
    defineTool({ description: 'x', input, approval: async ({ path }) => path === '/', execute: () => null })
    // @ts-expect-error a promise of something else says neither yes nor no
    defineTool({ description: 'x', input, approval: async ({ path }) => path, execute: () => null })
    // @ts-expect-error models send objects
    defineTool({ description: 'x', input: Type.String(), execute: () => null })
    // @ts-expect-error there is no such effect
    defineTool({ description: 'x', input: Type.Object({}), effect: 'twice', execute: () => null })
  })
})

describe('events', () => {
  it('carry what their name promises (SPEC 29, 23)', () => {
    session.on('toolsetAdded', ({ type, index }) => {
      expectTypeOf(type).toEqualTypeOf<string>()
      expectTypeOf(index).toEqualTypeOf<number>()
    })
    session.on('committed', ({ id, revision, patches }) => {
      expectTypeOf([id, revision]).toEqualTypeOf<number[]>()
      expectTypeOf(patches).toEqualTypeOf<readonly Patch[]>()
    })
    session.on('toolsetUnresolved', ({ code }) => expectTypeOf(code).toEqualTypeOf<string>())
    session.on('changed', ({ layer }) => expectTypeOf(layer).toEqualTypeOf<Source>())
    expectTypeOf(
      session.once('contextAdded', ({ type }) => expectTypeOf(type).toBeString()),
    ).toEqualTypeOf<Disposer>()
    session.on('of-my-own', (payload) => expectTypeOf(payload).toBeUnknown())
  })
})

describe('options', () => {
  it('may be passed on by applications that were not given them', () => {
    const given: {
      readonly id?: string
      readonly signal?: AbortSignal
      readonly context?: object
      readonly interaction?: InteractionContext
      readonly maxTokens?: number
      readonly now?: Date
      readonly limits?: Partial<Limits>
      readonly secrets?: readonly string[]
      readonly frozen?: boolean
    } = {}
    const { id, signal, context, interaction, maxTokens, now, limits, secrets, frozen } = given
    session.interact({ id, signal, context })
    session.prompt({ interaction, maxTokens, now })
    ChatSession.restore(session.snapshot({ frozen }), { user: session.user, limits, secrets })
  })

  it('have a rule each, and no others have one', () => {
    interface Options {
      readonly ttlMs?: number
      readonly size?: number
    }
    const known: KnownOptions<Options> = { ttlMs: option.number(0), size: option.whole(1) }
    checkOptions('A cache', { ttlMs: 5 } as Options, known, undefined, 'size')
    // @ts-expect-error it has no such option to need
    checkOptions('A cache', {} as Options, known, undefined, 'sise')
    // @ts-expect-error the size has no rule
    const few: KnownOptions<Options> = { ttlMs: option.number(0) }
    // @ts-expect-error there is no such option
    const more: KnownOptions<Options> = { ...known, colour: option.text }
    expectTypeOf([few, more]).toEqualTypeOf<KnownOptions<Options>[]>()
  })
})

describe('catalogues', () => {
  it('make what is asked for by class or spelling, and anything by another name (SPEC 2)', () => {
    const registry = createRegistry()
    expectTypeOf(registry.contexts.create(TypedResults)).toEqualTypeOf<TypedResults>()
    expectTypeOf(registry.contexts.create('typed_results', { query: 'x' })).toEqualTypeOf<TypedResults>()
    expectTypeOf(registry.contexts.create('custom_tool', { param: 'value' })).toEqualTypeOf<
      Record<string, unknown>
    >()
    expectTypeOf(registry.contexts.list()).toEqualTypeOf<string[]>()
    expectTypeOf(registry.contexts.get('x')).toEqualTypeOf<Registration | undefined>()
  })
})

describe('Type', () => {
  // Where packages see only what they name, the declarations of a plugin can write them in no other way.
  it('names the type of each schema that it makes', () => {
    const node = { Node: Type.Object({ next: Type.Array(Type.Ref('Node')) }) }
    expectTypeOf(Type.Cyclic(node, 'Node')).toEqualTypeOf<Type.TCyclic<typeof node, 'Node'>>()
    expectTypeOf(Type.Ref('Node')).toEqualTypeOf<Type.TRef<'Node'>>()
    expectTypeOf(Type.Never()).toEqualTypeOf<Type.TNever>()
    expectTypeOf(Type.Readonly(Type.Null())).toEqualTypeOf<Type.TReadonly<Type.TNull>>()
    expectTypeOf(Type.Refine(Type.Null(), () => true)).toEqualTypeOf<Type.TRefine<Type.TNull>>()
  })
})
