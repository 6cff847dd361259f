// One tool call, from the model's request to the result that the model sees. It never throws: whatever goes wrong
// (no such tool, an input that does not fit, an exception, the time limit, an abort) is said in the result.
import type { Tool, ToolCallPart, ToolOutput, ToolResultPart } from '@retinue/kernel'
import type { ApprovalRequest } from './approval.ts'
import { CallSecrets } from './call-secrets.ts'
import type { CallMessage } from './call-message.ts'
import { noSuchTool, toolOf } from './called-tool.ts'
import type { Hooks } from './hooks.ts'
import type { MadeCall } from './model-answer.ts'
import { type ChangedCall, permissionFor } from './permission.ts'
import { reasonOf } from './reason.ts'
import { isUntold, retryDelay, type RetryPolicy } from './retry.ts'
import type { RunScope } from './run-scope.ts'
import { isPromise, pause, TimeLimitReached, withinLimit } from './time-limit.ts'
import { inputProblem, ownInput, readToolInput, type ToolInput } from './tool-input.ts'
import { failure, inOtherWords, textOf, toolOutput } from './tool-output.ts'
import { ToolRun } from './tool-run.ts'
import { lineOf, ownSession } from './turn-line.ts'

/**
 * Runs a tool call, sends its events and keeps its result; gives the question where the call has to wait for a yes. What
 * somebody makes of the call while it waits is what runs.
 */
export async function callTool(
  call: MadeCall,
  calls: CallMessage,
  scope: RunScope,
): Promise<ApprovalRequest | undefined> {
  let outcome: Outcome
  try {
    scope.signal.throwIfAborted()
    outcome = await outcomeOf(call, calls, scope)
  } catch (error) {
    const isAborted = scope.signal.aborted
    outcome = failure(
      isAborted ? 'The run was aborted before this tool ran.' : `The tool failed: ${reasonOf(error)}`,
    )
  }
  if ('toolCallId' in outcome) return outcome
  if ('changed' in outcome) {
    const answers = { [outcome.changed.toolCallId]: outcome.answer }
    return callTool(madeCall(outcome.changed), calls, { ...scope, answers })
  }
  calls.close(toolResult(call, scope, outcome))
  return undefined
}

/** Makes a call of one that the history has. */
export function madeCall(part: ToolCallPart): MadeCall {
  return { part, input: { text: JSON.stringify(part.input), value: part.input as never } }
}

/** Makes the result of a call, and sends its event. */
export function toolResult(
  { part: { toolCallId, toolName } }: MadeCall,
  { emit }: RunScope,
  output: ToolOutput,
): ToolResultPart {
  emit({ type: 'tool-result', toolCallId, toolName, output })
  return { type: 'tool-result', toolCallId, toolName, output }
}

type Outcome = ToolOutput | ApprovalRequest | ChangedCall

/** Runs a call that is a good one and that nobody stops. */
function outcomeOf(call: MadeCall, calls: CallMessage, scope: RunScope): Outcome | Promise<Outcome> {
  const { toolName } = call.part
  const tool = toolOf(scope, toolName)
  if (tool === undefined) return failure(noSuchTool(toolName, scope.interaction))
  const made = { ...call, input: ownInput(tool, call.input) }
  const problem = inputProblem(tool, made.input)
  if (problem !== undefined) return failure(problem)
  return scope.hooks === undefined
    ? execute(tool, made, calls, scope)
    : withHooks(scope.hooks, tool, made, calls, scope)
}

async function withHooks(
  hooks: Hooks,
  tool: Tool,
  call: MadeCall,
  calls: CallMessage,
  scope: RunScope,
): Promise<Outcome> {
  const { toolCallId, toolName } = call.part
  const { interaction } = scope
  const hookCall = { interaction, toolCallId, toolName, tool, input: call.input.value }
  const decision = await hooks.beforeTool(hookCall)
  if ('veto' in decision) return failure(`This call was not made: ${decision.veto}`)
  const isReplaced = decision.reasons.length > 0
  const input = isReplaced ? readToolInput(JSON.stringify(decision.input)) : call.input
  const misfit = inputProblem(tool, input)
  if (misfit !== undefined) throw new Error(`its input was replaced by one that does not fit. ${misfit}`)
  const outcome = await execute(tool, { ...call, input }, calls, scope)
  if ('toolCallId' in outcome || 'changed' in outcome) return outcome
  const veto = await hooks.afterTool({ ...hookCall, input: input.value, output: outcome })
  if (veto !== undefined) return failure(`The tool ran, and its result was withheld: ${veto.veto}`)
  return isReplaced ? replaced(outcome, input, decision.reasons) : outcome
}

/** A result with what was changed about its call in front. */
function replaced(output: ToolOutput, { text }: ToolInput, reasons: readonly string[]): ToolOutput {
  const note = `[The input was replaced by ${text}: ${reasons.join('; ')}]`
  if (output.type === 'content') return { ...output, value: [{ type: 'text', text: note }, ...output.value] }
  return inOtherWords(output, `${note}\n${textOf(output)}`)
}

/** Runs a call, where it may run; by then the tool may be another, of the same definition. */
async function execute(wanted: Tool, call: MadeCall, calls: CallMessage, scope: RunScope): Promise<Outcome> {
  // Waits also where it need not: all calls of a message are looked up before the first of them runs.
  const permission = await permissionFor(wanted, call, calls, scope)
  if (!('permitted' in permission)) return permission
  const tool = permission.permitted
  const { interaction, signal, hooks, emit } = scope
  const { toolCallId, toolName } = call.part
  const secrets = new CallSecrets()
  const line = lineOf(interaction.session)
  const waitsBefore = line.waits
  try {
    const value = await withinLimit(tool.timeoutMs ?? scope.toolTimeoutMs, signal, (limit) => {
      const run = new ToolRun(call.part, interaction, limit, secrets, (data) =>
        emit({ type: 'tool-progress', toolCallId, toolName, data }),
      )
      if (hooks === undefined) return attempt(tool, call, run, secrets, scope)
      const work = { kind: 'tool', interaction, toolCallId, toolName, input: call.input.value } as const
      return hooks.around(work, async () => attempt(tool, call, run, secrets, scope))
    })
    return secrets.redactOutput(toolOutput(tool, value))
  } catch (error) {
    return secrets.redactOutput(failure(explained(error, tool, signal, line.waits > waitsBefore)))
  } finally {
    secrets.close()
  }
}

/**
 * Calls `execute`; what may be done twice is tried again after a failure that is likely to pass, and once, at once,
 * after one of which nobody knows.
 */
function attempt(
  tool: Tool,
  call: MadeCall,
  run: ToolRun,
  secrets: CallSecrets,
  scope: RunScope,
  count = 1,
): unknown {
  const failed = async (error: unknown): Promise<unknown> => {
    const delay = tool.effect === 'once' ? undefined : toolRetryDelay(error, count, scope)
    if (delay === undefined || run.isStopped) throw error
    const reason = secrets.redact(reasonOf(error)) as string
    const message = `${call.part.toolName} failed (${reason}); attempt ${count + 1} in ${Math.round(delay)} ms.`
    scope.emit({ type: 'warning', about: 'retry', message })
    await pause(delay, run.signal)
    return attempt(tool, call, run, secrets, scope, count + 1)
  }
  try {
    // An input of its own: the history's is frozen.
    const value = tool.execute(JSON.parse(call.input.text) as never, run)
    return isPromise(value) ? Promise.resolve(value).catch(failed) : value
  } catch (error) {
    return failed(error)
  }
}

function toolRetryDelay(error: unknown, attempt: number, policy: RetryPolicy): number | undefined {
  if (isUntold(error)) return attempt === 1 && policy.maxRetries > 0 ? 0 : undefined
  return retryDelay(error, attempt, policy)
}

function explained(error: unknown, tool: Tool, outer: AbortSignal, mayWaitForItself: boolean): string {
  const effects = tool.effect === 'pure' ? '' : ' It may have had effects until then.'
  if (outer.aborted) return `The run was aborted before this tool answered.${effects}`
  if (!(error instanceof TimeLimitReached)) return `The tool failed: ${reasonOf(error)}`
  const late = `The tool did not answer within ${error.limitMs} ms and was stopped.${effects}`
  return mayWaitForItself
    ? `${late} Meanwhile another run began to wait for the session. ${ownSession}`
    : late
}
