// Rehearses a release on loopback: a registry of its own, to which every package is published as `release` would, and
// from which an application and a third party's plugin are then installed, with npm and with pnpm, in empty folders.
// Wants a build first: `pnpm rehearse`.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { packAll, succeed } from './packed-app.ts'
import { checkUntouched } from './packed-application.ts'
import { readmeProgram } from './readme-program.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'retinue-rehearsal-'))
const port = await freePort()
const registry = `http://127.0.0.1:${port}/`
const server = startRegistry()
try {
  await answering()
  for (const tarball of packAll(join(folder, 'tarballs'))) {
    succeed('npm', ['publish', tarball, '--access', 'public', '--loglevel', 'error'], home('publisher'))
    console.log(`published ${tarball.split('/').at(-1)}`)
  }
  for (const client of ['npm', 'pnpm'] as const) {
    asApplication(client)
    asThirdParty(client)
    asNewApplication(client)
  }
} finally {
  server.kill()
  rmSync(folder, { recursive: true, force: true })
}

/** Installs what the README tells an application to, and runs the README's program. */
function asApplication(client: 'npm' | 'pnpm'): void {
  const app = home(`app-${client}`)
  const { code, output } = readmeProgram()
  add(client, app, ['@retinue/kernel', '@retinue/agent', '@retinue/plugin-workspace'])
  writeFileSync(join(app, 'main.mjs'), code)
  assert.equal(succeed(process.execPath, ['main.mjs'], app), output)
  console.log(`an application, installed with ${client}, prints what the README says`)
}

/** Installs what a plugin of somebody else's is made with, compiles it, and uses it over two processes. */
function asThirdParty(client: 'npm' | 'pnpm'): void {
  const plugin = home(`plugin-${client}`)
  cpSync(join(root, 'scripts', 'packed', 'stranger'), join(plugin, 'stranger'), { recursive: true })
  add(client, plugin, ['@retinue/kernel', '@retinue/agent', '@retinue/plugin-workspace'])
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  succeed(process.execPath, [tsc, '-p', 'stranger'], plugin)
  const saved = succeed(process.execPath, ['stranger/out/scenarios.js', 'save'], plugin)
  succeed(process.execPath, ['stranger/out/scenarios.js', 'load', saved], plugin)
  console.log(`a third party's plugin, installed with ${client}, compiles and works`)
}

/** Begins an application as its README says, and starts and tests it untouched. */
function asNewApplication(client: 'npm' | 'pnpm'): void {
  const place = home(`create-${client}`)
  succeed(
    client,
    client === 'npm' ? ['create', '--yes', 'retinue', 'my-agent'] : ['create', 'retinue', 'my-agent'],
    place,
  )
  const app = join(place, 'my-agent')
  configure(app)
  succeed(client, ['install'], app)
  checkUntouched((args) => succeed(client, args, app))
  console.log(`an application, made with ${client} create, starts and passes its test`)
}

function add(client: 'npm' | 'pnpm', cwd: string, names: readonly string[]): void {
  if (client === 'npm')
    succeed('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...names], cwd)
  else succeed('pnpm', ['add', '--silent', ...names], cwd)
}

/** An empty folder whose package manager asks the rehearsal's registry. */
function home(name: string): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n')
  configure(path)
  return path
}

/** Lets a package manager ask the rehearsal's registry, and publish to it as anybody. */
function configure(path: string): void {
  writeFileSync(join(path, '.npmrc'), `registry=${registry}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`)
}

/** Starts verdaccio; what is not ours it gets where npm would. */
function startRegistry(): ReturnType<typeof spawn> {
  const place = join(folder, 'registry')
  mkdirSync(place)
  const manifest = {
    private: true,
    dependencies: { verdaccio: '6.10.4' },
    overrides: { 'node-fetch': '2.7.0' },
  }
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest))
  succeed('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], place)
  const ours = { access: '$all', publish: '$all', unpublish: '$all' }
  const config = {
    storage: join(place, 'storage'),
    uplinks: { npm: { url: succeed('npm', ['config', 'get', 'registry'], place).trim() } },
    packages: {
      '@retinue/*': ours,
      retinue: ours,
      'create-retinue*': ours,
      '**': { access: '$all', proxy: 'npm' },
    },
    max_body_size: '100mb',
    log: { type: 'stdout', level: 'error' },
  }
  writeFileSync(join(place, 'config.yaml'), JSON.stringify(config)) // JSON is YAML
  const bin = join(place, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
  return spawn(process.execPath, [bin, '--config', 'config.yaml', '--listen', `127.0.0.1:${port}`], {
    cwd: place,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function answering(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const isUp = await fetch(`${registry}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    if (attempt > 600 || server.exitCode !== null)
      throw new Error('The registry of the rehearsal did not start.')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
