import { execFile } from 'node:child_process'

/** What a command wrote, and how it ended. */
export interface Executed {
  readonly code: number
  readonly stdout: string
  readonly output: string
}

/** Runs a program of Node in a folder, to its end. */
export function execute(args: readonly string[], cwd: string): Promise<Executed> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args],
      { cwd, maxBuffer: 1e8, timeout: 300_000 },
      (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : Number(error.code ?? 1),
          stdout,
          output: `${stdout}${stderr}`.trim(),
        }),
    )
  })
}
