// Packs every public package and installs the tarballs with npm into an empty folder, as their users get them.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Packs every public package into a folder; gives the tarballs. Wants a build first. */
export function packAll(folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  const filters = ['--filter', './packages/*', '--filter', './plugins/*']
  succeed('pnpm', ['-r', ...filters, 'pack', '--pack-destination', folder], root)
  return readdirSync(folder).map((name) => join(folder, name))
}

/** Makes an application of the small programs in `scripts/packed`, with these packages. */
export function installApp(folder: string, packages: readonly string[]): void {
  cpSync(join(root, 'scripts', 'packed'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  installInto(folder, packages)
}

/** Installs packages with npm into a folder. */
export function installInto(folder: string, packages: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  succeed('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder)
}

/** Runs a command; gives what it prints, or throws with it. */
export function succeed(command: string, args: readonly string[], cwd: string): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
}
