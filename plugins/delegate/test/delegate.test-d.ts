// What the types promise to whoever imports the package.
import type { AgentConfig, ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { introduce } from '../src/index.ts'

declare const session: ChatSession
declare const agent: AgentConfig

test('colleagues and results are typed', () => {
  agent.config.delegate.colleagues[0]?.role satisfies 'assistant' | 'member' | undefined
  session.context.delegations.results[0]?.text satisfies string | undefined
  introduce(agent, { agent, role: 'member', description: 'Itself.' })
  // @ts-expect-error there is no such role
  introduce(agent, { agent, role: 'boss', description: 'Itself.' })
  // @ts-expect-error results are replaced, never changed inside
  session.context.delegations.results.pop()
})
