// Reading a field that nobody set through session, user, agent and default, over a ring of sessions.
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
import type { Case } from '../case.ts'
import { pluginOf } from '../plugins.ts'

const rounds = 1_000_000

interface Session {
  readonly config: Readonly<Record<'toolA' | 'toolB' | 'toolC', { readonly maxResults: number }>>
  readonly context: Readonly<Record<'toolA' | 'toolB' | 'toolC', { readonly count: number }>>
}

const reader = (ring: readonly Session[]) => ({
  ops: rounds * 6,
  run: () => {
    let sum = 0
    for (let i = 0; i < rounds; i++) {
      const { config, context } = ring[i & 15]!
      sum += config.toolA.maxResults + config.toolB.maxResults + config.toolC.maxResults
      sum += context.toolA.count + context.toolB.count + context.toolC.count
    }
    if (sum !== rounds * 15) throw new Error(`wrong sum ${sum}`)
  },
})

export default {
  what: 'a field read through session → user → agent → default, bag included, against a property read',
  variants: {
    bare: () => {
      const config = () => ({ engine: 'wikipedia', maxResults: 5, safe: true, language: 'en' })
      const context = () => ({ query: '', count: 0, results: [], done: false })
      const session = () => ({
        id: 'x',
        config: { toolA: config(), toolB: config(), toolC: config() },
        context: { toolA: context(), toolB: context(), toolC: context() },
      })
      return reader(Array.from({ length: 16 }, session))
    },
    retinue: () => {
      const registry = createRegistry()
      for (const letter of 'abc') registry.register(pluginOf(letter))
      const agent = new AgentConfig({ name: 'a', tools: ['tool_a', 'tool_b', 'tool_c'], registry })
      return reader(
        Array.from({ length: 16 }, (_, i) => {
          const user = new ChatUser({ id: `u${i}`, registry })
          return new ChatSession({ user, agent }) as unknown as Session
        }),
      )
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 3.5 }],
} satisfies Case
