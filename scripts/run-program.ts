// Runs a program of an example, a README or a page as its reader does, offline; gives what it prints.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

// Nothing of the environment but PATH: no key, so no model but the offline one, and no colours. Stripping the types of
// the same sources once saves half of the time.
const env = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', 'node_modules', '.cache', 'programs'),
}

/** Runs Node with these arguments on the sources of the packages; what it leaves among the temporary files is taken away. */
export async function runProgram(args: readonly string[], cwd: string): Promise<string> {
  const program = ['--conditions=@retinue/source', ...args]
  const TMPDIR = await mkdtemp(join(tmpdir(), 'retinue-program-'))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, program, { cwd, env: { ...env, TMPDIR } })
    return stdout
  } finally {
    await rm(TMPDIR, { recursive: true, force: true })
  }
}
