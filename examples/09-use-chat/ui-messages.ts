// What `useChat` calls a message, from and to what a session holds: an answer and the tools that it called are one
// message there, and the state of each call is a part of it.
import { type ApprovalAnswers, pendingApprovals } from '@retinue/agent'
import {
  type ChatSession,
  type FilePart,
  type Message,
  type Static,
  type TextPart,
  type ToolOutput,
  Type,
  type UserMessage,
} from '@retinue/kernel'
import type { UIMessage } from 'ai'

/** What is read of a message that a page sends. */
export const sentMessage = Type.Object({
  id: Type.String({ minLength: 1 }),
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]),
  parts: Type.Array(
    Type.Object({
      type: Type.String(),
      text: Type.Optional(Type.String()),
      url: Type.Optional(Type.String()),
      mediaType: Type.Optional(Type.String()),
      filename: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      approval: Type.Optional(
        Type.Object({
          id: Type.String(),
          approved: Type.Optional(Type.Boolean()),
          reason: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
})
type SentMessage = Static<typeof sentMessage>

/** The conversation so far, with the questions that wait: what the page begins with. */
export function uiMessages(session: ChatSession): UIMessage[] {
  const asked = new Set(pendingApprovals(session).map(({ toolCallId }) => toolCallId))
  const shown: UIMessage[] = []
  for (const [index, message] of session.messages.items.entries()) {
    const id = message.id ?? `${index}`
    if (message.role === 'user') {
      if (!message.summary) shown.push({ id, role: 'user', parts: message.parts.map(uiPart) })
      continue
    }
    if (shown.at(-1)?.role !== 'assistant') shown.push({ id, role: 'assistant', parts: [] })
    const { parts } = shown.at(-1)!
    if (message.role === 'assistant') parts.push({ type: 'step-start' })
    for (const part of message.parts) addTo(parts, part, asked)
  }
  return shown
}

type Parts = UIMessage['parts']

function addTo(
  parts: Parts,
  part: Exclude<Message, UserMessage>['parts'][number],
  asked: ReadonlySet<string>,
): void {
  if (part.type === 'text' || part.type === 'reasoning') parts.push({ type: part.type, text: part.text })
  else if (part.type === 'file') parts.push(uiPart(part))
  else if (part.type === 'tool-call') {
    const { toolCallId, toolName, input } = part
    const call = { type: `tool-${toolName}`, toolCallId, input } as const
    parts.push(
      asked.has(toolCallId)
        ? { ...call, state: 'approval-requested', approval: { id: toolCallId } }
        : { ...call, state: 'input-available' },
    )
  } else if (part.type === 'tool-result') {
    const at = parts.findIndex((each) => 'toolCallId' in each && each.toolCallId === part.toolCallId)
    const { toolCallId, toolName } = part
    const { input } = parts[at] as { input: unknown }
    const { output, errorText } = outputOf(part.output)
    const call = { type: `tool-${toolName}`, toolCallId, input } as const
    parts[at] =
      errorText === undefined
        ? { ...call, state: 'output-available', output }
        : { ...call, state: 'output-error', errorText }
  }
}

/** What a tool's output is to the page: something to show, or what went wrong. */
export function outputOf({ type, value }: ToolOutput): { output?: unknown; errorText?: string } {
  if (type === 'error-text') return { errorText: value }
  return type === 'error-json' ? { errorText: JSON.stringify(value) } : { output: value }
}

/** The message of a person, as a run takes it. */
export function saidIn({ id, parts }: SentMessage): UserMessage {
  const said = parts.flatMap(({ type, text = '', url, mediaType, filename }): Said[] => {
    if (type === 'text') return [{ type, text }]
    if (type !== 'file' || url === undefined || mediaType === undefined) return []
    const data = url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : url
    return [{ type, mediaType, data, ...(filename !== undefined && { filename }) }]
  })
  return { role: 'user', id, parts: said }
}

type Said = TextPart | FilePart

/** What a person answered to calls that wait. */
export function answersIn({ parts }: SentMessage): ApprovalAnswers {
  const answered = parts.filter(({ state }) => state === 'approval-responded')
  return Object.fromEntries(
    answered.flatMap(({ approval }) => {
      if (approval === undefined) return []
      const { id, approved = false, reason } = approval
      return [[id, { approved, ...(reason !== undefined && { reason }) }]]
    }),
  )
}

function uiPart(part: TextPart | FilePart): Parts[number] {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, filename } = part
  return { type: 'file', mediaType, url: urlOf(part), ...(filename !== undefined && { filename }) }
}

/** A file of a message has base64 or a URL; one of the page has a URL that may hold base64. */
export function urlOf({ data, mediaType }: FilePart): string {
  return URL.canParse(data) ? data : `data:${mediaType};base64,${data}`
}
