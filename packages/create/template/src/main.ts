// Says one thing to the agent, and shows what it does: npm start -- "What time is it?"
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { guide } from './agent.ts'

const message = process.argv.slice(2).join(' ') || 'What time is it?'
const session = new ChatSession({ user: new ChatUser({ id: 'me' }), agent: new AgentConfig(guide) })

console.log(`> ${message}`)
for await (const event of run(session, message)) {
  if (event.type === 'tool-call') console.log(`[${event.toolName} ${JSON.stringify(event.input)}]`)
  if (event.type === 'text-delta') process.stdout.write(event.delta)
}
console.log()
