// The first program in the README, and what the README says that it prints.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads both from README.md. */
export function readmeProgram(): { readonly code: string; readonly output: string } {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const match = /```ts\n(.*?)```.*?```text\n(.*?)```/s.exec(readme)
  assert.ok(match?.[1] && match[2], 'README.md begins with a ts block and a text block with its output')
  return { code: match[1], output: match[2] }
}
