// What the cases of the agent run on: a model in this process with no latency, and two loops written by hand over it.
// The model does what a provider's package does: it makes the JSON of each request and parses that of each answer.
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Type,
} from '@retinue/kernel'

const usage = {
  inputTokens: { total: 100, noCache: 100, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 20, text: 20, reasoning: 0 },
}
const finish = (unified: 'tool-calls' | 'stop'): LanguageModelV4StreamPart => ({
  type: 'finish',
  finishReason: { unified, raw: unified },
  usage,
})

/** The answer of a step, as the lines of a provider's stream. */
function callLines(step: number): string[] {
  const input = JSON.stringify({ path: `src/file-${step}.ts`, limit: 200 })
  const id = `call_${step}`
  const parts: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'tool-input-start', id, toolName: 'files_read' },
    { type: 'tool-input-delta', id, delta: input },
    { type: 'tool-input-end', id },
    { type: 'tool-call', toolCallId: id, toolName: 'files_read', input },
    finish('tool-calls'),
  ]
  return parts.map((part) => JSON.stringify(part))
}

const textLines: readonly string[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'text-start', id: '0' },
  { type: 'text-delta', id: '0', delta: 'It is all there.' },
  { type: 'text-end', id: '0' },
  finish('stop'),
].map((part) => JSON.stringify(part))

const answers = Array.from({ length: 60 }, (_, step) => callLines(step))

/** A stream of parts, each parsed as it is asked for. */
function streamOf(lines: readonly string[]): ReadableStream<LanguageModelV4StreamPart> {
  let next = 0
  return new ReadableStream({
    pull(controller) {
      if (next === lines.length) controller.close()
      else controller.enqueue(JSON.parse(lines[next++]!) as LanguageModelV4StreamPart)
    },
  })
}

/** Bytes that were sent: kept, so that nothing is optimised away. */
export const sent = { characters: 0 }

/** Answers `steps` calls with a tool call, and the next with a text; takes the request as text. */
export class WireModel {
  readonly #steps: number
  readonly #delayMs: number
  #step = 0

  constructor(steps: number, delayMs = 0) {
    this.#steps = steps
    this.#delayMs = delayMs
  }

  async answer(request: string): Promise<ReadableStream<LanguageModelV4StreamPart>> {
    sent.characters += request.length
    const step = this.#step++
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs))
    return streamOf(step < this.#steps ? answers[step]! : textLines)
  }
}

/** The same model behind the provider interface. */
export function providerModel(wire: WireModel): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'bench',
    modelId: 'wire',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('The run streams.')),
    async doStream({ prompt, tools }: LanguageModelV4CallOptions) {
      return { stream: await wire.answer(JSON.stringify({ model: 'wire', messages: prompt, tools })) }
    },
  }
}

const inputSchema = Type.Object({ path: Type.String(), limit: Type.Integer() })
const system = 'You read files. Answer in short sentences, and name the file that you mean.'
const content = 'The workspace has a README that says how the example is run and what it prints. '.repeat(4)
const read = (path: string): string => `${path}: ${content}`

/** A loop by hand: the request's JSON is made anew in each step. */
export async function wireLoop(wire: WireModel): Promise<string> {
  const tools = [{ type: 'function', name: 'files_read', description: 'Reads a file.', inputSchema }]
  const messages: object[] = [
    { role: 'system', content: system },
    { role: 'user', content: [{ type: 'text', text: 'Read them all.' }] },
  ]
  const model = providerModel(wire)
  for (;;) {
    const { stream } = await model.doStream({ prompt: messages, tools } as never)
    const { text, parts, results } = await answerOf(stream)
    messages.push({ role: 'assistant', content: parts })
    if (results.length === 0) return text
    messages.push({ role: 'tool', content: results })
  }
}

/** A loop by hand that keeps the JSON text of each message: the least that can be done. */
export async function cachedLoop(wire: WireModel): Promise<string> {
  const tools = JSON.stringify([
    { type: 'function', name: 'files_read', description: 'Reads a file.', inputSchema },
  ])
  let messages = JSON.stringify([
    { role: 'system', content: system },
    { role: 'user', content: [{ type: 'text', text: 'Read them all.' }] },
  ]).slice(1, -1)
  for (;;) {
    const stream = await wire.answer(`{"model":"wire","messages":[${messages}],"tools":${tools}}`)
    const { text, parts, results } = await answerOf(stream)
    messages += `,${JSON.stringify({ role: 'assistant', content: parts })}`
    if (results.length === 0) return text
    messages += `,${JSON.stringify({ role: 'tool', content: results })}`
  }
}

async function answerOf(
  stream: ReadableStream<LanguageModelV4StreamPart>,
): Promise<{ text: string; parts: object[]; results: object[] }> {
  let text = ''
  const parts: object[] = []
  const results: object[] = []
  for await (const part of stream) {
    if (part.type === 'text-delta') text += part.delta
    else if (part.type === 'text-end') parts.push({ type: 'text', text })
    else if (part.type === 'tool-call') {
      const { toolCallId, toolName } = part
      const input = JSON.parse(part.input) as { path: string }
      parts.push({ type: 'tool-call', toolCallId, toolName, input })
      results.push({
        type: 'tool-result',
        toolCallId,
        toolName,
        output: { type: 'text', value: read(input.path) },
      })
    }
  }
  return { text, parts, results }
}

/** Makes sessions with the same tool and the same prompt. */
export function sessions(): () => ChatSession {
  const registry = createRegistry()
  const files = defineToolset('files', {
    tools: {
      read: defineTool({
        description: 'Reads a file.',
        input: inputSchema,
        effect: 'pure',
        execute: ({ path }) => read(path),
      }),
    },
  })
  registry.register(definePlugin({ name: '@bench/files', version: '1.0.0', contributes: [files] }))
  const agent = new AgentConfig({ name: 'reader', instructions: system, tools: ['files'], registry })
  const user = new ChatUser({ id: 'u', registry })
  return () => new ChatSession({ user, agent })
}
