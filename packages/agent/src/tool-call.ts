// One tool call, from the model's request to the result that the model sees. It never throws: whatever goes wrong
// (no such tool, an input that does not fit, an exception, the time limit, an abort) is said in the result.
import type { InteractionContext, Tool, ToolOutput, ToolResultPart } from '@retinue/kernel'
import {
  type ApprovalAnswer,
  type ApprovalAnswers,
  approvalRequest,
  needsApproval,
  refusal,
} from './approval.ts'
import { CallSecrets } from './call-secrets.ts'
import type { AnsweredCall } from './model-answer.ts'
import { reasonOf } from './reason.ts'
import { type RetryPolicy, retryDelay } from './retry.ts'
import type { RunEvent } from './run-event.ts'
import type { RunOptions } from './run-options.ts'
import { pause, TimeLimitReached, withinLimit } from './time-limit.ts'
import { inputProblem } from './tool-input.ts'
import { failure, toolOutput } from './tool-output.ts'
import { ToolRun } from './tool-run.ts'

/** What a tool call needs of its run. */
export interface ToolScope {
  readonly interaction: InteractionContext
  readonly signal: AbortSignal
  readonly toolTimeoutMs: number
  readonly retry: RetryPolicy
  readonly approve: RunOptions['approve']
  /** Answers to earlier questions. */
  readonly answers: ApprovalAnswers | undefined
  readonly emit: (event: RunEvent) => void
}

/** Finds the tool that is published under a name now; the model may ask for one that has left since. */
export function findTool(interaction: InteractionContext, name: string): Tool | undefined {
  return interaction.tools.published().find((published) => published.name === name)?.tool
}

/** Runs a tool call and sends its events; gives nothing where the call has to wait for a yes. */
export async function callTool(call: AnsweredCall, scope: ToolScope): Promise<ToolResultPart | undefined> {
  const output = await outputOf(call, scope)
  return output === undefined ? undefined : toolResult(call, scope, output)
}

/** Makes the result of a call, and sends its event. */
export function toolResult(
  { part: { toolCallId, toolName } }: Pick<AnsweredCall, 'part'>,
  { emit }: Pick<ToolScope, 'emit'>,
  output: ToolOutput,
): ToolResultPart {
  emit({ type: 'tool-result', toolCallId, toolName, output })
  return { type: 'tool-result', toolCallId, toolName, output }
}

async function outputOf(call: AnsweredCall, scope: ToolScope): Promise<ToolOutput | undefined> {
  if (scope.signal.aborted) return failure('The run was aborted before this tool ran.')
  try {
    const tool = findTool(scope.interaction, call.part.toolName)
    if (tool === undefined) return failure(noSuchTool(call.part.toolName, scope.interaction))
    const problem = inputProblem(tool, call.input)
    if (problem !== undefined) return failure(problem)
    const answer = needsApproval(tool, call.input.value) ? await approval(call, scope) : true
    if (answer === undefined) return undefined
    return refusal(answer) ?? (await execute(tool, call, scope))
  } catch (error) {
    if (scope.signal.aborted) return failure('The run was aborted before this tool ran.')
    return failure(`The tool failed: ${reasonOf(error)}`)
  }
}

/** A person's answer: one that came with `resume`, or one that `approve` asks for now. */
async function approval({ part }: AnsweredCall, scope: ToolScope): Promise<ApprovalAnswer | undefined> {
  const given = scope.answers?.[part.toolCallId]
  if (given !== undefined) return given
  const request = approvalRequest(part)
  scope.emit({ type: 'approval-request', ...request })
  const { approve, signal } = scope
  if (approve === undefined) return undefined
  try {
    return await withinLimit(Infinity, signal, () => approve(request))
  } catch (error) {
    signal.throwIfAborted()
    return { approved: false, reason: `nobody could be asked (${reasonOf(error)})` }
  }
}

async function execute(tool: Tool, call: AnsweredCall, scope: ToolScope): Promise<ToolOutput> {
  const { interaction, signal: outer, emit } = scope
  const { toolCallId, toolName } = call.part
  const secrets = new CallSecrets()
  try {
    const value = await withinLimit(tool.timeoutMs ?? scope.toolTimeoutMs, outer, (signal) => {
      const run = new ToolRun(toolCallId, interaction, signal, secrets, (data) =>
        emit({ type: 'tool-progress', toolCallId, toolName, data }),
      )
      return attempt(tool, call, run, scope.retry)
    })
    return secrets.redact(toolOutput(tool, value))
  } catch (error) {
    return secrets.redact(failure(explained(error, tool, outer)))
  } finally {
    secrets.close()
  }
}

/** Calls `execute`; what may be done twice is tried again after a failure that is likely to pass. */
async function attempt(tool: Tool, call: AnsweredCall, run: ToolRun, policy: RetryPolicy): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      // An input of its own: the history's is frozen.
      return await tool.execute(JSON.parse(call.input.text) as never, run)
    } catch (error) {
      const delay = tool.effect === 'once' ? undefined : retryDelay(error, attempt, policy)
      if (delay === undefined) throw error
      await pause(delay, run.signal)
    }
  }
}

function explained(error: unknown, tool: Tool, outer: AbortSignal): string {
  const effects = tool.effect === 'pure' ? '' : ' It may have had effects until then.'
  if (outer.aborted) return `The run was aborted before this tool answered.${effects}`
  if (error instanceof TimeLimitReached) {
    return `The tool did not answer within ${error.limitMs} ms and was stopped.${effects}`
  }
  return `The tool failed: ${reasonOf(error)}`
}

function noSuchTool(name: string, interaction: InteractionContext): string {
  const names = interaction.tools.published().map((published) => published.name)
  const known = names.length === 0 ? 'No tool is equipped now.' : `The tools are: ${names.join(', ')}.`
  return `There is no tool '${name}'. ${known}`
}
