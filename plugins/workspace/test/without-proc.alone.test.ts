// The fence where the system does not tell where an open file is, as on macOS and Windows: all that can be tested on
// Linux of it. There somebody who strikes thrice in one call can win; whoever strikes once can't, and that is held here.
import { vi } from 'vitest'
import { testConfinement } from './confinement.ts'
import { testInterleaving } from './interleaving.ts'

vi.mock('node:fs/promises', async (original) => {
  const { countSteps } = await import('./steps.ts')
  return countSteps(await original<object>())
})
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, existsSync: (path: string) => path !== '/proc/self/fd' && fs.existsSync(path) }
})

testConfinement()
testInterleaving(['read'])
