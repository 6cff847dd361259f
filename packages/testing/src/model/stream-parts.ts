// The parts that streams of the provider interface are made of. Only the last one differs between its versions.
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import type { ScriptedAnswer } from './step.ts'

/** A version of the provider interface. */
export type ProviderVersion = 'v2' | 'v3' | 'v4'

/** The parts of a whole answer to the n-th request. */
export function* answerParts(
  { reasoning, text, calls = [], usage, finish, cut }: ScriptedAnswer,
  request: number,
  version: ProviderVersion,
): Generator<object> {
  yield { type: 'stream-start', warnings: [] }
  if (reasoning !== undefined) yield* blockParts('reasoning', reasoning)
  if (text !== undefined) yield* blockParts('text', text)
  for (const [i, { tool, input = {}, id = `call-${request}-${i + 1}` }] of calls.entries()) {
    yield* callParts(tool, input, id)
  }
  if (cut instanceof Error) throw cut
  if (cut === undefined) {
    yield finishPart(finish ?? (calls.length > 0 ? 'tool-calls' : 'stop'), { usage, version })
  }
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

/** The parts of a tool call: its input as JSON, or the text as it is. */
export function callParts(toolName: string, input: unknown, id: string): LanguageModelV4StreamPart[] {
  const text = typeof input === 'string' ? input : JSON.stringify(input)
  return [
    { type: 'tool-input-start', id, toolName },
    { type: 'tool-input-delta', id, delta: text },
    { type: 'tool-input-end', id },
    { type: 'tool-call', toolCallId: id, toolName, input: text },
  ]
}

/** The last part of a stream, by which its provider says that the answer is whole. */
export function finishPart(
  reason = 'stop',
  { usage: [input, output] = [10, 5], version = 'v4' }: FinishOptions = {},
): object {
  if (version === 'v2') {
    const usage = { inputTokens: input, outputTokens: output, totalTokens: input + output }
    return { type: 'finish', finishReason: reason, usage }
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

interface FinishOptions {
  /** Tokens in and out. @default [10, 5] */
  readonly usage?: readonly [input: number, output: number] | undefined
  /** @default 'v4' */
  readonly version?: ProviderVersion
}
