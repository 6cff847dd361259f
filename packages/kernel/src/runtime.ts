// What the kernel asks of the JavaScript runtime, which may be Node, a browser or an edge worker: each thing is
// typed here by hand, so that the kernel compiles without the types of any of them, and looked up when it is used.

interface Runtime {
  queueMicrotask(job: () => void): void
  readonly console?: { error(...what: unknown[]): void }
  readonly crypto: { randomUUID?(): string; getRandomValues(bytes: Uint8Array): Uint8Array }
  readonly process?: {
    readonly env?: Readonly<Record<string, string | undefined>>
    getBuiltinModule?(name: string): { readFileSync(path: string, encoding: 'utf8'): string } | undefined
  }
}

const runtime = globalThis as unknown as Runtime

/** Says on the console what nobody else wants to hear. */
export function complain(error: unknown): void {
  try {
    runtime.console?.error(error)
  } catch {
    // A console that throws is no reason to fail whoever made the change.
  }
}

/** Runs something when the job that runs now is over. */
export function afterThisJob(run: () => void): void {
  runtime.queueMicrotask(run)
}

/** Makes an id that nobody can guess and nobody has. */
export function newId(): string {
  if (runtime.crypto.randomUUID !== undefined) return runtime.crypto.randomUUID()
  const bytes = runtime.crypto.getRandomValues(new Uint8Array(16)) // a page without https has no randomUUID
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads an environment variable; `undefined` where there is none, or no environment. */
export function readVariable(name: string): string | undefined {
  return runtime.process?.env?.[name]
}

/** Reads a text file; `undefined` in a runtime without files. */
export function readTextFile(path: string): string | undefined {
  return runtime.process?.getBuiltinModule?.('node:fs')?.readFileSync(path, 'utf8')
}
