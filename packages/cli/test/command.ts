// Runs the command as a person does, in a folder of its own. Its sources are bundled and compiled once for a file of
// tests: a command starts in a third of the time.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll } from 'vitest'

const packageFolder = join(import.meta.dirname, '..')
let bundle = ''

/** Has the tests of a file run the command from one bundle. */
export function bundleCommand(): void {
  beforeAll(async () => {
    // There what the bundle leaves out, the templates of `init`, is found.
    bundle = mkdtempSync(join(packageFolder, 'node_modules', '.retinue-'))
    await build({
      entryPoints: {
        retinue: join(packageFolder, 'src', 'bin.ts'),
        kernel: join(packageFolder, '..', 'kernel', 'src', 'index.ts'),
      },
      outdir: bundle,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@retinue/source'],
      external: ['create-retinue'],
      // Packages that are CommonJS ask for Node's own modules by `require`.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    })
  })
  afterAll(() => rmSync(bundle, { recursive: true, force: true }))
}

/** The program and its arguments, and the variables that it wants. */
export function command(): {
  readonly words: readonly [program: string, ...args: string[]]
  readonly variables: Readonly<Record<string, string>>
} {
  return {
    words: [process.execPath, '--conditions=@retinue/source', join(bundle, 'retinue.mjs')],
    variables: { NODE_COMPILE_CACHE: join(bundle, 'compiled') },
  }
}

/** What a command came to. */
export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command with an input and nothing of the environment but what is given. */
export function retinue(
  cwd: string,
  args: readonly string[],
  {
    input = '',
    env = {},
    endBy,
  }: {
    readonly input?: string
    readonly env?: NodeJS.ProcessEnv
    /** Is sent when the command has said something. */
    readonly endBy?: NodeJS.Signals
  } = {},
): Promise<Outcome> {
  const {
    words: [program, ...before],
    variables,
  } = command()
  const child = spawn(program, [...before, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...variables, ...env },
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  if (endBy !== undefined) child.stdout.once('data', () => child.kill(endBy))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

/**
 * An application whose model says what it is told, calls `press` on `press`, twice on `press both`, and on `slow` never
 * ends. `press newer` has the database say that a newer version wrote it, after which nothing can be kept.
 */
export const scriptedConfig = (): string => `
import { DatabaseSync } from 'node:sqlite'
import { definePlugin, defineTool, defineToolset, register, Type } from '${pathToFileURL(join(bundle, 'kernel.mjs')).href}'
const press = defineTool({
  description: 'Presses a button.',
  input: Type.Object({ button: Type.String() }),
  approval: true,
  execute({ button }) {
    if (button === 'loud') console.log('click')
    if (button === 'newer') new DatabaseSync('.retinue/sessions.db').exec('pragma user_version = 999')
    return 'pressed ' + button
  },
})
register(definePlugin({ name: 'press', version: '1.0.0', contributes: [defineToolset('press', { tools: { press } })] }))

const finish = (unified) => ({
  type: 'finish',
  finishReason: { unified, raw: unified },
  usage: { inputTokens: { total: 10 }, outputTokens: { total: 5 } },
})
const say = (text) => [{ type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: text }]
function* partsFor({ role, content }) {
  const text = content.map((part) => part.text ?? JSON.stringify(part.output?.value)).join('')
  if (role === 'user' && text.startsWith('press')) {
    for (const button of text === 'press both' ? ['green', 'blue'] : [/loud|newer/.exec(text)?.[0] ?? 'red'])
      yield { type: 'tool-call', toolCallId: button + Date.now(), toolName: 'press', input: JSON.stringify({ button }) }
    return yield finish('tool-calls')
  }
  yield* say(role === 'tool' ? 'It says: ' + text : 'You said: ' + text + ' \\u001B[2J')
  if (text === 'slow') return
  if (text === 'cut') return yield { type: 'error', error: new Error('no more') }
  yield { type: 'text-end', id: 't' }
  yield finish('stop')
}
const model = {
  specificationVersion: 'v4',
  provider: 'scripted',
  modelId: 'echo',
  supportedUrls: {},
  doStream({ prompt, abortSignal }) {
    const parts = partsFor(prompt.at(-1))
    let held
    const pull = (controller) => {
      const { done, value } = parts.next()
      if (!done) controller.enqueue(value)
      else if (abortSignal.aborted) controller.error(abortSignal.reason)
      else return new Promise((resolve) => {
        held = setInterval(() => {}, 1000) // keeps the process, as a connection does
        abortSignal.addEventListener('abort', () => {
          clearInterval(held)
          resolve(controller.error(abortSignal.reason))
        })
      })
      if (value?.type === 'finish') controller.close()
    }
    return Promise.resolve({ stream: new ReadableStream({ pull, cancel: () => clearInterval(held) }) })
  },
}
export default { model, agents: [{ name: 'echo', tools: ['press'] }] }
`
