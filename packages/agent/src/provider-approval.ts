// Approvals that a provider asks for, before it runs a tool itself. The question is a part of its answer, beside the
// call, and the person's answer is kept in it; requests hold that answer as a message of its own, behind the call.
import type { AssistantMessage, Json, Message, ProviderPart, ToolCallPart } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalRequest } from './approval.ts'
import { type Asker, askersOf } from './asker.ts'
import { providerCallId } from './provider-part.ts'

/** The type of the part that holds a question. */
export const questionType = 'tool-approval-request'

/** A question of a provider, as the history holds it. */
type Question = ProviderPart & {
  readonly content: {
    readonly type: typeof questionType
    readonly approvalId: string
    readonly toolCallId: string
    /** Who asked, where that run was within others. */
    readonly path?: Json
    readonly answer?: { readonly approved: boolean; readonly reason?: string }
  }
}

/** Gives the questions of a message that have no answer; `path` says who asks, where the history does not. */
export function openQuestions(message: Message, path: readonly Asker[]): ApprovalRequest[] {
  if (message.role !== 'assistant' || message.partial === true) return []
  return message.parts.flatMap((part) => {
    if (!isQuestion(part) || part.content.answer !== undefined) return []
    const { toolCallId } = part.content
    const call = message.parts.find((each) => each !== part && providerCallId(each) === toolCallId)
    if (call === undefined) return []
    const { toolName, input } = (call as ProviderPart).content as unknown as ToolCallPart
    return [{ toolCallId, toolName, input, path: askersOf(part.content.path, path) }]
  })
}

/** A message whose questions say who asks, where that run is within others. */
export function withPath(message: AssistantMessage, path: readonly Asker[]): AssistantMessage {
  if (path.length < 2) return message
  return withQuestions(message, (question) => ({ ...question, path: path as unknown as Json }))
}

/** A message in which the question about a call is answered. */
export function withAnswer(
  message: AssistantMessage,
  toolCallId: string,
  answer: ApprovalAnswer,
): AssistantMessage {
  const given = typeof answer === 'boolean' ? { approved: answer } : { ...answer }
  return withQuestions(message, (question) => {
    const { path: _, ...others } = question
    return question.toolCallId === toolCallId ? { ...others, answer: given } : question
  })
}

function withQuestions(
  message: AssistantMessage,
  change: (question: Question['content']) => Question['content'],
): AssistantMessage {
  const parts = message.parts.map((part) =>
    isQuestion(part) ? { ...part, content: change(part.content) } : part,
  )
  return { ...message, parts }
}

/** The message that tells a provider the answers to what it asked in another; nothing where it has asked nothing. */
export function answersForm(message: Message): object | undefined {
  if (message.role !== 'assistant' || message.partial === true) return undefined
  const content: object[] = []
  for (const part of message.parts) {
    if (!isQuestion(part) || part.content.answer === undefined) continue
    const { approvalId, answer } = part.content
    content.push({ type: 'tool-approval-response', approvalId, ...answer })
  }
  return content.length === 0 ? undefined : { role: 'tool', content }
}

/** Whether a part holds a question of a provider. */
function isQuestion(part: Message['parts'][number]): part is Question {
  if (part.type !== 'provider' || part.content.type !== questionType) return false
  const { approvalId, toolCallId } = part.content
  return typeof approvalId === 'string' && typeof toolCallId === 'string'
}
