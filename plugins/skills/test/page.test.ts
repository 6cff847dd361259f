import { expect, test } from 'vitest'
import { page } from '../src/page.ts'

test('a short text is given as it is, a long one by pages that say how to go on', () => {
  expect(page('a\r\nb', 1)).toBe('a\nb')
  const long = Array.from({ length: 1200 }, (_, i) => `line ${i + 1}`).join('\n')
  expect(page(long, 1)).toMatch(/^line 1\n[^]*\nline 500\n\[lines 1–500 of 1200; continue with offset 501\]$/)
  expect(page(long, 1001)).toMatch(/^line 1001\n[^]*\nline 1200$/)
  expect(page('a\nb', 3)).toBe('The text has 2 lines: give an offset from 1 to 2.')
})

test('a page is bounded in characters too, and each page has at least a line', () => {
  const wide = Array.from({ length: 10 }, () => 'x'.repeat(20_000)).join('\n')
  expect(page(wide, 1)).toMatch(/\[lines 1–2 of 10; continue with offset 3\]$/)
  expect(page(`${'x'.repeat(60_000)}\ny`, 1)).toMatch(
    /x… \[cut: the line has 60000 characters\]\n\[lines 1–1 of 2/,
  )
  expect(page(`x${'\u{1F30A}'.repeat(30_000)}`, 1).isWellFormed()).toBe(true)
})
