// What the hook reads, one piece after the other: the events of a run are told in it as they come, and the messages of a
// session as if they came again.
import type { RunEvent } from '@retinue/agent'
import type { FilePart, Message, ToolResultPart } from '@retinue/kernel'
import type { UIMessageChunk } from 'ai'

/** Tools that the page answers by `addToolOutput`: those of a toolset named `page`. */
export function isOfPage({ toolName }: { readonly toolName: string }): boolean {
  return toolName.startsWith('page_')
}

/** What the page hears of an event; most are the same by another name. */
export function chunksOfEvent(event: RunEvent): UIMessageChunk[] {
  switch (event.type) {
    case 'step-start':
      return [{ type: 'start-step' }]
    case 'step-finish':
      return [{ type: 'finish-step' }]
    case 'text-start':
    case 'text-delta':
    case 'text-end':
    case 'reasoning-start':
    case 'reasoning-delta':
    case 'reasoning-end':
    case 'tool-input-start':
      return [event]
    case 'tool-input-delta':
      return [{ type: 'tool-input-delta', toolCallId: event.toolCallId, inputTextDelta: event.delta }]
    case 'tool-call':
      return [{ ...event, type: 'tool-input-available' }]
    case 'approval-request':
      return isOfPage(event) ? [] : [question(event.toolCallId)]
    case 'tool-progress': {
      const { toolCallId, data: output } = event
      return [{ type: 'tool-output-available', toolCallId, output, preliminary: true }]
    }
    case 'tool-result':
      return chunksOfResult(event)
    case 'file':
      return [{ type: 'file', mediaType: event.file.mediaType, url: urlOf(event.file) }]
    case 'source': {
      const { id: sourceId, url, title } = event
      return url === undefined
        ? []
        : [{ type: 'source-url', sourceId, url, ...(title !== undefined && { title }) }]
    }
    case 'run-start': // these two are for the whole answer
    case 'finish':
    case 'tool-input-end':
    case 'partial-output':
    case 'usage':
    case 'child':
    case 'compaction':
    case 'warning':
    case 'error': // iterating throws it, too
      return [] // the page shows none of them
  }
}

/** What the page would have heard of a message of an answer; `asked` has the calls that a person is, or was, asked about. */
export function chunksOfMessage({ role, parts }: Message, asked: ReadonlySet<string>): UIMessageChunk[] {
  const chunks = parts.flatMap((part, index): UIMessageChunk[] => {
    const id = `${index}`
    switch (part.type) {
      case 'text':
      case 'reasoning':
        return [
          { type: `${part.type}-start`, id },
          { type: `${part.type}-delta`, id, delta: part.text },
          { type: `${part.type}-end`, id },
        ]
      case 'file':
        return [{ type: 'file', mediaType: part.mediaType, url: urlOf(part) }]
      case 'tool-call': {
        const { toolCallId, toolName, input } = part
        const call = { type: 'tool-input-available', toolCallId, toolName, input } as const
        return asked.has(toolCallId) ? [call, question(toolCallId)] : [call]
      }
      case 'tool-result':
        return chunksOfResult(part)
      case 'provider':
        return []
    }
  })
  return role === 'assistant' ? [{ type: 'start-step' }, ...chunks] : chunks
}

/** Tells whether a call has no result but a person's no, which its output says in these words. */
export function isRefused({ output: { type, value } }: Pick<ToolResultPart, 'output'>): boolean {
  return type === 'error-text' && value.startsWith('This call was not approved')
}

/** A call is asked about once, so its id is that of the question, too. */
function question(toolCallId: string): UIMessageChunk {
  return { type: 'tool-approval-request', toolCallId, approvalId: toolCallId }
}

function chunksOfResult(result: Pick<ToolResultPart, 'toolCallId' | 'output'>): UIMessageChunk[] {
  const { toolCallId, output } = result
  if (isRefused(result))
    return [
      { type: 'tool-approval-response', approvalId: toolCallId, approved: false },
      { type: 'tool-output-denied', toolCallId },
    ]
  const { type, value } = output
  if (type === 'error-text') return [{ type: 'tool-output-error', toolCallId, errorText: value }]
  if (type === 'error-json')
    return [{ type: 'tool-output-error', toolCallId, errorText: JSON.stringify(value) }]
  return [{ type: 'tool-output-available', toolCallId, output: value }]
}

/** A file of a message has base64 or a URL; one of the page has a URL that may hold base64. */
export function urlOf({ data, mediaType }: FilePart): string {
  return URL.canParse(data) ? data : `data:${mediaType};base64,${data}`
}
