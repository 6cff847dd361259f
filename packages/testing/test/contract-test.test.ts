import { expect, test } from 'vitest'
import { contractTest, type TestFunction } from '../src/contract-test.ts'
import { Skip } from '../src/verdict.ts'

type Run = Parameters<TestFunction>[1]

function runOf(check: () => Promise<void>): Run {
  const runs: Run[] = []
  contractTest((_, run) => runs.push(run), 'a promise', check)
  return runs[0]!
}

test('a check takes no parameter that runners such as Jest and Bun would fill with a done', () => {
  expect(runOf(async () => {})).toHaveLength(0)
})

test('what can not be checked is skipped with its reason, and fails with it where nothing can be skipped', async () => {
  const run = runOf(async () => {
    throw new Skip('publint is not installed')
  })
  const skipped: unknown[] = []
  await run({ skip: (reason) => skipped.push(reason) })
  expect(skipped).toEqual(['publint is not installed'])
  await expect(run()).rejects.toThrow('publint is not installed')
})
