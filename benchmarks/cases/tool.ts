// A tool added to an agent with ten thousand live sessions and taken away again, per session and change: sessions
// that were never looked into, sessions with bags that somebody read, and sessions that somebody observes.
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
import type { Case, Work } from '../case.ts'
import { itemOf, pluginOf } from '../plugins.ts'

function changes(
  count: number,
  use: (session: ChatSession, heard: () => void) => void,
  events: number,
): Work {
  const registry = createRegistry()
  for (const letter of 'abc') registry.register(pluginOf(letter))
  const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b'], registry })
  let heard = 0
  const sessions = Array.from({ length: count }, (_, i) => {
    const session = new ChatSession({ user: new ChatUser({ id: `u${i}`, registry }), agent })
    use(session, () => heard++)
    return session
  })
  return {
    ops: count * 2,
    run: () => {
      const before = heard
      agent.tools.push('tool_c')
      agent.tools.remove('tool_c')
      if (heard - before !== count * events * 2) throw new Error(`heard ${heard - before}`)
      return sessions
    },
  }
}

const read = (session: ChatSession): void => {
  for (const bag of [session.config, session.context, session.sections]) itemOf(bag, 'toolA')
}
const observe = (session: ChatSession, heard: () => void): void => {
  for (const event of ['contextAdded', 'toolsetAdded', 'contextRemoved', 'toolsetRemoved'] as const)
    session.on(event, heard)
}

export default {
  what: 'a tool added to an agent with 10,000 live sessions, per session',
  variants: {
    untouched: () => changes(10_000, () => undefined, 0),
    read: () => changes(10_000, read, 0),
    observed: () => changes(10_000, observe, 2),
    'observed, of 1,000': () => changes(1000, observe, 2),
  },
  bars: [
    { variant: 'untouched', atMostNs: 1000 },
    { variant: 'read', atMostNs: 1000 },
    { variant: 'observed', atMostNs: 10_000 },
    { variant: 'observed', against: 'observed, of 1,000', atMost: 1.5 },
  ],
} satisfies Case
