// Real processes that use a store: bundled and compiled once, so that starting one is cheap, read line by line, killed without a word.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A process that runs. */
export interface Child {
  /** What it has said so far, line by line. */
  readonly lines: readonly string[]
  /** Resolves when it has said that many lines. */
  said(count: number): Promise<void>
  /** Ends it as a power cut would end it. */
  kill(): Promise<void>
  pause(): void
  goOn(): void
  /** Resolves with its exit code when it is over and all that it said is read. */
  readonly over: Promise<number | null>
}

/** Bundles programs of this folder into another one; gives what starts one of them. */
export async function bundled(
  outdir: string,
  ...programs: readonly string[]
): Promise<(program: string, ...args: readonly string[]) => Child> {
  await build({
    entryPoints: programs.map((program) => fileURLToPath(new URL(`${program}.ts`, import.meta.url))),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@retinue/source'],
  })
  const env = { ...process.env, NODE_COMPILE_CACHE: join(outdir, 'compiled') }
  return (program, ...args) => start(join(outdir, `${program}.mjs`), args, env)
}

function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Child {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const wake = (all: boolean): void => {
    for (const { count, resolve } of waiting) if (all || lines.length >= count) resolve()
  }
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => {
    lines.push(line)
    wake(false)
  })
  const over = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(([[code]]) => {
    wake(true)
    return code as number | null
  })
  return {
    lines,
    said: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve })
        wake(child.exitCode !== null)
      }),
    kill: async () => {
      child.kill('SIGKILL')
      await over
    },
    pause: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    over,
  }
}
