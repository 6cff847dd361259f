// What importing a plugin does, looked at in a process of its own: the entry, its pure file, the entry again, and the
// entry with a second copy of the kernel. One process answers for all checks of one entry.
import { fork } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { broken, Skip } from '../verdict.ts'
import type { ImportReport, ImportTask } from './probe.ts'
import type { Subject } from './subject.ts'

const reports = new Map<string, Promise<ImportReport>>()

/** Imports the entry of a plugin and tells what happened. */
export async function importOf(subject: Subject): Promise<ImportReport> {
  if (!subject.isBuilt && !runsTypeScript()) {
    throw new Skip(`Node ${process.versions.node} does not run TypeScript; give the built entry`)
  }
  let report = reports.get(subject.entry)
  if (report === undefined) reports.set(subject.entry, (report = probe(subject)))
  const { failure, ...rest } = await report
  if (failure === undefined) return rest
  throw broken(
    `Importing its entry fails: ${failure}`,
    `It must load in a fresh process, with nothing but its peers.${subject.isBuilt ? '' : ' Sources that Node runs import each other as .ts.'}`,
  )
}

/** Options of Node by which this package's own sources are found, where they are run. */
export function conditions({ isBuilt }: Subject): string[] {
  return isBuilt && !import.meta.url.endsWith('.ts') ? [] : ['--conditions=@retinue/source']
}

function runsTypeScript(): boolean {
  const { typescript = false } = process.features as { readonly typescript?: string | false }
  return typescript !== false
}

function probe(subject: Subject): Promise<ImportReport> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const script = fileURLToPath(new URL(`./probe.${extension}`, import.meta.url))
  const task: ImportTask = { entry: subject.entry, folder: subject.folder, pure: pureFile(subject) }
  const child = fork(script, [JSON.stringify(task)], {
    cwd: subject.folder,
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env }, // a third of the time
    execArgv: [...conditions(subject), '--no-warnings'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: 60_000,
  })
  let errors = ''
  child.stderr?.on('data', (chunk: unknown) => (errors += String(chunk)))
  return new Promise((resolve) => {
    let report: ImportReport | undefined
    child.on('message', (message) => (report = message as ImportReport))
    child.on('error', (error) => (errors += String(error)))
    child.on('close', (code) =>
      resolve(report ?? ({ failure: errors || `the process ended with ${code}` } as ImportReport)),
    )
  })
}

/** The file that called definePlugin(), as the plugin remembers it. */
function pureFile({ plugin: { file } }: Subject): string | undefined {
  if (file === undefined) return undefined
  return (file.startsWith('file:') ? fileURLToPath(file) : file).replace(/\?.*$/, '')
}
