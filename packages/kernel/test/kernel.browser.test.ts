// One thread through the whole kernel, in a browser.
import { expect, it } from 'vitest'
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

class SearchConfig extends Config('search', {
  maxResults: Type.Integer({ default: 5, minimum: 1 }),
  apiKey: Type.Optional(Secret()),
}) {}

class SearchResults extends Context('search_results', {
  query: Type.String({ default: '' }),
}) {}

class SearchSection extends Section(
  'search',
  { style: Type.String({ default: 'concise' }) },
  {
    needs: [SearchResults],
    template: 'Answer in a <%= section.style %> style.',
  },
) {}

const search = defineToolset('search', {
  needs: [SearchConfig, SearchResults, SearchSection],
  tools: {
    search: defineTool({
      description: 'Searches.',
      input: Type.Object({ query: Type.String() }),
      execute: ({ query }) => query,
    }),
  },
})

const plugin = definePlugin({
  name: 'search',
  version: '1.0.0',
  contributes: [SearchConfig, SearchResults, SearchSection, search],
})

function aWorld() {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'researcher', instructions: 'Be kind.', registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}

it('brings what a tool needs, and takes it away again (SPEC 29, 30)', () => {
  const { agent, session } = aWorld()
  const heard: string[] = []
  for (const event of ['contextAdded', 'sectionAdded', 'toolsetAdded', 'toolsetRemoved'] as const)
    session.on(event, ({ type }) => heard.push(`${event} ${type}`))
  const before = JSON.stringify(session)

  agent.tools.push('search')
  expect(session.prompt().text).toBe('Be kind.\n\nAnswer in a concise style.')
  expect(String(session.explain('context.search_results'))).toContain('asked for by toolset:search')
  agent.tools.remove('search')

  expect(heard).toEqual([
    'contextAdded search_results',
    'sectionAdded search',
    'toolsetAdded search',
    'toolsetRemoved search',
  ])
  expect(JSON.stringify(session)).toBe(before)
})

it('reads through its layers, and forgets a turn (SPEC 32, 38)', () => {
  const { user, agent, session } = aWorld()
  agent.tools.push('search')
  user.config.$get(SearchConfig).maxResults = 7
  user.config.$get(SearchConfig).apiKey = Secret.env('SEARCH_KEY')
  const before = JSON.stringify(session)
  const turn = session.interact({ input: 'Who?' })
  turn.sections.$get(SearchSection).style = 'brief'

  expect(turn.config.$get(SearchConfig).maxResults).toBe(7)
  expect(session.prompt({ interaction: turn }).text).toBe('Be kind.\n\nAnswer in a brief style.')
  turn.end()
  expect(JSON.stringify(session)).toBe(before)
})

it('is saved and restored, with what it could not use kept (SPEC 49, 51)', () => {
  const { user, agent, session } = aWorld()
  agent.tools.push('search')
  session.context.$get(SearchResults).query = '?'
  const saved = { ...session.snapshot(), sections: { unheard_of: { version: 1, values: { a: 1 } } } }
  session.close()

  const { session: again } = ChatSession.restore(JSON.stringify(saved), { user, agent })
  expect(again.context.$get(SearchResults).query).toBe('?')
  expect(again.snapshot()).toEqual(saved)
})
