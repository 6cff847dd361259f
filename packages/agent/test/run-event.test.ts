import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '../src/index.ts'

const types = {
  'run-start': true,
  'step-start': true,
  'reasoning-start': true,
  'reasoning-delta': true,
  'reasoning-end': true,
  'text-start': true,
  'text-delta': true,
  'text-end': true,
  'partial-output': true,
  'tool-input-start': true,
  'tool-input-delta': true,
  'tool-input-end': true,
  'tool-call': true,
  file: true,
  source: true,
  usage: true,
  'approval-request': true,
  'tool-progress': true,
  'tool-result': true,
  'step-finish': true,
  child: true,
  compaction: true,
  warning: true,
  error: true,
  finish: true,
} satisfies Record<RunEvent['type'], true>

test('the README lists each event of a run, and no others (SPEC 56)', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const table = /## Events\n(.*?)\n## /s.exec(readme)![1]!
  const first = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map((row) => row[1]!)
  const listed = first.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map((name) => name[1]!))
  expect(listed).toEqual(Object.keys(types))
})
