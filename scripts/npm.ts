// Runs npm, and what it starts, on a given Node: what is tried with packed packages is tried on each.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

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

/** Runs a program to its end, and gives what it prints. */
export function runToEnd(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (error !== undefined) throw error
  assert.equal(status, 0, `${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
