// Runs a program to its end: what scripts do with each package manager, compiler and program.
import { spawnSync } from 'node:child_process'

/** Runs a program to its end; gives what it prints, or throws with it. */
export function runToEnd(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (status === 0) return stdout
  throw error ?? new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
}
