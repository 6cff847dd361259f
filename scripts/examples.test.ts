// Runs every example as its reader does, offline, and compares what it prints with its output.txt
// (`pnpm test -u` writes that file anew).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

const folder = join(import.meta.dirname, '..', 'examples')
const examples = readdirSync(folder).filter((name) => /^\d\d-/.test(name))

test.each(examples)('%s prints its output.txt', async (name) => {
  const cwd = join(folder, name)
  const printed = await runProgram(['main.ts'], cwd)
  await expect(printed).toMatchFileSnapshot(join(cwd, 'output.txt'))
})

test.each(examples)('%s has a main.ts of sixty lines at most', (name) => {
  const lines = readFileSync(join(folder, name, 'main.ts'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThanOrEqual(60)
})
