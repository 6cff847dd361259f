// Tool calls of the history that have no result. Providers refuse such a history, so a call is always closed with a
// result that says what is known; nothing else of the history is touched. A call that waits for an approval stays
// open until it is answered, its run is aborted, or the user goes on without an answer.
import type { ToolCallPart, ToolResultPart } from '@retinue/kernel'
import type { ApprovalRequest } from './approval.ts'
import type { Asker } from './asker.ts'
import { CallMessage, callsOf } from './call-message.ts'
import type { History } from './history.ts'
import type { Messages } from './messages.ts'
import { openQuestions } from './provider-approval.ts'
import { failure } from './tool-output.ts'
import { isWaiting } from './waiting-call.ts'

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
  return history.torn.toReversed().flatMap((index) => openCallsOf(messages, index, []))
}

/** Finds the calls that were left open last, in a history that no model was shown yet; `path` is who asks now. */
export function lastOpenCalls(messages: Messages, path: readonly Asker[]): OpenCalls | undefined {
  for (let i = messages.length - 1; i >= 0; i--) {
    const [open] = openCallsOf(messages, i, path)
    if (open !== undefined) return open
  }
  return undefined
}

function openCallsOf(messages: Messages, index: number, path: readonly Asker[]): OpenCalls[] {
  const message = messages.at(index)!
  const questions = openQuestions(message, path)
  const closed = new Set<string>()
  for (let i = index + 1; ; i++) {
    const next = messages.at(i)
    if (next?.role !== 'tool') break
    for (const { toolCallId } of next.parts) closed.add(toolCallId)
  }
  const calls = callsOf(message).filter(({ toolCallId }) => !closed.has(toolCallId))
  return calls.length === 0 && questions.length === 0 ? [] : [{ index, calls, questions }]
}

/** Closes calls that nobody answered; gives the results that say so. */
export function closeOpenCalls(messages: Messages, open: readonly OpenCalls[]): ToolResultPart[] {
  return open.flatMap(({ index, calls, questions }) => {
    const message = new CallMessage(messages, index, messages.at(index)!)
    for (const { toolCallId } of questions) message.answer(toolCallId, unanswered)
    const results = calls.map(closed)
    message.close(...results)
    return results
  })
}

const unanswered = { approved: false, reason: 'Nobody answered.' }

function closed(call: ToolCallPart): ToolResultPart {
  const { toolCallId, toolName } = call
  const why = isWaiting(call)
    ? 'This call did not run: it needed an approval, and nobody gave it.'
    : 'The run ended before this call was answered; whether the tool ran is not known.'
  return { type: 'tool-result', toolCallId, toolName, output: failure(why) }
}
