// A model that needs no key and no network: it reads the equipped tools and the message, calls the tools that the
// message plainly asks for, and answers from what they return. It is deterministic, and says in each answer what it is.
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'

/** What `offlineModel` makes. Declarations of those who export it name this, and not a package that they don't have. */
export interface OfflineModel extends LanguageModelV4 {}

/**
 * Makes the offline model. Examples and the command line fall back on it where no model is configured.
 *
 * @example
 * await run(session, "Which files mention 'ChatSession'?", { model: offlineModel() }).result
 */
export function offlineModel(): OfflineModel {
  return {
    specificationVersion: 'v4',
    provider: 'retinue',
    modelId: 'offline',
    supportedUrls: {},
    doGenerate: generate,
    doStream: async (options) => ({ stream: streamOf(await generate(options), options.abortSignal) }),
  }
}

async function generate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
  // Loaded when it is called: most who import this package have a model.
  const { callsSoFar, offlineReply } = await import('./offline-reply.ts')
  const reply = offlineReply(options)
  const before = callsSoFar(options.prompt)
  const content: LanguageModelV4Content[] =
    'text' in reply
      ? [{ type: 'text', text: reply.text }]
      : reply.calls.map(({ toolName, input }, i) => ({
          type: 'tool-call',
          toolCallId: `offline-${before + i + 1}`,
          toolName,
          input: JSON.stringify(input),
        }))
  const finishReason: LanguageModelV4FinishReason = {
    unified: 'text' in reply ? 'stop' : 'tool-calls',
    raw: 'offline',
  }
  return { content, finishReason, usage: estimate(options, content), warnings: [] }
}

/** A stream of a whole answer, part by part as it is read. */
function streamOf(
  result: LanguageModelV4GenerateResult,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  const parts = streamParts(result)
  return new ReadableStream<LanguageModelV4StreamPart>({
    pull(controller) {
      if (signal?.aborted === true) return controller.error(signal.reason)
      const { done, value } = parts.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })
}

function* streamParts(result: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  const { content, finishReason, usage } = result
  yield { type: 'stream-start', warnings: [] }
  for (const [i, part] of content.entries()) {
    if (part.type === 'text') {
      const id = `text-${i}`
      yield { type: 'text-start', id }
      for (const delta of pieces(part.text, /(?:\S+\s*){1,4}|\s+/g)) yield { type: 'text-delta', id, delta }
      yield { type: 'text-end', id }
    } else if (part.type === 'tool-call') {
      const id = part.toolCallId
      yield { type: 'tool-input-start', id, toolName: part.toolName }
      for (const delta of pieces(part.input, /[^]{1,24}/g)) yield { type: 'tool-input-delta', id, delta }
      yield { type: 'tool-input-end', id }
      yield part
    }
  }
  yield { type: 'finish', finishReason, usage }
}

function pieces(text: string, pattern: RegExp): readonly string[] {
  return text.match(pattern) ?? []
}

/** About four characters make a token. */
function estimate({ prompt, tools }: LanguageModelV4CallOptions, content: unknown): LanguageModelV4Usage {
  const input = Math.ceil((JSON.stringify(prompt).length + JSON.stringify(tools ?? []).length) / 4)
  const output = Math.ceil(JSON.stringify(content).length / 4)
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  }
}
