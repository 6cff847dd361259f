// A turn as the stream that `useChat` reads.
import type { Run } from '@retinue/agent'
import { createUIMessageStream, type UIMessageChunk } from 'ai'
import { chunksOfEvent } from './ui-chunks.ts'
import type { HeardAnswer } from './ui-messages.ts'

/**
 * Tells the page of a turn that goes on with an answer, of which the page has heard `before`. `kept` is waited for before
 * it hears that the turn is over, and gets the metadata of the answer.
 */
export function uiStream(
  turn: Run,
  before: HeardAnswer,
  kept: (metadata: object) => Promise<void>,
): ReadableStream<UIMessageChunk> {
  const calls = new Set(before.map((chunk) => chunk.type === 'tool-input-available' && chunk.toolCallId))
  return createUIMessageStream({
    async execute({ writer }) {
      for await (const event of turn) {
        if (event.type === 'run-start') writer.write(before[0])
        if (event.type === 'tool-call') calls.add(event.toolCallId)
        // A call that nobody said yes to is closed where it stands: in a message before, which the hook changes no more.
        if (event.type === 'tool-result' && !calls.has(event.toolCallId)) continue
        if (event.type === 'finish') {
          const { finishReason, usage } = event
          const messageMetadata = { finishReason, usage }
          await kept(messageMetadata)
          // At its limit, an answer is not to go on by itself, as it would behind the results of tools.
          const isAtLimit = finishReason === 'max-steps' || finishReason === 'budget'
          writer.write({ type: 'finish', messageMetadata, ...(isAtLimit && { finishReason: 'interrupted' }) })
        }
        for (const chunk of chunksOfEvent(event)) writer.write(chunk)
      }
    },
    onError(error) {
      const { code } = error as { code?: unknown }
      if (code === 'RETINUE_RUN_ABORTED') return 'The answer was stopped.'
      if (code === 'RETINUE_APPROVAL_UNKNOWN') return 'That is answered already: open the page again.'
      console.error(error) // visitors are not told what went wrong inside
      return 'Something went wrong.'
    },
  })
}
