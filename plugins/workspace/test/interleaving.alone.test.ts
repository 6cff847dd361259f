import { vi } from 'vitest'
import { testInterleaving } from './interleaving.ts'
import { ways } from './ways.ts'

vi.mock('node:fs/promises', async (original) => {
  const { countSteps } = await import('./steps.ts')
  return countSteps(await original<object>())
})

testInterleaving(Object.keys(ways))
