import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))
const kernel = fileURLToPath(new URL('..', import.meta.url))

/** What TypeScript may instantiate for a hundred plugins, beside what it does for TypeBox's declarations alone. */
const budget = 300_000

describe('the types of a hundred plugins', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'retinue-types-'))
    mkdirSync(join(folder, 'node_modules/@retinue'), { recursive: true })
    symlinkSync(kernel, join(folder, 'node_modules/@retinue/kernel'))
    symlinkSync(join(kernel, 'node_modules/typebox'), join(folder, 'node_modules/typebox'))
    for (let i = 0; i < 100; i++) writeFileSync(join(folder, `plugin-${i}.ts`), plugin(i))
    writeFileSync(join(folder, 'main.ts'), main(100))
    writeFileSync(join(folder, 'typebox.ts'), "export * from 'typebox'\nexport * from 'typebox/schema'\n")
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('compile without an error and within a budget, the checking of libraries included (SPEC 11, D1)', () => {
    const typebox = compile(folder, 'typebox.ts')
    const all = compile(folder, 'main.ts')
    expect(all.errors).toEqual([])
    expect(all.instantiations - typebox.instantiations).toBeLessThanOrEqual(budget)
  }, 120_000)

  it('show an error in one of them, which proves that they are checked', () => {
    writeFileSync(
      join(folder, 'wrong.ts'),
      `import './plugin-7.ts'\nimport { ChatUser } from '@retinue/kernel'
new ChatUser({ id: 'ada' }).config.number7.limit = 'many'\n`,
    )
    expect(compile(folder, 'wrong.ts').errors).toEqual([expect.stringContaining('TS2322')])
  }, 120_000)
})

function compile(folder: string, file: string): { errors: string[]; instantiations: number } {
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'webworker'],
    module: 'nodenext',
    moduleDetection: 'force',
    customConditions: ['@retinue/source'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: false,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  const text = output(folder)
  const lines = text.split('\n')
  return {
    errors: lines.filter((line) => line.includes('error TS')),
    instantiations: Number(/^Instantiations:\s+(\d+)$/m.exec(text)?.[1]),
  }
}

function output(cwd: string): string {
  try {
    return execFileSync(tsc, ['--extendedDiagnostics'], { cwd, encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout // errors make tsc end with a code of its own
  }
}

/** A plugin with a config, a context, a section and a tool. */
function plugin(i: number): string {
  return `
import { Config, Context, Section, Type, definePlugin, defineTool, defineToolset, register } from '@retinue/kernel'
export class Number${i}Config extends Config('number${i}', {
  limit: Type.Integer({ default: ${i}, minimum: 0 }),
  engine: Type.Union([Type.Literal('fast'), Type.Literal('good')], { default: 'fast' }),
  note: Type.Optional(Type.String()),
}) {}
const Result = Type.Object({ title: Type.String(), url: Type.String(), score: Type.Number() })
export class Number${i}Results extends Context('number${i}_results', {
  query: Type.String({ default: '' }),
  results: Type.Array(Result, { default: [] }),
  pages: Type.Record(Type.String(), Type.Object({ text: Type.String() }), { default: {} }),
}) {
  get isEmpty() { return this.results.length === 0 }
}
export class Number${i}Section extends Section('number${i}', { style: Type.String({ default: 'concise' }) }, {
  slot: 'tools', needs: [Number${i}Results], template: 'Answer in a <%= section.style %> style.',
}) {}
export const number${i} = defineToolset('number${i}', {
  needs: [Number${i}Config, Number${i}Results, Number${i}Section],
  tools: {
    number${i}: defineTool({
      description: 'Counts.',
      input: Type.Object({ query: Type.String(), limit: Type.Optional(Type.Integer()) }),
      async execute({ query, limit }, { interaction, config, signal }) {
        signal.throwIfAborted()
        interaction.context.number${i}Results.query = query
        return (limit ?? config.number${i}.limit) + query.length
      },
    }),
  },
})
declare module '@retinue/kernel' {
  interface ConfigTypes { number${i}: Number${i}Config }
  interface ContextTypes { number${i}Results: Number${i}Results }
  interface SectionTypes { number${i}: Number${i}Section }
  interface ToolsetTypes { number${i}: typeof number${i} }
}
register(definePlugin({ name: 'number-${i}', version: '1.0.0', contributes: [Number${i}Config, Number${i}Results, Number${i}Section, number${i}] }))
`
}

/** An application that uses each of them in every way of access. */
function main(plugins: number): string {
  const uses = Array.from(
    { length: plugins },
    (_, i) => `
import { Number${i}Results } from './plugin-${i}.ts'
user.config.number${i}.limit = ${i}
user.config.$set('number${i}', { limit: ${i}, engine: 'good' })
agent.tools.push('number${i}')
session.context.number${i}Results.results = [{ title: 'a', url: 'b', score: ${i} }]
session.context.$get(Number${i}Results).isEmpty satisfies boolean
session.context.$get('Number${i}Results').query satisfies string
session.context.$get('number${i}_results').$patch({ query: 'x' })
session.sections.number${i}.render() satisfies string
session.sections.$peek('number${i}')?.style satisfies string | undefined
registry.contexts.create('number${i}_results', { query: 'x' })
`,
  )
  return `
import { AgentConfig, ChatSession, ChatUser, registry } from '@retinue/kernel'
const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'all' })
const session = new ChatSession({ user, agent })
${uses.join('')}`
}
