import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxPageLength, Page } from '../src/page.ts'

function pageOf(count: number, options: { offset?: number; limit: number }): Page {
  const page = new Page(options)
  for (let i = 0; i < count; i++) page.add((number) => `entry ${number}`)
  return page
}

test('a page that holds everything says how many there are', () => {
  expect(pageOf(3, { limit: 3 }).title('line', true)).toBe('3 lines')
  expect(pageOf(1, { limit: 3 }).title('match', true)).toBe('1 match')
  expect(pageOf(0, { limit: 3 }).title('entry', true)).toBe('0 entries')
})

test('a page that does not says which it holds, of how many, and how to go on', () => {
  expect(pageOf(1234, { limit: 200 }).title('line', true)).toBe(
    'lines 1–200 of 1,234; continue with offset 201',
  )
  expect(pageOf(1234, { limit: 200, offset: 1001 }).title('line', true)).toBe(
    'lines 1,001–1,200 of 1,234; continue with offset 1201',
  )
  expect(pageOf(1234, { limit: 200, offset: 1201 }).title('line', true)).toBe('lines 1,201–1,234 of 1,234')
})

test('a page of what was not counted does not say how many there are', () => {
  expect(pageOf(4, { limit: 3 }).title('match', false)).toBe('matches 1–3; continue with offset 4')
})

test('an offset behind the last entry is an error that says how many there are', () => {
  expect(() => pageOf(12, { limit: 3, offset: 13 }).title('line', true)).toThrow('There are only 12 lines.')
  expect(() => pageOf(1, { limit: 3, offset: 2 }).title('line', true)).toThrow('There is only 1 line.')
})

test('a page ends when it is long enough, and goes on with the next entry', () => {
  const page = new Page({ limit: 1000 })
  for (let i = 0; i < 10; i++) page.add(() => 'x'.repeat(maxPageLength / 2 - 1))
  expect(page.title('line', true)).toBe('lines 1–3 of 10; continue with offset 4')
})

test('the text of an entry is made only if it is shown', () => {
  const made: number[] = []
  const page = new Page({ offset: 3, limit: 2 })
  for (let i = 0; i < 9; i++) page.add((number) => String(made.push(number)))
  expect(made).toEqual([3, 4])
})

test('pages that follow each other give everything once and in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }), (count, limit) => {
      const seen: string[] = []
      for (let offset: number | undefined = 1; offset !== undefined;) {
        const page = pageOf(count, { offset, limit })
        seen.push(...page.text.split('\n').slice(1))
        const next = /continue with offset (\d+)$/.exec(page.title('entry', true))
        offset = next === null ? undefined : Number(next[1])
      }
      expect(seen).toEqual(Array.from({ length: count }, (_, i) => `entry ${i + 1}`))
    }),
    { numRuns: 1000 },
  )
})
