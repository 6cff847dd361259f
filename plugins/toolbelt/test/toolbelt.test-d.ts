// What the types promise to whoever imports the package.
import type { AgentConfig } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'

declare const agent: AgentConfig

test('what is allowed is a list of names', () => {
  agent.config.toolbelt.allow = ['planning']
  agent.config.toolbelt.allow satisfies readonly string[]
  // @ts-expect-error one name is no list
  agent.config.toolbelt.allow = 'planning'
  // @ts-expect-error the list is replaced, never changed inside
  agent.config.toolbelt.allow.push('planning')
})
