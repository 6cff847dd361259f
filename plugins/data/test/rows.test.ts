import { expect, test } from 'vitest'
import { linesOf, shown } from '../src/rows.ts'

test('values are written so that none passes for another', () => {
  const row = [1, 1n, '1', null, 'two\nlines', Infinity]
  expect(linesOf([row], 1000)).toEqual(['[1,1,"1",null,"two\\nlines","Infinity"]'])
})

test('long texts are cut and say so; rows end where there is no more room, and the first is always there', () => {
  expect(shown('x'.repeat(10), 3)).toBe('"xxx… [10 characters]"')
  expect(shown('ab😀', 3)).toBe('"ab… [4 characters]"')
  expect(linesOf([['aaaa'], ['b'], ['c']], 15)).toEqual(['["aaaa"]', '["b"]'])
  expect(linesOf([['aaaa'], ['b']], 1)).toEqual(['["aaaa"]'])
})
