// Keeps the READMEs of packages true: runs the program that each begins with, and compares the tables of settings
// and errors (between `<!-- settings -->`, `<!-- errors -->` and their ends) with the code. `pnpm test -u` writes
// outputs and tables anew. Their links hold in a packed package, too.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

interface Contribution {
  readonly kind: string
  readonly type: string
  readonly schema: { readonly properties: Readonly<Record<string, Schema>> }
}

const root = join(import.meta.dirname, '..')
// Where programs run that use more than their own package may: the root's, and that of what the agent's tests use.
const places: Readonly<Record<string, string>> = {
  'README.md': 'examples/01-first-session',
  'packages/testing/README.md': 'packages/agent',
}
const readmes = ['README.md', ...globSync('{packages,plugins}/*/README.md', { cwd: root })]

test.each(readmes)('%s shows the output of its program, the settings and the errors', async (file) => {
  const folder = join(root, dirname(file))
  const written = readFileSync(join(root, file), 'utf8')
  const place = join(root, places[file] ?? dirname(file))
  const printed = written.replace(/(?<=```text\n).*?(?=```)/s, await output(written, place))
  const settled = await filled(printed, 'settings', () => settings(join(folder, 'src', 'index.ts')))
  const expected = await filled(settled, 'errors', () => errors(join(folder, 'src', 'errors.ts')))
  await expect(expected).toMatchFileSnapshot(join(root, file))
})

// Not every package manager gives an application what the packages that it installed have brought along.
test.each(readmes)('%s says how to install what its program imports', (file) => {
  const readme = readFileSync(join(root, file), 'utf8')
  const own = JSON.parse(readFileSync(join(root, dirname(file), 'package.json'), 'utf8')) as { name: string }
  const installs = [...readme.matchAll(/npm i ([^`#\n]*)/g)].flatMap(([, names]) => names!.split(' '))
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const imported = [...code.matchAll(/^(?:import|.* from) '(?!node:)([^']+)/gm)].map(([, name]) => name!)
  expect(imported.filter((name) => name !== own.name && !installs.includes(name))).toEqual([])
})

// What is packed has neither the other packages nor the site beside it.
test('no README of a package links out of its package', () => {
  const outside = readmes
    .slice(1)
    .flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\]\(\.\.\/[^)]*\)/g) ?? [])
  expect(outside).toEqual([])
})

async function output(readme: string, cwd: string): Promise<string> {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const printed = await runProgram(['--input-type=module-typescript', '--eval', code], cwd)
  return printed.replaceAll('$', '$$$$')
}

async function filled(readme: string, name: string, rows: () => Promise<string[][]>): Promise<string> {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = readme.indexOf(open)
  if (from < 0) return readme
  return `${readme.slice(0, from)}${open}\n\n${table(await rows())}\n${readme.slice(readme.indexOf(close))}`
}

async function settings(entry: string): Promise<string[][]> {
  const { plugin } = (await import(entry)) as { plugin: { contributes: readonly Contribution[] } }
  const configs = plugin.contributes.filter(({ kind }) => kind === 'config')
  const rows = configs.flatMap(({ type, schema }) =>
    Object.entries(schema.properties).map(([field, each]) => [
      `\`${type}.${field}\``,
      typeText(each),
      each.default === undefined ? '' : `\`${JSON.stringify(each.default)}\``,
      (each.description ?? '').replaceAll('|', '\\|'),
    ]),
  )
  return [['setting', 'type', 'default', 'what it says'], ...rows]
}

async function errors(file: string): Promise<string[][]> {
  if (!existsSync(file)) throw new Error(`The README has a table of errors, but there is no ${file}.`)
  const { errorCodes } = (await import(file)) as { errorCodes: Readonly<Record<string, string>> }
  return [
    ['code', 'means'],
    ...Object.entries(errorCodes).map(([code, text]) => [`\`${code}\``, text.replaceAll('|', '\\|')]),
  ]
}

function typeText(schema: Schema): string {
  if ('x-retinue-secret' in schema) return 'secret'
  const { const: only, enum: several, anyOf, items, minimum, maximum, type = 'any' } = schema
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (several !== undefined) return several.map((each) => typeText({ const: each })).join(' or ')
  if (anyOf !== undefined) return anyOf.map(typeText).join(' or ')
  if (items !== undefined) return `list of ${typeText(items)}`
  const low = minimum === undefined ? '' : `, at least ${minimum}`
  return `${type}${low}${maximum === undefined ? '' : `, at most ${maximum}`}`
}

/** A Markdown table in the form that the formatter keeps. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const [head = [], ...rest] = rows
  return [head, widths.map((width) => '-'.repeat(width)), ...rest].map(line).join('')
}
