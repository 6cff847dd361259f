// Saving a session with a thousand messages, against JSON.stringify of the same data.
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
import type { Case } from '../case.ts'
import { thousand } from '../messages.ts'
import { pluginOf } from '../plugins.ts'

function sessionOf(): ChatSession {
  const registry = createRegistry()
  for (const letter of 'abc') registry.register(pluginOf(letter))
  const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'], registry })
  const session = new ChatSession({ user: new ChatUser({ id: 'u', registry }), agent, id: 's' })
  session.messages.push(...(structuredClone(thousand) as typeof thousand))
  return session
}

export default {
  what: 'the JSON text of a session with 1,000 messages, against JSON.stringify of plain data',
  variants: {
    bare: () => {
      const data = JSON.parse(JSON.stringify(sessionOf().snapshot())) as object
      return { ops: 1, run: () => JSON.stringify(data).length }
    },
    retinue: () => {
      const session = sessionOf()
      return { ops: 1, run: () => JSON.stringify(session.snapshot()).length }
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 1.15 }],
} satisfies Case
