// An agent without tools is given the workspace while its session lives, uses it, and gives it back.
import '@retinue/plugin-workspace'
import { fileURLToPath } from 'node:url'
import { offlineModel, run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'

const root = fileURLToPath(new URL('../..', import.meta.url))
const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'guide', instructions: 'You help {{user.id}} to find her way.' })
const session = new ChatSession({ user, agent })

console.log('# Adding the workspace to the agent')
for (const event of ['configAdded', 'contextAdded', 'sectionAdded', 'toolsetAdded'] as const) {
  session.on(event, ({ type }) => console.log(`${event}: ${type}`))
}
for (const event of ['toolsetRemoved', 'sectionRemoved', 'contextRemoved', 'configRemoved'] as const) {
  session.on(event, ({ type }) => console.log(`${event}: ${type}`))
}
agent.tools.push('workspace')
agent.config.workspace.root = root

console.log('\n# Why it is here')
console.log(session.explain('context.recent_files').text)

const question = "Which lines of LICENSE mention 'Software'?"
console.log(`\n# ${question}`)
for await (const event of run(session, question, { model: offlineModel() })) {
  if (event.type === 'tool-call') console.log(`[${event.toolName} ${JSON.stringify(event.input)}]`)
  if (event.type === 'text-delta') process.stdout.write(event.delta)
}

console.log('\n\n# The prompt, part by part')
const prompt = session.prompt()
for (const { section, stability, tokens, origin } of prompt.parts) {
  console.log(`${section}: ${tokens} tokens, ${stability}, from ${origin.package}`)
}
console.log(`tools: ${prompt.tools.map((tool) => tool.name).join(', ')}`)

console.log('\n# Taking the workspace away')
agent.config.$delete('workspace')
agent.tools.remove('workspace')
console.log(
  `left in the prompt: ${session
    .prompt()
    .parts.map((part) => part.section)
    .join(', ')}`,
)
console.log(
  `left in the bags: ${[...session.context.$types(), ...session.sections.$types()].join(', ') || 'nothing'}`,
)
session.close()
