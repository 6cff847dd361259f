// Checks the packages as their users get them: packs each public one, looks the tarballs over, installs them
// with npm into an empty folder, and there runs, bundles and type-checks small programs (scripts/packed/).
// Wants a build first: `pnpm pack:check`. RETINUE_KEEP=1 keeps the folder.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import assert from 'node:assert/strict'
import { build } from 'esbuild'
import { installApp, installInto, packAll } from './packed-app.ts'
import { checkNewApplication } from './packed-application.ts'
import { checkCommand } from './packed-command.ts'
import { checkContent, checkKernel } from './packed-content.ts'
import { checkContracts, checkNewPlugin, checkPluginAtWork } from './packed-plugin.ts'
import { checkTarball } from './packed-tarball.ts'
import { readmeProgram } from './readme-program.ts'
import { runToEnd } from './run-to-end.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'retinue-packed-'))
const tarballs = join(folder, 'tarballs')
const app = join(folder, 'app')
const commands = { retinue: 'cli', 'create-retinue': 'create', 'create-retinue-plugin': 'create-plugin' }

try {
  heading('packs every public package')
  const files = packAll(tarballs)

  for (const file of files) {
    heading(`looks ${file.slice(tarballs.length + 1)} over: its package.json, its types`)
    await checkTarball(file)
  }

  heading('installs the tarballs into an empty folder with npm')
  installApp(app, files)
  for (const name of readdirSync(join(app, 'node_modules', '@retinue'))) {
    const homes = [join('packages', name), join('plugins', name.replace(/^plugin-/, ''))]
    const home = homes.find((each) => existsSync(join(root, each)))
    assert.ok(home, `no folder of @retinue/${name}`)
    heading(`looks the installed @retinue/${name} over: its files, its versions`)
    checkContent(join(app, 'node_modules', '@retinue', name), join(root, home))
  }
  for (const [name, home] of Object.entries(commands)) {
    heading(`looks the installed command ${name} over: its files, its versions`)
    checkContent(join(app, 'node_modules', name), join(root, 'packages', home))
  }
  heading('looks the installed kernel over: what it depends on, what it loads')
  await checkKernel(join(app, 'node_modules', '@retinue', 'kernel'))

  heading("compiles a stranger's plugin, written with nothing but the published face")
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'stranger'], app)

  const readme = readmeProgram()
  writeFileSync(join(app, 'readme.mjs'), readme.code)
  for (const node of nodes()) {
    heading(`runs a plugin on the kernel on Node ${node.version}`)
    run(node.path, ['kernel.mjs'], app)
    heading(`runs it on Node ${node.version} where code generation is forbidden`)
    run(node.path, ['--disallow-code-generation-from-strings', 'kernel.mjs'], app)
    heading(`uses a stranger's plugin on Node ${node.version}, and goes on in a fresh process`)
    const saved = runToEnd(node.path, ['stranger/out/scenarios.js', 'save'], app)
    runToEnd(node.path, ['stranger/out/scenarios.js', 'load', saved], app)
    heading(`runs the README's program on Node ${node.version} and compares what it prints`)
    assert.equal(runToEnd(node.path, ['readme.mjs'], app), readme.output)
    heading(`makes an application with the command on Node ${node.version}, and works in it`)
    checkCommand(node.path, app)
  }

  heading("makes a stranger's plugin with the packed command, tests it on each Node, and packs it")
  const strange = join(folder, 'strange')
  const paths = nodes().map(({ path }) => path)
  const plugin = checkNewPlugin(paths, app, tarballs, strange)
  heading(
    'makes an application with the packed command, and installs, starts, tests and compiles it untouched',
  )
  const application = checkNewApplication(paths.at(-1)!, app, tarballs, strange)
  heading('installs that plugin into that application, and has its tool called on each Node')
  checkPluginAtWork(paths, plugin, application)
  heading('puts built plugins to the contract by its command')
  checkContracts(paths[0]!, app, [
    '@retinue/plugin-workspace',
    '@retinue/plugin-math',
    '@retinue/plugin-web-search',
  ])

  heading(
    "bundles the README's program with esbuild and runs the bundle: imported plugins must still register",
  )
  await build({
    entryPoints: [join(app, 'readme.mjs')],
    outfile: join(app, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  })
  assert.equal(runToEnd(process.execPath, ['bundle.mjs'], app), readme.output)

  heading('bundles the kernel for a browser, with no module of Node')
  await build({
    stdin: { contents: "export * from '@retinue/kernel'", resolveDir: app },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })

  for (const [version, tsc] of compilers()) {
    heading(`type-checks a program against the packed types with TypeScript ${version}, libraries included`)
    run(process.execPath, [tsc, '-p', 'tsconfig.json'], app)
  }
  console.log('\nThe packed packages are sound.')
} finally {
  if (process.env['RETINUE_KEEP'] === '1') console.log(`kept: ${folder}`)
  else rmSync(folder, { recursive: true, force: true })
}

function heading(text: string): void {
  console.log(`\n== ${text}`)
}

/** Runs a command and shows what it prints. */
function run(command: string, args: string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

/** This Node, and the system's own where it is another one. */
function nodes(): { path: string; version: string }[] {
  const own = { path: process.execPath, version: process.versions.node }
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
  const path = folders.map((each) => join(each, 'node')).find((each) => existsSync(each))
  if (path === undefined) return [own]
  const version = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
  return version === own.version ? [own] : [{ path, version }, own]
}

/** The TypeScript of this repository, and an older one if the registry has it. */
function compilers(): [version: string, tsc: string][] {
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc')
  const own = readFileSync(join(root, 'node_modules', 'typescript', 'package.json'), 'utf8')
  const found: [string, string][] = [[(JSON.parse(own) as { version: string }).version, join(root, tsc)]]
  const older = join(folder, 'typescript-5.9')
  try {
    installInto(older, ['typescript@5.9.3'])
    found.push(['5.9.3', join(older, tsc)])
  } catch {
    console.log('\nskipped: the registry has no TypeScript 5.9.3')
  }
  return found
}
