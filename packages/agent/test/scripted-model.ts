// A model that says what a test wrote for it, step by step, in any version of the provider interface. It records each
// request as it was when it came, refuses calls that the script does not have, and tells which steps were not used.
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { Model } from '../src/index.ts'

/** What the model says in one call. */
export type Step =
  | string
  | Said
  | Error
  /** Raw stream parts, given out as they come: an async generator can wait in the middle, a promise before. */
  | (() => Iterable<unknown> | AsyncIterable<unknown>)
  | (() => Promise<unknown>)

/** An answer in short. */
export interface Said {
  readonly text?: string
  readonly reasoning?: string
  readonly calls?: readonly { readonly tool: string; readonly input?: unknown; readonly id?: string }[]
  readonly finish?: 'stop' | 'length' | 'content-filter'
  readonly usage?: readonly [input: number, output: number]
}

/** A request, frozen as it was. */
export type Request = Omit<LanguageModelV4CallOptions, 'abortSignal'> & { readonly abortSignal: AbortSignal }

/** The version of the provider interface that a script speaks. */
export type Version = 'v2' | 'v3' | 'v4'

/** Plays a script. */
export class ScriptedModel {
  readonly specificationVersion: Version
  readonly provider = 'test'
  readonly modelId = 'scripted'
  readonly supportedUrls = {}
  readonly requests: Request[] = []
  readonly #steps: Step[]

  constructor(steps: readonly Step[], version: Version = 'v4') {
    this.#steps = [...steps]
    this.specificationVersion = version
  }

  /** The same, typed as what a provider package makes. */
  get model(): Model {
    return this as unknown as Model
  }

  /** The steps that no call has used. */
  get unused(): number {
    return this.#steps.length
  }

  doGenerate(): never {
    throw new Error('The run streams.')
  }

  async doStream({
    abortSignal,
    ...options
  }: LanguageModelV4CallOptions): Promise<{ stream: ReadableStream }> {
    const request = { ...copy(options), abortSignal: abortSignal! }
    this.requests.push(request)
    const step = this.#steps.shift()
    if (step === undefined) throw new Error(`The script has no step for call ${this.requests.length}.`)
    if (step instanceof Error) throw step
    if (typeof step !== 'function') return { stream: streamOf(this.#parts(step)) }
    return { stream: streamOf((await step()) as Iterable<unknown>) }
  }

  #parts(step: string | Said): unknown[] {
    const said = typeof step === 'string' ? { text: step } : step
    const { text, reasoning, calls = [], usage = [10, 5] } = said as Said
    return [
      { type: 'stream-start', warnings: [] },
      ...(reasoning === undefined ? [] : blockParts('reasoning', reasoning)),
      ...(text === undefined ? [] : blockParts('text', text)),
      ...calls.flatMap(({ tool, input = {}, id = `call-${this.requests.length}-${tool}` }) =>
        callParts(tool, input, id),
      ),
      finishPart(this.specificationVersion, said.finish ?? (calls.length > 0 ? 'tool-calls' : 'stop'), usage),
    ]
  }
}

/** Makes a scripted model of version 4. */
export function scripted(...steps: Step[]): ScriptedModel {
  return new ScriptedModel(steps)
}

/** The parts of a block, a word each. */
export function blockParts(type: 'text' | 'reasoning', text: string, id = '0'): LanguageModelV4StreamPart[] {
  const deltas = text.match(/\S+\s*|\s+/g) ?? []
  return [
    { type: `${type}-start`, id },
    ...deltas.map((delta) => ({ type: `${type}-delta` as const, id, delta })),
    { type: `${type}-end`, id },
  ]
}

/** The parts of a tool call. */
export function callParts(toolName: string, input: unknown, id: string): LanguageModelV4StreamPart[] {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return [
    { type: 'tool-input-start', id, toolName },
    { type: 'tool-input-delta', id, delta: text },
    { type: 'tool-input-end', id },
    { type: 'tool-call', toolCallId: id, toolName, input: text },
  ]
}

/** The last part of a stream. */
export function finishPart(
  version: Version = 'v4',
  reason = 'stop',
  [input, output] = [10, 5] as readonly [number, number],
): object {
  if (version === 'v2') {
    return {
      type: 'finish',
      finishReason: reason,
      usage: { inputTokens: input, outputTokens: output, totalTokens: input + output },
    }
  }
  return {
    type: 'finish',
    finishReason: { unified: reason, raw: reason },
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: output, text: output, reasoning: undefined },
    },
  }
}

/** A deep copy; `structuredClone` refuses addresses. */
function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof URL) return value
  if (Array.isArray(value)) return value.map(copy) as T
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)])) as T
}

function streamOf(parts: Iterable<unknown> | AsyncIterable<unknown>): ReadableStream {
  const iterator =
    Symbol.asyncIterator in parts
      ? parts[Symbol.asyncIterator]()
      : (parts as Iterable<unknown>)[Symbol.iterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}
