import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { conflict, conflictOf, errorCodes } from '../src/index.ts'

test('a conflict names the record and both revisions, in words and as data', () => {
  const details = { kind: 'note', id: 'a', expected: 3, actual: 7 }
  const error = conflict(details)
  expect(error.message).toContain("The note 'a' is at revision 7, not at 3")
  expect(conflictOf(error)).toEqual(details)
  for (const other of [undefined, 'text', new Error('x'), { code: 'RETINUE_STORE_CLOSED', details }]) {
    expect(conflictOf(other)).toBeUndefined()
  }
})

test('each code is provoked by some test', () => {
  const folder = new URL('.', import.meta.url)
  const tests = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  for (const code of Object.keys(errorCodes)) expect(tests.join('\n'), code).toContain(code)
})
