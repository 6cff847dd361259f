import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parts, scaffoldPlugin, type Part } from '../src/index.ts'

let made: string
beforeAll(() => (made = mkdtempSync(join(tmpdir(), 'create-retinue-plugin-'))))
afterAll(() => rmSync(made, { recursive: true, force: true }))

/** Every choice of parts that has something to register. */
const choices = Array.from({ length: 2 ** parts.length }, (_, bits) =>
  parts.filter((_part, i) => bits & (1 << i)),
)
const sound = choices.filter((chosen) => chosen.some((part) => part !== 'agent'))

describe('a new plugin', () => {
  test.each(sound)('has what was chosen and nothing else: %s %s %s %s %s', (...chosen: Part[]) => {
    const folder = join(made, chosen.join('-'))
    const files = scaffoldPlugin({ folder, name: 'unit-conversion', parts: chosen })
    const sources = files.filter((file) => file.endsWith('.ts'))
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8')
      expect(text, file).not.toMatch(/sample.?thing|(\/\/|<!--) with(out)? \w+/i)
    }
    for (const file of sources) {
      const text = readFileSync(join(folder, file), 'utf8')
      for (const [, path] of text.matchAll(/from '(\.[^']+)'/g)) {
        expect(existsSync(join(folder, dirname(file), path!)), `${file} imports ${path}`).toBe(true)
      }
    }
    expect(existsSync(join(folder, 'src', 'tools.ts'))).toBe(chosen.includes('tool'))
  })

  test('is named in every spelling', () => {
    const folder = join(made, 'named')
    scaffoldPlugin({ folder, name: '@acme/retinue-plugin-unit-conversion', parts })
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
    expect(JSON.parse(read('package.json'))).toMatchObject({ name: '@acme/retinue-plugin-unit-conversion' })
    expect(read('src/plugin.ts')).toContain("name: '@acme/retinue-plugin-unit-conversion'")
    expect(read('src/config.ts')).toContain("class UnitConversionConfig extends Config('unit_conversion'")
    expect(read('src/index.ts')).toContain('unitConversion: UnitConversionConfig')
    expect(read('.gitignore')).toContain('node_modules')
    expect(existsSync(join(folder, 'test', 'unit-conversion.test.ts'))).toBe(true)
  })

  test.each([
    ['Unit Conversion', 'RETINUE_SCAFFOLD_NAME'],
    ['', 'RETINUE_SCAFFOLD_NAME'],
    ['../x', 'RETINUE_SCAFFOLD_NAME'],
    ['agent', 'RETINUE_SCAFFOLD_NAME'], // its config would be an AgentConfig, as the kernel's is
    ['3d-units', 'RETINUE_NAME_INVALID'],
    ['x-y-z', 'RETINUE_NAME_INVALID'],
    ['then', 'RETINUE_NAME_INVALID'],
    ['app-config', 'RETINUE_NAME_INVALID'],
    ['my-context', 'RETINUE_NAME_INVALID'],
    ['tail-section', 'RETINUE_NAME_INVALID'],
    ['git-toolset', 'RETINUE_NAME_INVALID'],
    ['u'.repeat(60), 'RETINUE_NAME_INVALID'],
  ])('is not named %j', (name, code) => {
    const folder = join(made, 'refused')
    expect(() => scaffoldPlugin({ folder, name, parts: ['tool'] })).toThrow(code)
    expect(existsSync(folder)).toBe(false)
  })

  test('is not written over anything, and contributes something', () => {
    const folder = join(made, 'full')
    mkdirSync(folder)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect(() => scaffoldPlugin({ folder, name: 'units', parts: ['tool'] })).toThrow(
      'RETINUE_SCAFFOLD_FOLDER',
    )
    expect(() =>
      scaffoldPlugin({ folder: join(folder, 'notes.txt'), name: 'units', parts: ['tool'] }),
    ).toThrow('RETINUE_SCAFFOLD_FOLDER')
    expect(readdirSync(folder)).toEqual(['notes.txt'])
    expect(() => scaffoldPlugin({ folder: join(made, 'none'), name: 'units', parts: ['agent'] })).toThrow(
      'RETINUE_SCAFFOLD_PARTS',
    )
  })
})

test('the command writes it without asking where nobody is there, and refuses what it does not know', async () => {
  const folder = join(made, 'by-command')
  const { code, output } = await command(folder, '--name', 'units', '--with', 'tool,config')
  expect(output).toMatch(/^Wrote \d+ files\. Go on with:/)
  expect([code, readdirSync(join(folder, 'src'))]).toEqual([
    0,
    ['config.ts', 'index.ts', 'plugin.ts', 'tools.ts'],
  ])
  const scoped = await command('--name', '@acme/retinue-plugin-scoped', '--with', 'config')
  const manifest = readFileSync(join(made, 'retinue-plugin-scoped', 'package.json'), 'utf8')
  expect([scoped.code, JSON.parse(manifest)]).toMatchObject([0, { name: '@acme/retinue-plugin-scoped' }])
  const named = await command('@acme/retinue-plugin-named')
  const its = readFileSync(join(made, 'retinue-plugin-named', 'package.json'), 'utf8')
  expect([named.code, JSON.parse(its)]).toMatchObject([0, { name: '@acme/retinue-plugin-named' }])
  const wrong = await command(join(made, 'other'), '--with', 'tool,magic')
  expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining("can't contribute 'tool,magic'") })
  expect(await command()).toMatchObject({
    code: 2,
    output: expect.stringContaining('npm create retinue-plugin'),
  })
})

// Node gives it files alone: whatever asks the network for something, or starts a process, ends it.
const fence = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*']

function command(...args: string[]): Promise<{ code: number; output: string }> {
  const bin = join(import.meta.dirname, '..', 'src', 'bin.ts')
  return new Promise((resolve) => {
    const given = [...fence, '--conditions=@retinue/source', '--no-warnings', bin, ...args]
    execFile(process.execPath, given, { cwd: made }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    )
  })
}
