// What happens before a run's first step: what earlier runs left open in the history is closed or answered, and what
// the user says now is added. A call that may have run is never run again.
import { type ChatSession, type Message, RetinueError, type ToolCallPart } from '@retinue/kernel'
import { type ApprovalAnswers, type ApprovalRequest, isSameTool, isWaiting, refusal } from './approval.ts'
import type { AnsweredCall } from './model-answer.ts'
import { addResults, findOpenCalls, type OpenCalls } from './open-calls.ts'
import { runCalls, type StepScope } from './step.ts'
import { findTool } from './tool-call.ts'
import { failure } from './tool-output.ts'

/** Adds what the user says. Calls that are still open are closed first; tells how many. */
export function sayToHistory(session: ChatSession, said: readonly Message[]): number {
  const open = findOpenCalls(session)
  session.batch(() => {
    close(session, open)
    session.messages.push(...said)
  })
  return open.reduce((count, { calls }) => count + calls.length, 0)
}

/**
 * Goes on with the calls that wait for a yes: runs those that got it, refuses those that did not, and asks again for
 * the rest; tells which still wait.
 * @throws {RETINUE_APPROVAL_UNKNOWN} for an answer to a call that does not wait.
 */
export async function answerHistory(
  scope: StepScope,
  answers: ApprovalAnswers,
): Promise<readonly ApprovalRequest[]> {
  const { session } = scope
  const [open, ...earlier] = findOpenCalls(session)
  const waiting = open?.calls.filter(isWaiting) ?? []
  const stray = Object.keys(answers).find((id) => waiting.every(({ toolCallId }) => toolCallId !== id))
  if (stray !== undefined) throw notWaiting(stray, waiting)
  if (open === undefined) return []
  const { index, calls } = open
  close(session, [{ index, calls: calls.filter((call) => !isWaiting(call)) }, ...earlier])
  const given = valid(waiting, answers, scope)
  return runCalls(
    { ...scope, answers: given },
    session.messages.indexOf(open.message),
    waiting.map(answeredCall),
  )
}

function close(session: ChatSession, open: readonly Pick<OpenCalls, 'index' | 'calls'>[]): void {
  for (const { index, calls } of open) addResults(session, index, calls.map(closed))
}

/** The answers that hold: a no always does, a yes only to the tool that the question was about. */
function valid(
  waiting: readonly ToolCallPart[],
  answers: ApprovalAnswers,
  scope: StepScope,
): ApprovalAnswers {
  const holding = waiting.filter((call) => {
    const answer = answers[call.toolCallId]
    if (answer === undefined) return false
    if (refusal(answer) !== undefined || isSameTool(call, findTool(scope.interaction, call.toolName)))
      return true
    scope.emit({
      type: 'warning',
      about: 'history',
      message: `The tool '${call.toolName}' has changed since its approval was asked for: the answer does not count.`,
    })
    return false
  })
  return Object.fromEntries(holding.map(({ toolCallId }) => [toolCallId, answers[toolCallId]!]))
}

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

function notWaiting(id: string, waiting: readonly ToolCallPart[]): RetinueError {
  const ids = waiting.map(({ toolCallId, toolName }) => `${toolCallId} (${toolName})`).join(', ')
  return new RetinueError('RETINUE_APPROVAL_UNKNOWN', `No call '${id}' waits for an approval.`, {
    hint: ids === '' ? 'None waits: continue with run().' : `These wait: ${ids}.`,
    details: { id },
  })
}
