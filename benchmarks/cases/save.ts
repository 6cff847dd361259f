// Saving a session with a thousand messages, against JSON.stringify of the same data.
import { AgentConfig, ChatSession, ChatUser, createRegistry, type Message } from '@retinue/kernel'
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

/** The last message, another one in each round: what is saved has always changed since it was saved before. */
let round = 0
const last = (): Message => ({ role: 'user', parts: [{ type: 'text', text: `Round ${++round}` }] })

const saving = (textOf: (session: ChatSession) => string) => () => {
  const session = sessionOf()
  return {
    ops: 1,
    run: () => {
      session.messages.set(999, last())
      return textOf(session).length
    },
  }
}

export default {
  what: 'the JSON text of a session with 1,000 messages, against JSON.stringify of plain data',
  variants: {
    bare: () => {
      const data = JSON.parse(JSON.stringify(sessionOf())) as { messages: Message[] }
      return {
        ops: 1,
        run: () => {
          data.messages[999] = last()
          return JSON.stringify(data).length
        },
      }
    },
    retinue: saving((session) => JSON.stringify(session.snapshot())),
    // V8 writes whatever has a toJSON the slow way, all that it gives included.
    'by its toJSON': saving((session) => JSON.stringify(session)),
  },
  bars: [
    { variant: 'retinue', against: 'bare', atMost: 1.15 },
    { variant: 'by its toJSON', against: 'bare', atMost: 1.15 },
  ],
} satisfies Case
