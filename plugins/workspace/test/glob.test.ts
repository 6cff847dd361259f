import fc from 'fast-check'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { compileGlob, maxAlternatives } from '../src/glob.ts'
import { cpuMsOf } from './cpu.ts'

const matching: readonly (readonly [glob: string, fits: readonly string[], fitsNot: readonly string[]])[] = [
  ['*.ts', ['a.ts', 'src/a.ts', 'src/deep/.ts', '.hidden.ts'], ['a.tsx', 'ts', 'a.ts/b']],
  ['src/*.ts', ['src/a.ts'], ['a.ts', 'src/b/a.ts', 'x/src/a.ts']],
  ['/*.ts', ['a.ts'], ['src/a.ts']],
  ['./src/*', ['src/a'], ['b/src/a']],
  ['**/*.ts', ['a.ts', 'b/a.ts', 'c/b/a.ts'], ['a.js']],
  ['src/**', ['src', 'src/a', 'src/a/b'], ['srcs/a']],
  ['src/**/test/*.ts', ['src/test/a.ts', 'src/x/y/test/a.ts'], ['src/test/x/a.ts', 'test/a.ts']],
  ['**/a/**/b', ['a/b', 'x/a/y/z/b', 'a/a/b/b'], ['b/a', 'a']],
  ['dist/', ['dist', 'a/dist'], ['dist/a']],
  ['a?c', ['abc', 'aüc', 'a😀c'], ['ac', 'abbc', 'a/c']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
  ['[!a-c]x', ['dx', '-x'], ['ax']],
  ['[a-]x', ['ax', '-x'], ['bx']],
  ['[]a]x', [']x', 'ax'], ['bx']],
  ['[x', ['[x'], ['x']],
  ['\\*', ['*'], ['a']],
  ['*.{ts,js}', ['a.ts', 'b/a.js'], ['a.css', 'a.{ts,js}']],
  ['{src,test}/{a,b}.ts', ['src/a.ts', 'test/b.ts'], ['src/c.ts', 'x/src/a.ts']],
  ['a{b,c{d,e}}', ['ab', 'acd', 'ace'], ['ac', 'ad']],
  ['{a}', ['{a}'], ['a']],
  ['a{', ['a{'], ['a']],
  ['a{,s}', ['a', 'as'], ['ass']],
  ['', [], []],
]

for (const [glob, fits, fitsNot] of matching) {
  test(`'${glob}' fits what it says and nothing else`, () => {
    for (const each of fits) expect(compileGlob(glob)(each), each).toBe(true)
    for (const each of fitsNot) expect(compileGlob(glob)(each), each).toBe(false)
  })
}

test('letters count, unless they are not to', () => {
  expect(compileGlob('*.TS')('a.ts')).toBe(false)
  expect(compileGlob('*.TS', { ignoreCase: true })('a.ts')).toBe(true)
})

test('a letter fits however it is put together', () => {
  const [composed, apart] = ['Vertr\u00e4ge', 'Vertra\u0308ge']
  for (const glob of [composed, apart, 'Vertr?ge'])
    for (const path of [composed, apart]) expect(compileGlob(glob)(path)).toBe(true)
})

// Node has path.matchesGlob from 22.5 on; what it and we both know must come out the same.
const oracle = (path as { matchesGlob?: (path: string, glob: string) => boolean }).matchesGlob
test.skipIf(oracle === undefined)('stars and names fit as in Node itself', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 })
  const part = fc.oneof(
    fc
      .string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 })
      .filter((text) => !text.includes('**')),
    fc.constant('**'),
  )
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 2, maxLength: 5 }),
      fc.array(name, { minLength: 1, maxLength: 5 }),
      (parts, names) => {
        const [glob, file] = [parts.join('/'), names.join('/')]
        if (glob.endsWith('/**')) return // Node asks for at least one name below
        expect(compileGlob(glob)(file), `${glob} on ${file}`).toBe(oracle!(file, glob))
      },
    ),
    { numRuns: 10_000 },
  )
})

test('a pattern made to be slow is not', () => {
  const long = 'a'.repeat(1000)
  const slow = [
    `${'*a'.repeat(400)}b`,
    `${'**/a*/'.repeat(140)}b`,
    `{${'*a'.repeat(150)}b,${'*a'.repeat(150)}c}`,
  ]
  const spent = cpuMsOf(() => {
    for (const glob of slow) {
      expect(compileGlob(glob)(long)).toBe(false)
      expect(compileGlob(glob)('a/'.repeat(500))).toBe(false)
    }
    expect(() => compileGlob('{a,b}'.repeat(100))).toThrow(`more than ${maxAlternatives} alternatives`)
    expect(() => compileGlob(`{${','.repeat(900)}`)).not.toThrow()
    expect(() => compileGlob('*'.repeat(1001))).toThrow('longer than 1000 characters')
  })
  expect(spent).toBeLessThan(2000)
})
