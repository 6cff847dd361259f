import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { codeOf, errorCodes, explained, failure } from '../src/errors.ts'

test('an error says what is the case and what to do, behind its code', () => {
  const error = failure('RETINUE_WORKSPACE_INPUT', 'It rains.', 'Take an umbrella.')
  expect(error.message).toBe('[RETINUE_WORKSPACE_INPUT] It rains. Take an umbrella.')
  expect(codeOf(error)).toBe('RETINUE_WORKSPACE_INPUT')
})

test('what the file system answers is told in words, without its own text and paths', () => {
  const codes = [
    'ENOENT',
    'ENOTDIR',
    'ENAMETOOLONG',
    'ELOOP',
    'EISDIR',
    'EACCES',
    'EROFS',
    'ENOSPC',
    'EMFILE',
  ]
  for (const code of codes) {
    const thrown = Object.assign(new Error(`${code}: no way, open '/home/ada/root/a'`), {
      code,
      syscall: 'open',
    })
    const told = explained(thrown, 'a') as Error
    expect(codeOf(told), code).toBeDefined()
    expect(told.message).toContain("'a'")
    expect(told.message).not.toContain('/home/ada')
  }
})

test('other errors pass through as they are', () => {
  const errors = [new TypeError('x'), Object.assign(new Error('x'), { code: 'ERR_X' }), 'thrown', undefined]
  for (const error of errors) expect(explained(error, 'a')).toBe(error)
  expect(codeOf(errors[1])).toBeUndefined()
  expect(codeOf(Object.assign(new Error('x'), { code: 'toString' }))).toBeUndefined()
})

test('each code is thrown by some test', () => {
  const folder = new URL('.', import.meta.url)
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  for (const code of Object.keys(errorCodes)) expect(tests.join('\n'), code).toContain(`'${code}'`)
})
