// What happens before a run's first step: what earlier runs left open in the history is closed or answered, and what
// the user says now is added. A call that may have run is never run again.
import type { ChatSession, Message, ToolCallPart } from '@retinue/kernel'
import { type ApprovalAnswers, type ApprovalRequest, isWaiting, notWaiting } from './approval.ts'
import type { Messages } from './messages.ts'
import type { AnsweredCall } from './model-answer.ts'
import { checkAnswer } from './option-check.ts'
import { CallMessage, findOpenCalls, type OpenCalls } from './open-calls.ts'
import { answerProvider } from './permission.ts'
import { nothingSaid } from './run-input.ts'
import { runCalls, type StepScope } from './step.ts'
import { failure } from './tool-output.ts'

/** Adds what the user says. Calls that are still open are closed first; tells how many. */
export function sayToHistory(session: ChatSession, messages: Messages, said: readonly Message[]): number {
  const open = findOpenCalls(messages)
  session.batch(() => {
    close(messages, open)
    messages.push(...said)
  })
  return open.reduce((count, { calls }) => count + calls.length, 0)
}

/**
 * Goes on with the calls that wait for a yes: runs those that got it, refuses those that did not, and asks again for
 * the rest; tells which still wait.
 * @throws {RETINUE_APPROVAL_UNKNOWN} for an answer to a call that does not wait.
 * @throws {RETINUE_OPTION_INVALID} for an answer that is neither a yes nor a no.
 * @throws {RETINUE_INPUT_INVALID} where nothing was said yet, and so there is nothing to go on with.
 */
export async function answerHistory(
  scope: StepScope,
  answers: ApprovalAnswers,
): Promise<readonly ApprovalRequest[]> {
  const { messages } = scope
  const [open, ...earlier] = findOpenCalls(messages)
  const waiting = open?.calls.filter(isWaiting) ?? []
  const asked = [...waiting, ...(open?.questions ?? [])]
  const stray = Object.keys(answers).find((id) => asked.every(({ toolCallId }) => toolCallId !== id))
  if (stray !== undefined) {
    const named = asked.map(({ toolCallId, toolName }) => `${toolCallId} (${toolName})`)
    throw notWaiting(stray, named, 'Continue with run().')
  }
  for (const [id, answer] of Object.entries(answers)) if (answer !== undefined) checkAnswer(id, answer)
  if (messages.length === 0) throw nothingSaid('There is nothing to go on with: the conversation is empty.')
  if (open === undefined) return []
  const message = new CallMessage(messages, open.index, true)
  message.close(...open.calls.filter((call) => !isWaiting(call)).map(closed))
  close(messages, earlier)
  const answering = { ...scope, answers }
  const pending = await runCalls(answering, message, waiting.map(answeredCall))
  if (open.questions.length === 0) return pending
  return [...pending, ...(await answerProvider(message, answering))]
}

function close(messages: Messages, open: readonly OpenCalls[]): void {
  for (const { index, calls, questions } of open) {
    const message = new CallMessage(messages, index, true)
    for (const { toolCallId } of questions) message.answer(toolCallId, unanswered)
    message.close(...calls.map(closed))
  }
}

const unanswered = { approved: false, reason: 'The user went on without answering.' }

function closed(call: ToolCallPart) {
  const { toolCallId, toolName } = call
  const why = isWaiting(call)
    ? 'This call did not run: it needed an approval, and the user went on without giving it.'
    : 'The run ended before this call was answered; whether the tool ran is not known.'
  return { type: 'tool-result' as const, toolCallId, toolName, output: failure(why) }
}

function answeredCall(part: ToolCallPart): AnsweredCall {
  return { part, input: { text: JSON.stringify(part.input), value: part.input as never } }
}
