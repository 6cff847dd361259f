// The memory of sessions: what an untouched one takes, and what a million that were made, used and closed leave.
// Run with --expose-gc; prints bytes as JSON.
import { AgentConfig, ChatSession, ChatUser, createRegistry, SessionManager } from '@retinue/kernel'
import { itemOf, pluginOf } from './plugins.ts'

const registry = createRegistry()
for (const letter of 'abc') registry.register(pluginOf(letter))
const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'], registry })
const user = new ChatUser({ id: 'ada', registry })
const manager = new SessionManager()

const used = async (): Promise<number> => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!()
    await new Promise((resolve) => setTimeout(resolve, 20)) // weak references are cleared between turns
  }
  return process.memoryUsage().heapUsed
}

const use = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const session = new ChatSession({ user, agent, manager })
    const off = session.on('committed', () => undefined)
    const context = itemOf(session.context, 'toolA')
    context.query = `question ${i}`
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'hello' }] })
    using turn = session.interact({ input: 'hello' })
    itemOf(turn.context, 'toolB').count = 1
    off()
    session.close()
    if (i % 10_000 === 0) await new Promise(setImmediate) // as a server does between requests
  }
}

const untouched = async (): Promise<number> => {
  const before = await used()
  const sessions = Array.from({ length: 20_000 }, () => new ChatSession({ user, agent, manager }))
  const each = ((await used()) - before) / sessions.length
  for (const session of sessions) session.close()
  return each
}

const perSession = await untouched()
await use(20_000)
const before = await used()
await use(Number(process.argv[2]))
console.log(JSON.stringify({ perSession, left: (await used()) - before }))
