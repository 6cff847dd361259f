import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/index.ts'

const root = join(import.meta.dirname, '..')
const codesIn = (pattern: string, code: RegExp): Set<string> => {
  const files = globSync(pattern, { cwd: root }).filter((file) => !/errors(\.test)?\.ts$/.test(file))
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'))
  return new Set(texts.flatMap((text) => [...text.matchAll(code)].map((match) => match[1]!)))
}

describe('the codes of the package', () => {
  test('are those that it throws, and no others (SPEC 57)', () => {
    const thrown = codesIn('src/**/*.ts', /(?:new RetinueError\(\s*|checkOptions\(.*)'(RETINUE_\w+)'/g)
    expect([...thrown].sort()).toEqual(Object.keys(errorCodes).sort())
  })

  test('are thrown by a test each (SPEC 57)', () => {
    const tested = codesIn('test/**/*.ts', /(RETINUE_\w+)/g)
    expect(Object.keys(errorCodes).filter((code) => !tested.has(code))).toEqual([])
  })
})
