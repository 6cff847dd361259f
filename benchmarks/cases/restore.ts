// Restoring a session with a thousand messages, against JSON.parse with one compiled check of all of it.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  compileSchema,
  createRegistry,
  SessionManager,
  Type,
} from '@retinue/kernel'
import type { Case } from '../case.ts'
import { thousand } from '../messages.ts'
import { pluginOf } from '../plugins.ts'

const text = JSON.stringify({
  format: 1,
  id: 's',
  user: 'u',
  agent: 'a',
  config: {},
  context: { tool_a: { version: 1, values: { query: 'x', count: 3 } } },
  sections: {},
  requested: [],
  tools: [],
  messages: thousand,
})

const part = Type.Union([
  Type.Object({ type: Type.Literal('text'), text: Type.String() }),
  Type.Object({
    type: Type.Literal('tool-call'),
    toolCallId: Type.String(),
    toolName: Type.String(),
    input: Type.Any(),
  }),
  Type.Object({
    type: Type.Literal('tool-result'),
    toolCallId: Type.String(),
    toolName: Type.String(),
    output: Type.Object({ type: Type.String(), value: Type.Any() }),
  }),
])
const schema = compileSchema(
  Type.Object({
    format: Type.Integer(),
    id: Type.String(),
    user: Type.String(),
    messages: Type.Array(Type.Object({ role: Type.String(), parts: Type.Array(part) })),
  }),
)

export default {
  what: 'a session with 1,000 messages restored from text, against JSON.parse with one compiled check',
  variants: {
    bare: () => ({
      ops: 1,
      run: () => {
        if (!schema.check(JSON.parse(text))) throw new Error('no fit')
      },
    }),
    retinue: () => {
      const registry = createRegistry()
      for (const letter of 'abc') registry.register(pluginOf(letter))
      const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'], registry })
      const user = new ChatUser({ id: 'u', registry })
      const manager = new SessionManager()
      return {
        ops: 1,
        run: () => {
          const { session, report } = ChatSession.restore(text, { user, agent, manager })
          if (!report.ok || session.messages.length !== 1000) throw new Error('not whole')
          session.close()
        },
      }
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 1.3 }],
} satisfies Case
