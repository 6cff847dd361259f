// Goes the way of somebody who begins an application with the packed packages: it is made by the packed command in an
// empty folder, installed, started, tested, compiled and looked over, all of it untouched.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, npm, runToEnd, tarballsOf } from './npm.ts'

/** Makes an application with the command that is installed in `app`, below `folder`; gives where it is. */
export function checkNewApplication(node: string, app: string, tarballs: string, folder: string): string {
  const create = join(app, 'node_modules', 'create-retinue', 'dist', 'bin.js')
  const home = join(folder, 'my-agent')
  mkdirSync(folder, { recursive: true })
  const told = runToEnd(node, [create, 'my-agent'], folder)
  assert.match(told, /cd my-agent\n {2}p?npm install\n/)
  install(node, home, tarballsOf(tarballs, needed(home)))
  checkUntouched((args) => npm(node, args, home))
  npm(node, ['run', 'types'], home)
  assert.match(npm(node, ['run', 'doctor'], home), /All is well\./)
  return home
}

/** Starts and tests a new application as it is, by the scripts that it has. */
export function checkUntouched(client: (args: readonly string[]) => string): void {
  assert.match(client(['start']), /\[clock_now \{\}\]\noffline model: no language model is configured/)
  assert.match(client(['test']), /fail 0/)
}

/** What an application names, and what that stands on: no registry has any of it yet. */
function needed(home: string): string[] {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
  const named = Object.keys({ ...dependencies, ...devDependencies })
  const ours = named.filter((name) => name.startsWith('@retinue/') || name === 'retinue')
  const ofTheCommand = ['plugin-preferences', 'plugin-think', 'plugin-workspace', 'store', 'store-sqlite']
  return [...ours, ...ofTheCommand.map((name) => `@retinue/${name}`), 'create-retinue']
}
