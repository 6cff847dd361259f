import { describe, expect, it } from 'vitest'
import {
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  type RetinueError,
  Section,
  Type,
} from '../src/index.ts'

class SearchConfig extends Config('search', { limit: Type.Integer({ default: 5, minimum: 1 }) }) {}
class Results extends Context('results', { rows: Type.Array(Type.String(), { default: ['none'] }) }) {}
class CustomTool extends Section('custom_tool', {
  param: Type.String({ default: '' }),
  style: Type.String({ default: 'plain' }),
}) {}
const search = defineToolset('search', {
  tools: { search: defineTool({ description: 'x', input: Type.Object({}), execute: () => null }) },
})

function world() {
  const registry = createRegistry()
  const contributes = [search, SearchConfig, CustomTool, Results]
  registry.register(definePlugin({ name: '@acme/search', version: '1.2.3', contributes, file: '/search.ts' }))
  return registry
}

describe('a catalogue', () => {
  it('is kept for each of the four kinds (SPEC 1)', () => {
    const { configs, contexts, sections, toolsets } = world()
    expect([configs.list(), contexts.list(), sections.list(), toolsets.list()]).toEqual([
      ['search'],
      ['results'],
      ['custom_tool'],
      ['search'],
    ])
  })

  it('makes an instance of the registered class by name, with the values that are given and every other default (SPEC 2)', () => {
    const made = world().sections.create('custom_tool', { param: 'value' })
    expect(made).toBeInstanceOf(CustomTool)
    expect(made).toMatchObject({ param: 'value', style: 'plain' })
    expect(world().sections.create(CustomTool)).toMatchObject({ param: '', style: 'plain' })
  })

  it('makes it from a class of that name, whichever copy it is of (SPEC 2, D18)', () => {
    class Copy extends Section('custom_tool', {}) {}
    expect(world().sections.create(Copy)).toBeInstanceOf(CustomTool)
  })

  it('makes it from an instance by copying (SPEC 8, 16)', () => {
    const { sections } = world()
    const first = sections.create(CustomTool, { param: 'first' })
    const second = sections.create(CustomTool, first)
    second.param = 'second'
    expect(first.param).toBe('first')
  })

  it('shares no mutable state between what it makes, and freezes defaults (SPEC 8)', () => {
    const { contexts } = world()
    const [a, b] = [contexts.create(Results), contexts.create(Results)]
    expect(() => (a.rows as string[]).push('more')).toThrow(TypeError)
    a.rows = [...a.rows, 'more']
    expect(b.rows).toEqual(['none'])
  })

  it('names the type and what looks like it where a name is unknown, and says what to import (SPEC 3, D3)', () => {
    const error = thrown(() => world().sections.create('custom_tol'))
    expect(error.code).toBe('RETINUE_TYPE_UNKNOWN')
    expect(error.message).toContain(
      "No plugin has registered the section 'custom_tol'. Did you mean 'custom_tool'?",
    )
    expect(error.message).toContain("import '@acme/search'")
    expect(error.message).toContain('type-only import')
    expect(error.details).toEqual({
      kind: 'section',
      type: 'custom_tol',
      suggestion: 'custom_tool',
      known: ['custom_tool'],
    })
    expect(thrown(() => world().sections.create('weather_map')).message).toContain(
      "import '@retinue/plugin-weather-map'",
    )
  })

  it('names what is there of another kind: mostly that was meant (SPEC 3, D3)', () => {
    const registry = world()
    const contributes = [Context('search_results', {})]
    registry.register(definePlugin({ name: '@acme/results', version: '1.0.0', contributes }))
    const { message } = thrown(() => registry.configs.create('search_results'))
    expect(message).toContain(
      "No plugin has registered the config 'search_results'. Did you mean 'context.search_results'?",
    )
    expect(message).toContain("import '@acme/results'")
  })

  it('guesses no package for a name that begins as one of a package that is there (SPEC 3, D3)', () => {
    const { message } = thrown(() => world().sections.create('custom_tool_of_tomorrow'))
    expect(message).toContain("If '@acme/search' brings it, have it load that first.")
    expect(message).not.toContain('@retinue/plugin-')
  })

  it.each([
    [{ limit: 0 }, 'RETINUE_VALUE_INVALID', "The field 'limit' of the config 'search'"],
    [{ limits: 3 }, 'RETINUE_FIELD_UNKNOWN', "The config 'search' has no field 'limits'"],
    [null, 'RETINUE_VALUE_INVALID', "The config 'search'"],
    ['text', 'RETINUE_VALUE_INVALID', "The config 'search'"],
    [[1], 'RETINUE_VALUE_INVALID', "The config 'search'"],
  ])('refuses invalid data, names type and field, and stores nothing: %o (SPEC 3)', (data, code, text) => {
    const registry = world()
    const error = thrown(() => registry.configs.create('search', data as object))
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
    expect(registry.configs.create(SearchConfig).limit).toBe(5)
  })

  it('lists every type, sorted, without duplicates, whatever the order of registration (SPEC 7, 4)', () => {
    const registry = createRegistry()
    for (const type of ['zebra', 'ant', 'mule', 'ant2']) {
      class Animal extends Context(type, {}) {}
      const plugin = definePlugin({ name: type, version: '1.0.0', contributes: [Animal] })
      registry.register(plugin)
      registry.register(plugin)
    }
    expect(registry.contexts.list()).toEqual(['ant', 'ant2', 'mule', 'zebra'])
    expect(registry.configs.list()).toEqual([])
  })

  it('answers without a trace whether it has a type, and where it comes from (SPEC 7)', () => {
    const { contexts, configs } = world()
    expect([contexts.has('results'), contexts.has('result'), contexts.has('search')]).toEqual([
      true,
      false,
      false,
    ])
    expect(contexts.list()).toEqual(['results'])
    expect(configs.get('search')).toMatchObject({
      type: 'search',
      property: 'search',
      origin: { package: '@acme/search', version: '1.2.3', file: '/search.ts' },
    })
    expect(configs.get('nothing')).toBeUndefined()
  })
})

function thrown(act: () => unknown): RetinueError {
  try {
    act()
  } catch (error) {
    return error as RetinueError
  }
  throw new Error('It did not throw.')
}
