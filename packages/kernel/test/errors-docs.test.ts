import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/errors.ts'
import { RetinueError } from '../src/index.ts'

const root = new URL('../../../', import.meta.url)

function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules') && !name.includes('dist/'))
    .map((name) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8'))
}

const codesIn = (texts: readonly string[]): Set<string> =>
  new Set(texts.flatMap((text) => text.match(/\bRETINUE_[A-Z][A-Z_]*[A-Z]\b/g) ?? []))

const packages = ['packages', 'plugins'].flatMap((folder) =>
  readdirSync(new URL(folder, root)).map((name) => `${folder}/${name}`),
)
const thrown = codesIn(packages.flatMap((folder) => sources(`${folder}/src`)))
for (const variable of ['RETINUE_MODEL', 'RETINUE_MCP_FAMILY']) thrown.delete(variable) // which only look like codes
const documented = new Set(
  [...readFileSync(new URL('docs/errors.md', root), 'utf8').matchAll(/^### (RETINUE_[A-Z_]+)$/gm)].map(
    ([, code]) => code!,
  ),
)

describe('errors', () => {
  test('every code of the sources has an entry in docs/errors.md, and every entry a code', () => {
    expect([...thrown].filter((code) => !documented.has(code))).toEqual([])
    expect([...documented].filter((code) => !thrown.has(code))).toEqual([])
  })

  test('every code of the kernel is in its table, and is provoked by a test', () => {
    const own = codesIn(sources('packages/kernel/src'))
    expect([...own].filter((code) => !(code in errorCodes))).toEqual([])
    const tested = codesIn(sources('packages/kernel/test'))
    expect(Object.keys(errorCodes).filter((code) => !tested.has(code))).toEqual([])
  })

  test('an error tells its code, what happened and what to do', () => {
    const error = new RetinueError('RETINUE_LOOP', 'It goes round.', {
      hint: 'Stop it.',
      details: { rounds: 3 },
    })
    expect(error.message).toBe('[RETINUE_LOOP] It goes round. Stop it.')
    expect(error).toMatchObject({
      name: 'RetinueError',
      code: 'RETINUE_LOOP',
      hint: 'Stop it.',
      details: { rounds: 3 },
    })
  })
})
