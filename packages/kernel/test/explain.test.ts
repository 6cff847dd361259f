import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  Config,
  Context,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  estimateTokens,
  Secret,
  Section,
  Type,
} from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'
import { anyGraph, anyOp, breathe, keys, World } from './world.ts'

class SearchConfig extends Config('web_search', {
  limit: Type.Integer({ default: 5 }),
  apiKey: Type.Optional(Secret()),
}) {}
class Findings extends Context(
  'search_results',
  { query: Type.String({ default: '' }), limit: Type.Integer({ default: 5 }) },
  { follows: SearchConfig },
) {}
class Notes extends Context('notes', { text: Type.String({ default: '' }) }) {}
class Told extends Section(
  'web_search',
  {},
  { needs: [Findings], template: 'Cite a source.\nBe <%= context.searchResults.query %>.' },
) {}
class Noted extends Section('notes', {}) {}
const Machine = defineKind({ name: 'machine', bag: 'machines', owners: ['session'] })
class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}

const nothing = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const search = defineToolset('web_search', {
  needs: [SearchConfig, Told],
  tools: { web_search: nothing, more: nothing },
})
const suite = defineToolset('suite', { needs: [search], tools: { suite: nothing } })

const start = () => aSession(SearchConfig, Findings, Notes, Noted, Told, Machine, Door, search, suite)
const origin = { package: '@test/plugin', version: '1.0.0', file: expect.stringContaining('a-session.ts') }

describe('explain', () => {
  test('says who asked, by which way, who defined it, and which layer set what (SPEC 36)', () => {
    const { session, agent, user } = start()
    agent.tools.push('web_search')
    user.config.$get(SearchConfig).limit = 7
    session.context.$get(Findings).query = 'author'
    const told = session.explain('context.search_results')
    expect(told).toEqual({
      kind: 'context',
      type: 'search_results',
      present: true,
      requestedBy: [
        {
          by: 'toolset:web_search',
          on: 'agent:researcher',
          path: ['toolset:web_search', 'section:web_search', 'context:search_results'],
        },
      ],
      origin,
      fields: { query: { value: 'author', source: 'session' }, limit: { value: 7, source: 'config' } },
      text: expect.any(String),
      toString: expect.any(Function),
    })
    expect(`${told}`.split('\n')).toEqual([
      'context search_results (@test/plugin@1.0.0) is present',
      '  asked for by toolset:web_search on agent:researcher: toolset:web_search → section:web_search → context:search_results',
      '  query = "author" (session)',
      '  limit = 7 (config)',
    ])
  })

  test('says who keeps a toolset out of force (SPEC 36)', () => {
    const { session, agent } = start()
    agent.tools.push('web_search')
    expect(session.explain('toolsets.web_search')).not.toHaveProperty('excludedBy')
    agent.tools.exclude('web_search')
    session.tools.exclude(search)
    const { present, excludedBy, text } = session.explain('toolsets.web_search')
    expect({ present, excludedBy }).toEqual({
      present: false,
      excludedBy: [`session:${session.id}`, 'agent:researcher'],
    })
    expect(text.split('\n')).toEqual([
      'toolset web_search (@test/plugin@1.0.0) is not present',
      `  excluded by session:${session.id}`,
      '  excluded by agent:researcher',
    ])
    expect(session.explain('section.web_search')).not.toHaveProperty('excludedBy')
  })

  test('takes any spelling, the bag or the kind before it, or none (SPEC 12, 36)', () => {
    const { session } = start()
    for (const key of [
      'context.searchResults',
      'context.SearchResults',
      'context:search-results',
      'context.search results',
      'context.search_results_context',
      'search_results',
      'SearchResults',
    ]) {
      expect(session.explain(key)).toMatchObject({ kind: 'context', type: 'search_results' })
    }
    expect(session.explain('sections.webSearch').kind).toBe('section')
    expect(session.explain('toolsets.web_search').kind).toBe('toolset')
    expect(session.explain('machines.door')).toMatchObject({
      kind: 'machine',
      fields: { state: { value: 'closed', source: 'registry' } },
    })
  })

  test('prefers what is present where a bare name means several (SPEC 36)', () => {
    const { session } = start()
    expect(session.explain('notes').kind).toBe('context')
    session.sections.$get(Noted)
    expect(session.explain('notes').kind).toBe('section')
    session.context.$get(Notes)
    expect(session.explain('notes').kind).toBe('context')
  })

  test('takes the name of a tool for its toolset, while it is in force (SPEC 36)', () => {
    const { session, agent } = start()
    expect(thrownBy(() => session.explain('web_search_more')).code).toBe('RETINUE_TYPE_UNKNOWN')
    agent.tools.push('web_search')
    expect(session.explain('web_search_more')).toMatchObject({ kind: 'toolset', type: 'web_search' })
  })

  test('of what is absent says so, with its values (SPEC 36)', () => {
    const { session } = start()
    const told = session.explain('context.notes')
    expect(told).toMatchObject({
      present: false,
      requestedBy: [],
      fields: { text: { value: '', source: 'registry' } },
    })
    expect(told.text).toContain('is not present')
    expect(session.context.$has(Notes)).toBe(false)
  })

  test('of what nobody registered, or of nothing, throws (SPEC 36)', () => {
    const { session } = start()
    expect(thrownBy(() => session.explain('context.serch_results')).message).toContain(
      "Did you mean 'search_results'?",
    )
    for (const key of ['nothing at all', 'context.no such line of the prompt', '', 'nowhere.x']) {
      expect(thrownBy(() => session.explain(key)).code).toBe('RETINUE_TYPE_UNKNOWN')
    }
  })

  test('names code requests and own values, on whichever owner they are (SPEC 36, D7)', () => {
    const { session, user, agent } = start()
    session.context.$get(Notes)
    user.context.$get(Notes).text = 'x'
    agent.context.$get(Notes)
    agent.context.$get(Notes).text = 'y'
    const by = session.explain('context.notes').requestedBy.map(({ by: who, on }) => `${who} on ${on}`)
    expect(by).toEqual([
      'code on session:s1',
      'code on agent:researcher',
      'values on agent:researcher',
      'code on user:ada',
      'values on user:ada',
    ])
  })

  test('names nobody of another session, but for configs, which belong to the user (SPEC 36, D7)', () => {
    const { session, user, registry } = start()
    const other = new ChatSession({
      user,
      id: 's2',
      agent: new AgentConfig({ name: 'writer', registry, tools: ['suite'] }),
    })
    other.context.$get(Findings)
    other.config.$get(SearchConfig)
    session.context.$get(Notes)
    other.context.$get(Notes)
    const by = (key: string) => session.explain(key).requestedBy.map(({ by: who, on }) => `${who} on ${on}`)
    expect(by('context.notes')).toEqual(['code on session:s1'])
    expect(by('config.web_search')).toEqual(['toolset:suite on agent:writer'])
    using turn = other.interact()
    turn.child().tools.push('web_search')
    expect(session.explain('config.web_search').requestedBy).toEqual([
      {
        by: 'toolset:suite',
        on: 'agent:writer',
        path: ['toolset:suite', 'toolset:web_search', 'config:web_search'],
      },
      {
        by: 'toolset:web_search',
        on: expect.stringMatching(/^interaction:/),
        path: ['toolset:web_search', 'config:web_search'],
      },
    ])
    other.close()
    expect(session.explain('config.web_search')).toMatchObject({ present: false, requestedBy: [] })
    session.context.$get(Findings)
    expect(session.explain('config.web_search')).toMatchObject({
      present: true,
      requestedBy: [{ by: 'code', path: ['context:search_results', 'config:web_search'] }],
    })
  })

  test('names the tools of other sessions of the user, and of interactions in them (SPEC 36, D7)', () => {
    const { session, user, agent } = start()
    const other = new ChatSession({ user, agent, id: 's2' })
    other.tools.push('suite')
    other.interact({ id: 'turn' }).tools.push('web_search')
    session.interact({ id: 'mine' }).tools.push('web_search')
    expect(session.explain('config.web_search').requestedBy.map(({ by, on }) => `${by} on ${on}`)).toEqual([
      'toolset:web_search on interaction:mine',
      'toolset:suite on session:s2',
      'toolset:web_search on interaction:turn',
    ])
  })

  test('names whose config has a context of the user here, by a tool of another session (SPEC 36, D7)', () => {
    class Keyed extends Config('keyed', {}, { needs: [Notes] }) {}
    const tools = ['keyed', 'noted'].map((type) =>
      defineToolset(type, { needs: type === 'keyed' ? [Keyed] : [Findings], tools: { [type]: nothing } }),
    )
    const { session, user, agent } = aSession(SearchConfig, Findings, Notes, Keyed, ...tools)
    using turn = new ChatSession({ user, agent, id: 's2' }).interact({ id: 'turn' })
    turn.tools.push('keyed', 'noted')
    expect(session.explain('context.notes')).toMatchObject({
      present: true,
      requestedBy: [
        {
          by: 'toolset:keyed',
          on: 'interaction:turn',
          path: ['toolset:keyed', 'config:keyed', 'context:notes'],
        },
      ],
    })
    expect(session.explain('context.search_results')).toMatchObject({ present: false, requestedBy: [] })
  })

  test('names somebody for whatever is present, and nobody for anything else (SPEC 36)', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.array(anyOp, { maxLength: 8 }), async (graph, ops) => {
        await breathe()
        const world = new World(graph)
        for (const op of [{ do: 'register' } as const, ...ops]) world.run(op)
        const session = world.live.get('session:p') as ChatSession | undefined
        for (const key of keys.filter((each) => each !== graph.broken && world.registry.at(each))) {
          const { present = false, requestedBy = [] } = session?.explain(key) ?? {}
          if (present !== requestedBy.length > 0)
            throw new Error(`${key} is ${present ? '' : 'not '}present, by ${JSON.stringify(requestedBy)}`)
        }
      }),
      cases,
    )
  })

  test('names no tool that is excluded or can not be in force (SPEC 36, D8, D9)', () => {
    const { session, agent, registry } = start()
    agent.tools.push('web_search', 'not_yet')
    session.tools.push('suite')
    session.tools.exclude('web_search')
    session.context.$get(Findings)
    expect(session.explain('context.search_results').requestedBy).toMatchObject([{ by: 'code' }])
    session.tools.include('web_search')
    expect(session.explain('context.search_results').requestedBy.map(({ by }) => by)).toEqual([
      'code',
      'toolset:suite',
      'toolset:web_search',
    ])
    expect(registry.toolsets.list()).toEqual(['suite', 'web_search'])
  })

  test('names who asks by another way than an excluded toolset, or in spite of what that lacks (SPEC 36, D8)', () => {
    const link = defineToolset('link', { needs: [Findings, 'context.gone'], tools: { link: nothing } })
    const pack = defineToolset('pack', { needs: [link, Told], tools: { pack: nothing } })
    const { session, agent } = aSession(SearchConfig, Findings, Told, link, pack)
    agent.tools.push('pack')
    session.tools.exclude('link')
    const path = ['toolset:pack', 'section:web_search', 'context:search_results']
    expect(session.explain('context.search_results').requestedBy).toEqual([
      { by: 'toolset:pack', on: 'agent:researcher', path },
    ])
  })

  test('of a config names the tool of the agent that this session excludes and another has (SPEC 36, D8)', () => {
    const { session, agent, user } = start()
    agent.tools.push('web_search')
    const other = new ChatSession({ user, agent })
    session.tools.exclude('web_search')
    const path = ['toolset:web_search', 'config:web_search']
    expect(session.explain('config.web_search')).toMatchObject({
      present: true,
      requestedBy: [{ by: 'toolset:web_search', on: 'agent:researcher', path }],
    })
    other.close()
  })

  test('passes over requests of what nobody has registered (SPEC 36, D12)', () => {
    const { session, user, agent } = start()
    const json = { ...session.snapshot(), requested: ['context.gone', 'context.notes'] }
    session.close()
    const { session: again } = ChatSession.restore(json, { user, agent })
    expect(again.explain('context.notes').requestedBy).toEqual([
      { by: 'code', on: 'session:s1', path: ['context:notes'] },
    ])
  })

  test('hides secrets, and shortens what is long (SPEC 36, D17)', () => {
    const { session, user } = start()
    user.config.$get(SearchConfig).apiKey = Secret.env('SEARCH_KEY')
    session.context.$get(Findings).query = 'x'.repeat(200)
    expect(session.explain('config.web_search').fields.apiKey).toEqual({
      value: '[secret env]',
      source: 'user',
    })
    const { text } = session.explain('context.search_results')
    expect(text).toContain(`query = "${'x'.repeat(78)}… (session)`)
  })

  test('tells what a section or toolset takes of the prompt, once there was one (SPEC 36)', () => {
    const { session, agent, user } = start()
    agent.tools.push('web_search')
    expect(session.explain('section.web_search')).not.toHaveProperty('tokens')
    expect(session.explain('toolset.web_search')).not.toHaveProperty('tokens')
    const prompt = session.prompt()
    expect(session.explain('section.web_search').tokens).toBe(estimateTokens('Cite a source.\nBe .'))
    const toolset = session.explain('toolset.web_search')
    expect(toolset.tokens).toBe(prompt.tools.reduce((sum, { tokens }) => sum + tokens, 0))
    expect(toolset).toMatchObject({ fields: {}, present: true, origin })
    expect(toolset.text).toContain(`about ${toolset.tokens} tokens of the prompt`)
    expect(session.explain('context.search_results')).not.toHaveProperty('tokens')
    using other = new ChatSession({ user, agent })
    expect(other.explain('section.web_search')).not.toHaveProperty('tokens')
  })

  test('finds the section of a line of the prompt, and of its whole text (SPEC 36)', () => {
    const { session, agent } = start()
    agent.tools.push('web_search')
    session.context.$get(Findings).query = 'brief: very'
    const { parts } = session.prompt()
    for (const line of ['Cite a source.', 'Be brief: very.', parts[0]!.text]) {
      expect(session.explain(line)).toMatchObject({ kind: 'section', type: 'web_search', origin })
    }
  })

  test("finds the agent's instructions by their lines, whoever is the agent by now (SPEC 36)", () => {
    class Instructions extends Section('instructions', {}, { template: 'Of a section.' }) {}
    const { session, agent, registry } = start()
    registry.register(definePlugin({ name: '@test/more', version: '1.0.0', contributes: [Instructions] }))
    session.sections.$get(Instructions)
    agent.instructions = 'Help {{user.id}}.\nAlways.'
    session.prompt()
    session.agent = undefined
    const told = session.explain('Help ada.')
    expect(told).toMatchObject({
      kind: 'agent',
      type: 'researcher',
      present: true,
      requestedBy: [{ by: 'instructions', on: 'agent:researcher' }],
      origin: undefined,
      fields: { instructions: { value: 'Help ada.\nAlways.', source: 'agent' } },
      tokens: 5,
    })
    expect(told.text).toContain(
      'agent researcher is present\n  asked for by instructions on agent:researcher',
    )
    expect(session.explain('Of a section.')).toMatchObject({ kind: 'section', type: 'instructions' })
  })

  test('takes a class, an instance and a toolset for the names that they are (SPEC 12, 36)', () => {
    const { session } = start()
    session.tools.push(search)
    const byName = (key: string) => session.explain(key).text
    expect(session.explain(Findings).text).toBe(byName('context.search_results'))
    expect(session.explain(session.config.$get(SearchConfig)).text).toBe(byName('config.web_search'))
    expect(session.explain(search).text).toBe(byName('toolset.web_search'))
    class Stranger extends Context('stranger', {}) {}
    for (const [key, what] of [
      [Stranger, "No plugin has registered the context 'stranger'."],
      [undefined, "Nothing to explain under 'undefined'."],
      [null, "Nothing to explain under 'object'."],
    ] as const)
      expect(thrownBy(() => session.explain(key as never)).message).toContain(
        `[RETINUE_TYPE_UNKNOWN] ${what}`,
      )
  })

  test('shows a field that nobody set and that has no default as nothing (SPEC 36)', () => {
    const { session } = start()
    expect(session.explain('config.web_search').text).toContain('apiKey = nothing (registry)')
  })
})
