// Runs npm, and what it starts, on a given Node: what is tried with packed packages is tried on each.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { runToEnd } from './run-to-end.ts'

/** Runs npm, and whatever it starts, on a given Node; gives what it prints. */
export function npm(node: string, args: readonly string[], cwd: string): string {
  return runToEnd('npm', args, cwd, { PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` })
}

/** Installs tarballs: they take the place of versions that no registry has yet. */
export function install(
  node: string,
  cwd: string,
  files: readonly string[],
  flags: readonly string[] = [],
): void {
  npm(
    node,
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...flags, ...files],
    cwd,
  )
}

/** The tarballs of those packages. */
export function tarballsOf(tarballs: string, names: readonly string[]): string[] {
  return names.map((name) => {
    const start = name.replace('@', '').replace('/', '-')
    const file = readdirSync(tarballs).find((each) => new RegExp(`^${start}-\\d`).test(each))
    assert.ok(file, `${tarballs} has no tarball of ${name}`)
    return join(tarballs, file)
  })
}
