// One step of a run: the prompt as it is now, one model call, and the tools that it calls. Everything said goes into
// the history as soon as it is whole, and as a partial message when the call fails or is aborted.
import type { ChatSession, Message, Notice } from '@retinue/kernel'
import { approvalRequest, type ApprovalRequest, asked } from './approval.ts'
import type { CallIds } from './call-ids.ts'
import type { FinishReason } from './finish-reason.ts'
import type { Model } from './model.ts'
import { type AnsweredCall, ModelAnswer } from './model-answer.ts'
import { callModel } from './model-call.ts'
import { modelRequest } from './model-request.ts'
import { addResults } from './open-calls.ts'
import type { ModelSettings } from './run-options.ts'
import { callTool, findTool, toolResult, type ToolScope } from './tool-call.ts'
import { failure } from './tool-output.ts'
import type { Usage } from './usage.ts'

/** What a step needs of its run. */
export interface StepScope extends ToolScope {
  readonly session: ChatSession
  readonly model: Model
  readonly settings: ModelSettings | undefined
  readonly maxParallelTools: number
  readonly callIds: CallIds
  /** The prompt's notices that the run has passed on. */
  readonly noticed: Set<string>
  /** Hears of each model call, whole or not: what it said and used. */
  readonly heard: (answer: ModelAnswer) => void
}

/** How a step ended. */
export interface StepEnd {
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** Calls that wait for a yes; they are open in the history. */
  readonly pending: readonly ApprovalRequest[]
}

/** Takes a step. What a model call throws goes through, after its partial answer was kept. */
export async function takeStep(scope: StepScope, step: number): Promise<StepEnd> {
  const { session, interaction, model, emit } = scope
  const prompt = session.prompt({ interaction })
  for (const notice of prompt.notices) warnOnce(scope, notice)
  const request = modelRequest(session, prompt, model, scope.settings, scope.signal)
  const answer = new ModelAnswer(step, scope.callIds, emit)
  try {
    await callModel(model, request, answer, scope.retry, (message) => {
      emit({ type: 'warning', about: 'retry', message })
    })
  } catch (error) {
    answer.close()
    keepPartial(scope, answer)
    throw error
  } finally {
    scope.heard(answer)
  }
  answer.close()
  const index = keep(session, answer.message(false))
  const pending = index === undefined ? [] : await runCalls(scope, index, answer.calls)
  return { finishReason: endOf(answer), usage: answer.usage, pending }
}

/**
 * Runs calls of the assistant message at `index`, some at a time, and keeps their results; tells which calls wait
 * for a yes.
 */
export async function runCalls(
  scope: StepScope,
  index: number,
  calls: readonly AnsweredCall[],
): Promise<readonly ApprovalRequest[]> {
  if (calls.length === 0) return []
  const results = await inParallel(calls, scope.maxParallelTools, (call) => callTool(call, scope))
  const waiting = new Set(calls.filter((_, i) => results[i] === undefined).map(({ part }) => part.toolCallId))
  scope.session.batch(() => {
    if (waiting.size > 0) markWaiting(scope, index, waiting)
    addResults(
      scope.session,
      index,
      results.filter((result) => result !== undefined),
    )
  })
  return calls.filter(({ part }) => waiting.has(part.toolCallId)).map(({ part }) => approvalRequest(part))
}

/** Passes on what is wrong with the prompt; what it costs is for whoever looks at the prompt itself. */
function warnOnce({ noticed, emit }: StepScope, { kind, message }: Notice): void {
  const isFault = kind === 'failed' || kind === 'over' || kind === 'stability'
  if (!isFault || noticed.has(message)) return
  noticed.add(message)
  emit({ type: 'warning', about: 'prompt', message })
}

/** Adds a message to the history; gives its index. */
function keep(session: ChatSession, message: Message | undefined): number | undefined {
  return message === undefined ? undefined : session.messages.push(message) - 1
}

/** Keeps what was said before the model call broke off; a call that it made has not run. */
function keepPartial(scope: StepScope, answer: ModelAnswer): void {
  const message = answer.message(true)
  if (message === undefined) return
  const why = scope.signal.aborted ? 'The run was aborted' : "The model's answer was cut off"
  const results = answer.calls.map((call) => toolResult(call, scope, failure(`${why} before this tool ran.`)))
  scope.session.batch(() => {
    const index = keep(scope.session, message)!
    addResults(scope.session, index, results)
  })
}

/** Marks the calls that stay open with what their questions are about. */
function markWaiting({ session, interaction }: StepScope, index: number, waiting: ReadonlySet<string>): void {
  const message = session.messages.at(index)
  if (message?.role !== 'assistant') return
  const parts = message.parts.map((part) =>
    part.type === 'tool-call' && waiting.has(part.toolCallId)
      ? asked(part, findTool(interaction, part.toolName))
      : part,
  )
  session.messages.set(index, { ...message, parts })
}

function endOf({ calls, finishReason }: ModelAnswer): FinishReason {
  if (calls.length > 0) return 'tool-calls'
  return finishReason === 'tool-calls' || finishReason === undefined ? 'stop' : finishReason
}

/** Does work on items, so many at a time; gives the results in the order of the items. */
async function inParallel<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(Math.max(1, most), items.length) }, worker))
  return results
}
