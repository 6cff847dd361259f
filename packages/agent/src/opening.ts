// What a run that goes on begins with: the calls that wait for a yes are answered before its first step. One that a
// process did not live to answer may have run: it is run again where its tool says that this does no harm, and never
// where it does not.
import type { ChatSession, InteractionContext, ToolCallPart } from '@retinue/kernel'
import type { ApprovalAnswers, ApprovalRequest } from './approval.ts'
import { askerOf } from './asker.ts'
import { CallMessage } from './call-message.ts'
import { toolOf } from './called-tool.ts'
import { messagesOf, sessionOf } from './messages.ts'
import { checkAnswer, checkPlace } from './option-check.ts'
import { findOpenCalls, lastOpenCalls } from './open-calls.ts'
import { answerProvider } from './permission.ts'
import { notWaiting } from './questions.ts'
import { type RunScope, viewIn } from './run-scope.ts'
import { runCalls } from './step.ts'
import { madeCall } from './tool-call.ts'
import { isWaiting, questionOf, toolsetsOf } from './waiting-call.ts'

/**
 * The calls that wait for a yes, in a session that was just loaded as well: what a page that is opened again has to ask.
 * `resume` takes the answers.
 *
 * @example
 * const { session } = await manager.load('s1')
 * for (const { toolCallId, toolName, input } of pendingApprovals(session)) show(toolCallId, toolName, input)
 * @throws {RETINUE_INPUT_INVALID} for what is neither a session nor an interaction.
 */
export function pendingApprovals(place: ChatSession | InteractionContext): readonly ApprovalRequest[] {
  checkPlace(place)
  const path = [askerOf(sessionOf(place))]
  const { calls = [], questions = [] } = lastOpenCalls(messagesOf(place), path) ?? {}
  return [...calls.filter(isWaiting).map((call) => questionOf(call, path)), ...questions]
}

/**
 * Goes on with the calls that are open: runs those that got their yes or may be run twice, refuses those that got a no,
 * and asks again for the rest; tells which still wait.
 * @throws {RETINUE_APPROVAL_UNKNOWN} for an answer to a call that does not wait.
 * @throws {RETINUE_OPTION_INVALID} for an answer that is neither a yes nor a no.
 */
export async function answerHistory(
  scope: RunScope,
  answers: ApprovalAnswers,
): Promise<readonly ApprovalRequest[]> {
  const { messages } = scope
  const [open] = findOpenCalls(messages, viewIn(scope).look().history)
  const waiting = open?.calls.filter(isWaiting) ?? []
  const asked = [...waiting, ...(open?.questions ?? [])]
  const stray = Object.keys(answers).find((id) => asked.every(({ toolCallId }) => toolCallId !== id))
  if (stray !== undefined) {
    const named = asked.map(({ toolCallId, toolName }) => `${toolCallId} (${toolName})`)
    throw notWaiting(stray, named, 'Continue with run().')
  }
  for (const [id, answer] of Object.entries(answers)) if (answer !== undefined) checkAnswer(id, answer)
  if (open === undefined) return []
  equipAgain(scope, waiting)
  const message = new CallMessage(messages, open.index, messages.at(open.index)!)
  // Whoever makes a call names it: one called `constructor` is answered by nothing that every object has.
  const answering = { ...scope, answers: Object.assign(Object.create(null), answers) as ApprovalAnswers }
  const calls = open.calls.filter((call) => isWaiting(call) || mayRunTwice(call, scope))
  const pending = await runCalls(answering, message, calls.map(madeCall))
  return [...pending, ...(await answerProvider(message, answering))]
}

/** Gives the turn that goes on the toolsets that it alone had, where they are still registered. */
function equipAgain({ interaction }: RunScope, waiting: readonly ToolCallPart[]): void {
  const { toolsets } = interaction.session.registry
  interaction.tools.push(...waiting.flatMap(toolsetsOf).filter((type) => toolsets.has(type)))
}

function mayRunTwice({ toolName }: ToolCallPart, scope: RunScope): boolean {
  const tool = toolOf(scope, toolName)
  return tool !== undefined && tool.effect !== 'once'
}
