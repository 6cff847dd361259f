// An editor has a researcher find out and a writer write: one run, one budget, and every event of all three.
import { fileURLToPath } from 'node:url'
import { type BudgetLimits, run, type RunEvent } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { introduce } from '@retinue/plugin-delegate'
import '@retinue/plugin-workspace'
import { scriptedModel } from '@retinue/testing'

const call = (tool: string, input: object) => ({ calls: [{ tool, input }] })
const find = (text: string) => call('workspace_search', { text, path: 'LICENSE' })
const give = (member: string, task: string) => call('team', { member, task })
const rest = 'Copyright notice and permission notice go with every copy.'

const researcher = new AgentConfig({
  name: 'researcher',
  instructions: 'You find what sources say.',
  tools: ['workspace'],
  model: scriptedModel([find('notice'), rest, find('Copyright')]),
})
researcher.config.workspace.root = fileURLToPath(new URL('../..', import.meta.url))
const writer = new AgentConfig({
  name: 'writer',
  instructions: 'You write short sentences.',
  model: scriptedModel([
    'Whoever copies it has to keep both notices.',
    'Keep both notices, and do as you like.',
  ]),
})
const editor = new AgentConfig({
  name: 'editor',
  instructions: 'You publish what your team has made.',
  tools: ['team'],
  model: scriptedModel([
    give('researcher', 'What does the licence ask for?'),
    give('writer', `Say in a sentence: ${rest}`),
    give('writer', 'Shorter.'),
    'Keep both notices, and do as you like.',
    give('researcher', 'Which year is it from?'),
  ]),
})
introduce(editor, { agent: researcher, role: 'member', description: 'Finds what sources say.' })
introduce(editor, { agent: writer, role: 'member', description: 'Writes.' })
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent: editor })

function show(event: RunEvent, depth = 0): void {
  const line = (text: string) => console.log('  '.repeat(depth) + text)
  if (event.type === 'child') show(event.event, depth + 1)
  if (event.type === 'tool-call') line(`${event.toolName} ${JSON.stringify(event.input)}`)
  if (event.type === 'finish')
    line(`[${event.finishReason}, own steps: ${event.steps}] ${event.text}`.trimEnd())
}
async function ask(input: string, budget: BudgetLimits): Promise<void> {
  console.log(`# ${input}`)
  for await (const event of run(session, input, { budget })) show(event)
  const { results } = session.context.delegations
  console.log(`so far by others: ${results.map(({ by, steps }) => `${by} ${steps}`).join(', ')}\n`)
}

await ask('Sum up the licence.', { steps: 8 }) // four of the editor's, two and one and one of its team's
await ask('And its year?', { steps: 2 }) // the editor's first and the researcher's first: nothing is left to answer with
