// A delta of text from the model to a reader of the run's events, against iterating the model's stream.
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { run } from '@retinue/agent'
import type { Case } from '../case.ts'
import { sessions } from '../loop.ts'

const deltas = 2000
const parts: readonly LanguageModelV4StreamPart[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'text-start', id: '0' },
  ...Array.from({ length: deltas }, () => ({ type: 'text-delta' as const, id: '0', delta: 'word ' })),
  { type: 'text-end', id: '0' },
  {
    type: 'finish',
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: {
      inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: deltas, text: deltas, reasoning: 0 },
    },
  },
]

function streamOf(): ReadableStream<LanguageModelV4StreamPart> {
  let next = 0
  return new ReadableStream({
    pull(controller) {
      if (next === parts.length) controller.close()
      else controller.enqueue(parts[next++]!)
    },
  })
}

const model: LanguageModelV4 = {
  specificationVersion: 'v4',
  provider: 'bench',
  modelId: 'deltas',
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('The run streams.')),
  doStream: () => Promise.resolve({ stream: streamOf() }),
}

export default {
  what: "a delta of text, from the model to a reader of the run's events, against iterating the model's stream",
  variants: {
    bare: () => ({
      ops: deltas,
      run: async () => {
        let length = 0
        for await (const part of streamOf()) if (part.type === 'text-delta') length += part.delta.length
        if (length !== deltas * 5) throw new Error(String(length))
      },
    }),
    retinue: () => {
      const sessionOf = sessions()
      return {
        ops: deltas,
        run: async () => {
          const session = sessionOf()
          let length = 0
          for await (const event of run(session, 'Go', { model })) {
            if (event.type === 'text-delta') length += event.delta.length
          }
          if (length !== deltas * 5) throw new Error(String(length))
          session.close()
        },
      }
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 2.2 }],
} satisfies Case
