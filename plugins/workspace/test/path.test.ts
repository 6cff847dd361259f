import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertPortable, maxPathLength, namesOf } from '../src/path.ts'

test('the root has many spellings', () => {
  for (const path of ['', '.', './', './/', './.']) expect(namesOf(path)).toEqual([])
})

test('dots and doubled slashes are dropped, other names kept as they are', () => {
  expect(namesOf('./a//b/./c.txt/')).toEqual(['a', 'b', 'c.txt'])
  expect(namesOf(' a/b c/ü/日本/😀')).toEqual([' a', 'b c', 'ü', '日本', '😀'])
})

function codeOrNames(path: string): unknown {
  try {
    return namesOf(path, false)
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

test('a path is refused if it goes up, begins at the top or has a NUL, and comes out as its names if not', () => {
  const part = fc.constantFrom('..', '.', '', 'a', 'b.c', '\0', '...', 'C:', '\\')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const path = parts.join('/')
      const isRefused = parts.includes('..') || path.includes('\0') || path.startsWith('/')
      const names = parts.filter((name) => name !== '' && name !== '.')
      expect(codeOrNames(path)).toEqual(isRefused ? 'RETINUE_WORKSPACE_PATH' : names)
    }),
    { numRuns: 10_000 },
  )
})

test('a path is refused when it is longer than the strictest system allows', () => {
  expect(namesOf('x'.repeat(maxPathLength))).toHaveLength(1)
  expect(() => namesOf('x'.repeat(maxPathLength + 1))).toThrow('too long')
})

test('on Windows both slashes part names, and drives, shares and backslashes begin at the top', () => {
  expect(namesOf('a\\b/c', true)).toEqual(['a', 'b', 'c'])
  for (const path of [
    'C:\\x',
    'c:x',
    'C:',
    '\\x',
    '\\\\server\\share',
    '\\\\?\\C:\\x',
    '\\\\.\\pipe\\x',
    '//server/x',
  ]) {
    expect(() => namesOf(path, true), path).toThrow('is absolute')
  }
  expect(() => namesOf('a\\..\\..\\b', true)).toThrow("goes up by '..'")
})

test('on Windows devices, streams and vanishing ends are refused', () => {
  for (const name of [
    'CON',
    'nul',
    'Aux.txt',
    'com1',
    'LPT9.log',
    'COM¹',
    'NUL .txt',
    'prn.',
    'CONIN$',
    'a.',
    'a ',
    '...',
    'a:b',
    'a::$DATA',
    'a?',
    'a*',
    'a|b',
    'a\tb',
  ]) {
    expect(() => namesOf(`src/${name}/x`, true), name).toThrow('RETINUE_WORKSPACE_PATH')
    expect(() => assertPortable([name]), name).toThrow('Choose a name that every system can keep.')
  }
})

test('elsewhere what exists may be named so', () => {
  expect(namesOf('aux.c/a:b/C:/back\\slash', false)).toEqual(['aux.c', 'a:b', 'C:', 'back\\slash'])
})

test('ordinary names are portable', () => {
  const names = [
    'console',
    'null.ts',
    'auxiliary',
    'com',
    'com10',
    '.env',
    '[slug].tsx',
    '+page.ts',
    'a b',
    'ü',
    '日本語.md',
    '@x',
    '$',
  ]
  expect(() => assertPortable(names)).not.toThrow()
})
