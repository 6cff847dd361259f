// What the types promise to whoever imports the package.
import type { AgentConfig } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { findSkills, type Skill } from '../src/index.ts'

declare const agent: AgentConfig

test('what is found is what is set', async () => {
  const { skills, problems } = await findSkills('./skills')
  agent.config.skills.available = skills
  agent.config.skills.available satisfies readonly Skill[]
  problems satisfies readonly Error[]
  // @ts-expect-error a skill lies in a folder
  agent.config.skills.available = [{ name: 'a', description: 'b' }]
  // @ts-expect-error there is no such field
  void agent.config.skills.folders
})
