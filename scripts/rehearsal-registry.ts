// The registry of a rehearsal: verdaccio on loopback. It holds what is published to it, and gets everything else where
// npm would.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { runToEnd } from './run-to-end.ts'

/** A registry that answers. */
export interface RehearsalRegistry {
  /** Lets a package manager ask it from within a folder, and publish to it as anybody. */
  configure(folder: string): void
  /** Ends it: from then on it is as if there were no network. */
  stop(): Promise<void>
}

/** Installs a registry into a folder, and starts it. */
export async function startRegistry(place: string): Promise<RehearsalRegistry> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  mkdirSync(place)
  const manifest = {
    private: true,
    dependencies: { verdaccio: '6.10.4' },
    overrides: { 'node-fetch': '2.7.0' },
  }
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest))
  runToEnd('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], place)
  const ours = { access: '$all', publish: '$all', unpublish: '$all' }
  const config = {
    storage: join(place, 'storage'),
    uplinks: { npm: { url: runToEnd('npm', ['config', 'get', 'registry'], place).trim() } },
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
  const server = spawn(process.execPath, [bin, '--config', 'config.yaml', '--listen', `127.0.0.1:${port}`], {
    cwd: place,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(server, 'exit')
  for (let attempt = 0; !(await answers(url)); attempt++) {
    if (attempt > 600 || server.exitCode !== null)
      throw new Error('The registry of the rehearsal did not start.')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    configure(folder) {
      writeFileSync(join(folder, '.npmrc'), `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`)
    },
    async stop() {
      server.kill()
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}-/ping`).then(
    ({ ok }) => ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
