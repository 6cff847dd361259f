// What `useChat` calls a message, from and to what a session holds: an answer and the tools that it called are one
// message there, and the state of each call is a part of it.
import { pendingApprovals } from '@retinue/agent'
import {
  type ChatSession,
  Context,
  type FilePart,
  type Json,
  type Static,
  type TextPart,
  type ToolOutput,
  type ToolResultPart,
  Type,
  type UserMessage,
} from '@retinue/kernel'
import { createUIMessageStream, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'
import { chunksOfMessage, isOfPage, isRefused, urlOf } from './ui-chunks.ts'

/** What is read of a message that a page sends. */
export const sentMessage = Type.Object({
  id: Type.String({ minLength: 1 }),
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]),
  parts: Type.Array(
    Type.Object({
      type: Type.String(),
      text: Type.Optional(Type.String()),
      url: Type.Optional(Type.String({ pattern: '^[a-zA-Z][\\w+.-]+:' })), // a path is none to a model's provider
      mediaType: Type.Optional(Type.String()),
      filename: Type.Optional(Type.String()),
      toolCallId: Type.Optional(Type.String()),
      state: Type.Optional(Type.String()),
      output: Type.Optional(Type.Unknown()),
      errorText: Type.Optional(Type.String()),
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

/** What the page is told of an answer beside what was said, by its id: saved with the session, and rewound. */
export class AnswerMetadata extends Context('answer_metadata', {
  byId: Type.Record(Type.String(), Type.Any(), { default: {} }),
}) {}

/** The conversation so far, with the questions that wait: what the page begins with. */
export async function uiMessages(session: ChatSession): Promise<UIMessage[]> {
  const shown: UIMessage[] = []
  for (const { id, said, heard } of exchanges(session)) {
    if (said !== undefined) shown.push({ id, role: 'user', parts: said.parts.map(uiPart) })
    if (heard.length > 1) shown.push(await messageOf(heard))
  }
  return shown
}

/** The message that a page makes of what it heard. */
async function messageOf(heard: HeardAnswer): Promise<UIMessage> {
  const stream = createUIMessageStream({ execute: ({ writer }) => heard.forEach(writer.write) })
  let message: UIMessage | undefined
  for await (message of readUIMessageStream({ stream }));
  return message!
}

/** What a page has heard of an answer, its message first. */
export type HeardAnswer = readonly [
  Extract<UIMessageChunk, { type: 'start' }> & { readonly messageId: string },
  ...UIMessageChunk[],
]

/** What a page has heard of the answer to what was said last. */
export function lastAnswer(session: ChatSession): HeardAnswer {
  return exchanges(session).at(-1)!.heard
}

/** The answer to a message, before anything of it is heard. */
export function newAnswer({ id }: { readonly id: string }): HeardAnswer {
  return [{ type: 'start', messageId: `answer-${id}` }]
}

/** Tells whether an answer came to its end: it waits for nothing, nobody stopped it, and its process was not killed. */
export function isWhole({ messages }: ChatSession): boolean {
  const last = messages.at(-1)
  return last?.role === 'assistant' && !last.partial && last.parts.at(-1)?.type !== 'tool-call'
}

/** What was said, and what a page has heard of the answer. */
interface Exchange {
  readonly id: string
  readonly said?: UserMessage
  readonly heard: [...HeardAnswer]
}

function exchanges(session: ChatSession): Exchange[] {
  const waiting = pendingApprovals(session).filter((call) => !isOfPage(call))
  const refused = session.messages.items.flatMap(({ role, parts }) =>
    role === 'tool' ? parts.filter(isRefused) : [],
  )
  const asked = new Set([...waiting, ...refused].map(({ toolCallId }) => toolCallId))
  const metadata = session.context.$peek(AnswerMetadata)?.byId
  const all: Exchange[] = [{ id: '', heard: [...newAnswer({ id: '' })] }]
  for (const [index, message] of session.messages.items.entries()) {
    const { role, id = `${index}` } = message
    if (role !== 'user') all.at(-1)!.heard.push(...chunksOfMessage(message, asked))
    else if (!message.summary) {
      const [start] = newAnswer({ id })
      all.push({
        id,
        said: message,
        heard: [{ ...start, messageMetadata: metadata?.[start.messageId] as unknown }],
      })
    }
  }
  return all
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
export function answersIn({ parts }: SentMessage): Answers {
  const answered = parts.filter(({ state }) => state === 'approval-responded')
  return Object.fromEntries(
    answered.flatMap(({ approval }) => {
      if (approval === undefined) return []
      const { id, approved = false, reason } = approval
      return [[id, { approved, ...(reason !== undefined && { reason }) }]]
    }),
  )
}

type Answers = Record<string, { readonly approved: boolean; readonly reason?: string }>

/** What the page knows of the questions that are answered now. */
export function responses(answers: Answers): UIMessageChunk[] {
  return Object.entries(answers).map(([approvalId, answer]) => {
    return { type: 'tool-approval-response', approvalId, ...answer }
  })
}

/** What the tools of the page came to that wait for it, in the place of a yes. */
export function resultsIn({ parts }: SentMessage, session: ChatSession): ToolResultPart[] {
  const waiting = pendingApprovals(session).filter(isOfPage)
  return waiting.flatMap(({ toolCallId, toolName }) => {
    const output = outputOf(parts.find((part) => part.toolCallId === toolCallId))
    return output === undefined ? [] : [{ type: 'tool-result', toolCallId, toolName, output }]
  })
}

function outputOf(part: SentMessage['parts'][number] | undefined): ToolOutput | undefined {
  const { state, output = null, errorText = '' } = part ?? {}
  if (state === 'output-available') return { type: 'json', value: output as Json }
  return state === 'output-error' ? { type: 'error-text', value: errorText } : undefined
}

function uiPart(part: TextPart | FilePart): UIMessage['parts'][number] {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, filename } = part
  return { type: 'file', mediaType, url: urlOf(part), ...(filename !== undefined && { filename }) }
}
