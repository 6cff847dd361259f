// Runs every example as its reader does, offline, and compares what it prints with its output.txt
// (`pnpm test -u` writes that file anew).
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '..', 'examples')
const examples = readdirSync(folder).filter((name) => /^\d\d-/.test(name))

test.each(examples)('%s prints its output.txt', async (name) => {
  const cwd = join(folder, name)
  // Nothing of the environment but PATH: no key, so no model but the offline one, and no colours.
  const env = { PATH: process.env['PATH'] }
  const program = ['--conditions=@retinue/source', 'main.ts']
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd, env })
  await expect(stdout).toMatchFileSnapshot(join(cwd, 'output.txt'))
})
