// A research agent plans, searches, reads, thinks and answers; four plugins write its prompt, and most of it stays cached.
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, estimateTokens } from '@retinue/kernel'
import '@retinue/plugin-planning'
import '@retinue/plugin-think'
import '@retinue/plugin-web-fetch'
import '@retinue/plugin-web-search'
import { scriptedModel, type ScriptedRequest } from '@retinue/testing'
import { startWeb } from './web.ts'

await using web = await startWeb()
const tools = ['planning', 'web_search', 'web_fetch', 'think']
const agent = new AgentConfig({ name: 'researcher', instructions: 'You answer with sources.', tools })
agent.config.webSearch.engine = 'searxng'
agent.config.webSearch.baseUrl = `http://${web.host}`
agent.config.webFetch.privateHosts = [web.host] // all other private places stay out of reach
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })

const call = (tool: string, input: object) => ({ tool, input })
const move = (...changes: object[]) => call('planning_update', { changes })
const found = () => session.context.searchResults.results.map(({ url }) => call('web_fetch', { url }))
/** What the model does, step by step; what it makes of the pages comes from what was found and read. */
const script = [
  () => ({ calls: [call('planning_add', { outline: 'Find the highest tide\n  Search\n  Read\n  Weigh' })] }),
  () => ({ calls: [move({ id: 2, state: 'doing' }), call('web_search', { query: 'highest tide' })] }),
  () => ({ calls: [move({ id: 2, state: 'done' }, { id: 3, state: 'doing' }), ...found()] }),
  () => ({ calls: [call('think', { thought: '16.3 m and 16.2 m are too near: say both.' })] }),
  () => ({ calls: [move({ id: 3, state: 'done' }, { id: 4, state: 'done' }, { id: 1, state: 'done' })] }),
  () => {
    const [fundy, leaf] = session.context.webPages.pages
    return `Fundy (16.3 m, ${fundy?.url}) or Leaf Basin (16.2 m, ${leaf?.url}): too near to tell.`
  },
]

let before = ''
/** Says how much of the system prompt stands where it stood one step before, which a provider need not read again. */
function told({ prompt: [system] }: ScriptedRequest): void {
  const text = system?.role === 'system' ? system.content : ''
  let same = 0
  while (same < before.length && text[same] === before[same]) same++
  console.log(`[${estimateTokens(text)} tokens, ${estimateTokens(text.slice(0, same))} of them as before]`)
  before = text
}
const model = scriptedModel(script.map((step) => (request) => (told(request), step())))
const shown = (value: unknown) => JSON.stringify(value).replaceAll(web.host, 'web.example')

for await (const event of run(session, 'Where is the highest tide?', {
  model,
  maxParallelTools: 1,
})) {
  if (event.type === 'tool-call') console.log(`${event.toolName} ${shown(event.input)}`)
  if (event.type === 'tool-result' && event.toolName.startsWith('web'))
    console.log(`  ${shown(event.output.value)}`)
  if (event.type === 'finish') console.log(`→ ${shown(event.text)}\n`)
}
for (const { section, stability, tokens, origin } of session.prompt().parts) {
  console.log(`${section}: ${stability}, ${tokens} tokens, from ${origin.package}`)
}
