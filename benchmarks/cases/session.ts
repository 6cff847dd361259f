// Making a session on an agent with three tools, untouched, against a plain object of the same shape by hand.
import { randomUUID } from 'node:crypto'
import { AgentConfig, ChatSession, ChatUser, createRegistry, SessionManager } from '@retinue/kernel'
import type { Case } from '../case.ts'
import { pluginOf } from '../plugins.ts'

const rounds = 2000

export default {
  what: 'a session on an agent with 3 tools, untouched and closed, against a plain object of its shape',
  variants: {
    bare: () => {
      const user = { id: 'ada' }
      const agent = { name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'] }
      const config = () => ({ engine: 'wikipedia', maxResults: 5, safe: true, language: 'en' })
      const context = () => ({ query: '', count: 0, results: [], done: false })
      const section = () => ({ style: 'concise' })
      const live = new Map<string, object>()
      return {
        ops: rounds,
        run: () => {
          for (let i = 0; i < rounds; i++) {
            const id = randomUUID()
            const session = {
              id,
              user,
              agent,
              config: { toolA: config(), toolB: config(), toolC: config() },
              context: { toolA: context(), toolB: context(), toolC: context() },
              sections: { toolA: section(), toolB: section(), toolC: section() },
              tools: [],
              messages: [],
            }
            live.set(id, session)
            live.delete(id)
          }
        },
      }
    },
    retinue: () => {
      const registry = createRegistry()
      for (const letter of 'abc') registry.register(pluginOf(letter))
      const user = new ChatUser({ id: 'ada', registry })
      const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'], registry })
      const manager = new SessionManager()
      return {
        ops: rounds,
        run: () => {
          for (let i = 0; i < rounds; i++) new ChatSession({ user, agent, manager }).close()
        },
      }
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 5 }],
} satisfies Case
