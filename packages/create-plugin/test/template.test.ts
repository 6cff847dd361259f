// A new plugin with all that there is, put to its own tests and to its own contract: its test files are run here.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { parts, scaffoldPlugin } from '../src/index.ts'

const folder = join(import.meta.dirname, '.made')
rmSync(folder, { recursive: true, force: true })
const files = scaffoldPlugin({ folder, name: 'sample-thing', parts })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const file of files) if (file.endsWith('.test.ts')) await import(/* @vite-ignore */ join(folder, file))
