// Runs the command as a person does, from its sources, in a folder of its own.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The program and its arguments. */
export const command = [
  process.execPath,
  '--conditions=@retinue/source',
  join(import.meta.dirname, '..', 'src', 'bin.ts'),
] as const

/** What a command came to. */
export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Makes a folder with those files. */
export function makeFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-cli-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** Runs the command with an input and nothing of the environment but what is given. */
export function retinue(
  cwd: string,
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const [program, ...before] = command
  const child = spawn(program, [...before, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

const kernel = pathToFileURL(join(import.meta.dirname, '..', '..', 'kernel', 'src', 'index.ts')).href

/** An application whose model says what it is told, calls `press` on `press`, and on `slow` never ends. */
export const scriptedConfig = `
import { definePlugin, defineTool, defineToolset, register, Type } from '${kernel}'
const press = defineTool({
  description: 'Presses a button.',
  input: Type.Object({ button: Type.String() }),
  approval: true,
  execute: ({ button }) => 'pressed ' + button,
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
    yield { type: 'tool-call', toolCallId: 'c' + Date.now(), toolName: 'press', input: '{"button":"red"}' }
    return yield finish('tool-calls')
  }
  yield* say(role === 'tool' ? 'It says: ' + text : 'You said: ' + text + ' \\u001B[2J')
  if (text === 'slow') return
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
    const pull = (controller) => {
      const { done, value } = parts.next()
      if (!done) controller.enqueue(value)
      else if (abortSignal.aborted) controller.error(abortSignal.reason)
      else return new Promise((resolve) => {
        abortSignal.addEventListener('abort', () => resolve(controller.error(abortSignal.reason)))
      })
      if (value?.type === 'finish') controller.close()
    }
    return Promise.resolve({ stream: new ReadableStream({ pull }) })
  },
}
export default { model, agents: [{ name: 'echo', tools: ['press'] }] }
`
