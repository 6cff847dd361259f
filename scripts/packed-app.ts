// Packs every public package and installs the tarballs with npm into an empty folder, as their users get them.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from './run-to-end.ts'

const root = join(import.meta.dirname, '..')

/** Packs every public package into a folder; gives the tarballs. Wants a build first. */
export function packAll(folder: string): string[] {
  mkdirSync(folder, { recursive: true })
  const filters = ['--filter', './packages/*', '--filter', './plugins/*']
  runToEnd('pnpm', ['-r', ...filters, 'pack', '--pack-destination', folder], root)
  return readdirSync(folder).map((name) => join(folder, name))
}

/** Makes an application of the small programs in `scripts/packed`, with these packages. */
export function installApp(folder: string, packages: readonly string[]): void {
  cpSync(join(root, 'scripts', 'packed'), folder, { recursive: true })
  installInto(folder, packages)
}

/** Installs packages with npm into a folder, as one of its own. */
export function installInto(folder: string, packages: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  runToEnd('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder)
}
