import { expect, test } from 'vitest'
import { clipped, counted, quoted, shown, sized } from '../src/wording.ts'

test('numbers and nouns agree', () => {
  expect([0, 1, 2, 1234567].map((count) => counted(count, 'match'))).toEqual([
    '0 matches',
    '1 match',
    '2 matches',
    '1,234,567 matches',
  ])
  expect(counted(3, 'entry')).toBe('3 entries')
})

test('sizes are said as people say them', () => {
  expect([0, 1, 999, 1000, 1234, 2_500_000, 4e9, 5e12, 6e15].map(sized)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 kB',
    '1.2 kB',
    '2.5 MB',
    '4.0 GB',
    '5.0 TB',
    '6000.0 TB',
  ])
})

test('a path is shown as it is, unless it would break the line', () => {
  expect(shown("src/it's 日本.ts")).toBe("src/it's 日本.ts")
  expect(shown('a\nb')).toBe('"a\\nb"')
  expect(shown('a\u2028b\u0085\x7f')).toBe('"a\\u2028b\\u0085\\u007f"')
  expect([quoted('a.ts'), quoted(''), quoted('a\tb')]).toEqual(["'a.ts'", 'the root', '"a\\tb"'])
  expect(quoted('x'.repeat(10_000)).length).toBeLessThan(300)
})

test('a clip shows the place that matters, marks what is missing, and halves no character', () => {
  const text = `${'a'.repeat(100)}NEEDLE${'b'.repeat(100)}`
  expect(clipped(text, 300)).toBe(text)
  expect(clipped(text, 30, 100)).toBe(`…${'a'.repeat(10)}NEEDLE${'b'.repeat(14)}…`)
  expect(clipped(text, 30)).toBe(`${'a'.repeat(30)}…`)
  expect(clipped(text, 30, 205)).toBe(`…${'b'.repeat(30)}`)
  const faces = clipped('😀'.repeat(100), 31, 51)
  expect(Buffer.from(faces).toString()).toBe(faces)
})
