// Rehearses a release on loopback: a registry of its own, to which every package is published as `release` would, and
// from which an application, a third party's plugin and what the scaffolders make are then installed, with npm and with
// pnpm, in empty folders. Then the registry is stopped, and all that the scaffolders do works from what was kept.
// Wants a build first: `pnpm rehearse`.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { packAll } from './packed-app.ts'
import { checkUntouched } from './packed-application.ts'
import { readmeProgram } from './readme-program.ts'
import { startRegistry } from './rehearsal-registry.ts'
import { runToEnd } from './run-to-end.ts'

const clients = ['npm', 'pnpm'] as const
type Client = (typeof clients)[number]

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'retinue-rehearsal-'))
// npm and pnpm keep nothing but what they get in this rehearsal, and pnpm does not run an older `create` once more.
process.env['npm_config_cache'] = join(folder, 'npm-cache')
for (const kind of ['CACHE', 'DATA', 'STATE']) process.env[`XDG_${kind}_HOME`] = join(folder, 'pnpm', kind)
process.env['pnpm_config_dlx_cache_max_age'] = '0'

const registry = await startRegistry(join(folder, 'registry'))
try {
  for (const tarball of packAll(join(folder, 'tarballs'))) {
    runToEnd('npm', ['publish', tarball, '--access', 'public', '--loglevel', 'error'], home('publisher'))
    console.log(`published ${tarball.split('/').at(-1)}`)
  }
  for (const client of clients) {
    asApplication(client)
    asThirdParty(client)
    asNewcomer(client, [])
  }
  await registry.stop()
  console.log('the registry is stopped')
  // They would try for a minute, and then do the same.
  for (const client of clients) process.env[`${client}_config_fetch_retries`] = '0'
  for (const client of clients) {
    for (const flags of [[], ['--prefer-offline'], ['--offline']]) asNewcomer(client, flags)
  }
} finally {
  await registry.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** Installs what the README tells an application to, and runs the README's program. */
function asApplication(client: Client): void {
  const app = home(`app-${client}`)
  const { code, output } = readmeProgram()
  add(client, app, ['@retinue/kernel', '@retinue/agent', '@retinue/plugin-workspace'])
  writeFileSync(join(app, 'main.mjs'), code)
  assert.equal(runToEnd(process.execPath, ['main.mjs'], app), output)
  console.log(`an application, installed with ${client}, prints what the README says`)
}

/** Installs what a plugin of somebody else's is made with, compiles it, and uses it over two processes. */
function asThirdParty(client: Client): void {
  const plugin = home(`plugin-${client}`)
  cpSync(join(root, 'scripts', 'packed', 'stranger'), join(plugin, 'stranger'), { recursive: true })
  add(client, plugin, ['@retinue/kernel', '@retinue/agent', '@retinue/plugin-workspace'])
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  runToEnd(process.execPath, [tsc, '-p', 'stranger'], plugin)
  const saved = runToEnd(process.execPath, ['stranger/out/scenarios.js', 'save'], plugin)
  runToEnd(process.execPath, ['stranger/out/scenarios.js', 'load', saved], plugin)
  console.log(`a third party's plugin, installed with ${client}, compiles and works`)
}

/** Makes an application and a plugin as their READMEs say, in an empty folder, and tries both untouched. */
function asNewcomer(client: Client, flags: readonly string[]): void {
  const place = home(`new-${client}`)
  const create = client === 'npm' ? ['create', '--yes'] : ['create']
  const made = (scaffolder: string, name: string): ((args: readonly string[]) => string) => {
    runToEnd(client, [...create, ...flags, scaffolder, name], place)
    registry.configure(join(place, name))
    runToEnd(client, ['install', ...flags], join(place, name))
    return (args) => runToEnd(client, args, join(place, name))
  }
  checkUntouched(made('retinue', 'my-agent'))
  made('retinue-plugin', 'my-plugin')(['test'])
  console.log(
    `an application and a plugin, made with '${[client, 'create', ...flags].join(' ')}', pass their tests`,
  )
}

function add(client: Client, cwd: string, names: readonly string[]): void {
  if (client === 'npm')
    runToEnd('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...names], cwd)
  else runToEnd('pnpm', ['add', '--silent', ...names], cwd)
}

/** An empty folder whose package manager asks the rehearsal's registry. */
function home(name: string): string {
  const path = mkdtempSync(join(folder, `${name}-`))
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n')
  registry.configure(path)
  return path
}
