// The events of a run as the stream that `useChat` reads: most are the same by another name.
import type { Run, RunEvent } from '@retinue/agent'
import { createUIMessageStream, isToolUIPart, type UIMessage, type UIMessageChunk } from 'ai'
import { outputOf, urlOf } from './ui-messages.ts'

/**
 * Tells the page of a turn; `kept` is waited for before it hears that the turn is over. What goes on after a yes is the
 * last of the messages that the page has.
 */
export function uiStream(
  turn: Run,
  originalMessages: UIMessage[],
  kept: () => Promise<void>,
): ReadableStream<UIMessageChunk> {
  return createUIMessageStream({
    originalMessages,
    async execute({ writer }) {
      const parts = originalMessages.at(-1)?.parts.filter(isToolUIPart) ?? []
      const calls = new Set(parts.map(({ toolCallId }) => toolCallId))
      for await (const event of turn) {
        if (event.type === 'tool-call') calls.add(event.toolCallId)
        // A call that nobody said yes to is closed where it stands: in a message before, which the hook changes no more.
        if (event.type === 'tool-result' && !calls.has(event.toolCallId)) continue
        if (event.type === 'finish') await kept()
        const chunk = chunkOf(event)
        if (chunk !== undefined) writer.write(chunk)
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

/** Nothing for what the page does not show. */
function chunkOf(event: RunEvent): UIMessageChunk | undefined {
  switch (event.type) {
    case 'run-start':
      return { type: 'start' }
    case 'step-start':
      return { type: 'start-step' }
    case 'step-finish':
      return { type: 'finish-step' }
    case 'text-start':
    case 'text-delta':
    case 'text-end':
    case 'reasoning-start':
    case 'reasoning-delta':
    case 'reasoning-end':
    case 'tool-input-start':
      return event
    case 'tool-input-delta':
      return { type: 'tool-input-delta', toolCallId: event.toolCallId, inputTextDelta: event.delta }
    case 'tool-call':
      return { ...event, type: 'tool-input-available' }
    case 'approval-request':
      return { type: 'tool-approval-request', toolCallId: event.toolCallId, approvalId: event.toolCallId }
    case 'tool-progress':
      return {
        type: 'tool-output-available',
        toolCallId: event.toolCallId,
        output: event.data,
        preliminary: true,
      }
    case 'tool-result': {
      const { toolCallId } = event
      const { output, errorText } = outputOf(event.output)
      if (errorText !== undefined) return { type: 'tool-output-error', toolCallId, errorText }
      return { type: 'tool-output-available', toolCallId, output }
    }
    case 'file':
      return { type: 'file', mediaType: event.file.mediaType, url: urlOf(event.file) }
    case 'source':
      return event.url === undefined ? undefined : { type: 'source-url', sourceId: event.id, url: event.url }
    case 'finish':
      return { type: 'finish', messageMetadata: { finishReason: event.finishReason, usage: event.usage } }
    case 'tool-input-end':
    case 'partial-output':
    case 'usage':
    case 'child':
    case 'compaction':
    case 'warning':
    case 'error': // iterating throws it, too
      return undefined
  }
}
