// A session on a registry of its own.
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
import '../src/index.ts'
import { plugin } from '../src/preferences.ts'

/** Makes a session whose agent has these tools. */
export function makeSession(tools: readonly string[] = ['preferences']) {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'guide', tools: [...tools], registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}
