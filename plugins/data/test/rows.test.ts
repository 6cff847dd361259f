import { expect, test } from 'vitest'
import { lineOf, linesOf, shown } from '../src/rows.ts'

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

test('a row of very many values ends where there is no more room, and says how many are beyond', () => {
  const wide = Array.from({ length: 2000 }, (_, i) => `column ${i}`)
  const line = lineOf(wide, 60)
  expect(line).toBe('["column 0","column 1","column 2","column 3","column 4", … 1995 more columns]')
  expect(linesOf([wide, wide], 60)).toEqual([line])
  expect(lineOf(['x'.repeat(600), 'y'], 10)).toBe(
    `["${'x'.repeat(500)}… [600 characters]", … 1 more columns]`,
  )
})
