// Streams two turns of a session as they come: what the model thinks and says, what it asks its tools for, and what
// came from the provider's cache. RETINUE_MODEL names the models to try, the best first; the offline one comes last.
import '@retinue/plugin-workspace'
import { fileURLToPath } from 'node:url'
import { offlineModel, run, type RunEvent } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'

const names = process.env['RETINUE_MODEL']?.split(',') ?? []
const agent = new AgentConfig({
  name: 'reader',
  model: [...names, offlineModel()],
  instructions: 'You answer in one or two sentences.',
  tools: ['workspace'],
})
agent.config.workspace.root = fileURLToPath(new URL('../..', import.meta.url))
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })

for (const word of ['Software', 'copies']) {
  const question = `Which lines of LICENSE mention '${word}'?`
  console.log(`> ${question}`)
  for await (const event of run(session, question)) show(event)
}
session.close()

function show(event: RunEvent): void {
  const { type } = event
  if ('delta' in event) process.stdout.write(event.delta)
  else if (type.endsWith('-end')) console.log()
  else if (type === 'run-start') console.log(`(${event.model.provider}/${event.model.modelId})`)
  else if (type === 'tool-input-start') process.stdout.write(`\n[${event.toolName}] `)
  else if (type === 'warning') console.log(`(warning: ${event.message})`)
  else if (type === 'finish') {
    const { cacheReadTokens, inputTokens } = event.usage
    const cached = cacheReadTokens === 0 ? '' : `, ${cacheReadTokens} of ${inputTokens} tokens cached`
    console.log(`(${event.steps} steps${cached})\n`)
  }
}
