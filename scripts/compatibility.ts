// Finds out which versions of Node and TypeScript the packed packages go with, and whether the newest Bun and Deno run
// them, and writes the table of docs/compatibility.md. It installs each version from the registry. Wants a build first: `pnpm compatibility`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installApp, installInto, packAll } from './packed-app.ts'
import { runToEnd } from './run-to-end.ts'

const nodes = ['20.19.0', '20', '22.12.0', '22', '24', '26']
const runtimes = { Bun: ['run'], Deno: ['run', '--allow-all'] }
const compilers = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0']

const page = join(import.meta.dirname, '..', 'docs', 'compatibility.md')
const folder = mkdtempSync(join(tmpdir(), 'retinue-compatibility-'))
const app = join(folder, 'app')
try {
  const packages = packAll(join(folder, 'tarballs')).filter((file) => /kernel|agent|workspace/.test(file))
  installApp(app, packages)
  const rows = [
    ...nodes.map(tryNode),
    ...Object.entries(runtimes).map(([name, args]) => tryRuntime(name, args)),
    ...compilers.map(tryCompiler),
  ]
  const table = [['version', 'tried', 'result'], ['-', '-', '-'], ...rows]
  const text = table.map((row) => `| ${row.join(' | ')} |`).join('\n')
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split('<!-- versions -->')
  const after = rest.slice(rest.indexOf('<!-- /versions -->'))
  writeFileSync(page, `${before}<!-- versions -->\n\n${text}\n\n${after}`)
  runToEnd('pnpm', ['exec', 'oxfmt', page], join(import.meta.dirname, '..'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function tryNode(version: string): string[] {
  const home = join(folder, `node-${version}`)
  const name = `node-${process.platform}-${process.arch}`
  return attempt(`Node ${version}`, () => {
    installInto(home, [`${name}@${version}`])
    const node = join(home, 'node_modules', name, 'bin', 'node')
    runToEnd(node, ['kernel.mjs'], app)
    runToEnd(node, ['--disallow-code-generation-from-strings', 'kernel.mjs'], app)
    return [
      `Node ${runToEnd(node, ['-p', 'process.versions.node'], app).trim()}`,
      'a plugin, saved and restored, also where code generation is forbidden',
    ]
  })
}

function tryRuntime(name: string, args: readonly string[]): string[] {
  const home = join(folder, name)
  return attempt(name, () => {
    installInto(home, [name.toLowerCase()])
    const command = join(home, 'node_modules', '.bin', name.toLowerCase())
    runToEnd(command, [...args, 'kernel.mjs'], app)
    const [version = ''] = /\d+\.\d+\.\d+/.exec(runToEnd(command, ['--version'], app)) ?? []
    return [`${name} ${version}`, 'a plugin, saved and restored']
  })
}

function tryCompiler(version: string): string[] {
  const home = join(folder, `typescript-${version}`)
  return attempt(`TypeScript ${version}`, () => {
    installInto(home, [`typescript@${version}`])
    const tsc = join(home, 'node_modules', 'typescript', 'bin', 'tsc')
    const exact = runToEnd(process.execPath, [tsc, '--version'], app).replace('Version', 'TypeScript').trim()
    runToEnd(process.execPath, [tsc, '-p', 'tsconfig.json'], app)
    return [exact, 'a program and its plugin, with `skipLibCheck: false`']
  })
}

/** A row of the table: what a version was tried with, and whether it passed. */
function attempt(name: string, what: () => string[]): string[] {
  try {
    const row = [...what(), 'passed']
    console.log(row.join(': '))
    return row
  } catch (error) {
    console.log(`${name}: ${(error as Error).message}`)
    return [name, '', 'failed']
  }
}
