// Goes the way of somebody who begins an application with the packed packages: it is made by the packed command in an
// empty folder, installed, started, tested, compiled and looked over, all of it untouched.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { install, npm, tarballsOf } from './npm.ts'
import { runToEnd } from './run-to-end.ts'

/** Makes an application with the command that is installed in `app`, below `folder`; gives where it is. */
export function checkNewApplication(node: string, app: string, tarballs: string, folder: string): string {
  const create = join(app, 'node_modules', 'create-retinue', 'dist', 'bin.js')
  const home = join(folder, 'my-agent')
  mkdirSync(folder, { recursive: true })
  const told = runToEnd(node, [create, 'my-agent'], folder)
  assert.match(told, /cd my-agent\n {2}p?npm install\n/)
  install(node, home, tarballsOf(tarballs, needed(home, app)))
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

/** What an application names, and what that stands on, as far as it is ours: no registry has any of it yet. */
function needed(home: string, app: string): string[] {
  const found = new Set(namedIn(home))
  for (const name of found) for (const each of namedIn(join(app, 'node_modules', name))) found.add(each)
  return [...found]
}

/** The packages of ours that a package names. */
function namedIn(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, object>
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  const own = folder.includes('node_modules') ? {} : manifest['devDependencies']
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies, ...own }).filter(
    (name) => /^(@retinue\/|(create-)?retinue$)/.test(name),
  )
}
