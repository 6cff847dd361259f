import fc from 'fast-check'
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
  RetinueError,
  Section,
  Type,
} from '../src/index.ts'
import {
  isTypeName,
  normalise,
  propertyName,
  probedNames,
  scanName,
  suggestion,
  typeName,
} from '../src/name.ts'
import { cases } from './cases.ts'

class WebSearchConfig extends Config('web_search', { limit: Type.Integer({ default: 5 }) }) {}
class SearchResults extends Context('search_results', { query: Type.String({ default: '' }) }) {}
class WebSearchSection extends Section('web_search', { style: Type.String({ default: 'concise' }) }) {}
const search = defineTool({ description: 'Searches.', input: Type.Object({}), execute: () => null })
const webSearch = defineToolset('web_search', { needs: [SearchResults], tools: { web_search: search } })

function world() {
  const registry = createRegistry()
  const contributes = [WebSearchConfig, SearchResults, WebSearchSection, webSearch]
  registry.register(definePlugin({ name: 'search', version: '1.0.0', contributes }))
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'researcher', registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}

const spellings = [
  'search_results',
  'searchResults',
  'SearchResults',
  'search-results',
  'search results',
  'search.results',
  'search/results',
  'SEARCH_RESULTS',
  'SearchResultsContext',
  'search_results_context',
  SearchResults,
  new SearchResults(),
].map(
  (key) =>
    [typeof key === 'string' ? key : typeof key === 'function' ? 'its class' : 'an instance', key] as const,
)

const code = (name: string) => expect.objectContaining({ name: 'RetinueError', code: name })

describe('a spelling', () => {
  it.each(spellings)('reaches one entry in every operation of a registry: %s (SPEC 12, D1)', (_, key) => {
    const { registry } = world()
    expect(registry.contexts.has(key as string)).toBe(true)
    expect(registry.contexts.get(key as string)?.key).toBe('context.search_results')
    expect(registry.contexts.create(key as string, { query: 'x' })).toBeInstanceOf(SearchResults)
  })

  it.each(spellings)('reaches one entry in every operation of a bag: %s (SPEC 12, D1)', (_, key) => {
    const { context } = world().session
    const bag = context as unknown as Record<
      '$get' | '$peek' | '$has' | '$set' | '$delete',
      (...of: unknown[]) => unknown
    >
    expect(bag.$has(key)).toBe(false)
    expect(bag.$peek(key)).toBeUndefined()
    const item = bag.$get(key)
    expect(bag.$has(key)).toBe(true)
    expect(bag.$peek(key)).toBe(item)
    expect(bag.$set(key, { query: 'x' })).toBe(item)
    expect(
      (context as unknown as Record<string, unknown>)[typeof key === 'string' ? key : 'searchResults'],
    ).toBe(item)
    expect(context.$types()).toEqual(['search_results'])
    expect(Object.keys(context)).toEqual(['searchResults'])
    bag.$delete(key)
    expect(bag.$has(key)).toBe(false)
  })

  it.each(spellings)('reaches one entry where content is given to a constructor: %s (SPEC 12)', (_, key) => {
    const { registry } = world()
    const named = typeof key === 'string' ? { [key]: { query: 'x' } } : [key]
    const user = new ChatUser({ id: 'eve', registry, context: named })
    expect(user.context.$types()).toEqual(['search_results'])
  })

  it.each(['web_search', 'WebSearch', 'webSearch', 'web-search', 'WebSearchToolset', webSearch])(
    'reaches one entry in every operation on a list of tools: %o (SPEC 12)',
    (key) => {
      const { agent, session } = world()
      agent.tools.push(key as string)
      expect(agent.tools.items).toEqual(['web_search'])
      expect(agent.tools.indexOf(key as string)).toBe(0)
      session.tools.exclude(key as string)
      expect(session.tools.inForce).toEqual([])
      session.tools.include(key as string)
      expect(session.tools.inForce).toEqual(['web_search'])
      agent.tools.remove(key as string)
      expect(agent.tools.length).toBe(0)
    },
  )

  it('reaches one entry where a need is written as a text (SPEC 12)', () => {
    const { registry } = world()
    class Summary extends Context('summary', {}, { needs: ['context.SearchResultsContext'] }) {}
    registry.register(definePlugin({ name: 'summary', version: '1.0.0', contributes: [Summary] }))
    expect(registry.contexts.get(Summary)?.needs).toEqual(['context.search_results'])
  })

  it('keeps acronyms whole (D1)', () => {
    expect(scanName('HTTPServer')).toBe('http_server')
    expect(typeName('OpenAIConfig', 'config')).toBe('open_ai')
    expect(scanName('HTTP2Server')).toBe('http2_server')
    expect(scanName('parseURL')).toBe('parse_url')
  })

  it('loses the suffix of its own kind, and of no other (D2)', () => {
    expect(normalise('search_results_context', 'context')).toBe('search_results')
    expect(normalise('WebSearchToolset', 'toolset')).toBe('web_search')
    expect(normalise('search_results_context', 'section')).toBe('search_results_context')
    expect(normalise('Context', 'context')).toBe('context')
    expect(() => Context('search_results_context', {})).toThrow(code('RETINUE_NAME_INVALID'))
  })
})

describe('a class, an instance or a toolset', () => {
  it('is no key to another kind, even where that has the same name (SPEC 12, 16)', () => {
    const { registry, session, agent } = world()
    expect(registry.sections.has(WebSearchConfig)).toBe(false)
    expect(session.sections.$has(WebSearchConfig)).toBe(false)
    for (const key of [WebSearchConfig, new WebSearchConfig(), webSearch]) {
      expect(() => session.sections.$get(key as never)).toThrow(code('RETINUE_TYPE_MISMATCH'))
    }
    expect(() => agent.tools.push(WebSearchConfig as never)).toThrow("The config 'web_search' is no toolset.")
    expect(session.sections.$types()).toEqual([])
  })

  it('is told apart from an item that has fields called kind and type (SPEC 12)', () => {
    class Document extends Context('document', {
      kind: Type.String({ default: 'letter' }),
      type: Type.String({ default: 'formal' }),
    }) {}
    expect(normalise(new Document(), 'context')).toBe('document')
  })
})

describe('a name', () => {
  it.each([
    ['', 'it is empty'],
    [undefined, "undefined can't be a type name: it is no text"],
    [5, 'it is no text'],
    ['a'.repeat(65), 'longer than 64'],
    ['größe', 'not snake_case'],
    ['Search', 'not snake_case'],
    ['search results', 'not snake_case'],
    ['_search', 'not snake_case'],
    ['search_', 'not snake_case'],
    ['web__search', 'not snake_case'],
    ['2_fast', 'not snake_case'],
    ['a_b_c', "its property 'aBC' does not scan back"],
    ['constructor', 'probe'],
    ['then', 'probe'],
    ['to_json', 'probe'],
    ['node_type', 'probe'],
    ['href', 'probe'],
    ['render', 'probe'],
  ])('is refused at its definition with a clear error: %s (SPEC 13, D1, D3)', (name, why) => {
    const define = () => Context(name as string, {})
    expect(define).toThrow(code('RETINUE_NAME_INVALID'))
    expect(define).toThrow(why)
  })

  it.each([
    '',
    ' ',
    'größe',
    'a'.repeat(65),
    '__proto__',
    '<script>',
    null,
    7,
    Object.create(null),
    Symbol('x'),
  ])('that can be none is refused where it is used, and not looked for: %o (SPEC 13)', (name) => {
    const { registry, session } = world()
    expect(registry.contexts.has(name as string)).toBe(false)
    expect(() => registry.contexts.create(name as string)).toThrow(code('RETINUE_NAME_INVALID'))
    expect(() => session.context.$get(name as never)).toThrow(code('RETINUE_NAME_INVALID'))
  })

  it('that is wanted is asked for where a tool, or nothing at all, is given in its place (SPEC 13)', () => {
    const tool = defineTool({ description: 'Adds.', input: Type.Object({}), execute: () => 1 })
    for (const [shown, key] of [['an object', tool] as const, ['undefined', undefined] as const]) {
      const { message } = errorOf(() => world().session.tools.push(key as never)) as RetinueError
      expect(message).toContain(`${shown} can't be a type name: it is no toolset.`)
      expect(message).toMatch(/, or give a class or a toolset.$/)
    }
  })

  it('that is far too long is shown by its beginning only (SPEC 13)', () => {
    const error = errorOf(() => world().registry.contexts.create('x'.repeat(100_000))) as RetinueError
    expect(error.message.length).toBeLessThan(400)
  })

  it('in stored data must be a type name already: anything else is quarantined word for word (SPEC 13)', () => {
    const { registry, user } = world()
    const names = ['SearchResults', 'search-results', '', 'größe', 'a_b_c', 'a'.repeat(65)]
    const item = { version: 1, values: { query: 'x' } }
    const saved = {
      ...new ChatSession({ user }).snapshot(),
      id: 'restored',
      context: Object.fromEntries(names.map((name) => [name, item])),
    }
    const { session, report } = ChatSession.restore(saved, { user, registry })
    expect(report.quarantined.map(({ at }) => at).sort()).toEqual(
      names.map((name) => `context.${name}`).sort(),
    )
    expect(report.unknown).toEqual([])
    expect(session.snapshot().quarantine).toEqual(report.quarantined)
    expect(session.context.$parked()).toEqual([])
  })

  it.each([...probedNames])(
    'that JavaScript and its tools probe answers undefined and creates nothing: %s (D3)',
    (name) => {
      const { context } = world().session
      expect((context as unknown as Record<string, unknown>)[name]).toBeUndefined()
      expect(context.$types()).toEqual([])
      expect(() => Context(scanName(name) ?? name, {})).toThrow(RetinueError)
    },
  )
})

describe('any text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.string({ unit: fc.constantFrom(...Array.from('abAB19_-./ éß')), maxLength: 70 }),
  )

  it('is scanned without a throw into a type name or nothing, and once more changes nothing (SPEC 12)', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = scanName(text)
        if (name === undefined) return
        expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/)
        expect(scanName(name)).toBe(name)
        expect(normalise(normalise(text, 'context') ?? '', 'context')).toBe(normalise(text, 'context'))
      }),
      cases,
    )
  })

  it('used as a key throws a RetinueError or nothing (SPEC 12, 13)', () => {
    const { registry } = world()
    fc.assert(
      fc.property(fc.oneof(anyText, fc.anything()), (key) => {
        const error = errorOf(() => registry.contexts.create(key as string))
        expect(error === undefined || error instanceof RetinueError).toBe(true)
      }),
      cases,
    )
  })
})

describe('any type name', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
  const anyType = fc
    .array(word, { minLength: 1, maxLength: 6 })
    .map((words) => words.join('_'))
    .filter(isTypeName)

  it('has a property of its own, which scans back to it (SPEC 12, D1)', () => {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        expect(scanName(propertyName(a))).toBe(a)
        expect(propertyName(a) === propertyName(b)).toBe(a === b)
      }),
      cases,
    )
  })

  it('is reached by every spelling of it (SPEC 12)', () => {
    const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
    fc.assert(
      fc.property(anyType, fc.constantFrom('_', '-', '.', '/', ' ', '__', ' - '), (type, separator) => {
        const words = type.split('_')
        const forms = [
          words.join(separator),
          words.map(capital).join(separator),
          ...(/[0-9]/.test(type) ? [] : [words.join(separator).toUpperCase()]), // a capital behind a digit starts a word
          propertyName(type),
          ...(/^[a-z]_[a-z](?![a-z])/.test(type) ? [] : [capital(propertyName(type))]), // XY names xy, not x_y
        ]
        for (const form of forms) expect(scanName(form)).toBe(type)
      }),
      cases,
    )
  })
})

describe('the scanner', () => {
  it('reads a hundred thousand capitals in no time, since it is linear (SPEC 12, D1)', () => {
    const from = performance.now()
    expect(scanName('A'.repeat(100_000))).toHaveLength(100_000)
    expect(scanName('Ab'.repeat(50_000))).toHaveLength(149_999)
    expect(scanName('_'.repeat(100_000))).toBeUndefined()
    expect(performance.now() - from).toBeLessThan(1000) // the usual regular expressions take 15 seconds for the first
  })
})

describe('a suggestion', () => {
  it('is the known name that looks most like the given one, or none (SPEC 3)', () => {
    const known = ['web_search', 'web_fetch', 'memory']
    expect(suggestion('web_serch', known)).toBe('web_search')
    expect(suggestion('web_fetsh', known)).toBe('web_fetch')
    expect(suggestion('calendar', known)).toBeUndefined()
    expect(suggestion('web', known)).toBeUndefined()
  })
})

function errorOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
