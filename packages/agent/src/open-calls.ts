// Tool calls of the history that have no result. Providers refuse such a history, so a call is always closed with a
// result that says what is known; nothing else of the history is touched. A call that waits for an approval stays
// open until it is answered, or until the user goes on without an answer.
import type { AssistantMessage, Message, Tool, ToolCallPart, ToolResultPart } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalRequest } from './approval.ts'
import { callsOf } from './exchange.ts'
import type { History } from './history.ts'
import type { Messages } from './messages.ts'
import { openQuestions, withAnswer } from './provider-approval.ts'
import { failure } from './tool-output.ts'
import { asked, isWaiting, unasked } from './waiting-call.ts'

/** The calls of one assistant message, and where their results go: each is kept as soon as it is there. */
export class CallMessage {
  readonly #messages: Messages
  #message: Message
  #index: number
  /** Whether some of the calls may be marked as waiting. */
  #isMarked: boolean

  constructor(messages: Messages, index: number, isMarked = false) {
    this.#messages = messages
    this.#index = index
    this.#message = messages.at(index)!
    this.#isMarked = isMarked
  }

  get message(): Message {
    return this.#message
  }

  /** Keeps results in the tool message that follows the calls, in the order of the calls; none of those waits any more. */
  close(...results: readonly ToolResultPart[]): void {
    if (this.#isMarked) for (const { toolCallId } of results) this.answered(toolCallId)
    const index = this.#find()
    if (index < 0 || results.length === 0) return
    const next = this.#messages.at(index + 1)
    if (next?.role !== 'tool') return this.#messages.insert(index + 1, { role: 'tool', parts: [...results] })
    const parts = [...next.parts, ...results]
    const order = callsOf(this.#message).map(({ toolCallId }) => toolCallId)
    parts.sort((a, b) => order.indexOf(a.toolCallId) - order.indexOf(b.toolCallId))
    this.#messages.set(index + 1, { ...next, parts })
  }

  /** Marks a call as one that waits for a yes to this tool, so that it can be answered after a restart. */
  ask(request: ApprovalRequest, tool: Tool): void {
    this.#isMarked = true
    this.#mark(request.toolCallId, (call) => asked(call, request, tool))
  }

  /** Takes the mark off again: from here on the call may have run. */
  answered(toolCallId: string): void {
    const call = callsOf(this.#message).find((each) => each.toolCallId === toolCallId)
    if (call !== undefined && isWaiting(call)) this.#mark(toolCallId, unasked)
  }

  /** Answers what a provider asked about a call of its own. */
  answer(toolCallId: string, answer: ApprovalAnswer): void {
    this.#change((message) => withAnswer(message, toolCallId, answer))
  }

  #mark(toolCallId: string, change: (call: ToolCallPart) => ToolCallPart): void {
    const isMeant = (part: { type: string; toolCallId?: string }): boolean =>
      part.type === 'tool-call' && part.toolCallId === toolCallId
    this.#change(({ parts, ...message }) => {
      return { ...message, parts: parts.map((part) => (isMeant(part) ? change(part as ToolCallPart) : part)) }
    })
  }

  #change(change: (message: AssistantMessage) => AssistantMessage): void {
    const index = this.#find()
    if (index < 0 || this.#message.role !== 'assistant') return
    this.#messages.set(index, change(this.#message))
    this.#message = this.#messages.at(index)!
  }

  /** Where the message is now; whoever edits the history may have moved it. */
  #find(): number {
    if (this.#messages.at(this.#index) !== this.#message) this.#index = this.#messages.indexOf(this.#message)
    return this.#index
  }
}

/** The open calls of one assistant message. */
export interface OpenCalls {
  /** The index of that message. */
  readonly index: number
  readonly calls: readonly ToolCallPart[]
  /** What its provider asked about calls of its own, and nobody has answered. */
  readonly questions: readonly ApprovalRequest[]
}

/** Finds the open calls of a history, the last first, so that closing them does not move those that follow. */
export function findOpenCalls(messages: Messages, history: History): OpenCalls[] {
  return history.torn.toReversed().flatMap((index) => openCallsOf(messages, index))
}

/** Finds the calls that were left open last, in a history that no model was shown yet. */
export function lastOpenCalls(messages: Messages): OpenCalls | undefined {
  for (let i = messages.length - 1; i >= 0; i--) {
    const [open] = openCallsOf(messages, i)
    if (open !== undefined) return open
  }
  return undefined
}

function openCallsOf(messages: Messages, index: number): OpenCalls[] {
  const questions = openQuestions(messages.at(index), [])
  const closed = new Set<string>()
  for (let i = index + 1; ; i++) {
    const message = messages.at(i)
    if (message?.role !== 'tool') break
    for (const { toolCallId } of message.parts) closed.add(toolCallId)
  }
  const calls = callsOf(messages.at(index)).filter(({ toolCallId }) => !closed.has(toolCallId))
  return calls.length === 0 && questions.length === 0 ? [] : [{ index, calls, questions }]
}

/** Closes calls that nobody answered; gives the results that say so. */
export function closeOpenCalls(messages: Messages, open: readonly OpenCalls[]): ToolResultPart[] {
  return open.flatMap(({ index, calls, questions }) => {
    const message = new CallMessage(messages, index, true)
    for (const { toolCallId } of questions) message.answer(toolCallId, unanswered)
    const results = calls.map(closed)
    message.close(...results)
    return results
  })
}

const unanswered = { approved: false, reason: 'The user went on without answering.' }

function closed(call: ToolCallPart): ToolResultPart {
  const { toolCallId, toolName } = call
  const why = isWaiting(call)
    ? 'This call did not run: it needed an approval, and the user went on without giving it.'
    : 'The run ended before this call was answered; whether the tool ran is not known.'
  return { type: 'tool-result', toolCallId, toolName, output: failure(why) }
}
