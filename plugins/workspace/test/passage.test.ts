import fc from 'fast-check'
import { expect, test } from 'vitest'
import { replacePassage, type Replacement } from '../src/passage.ts'
import { cpuMsOf } from './cpu.ts'

const file = { path: 'a.txt', maxBytes: 1_000_000 }

function replaced(text: string, replacement: Replacement): string {
  return replacePassage(file, text, replacement).text
}

test('a passage that stands there once is replaced, and nothing else', () => {
  expect(replaced('one two three', { old: 'two', new: '2' })).toBe('one 2 three')
  expect(replaced('a\nb\nc\n', { old: 'a\nb\n', new: '' })).toBe('c\n')
  expect(replacePassage(file, 'a\nb\nc', { old: 'c', new: 'd' }).lines).toEqual([3])
})

test('neither passage is a pattern', () => {
  expect(replaced('f(a.b) [c] $& \\d+', { old: '(a.b) [c] $& \\d+', new: "$& $1 $$ $` $'" })).toBe(
    "f$& $1 $$ $` $'",
  )
  expect(() => replaced('axb', { old: 'a.b', new: '' })).toThrow('old is not in')
})

test('with all, each place is replaced', () => {
  const { text, lines } = replacePassage(file, 'x\nxx\ny\nx', { old: 'x', new: 'xx', all: true })
  expect(text).toBe('xx\nxxxx\ny\nxx')
  expect(lines).toEqual([1, 2, 2, 4])
})

test('a passage that stands there more than once is refused, with its lines', () => {
  expect(() => replaced('x\ny\nx\n\nx', { old: 'x', new: 'z' })).toThrow(
    "old stands in 'a.txt' 3 times (lines 1, 3, 5). Add lines around it until it is unique, or set all: true.",
  )
  expect(() => replaced('x\n'.repeat(1000), { old: 'x', new: 'z' })).toThrow('more than 20 times')
})

test('places that overlap are several', () => {
  expect(() => replaced('aaa', { old: 'aa', new: 'b' })).toThrow('2 times')
  expect(replaced('aaa', { old: 'aa', new: 'b', all: true })).toBe('ba')
})

test('a replacement that changes nothing, and a passage of nothing, are refused', () => {
  expect(() => replaced('x', { old: 'x', new: 'x' })).toThrow('old and new are equal.')
  expect(() => replaced('x', { old: '', new: 'x' })).toThrow('old is empty.')
})

test('a passage that is not there is told from one with other white space, with line numbers, or half there', () => {
  const text = 'function f() {\n  return 1\n}\n'
  const advice = (old: string): string => {
    try {
      return replaced(text, { old, new: '' })
    } catch (error) {
      return (error as Error).message.replace(/^.*? is not in 'a.txt'\. /, '')
    }
  }
  expect(advice('1\tfunction f() {\n2\t  return 1')).toBe('Leave out the line numbers that reading adds.')
  expect(advice('function f() {\n\treturn 1\n}')).toBe(
    'With other white space it stands at line 1: copy it from there.',
  )
  expect(advice('  return  1')).toBe('With other white space it stands at line 2: copy it from there.')
  expect(advice('function f() {\n  return 2')).toBe(
    'Its first line stands at line 1, but what follows differs: read on from there.',
  )
  expect(advice('class A')).toBe('Read the file again and copy the passage as it is there.')
  expect(advice(' ')).not.toContain('line 4')
})

test('line ends stay what they are, and new ones become what the text uses there', () => {
  expect(replaced('a\r\nb\r\nc\r\n', { old: 'a\nb', new: '1\n2\n3' })).toBe('1\r\n2\r\n3\r\nc\r\n')
  expect(replaced('a\r\nb', { old: 'b', new: 'c\nd' })).toBe('a\r\nc\r\nd')
  expect(replaced('a\nb\n', { old: 'b', new: 'c\r\nd' })).toBe('a\nc\nd\n')
  expect(replaced('a\r\nb\nc\n', { old: 'b', new: '1\n2' })).toBe('a\r\n1\n2\nc\n')
  expect(replaced('a\r\nb\nc\r\n', { old: 'a\nb\nc', new: 'x' })).toBe('x\r\n')
  expect(replaced('a', { old: 'a', new: 'b\nc' })).toBe('b\nc')
})

test('a byte order mark stays', () => {
  expect(replaced('\uFEFFone\ntwo', { old: 'one', new: '1' })).toBe('\uFEFF1\ntwo')
})

test('many places in one line take no longer than many lines', () => {
  const lines = 'x\n'.repeat(100_000)
  const spent = cpuMsOf(() => {
    expect(replaced('x'.repeat(200_000), { old: 'x', new: '\n', all: true })).toBe('\n'.repeat(200_000))
    expect(replaced(lines, { old: 'x\n', new: '\n\n', all: true })).toBe('\n'.repeat(200_000))
  })
  expect(spent).toBeLessThan(3000)
})

test('a passage made to be slow is not', () => {
  const long = 'a'.repeat(100_000)
  const spent = cpuMsOf(() => {
    for (const old of [`${long}b${long}`, `b${long}`, `${long}\nb`, `${'a\n'.repeat(50_000)}b`]) {
      expect(() => replaced('a'.repeat(400_000), { old, new: '' })).toThrow('not in')
      expect(() => replaced('a\n'.repeat(200_000), { old, new: '' })).toThrow('not in')
    }
  })
  expect(spent).toBeLessThan(3000)
})

test('a replacement that makes the file too large is refused before it is made', () => {
  const all = { old: 'x', new: 'y'.repeat(100_000), all: true }
  expect(() => replaced('x'.repeat(100_000), all)).toThrow('would grow beyond 1,000,000 bytes')
  const grown = (maxBytes: number): string =>
    replacePassage({ path: 'a', maxBytes }, 'é\r\nx', { old: 'x', new: '日\n' }).text
  expect(grown(9)).toBe('é\r\n日\r\n')
  expect(() => grown(8)).toThrow("'a' would grow beyond 8 bytes")
})

test('what is before and after the passage is kept, character for character', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\r\n', 'é', '😀', '$', '\\') })
  fc.assert(
    fc.property(text, text, text, text, (before, old, after, next) => {
      const whole = `${before}[${old}]${after}`
      if (whole.split('[').length > 2 || old === next) return
      const result = replaced(whole, { old: `[${old}]`, new: `[${next}]` })
      expect(result.slice(0, before.length)).toBe(before)
      expect(result.slice(result.length - after.length)).toBe(after)
      expect(result.slice(before.length, result.length - after.length).replace(/\r/g, '')).toBe(
        `[${next}]`.replace(/\r/g, ''),
      )
    }),
    { numRuns: 10_000 },
  )
})
