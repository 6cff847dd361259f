import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kernelVersion } from '@retinue/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scaffoldApplication, type NewApplication } from '../src/index.ts'

let made: string
beforeAll(() => (made = mkdtempSync(join(tmpdir(), 'create-retinue-'))))
afterAll(() => rmSync(made, { recursive: true, force: true }))

/** Makes an application; gives its files with what they say. */
function scaffold(name: string, wishes: Partial<NewApplication> = {}): Readonly<Record<string, string>> {
  const folder = join(made, name)
  const files = scaffoldApplication({ language: 'ts', ...wishes, folder })
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}

interface Manifest {
  readonly name: string
  readonly engines: object
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifestOf = (files: Readonly<Record<string, string>>) => JSON.parse(files['package.json']!) as Manifest

describe('a new application', () => {
  test('is an agent, a plugin, a test and a start, called after its folder', () => {
    const files = scaffold('My Agent')
    expect(Object.keys(files)).toEqual([
      'README.md',
      '.gitignore',
      'package.json',
      'retinue.config.ts',
      'src/agent.ts',
      'src/main.ts',
      'test/agent.test.ts',
      'tsconfig.json',
    ])
    const { name, dependencies, devDependencies, scripts } = manifestOf(files)
    expect(name).toBe('my-agent')
    expect(dependencies['@retinue/plugin-clock']).toBe(`^${kernelVersion}`)
    expect(devDependencies['retinue']).toBe(`^${kernelVersion}`)
    expect(scripts).toMatchObject({ start: 'node src/main.ts', test: 'node --test' })
  })

  test('begins with other plugins, and is asked what they know', () => {
    const plugins = ['@retinue/plugin-workspace', '@acme/retinue-plugin-units']
    const files = scaffold('plugins', { plugins })
    expect(files['src/agent.ts']).toContain(
      "import '@retinue/plugin-workspace'\nimport '@acme/retinue-plugin-units'\n",
    )
    expect(files['src/agent.ts']).toContain("tools: ['workspace'],")
    expect(files['src/main.ts']).toContain("|| 'List the files.'")
    expect(manifestOf(files).dependencies).toEqual({
      '@acme/retinue-plugin-units': '*',
      '@retinue/agent': `^${kernelVersion}`,
      '@retinue/kernel': `^${kernelVersion}`,
      '@retinue/plugin-workspace': `^${kernelVersion}`,
    })
    expect(Object.values(files).join('')).not.toMatch(/plugin-clock|What time/)
  })

  test('has of each of our plugins the toolset that is called after it, where there is one', () => {
    const ours = join(import.meta.dirname, '..', '..', '..', 'plugins')
    for (const folder of readdirSync(ours)) {
      if (!readFileSync(join(ours, folder, 'package.json'), 'utf8').includes('"@retinue/plugin-')) continue
      const sources = readdirSync(join(ours, folder, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(ours, folder, 'src', file), 'utf8'))
      const toolset = `'${folder.replaceAll('-', '_')}'`
      const isThere = sources.some((source) => source.includes(`defineToolset(${toolset},`))
      const files = scaffold(`with-${folder}`, { plugins: [`@retinue/plugin-${folder}`] })
      expect(files['src/agent.ts']).toContain(`tools: [${isThere ? toolset : ''}],`)
    }
  })

  test('has the model that is named, and the package of its provider', () => {
    const files = scaffold('model', { model: 'openai/gpt-5' })
    expect(files['src/agent.ts']).toContain("model: process.env['RETINUE_MODEL'] || 'openai/gpt-5',")
    expect(files['src/agent.ts']).not.toContain('offlineModel')
    expect(manifestOf(files).dependencies['@ai-sdk/openai']).toMatch(/^\^\d/)
  })

  test('is in JavaScript for a Node that runs nothing else', () => {
    const files = scaffold('javascript', { language: 'js' })
    expect(Object.keys(files).filter((file) => /ts/.test(file.replace('test', '')))).toEqual([])
    expect(Object.values(files).join('')).not.toMatch(/\.ts\b|typescript|tsc/i)
    expect(manifestOf(files)).toMatchObject({
      scripts: { start: 'node src/main.js' },
      engines: { node: '^20.19.0 || >=22.12.0' },
    })
  })

  test.each([
    ['日本', {}],
    ['node_modules', {}],
    ['x'.repeat(215), {}],
    ['plugin', { plugins: ['Not A Package'] }],
    ['model-alone', { model: 'gpt-5' }],
    ['model-strange', { model: "openai/x' + evil()" }],
    ['model-provider', { model: 'constructor/x' }],
  ])('is not made under names that nobody takes: %j %j', (name, wishes) => {
    expect(() => scaffold(name, wishes)).toThrow('RETINUE_SCAFFOLD_NAME')
    expect(existsSync(join(made, name))).toBe(false)
  })

  test('is written over nothing; a repository without files is no reason against', () => {
    const full = join(made, 'full')
    mkdirSync(full)
    writeFileSync(join(full, 'notes.txt'), 'mine')
    expect(() => scaffold('full')).toThrow('RETINUE_SCAFFOLD_FOLDER')
    expect(() => scaffold('full/notes.txt')).toThrow('RETINUE_SCAFFOLD_FOLDER')
    expect(() => scaffold('full/notes.txt/below')).toThrow(/RETINUE_SCAFFOLD_FOLDER.*could not be written/)
    expect(readdirSync(full)).toEqual(['notes.txt'])
    mkdirSync(join(made, 'repository', '.git'), { recursive: true })
    writeFileSync(join(made, 'repository', '.DS_Store'), '')
    expect(scaffold('repository')).toHaveProperty('package.json')
  })
})
