// Whether a call may run: by the policy of the run, by what its tool says, and by a person's answer, which holds only
// for the definition that the person was asked about.
import type { Tool, ToolCallPart, ToolOutput } from '@retinue/kernel'
import { type ApprovalAnswer, type ApprovalRequest, isNo, needsApproval, refusal } from './approval.ts'
import type { CallMessage } from './call-message.ts'
import { noSuchTool, toolOf } from './called-tool.ts'
import type { MadeCall } from './model-answer.ts'
import { checkAnswer } from './option-check.ts'
import { openQuestions } from './provider-approval.ts'
import { reasonOf } from './reason.ts'
import type { RunScope } from './run-scope.ts'
import { withinLimit } from './time-limit.ts'
import { failure } from './tool-output.ts'
import { asked, changedCall, changeOf, isOfPolicy, isSameDefinition, questionOf } from './waiting-call.ts'

/**
 * The tool that may run; what the model is told where none may; the question that is left open; or the answer to a call
 * that was changed before it was given.
 */
export type Permission = { readonly permitted: Tool } | ToolOutput | ApprovalRequest | ChangedCall

/** A call that somebody has changed while it waited, and what they said to it then. */
export interface ChangedCall {
  readonly changed: ToolCallPart
  readonly answer: ApprovalAnswer
}

/** Finds out whether a call may run, and asks where it has to. */
export async function permissionFor(
  tool: Tool,
  call: MadeCall,
  calls: CallMessage,
  scope: RunScope,
): Promise<Permission> {
  const { answers, approvalPolicy, interaction } = scope
  const input = call.input.value
  const isOwn = await needsApproval(tool, input, scope)
  const wanted = isOwn || (approvalPolicy === undefined && isOfPolicy(call.part))
  if (!wanted && answers === undefined && approvalPolicy === undefined) return { permitted: tool }
  const request = { ...questionOf(call.part, scope.askers()), input }
  const { toolCallId, toolName } = request
  const answer = answerTo(call, request, tool, scope)
  const verdict = await verdictOn(tool, wanted, request, scope)
  if (verdict === 'deny') return failure('This call is not allowed.')
  if (verdict === 'allow' && !isNo(answer)) {
    calls.answered(toolCallId)
    return { permitted: tool }
  }
  if (answer === undefined)
    calls.mark(toolCallId, (part) => asked(part, request, tool, [...interaction.tools], !isOwn))
  const before = calls.call(toolCallId)
  const said = answer ?? (await ask(request, scope))
  if (said === undefined) return request
  const changed = changedCall(before, calls.call(toolCallId))
  if (changed !== undefined) return { changed, answer: said }
  calls.answered(toolCallId)
  const no = refusal(said)
  if (no !== undefined) return no
  const now = toolOf(scope, toolName)
  if (now === undefined) return failure(noSuchTool(toolName, interaction))
  if (isSameDefinition(now, tool)) return { permitted: now }
  warnOfChange('tool', toolName, scope)
  return permissionFor(now, call, calls, { ...scope, answers: undefined })
}

/** The answer that was given to this call, where it holds: a no always does, a yes only to what was asked about. */
function answerTo(
  { part }: MadeCall,
  { toolCallId, input }: ApprovalRequest,
  tool: Tool,
  scope: RunScope,
): ApprovalAnswer | undefined {
  const answer = scope.answers?.[toolCallId]
  if (answer === undefined || isNo(answer)) return answer
  const change = changeOf(part, input, tool)
  if (change === undefined) return answer
  warnOfChange(change, part.toolName, scope)
  return undefined
}

/** Gets answers to what a provider asks about calls that it would run itself; gives the questions that stay open. */
export async function answerProvider(calls: CallMessage, scope: RunScope): Promise<ApprovalRequest[]> {
  const open = await Promise.all(
    openQuestions(calls.message, scope.askers()).map(async (request) => {
      const answer = await providerAnswer(request, scope)
      if (answer === undefined) return [request]
      calls.answer(request.toolCallId, answer)
      return []
    }),
  )
  return open.flat()
}

async function providerAnswer(
  request: ApprovalRequest,
  scope: RunScope,
): Promise<ApprovalAnswer | undefined> {
  const verdict = await verdictOn(undefined, true, request, scope)
  const answer = scope.answers?.[request.toolCallId]
  if (verdict === 'deny') return { approved: false, reason: 'This call is not allowed.' }
  if (verdict === 'allow' && !isNo(answer)) return true
  return answer ?? (await ask(request, scope))
}

/** Says that a call is no longer what a person said yes to. */
function warnOfChange(what: 'tool' | 'input', toolName: string, { emit }: RunScope): void {
  const changed = what === 'tool' ? `The tool '${toolName}'` : `The input of '${toolName}'`
  const message = `${changed} has changed since its approval was asked for: the answer does not count.`
  emit({ type: 'warning', about: 'approval', message })
}

/** What the policy says, or the tool where the policy leaves it to it. */
async function verdictOn(
  tool: Tool | undefined,
  wanted: boolean,
  request: ApprovalRequest,
  { approvalPolicy, signal, emit }: RunScope,
): Promise<'allow' | 'ask' | 'deny'> {
  const own = wanted ? 'ask' : 'allow'
  if (approvalPolicy === undefined) return own
  try {
    return (await withinLimit(Infinity, signal, () => approvalPolicy({ ...request, tool, wanted }))) ?? own
  } catch (error) {
    signal.throwIfAborted()
    const message = `The approval policy failed, so the call is asked about: ${reasonOf(error)}`
    emit({ type: 'warning', about: 'approval', message })
    return 'ask'
  }
}

/** A person's answer now; nothing where the run has to stop for it. */
async function ask(
  request: ApprovalRequest,
  { approve, questions, signal, emit }: RunScope,
): Promise<ApprovalAnswer | undefined> {
  if (approve === 'wait') return questions.ask(request, signal, emit)
  emit({ type: 'approval-request', ...request })
  if (approve === undefined) return undefined
  let answer: ApprovalAnswer | undefined
  try {
    answer = await withinLimit(Infinity, signal, () => approve(request))
  } catch (error) {
    signal.throwIfAborted()
    return { approved: false, reason: `nobody could be asked (${reasonOf(error)})` }
  }
  try {
    if (answer !== undefined) checkAnswer(request.toolCallId, answer)
    return answer
  } catch (error) {
    return { approved: false, reason: `what was answered is neither a yes nor a no (${reasonOf(error)})` }
  }
}
