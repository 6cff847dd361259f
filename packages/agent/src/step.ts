// One step of a run: the prompt as it is now, one model call, and the tools that it calls. Everything said goes into
// the history as soon as it is whole, and as a partial message when the call fails or is aborted.
import type { Message, Notice, ToolResultPart } from '@retinue/kernel'
import type { ApprovalRequest } from './approval.ts'
import { CallMessage } from './call-message.ts'
import { findTool } from './called-tool.ts'
import type { FinishReason } from './finish-reason.ts'
import type { HistoryView } from './history-view.ts'
import { answered, hookedCall, makeCall } from './hooked-call.ts'
import { type MadeCall, ModelAnswer } from './model-answer.ts'
import { modelRequest } from './model-request.ts'
import { closeOpenCalls, findOpenCalls } from './open-calls.ts'
import { withPartialOutput } from './partial-output.ts'
import { answerProvider } from './permission.ts'
import { withPath } from './provider-approval.ts'
import { reasonOf } from './reason.ts'
import { refusesOwn } from './retry.ts'
import type { ModelHookCall } from './run-hooks.ts'
import { promptIn, type RunScope, viewIn } from './run-scope.ts'
import { callTool, toolResult } from './tool-call.ts'
import { failure } from './tool-output.ts'
import type { Usage } from './usage.ts'

/** How a step ended. */
export interface StepEnd {
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** Calls that wait for a yes; they are open in the history. */
  readonly pending: readonly ApprovalRequest[]
}

/** Takes a step. What a model call throws goes through, after its partial answer was kept. */
export async function takeStep(scope: RunScope, step: number): Promise<StepEnd> {
  const emit = scope.output === undefined ? scope.emit : withPartialOutput(scope.emit)
  const field = (toolName: string): string | undefined => findTool(scope.interaction, toolName)?.thought
  const answer = new ModelAnswer(step, scope.callIds, emit, field)
  let call: ModelHookCall
  for (;;) {
    call = await planned(scope, step)
    try {
      await makeCall(scope, call, answer)
      break
    } catch (error) {
      await goOver(scope, answer, error)
    }
  }
  answer.close()
  scope.heard(answer)
  const message = answer.message(scope.models.current)
  const calls = keep(scope, answer.asks ? withPath(message!, scope.askers()) : message)
  const stop = scope.hooks && (await scope.hooks.afterModel(answered(call, answer, message)))
  if (stop !== undefined) {
    calls?.close(...notRun(scope, answer, 'The run was stopped before this tool ran.'))
    throw stop
  }
  let pending = answer.calls.length > 0 ? await runCalls(scope, calls!, answer.calls) : none
  if (answer.asks) pending = [...pending, ...(await answerProvider(calls!, scope))]
  return { finishReason: answer.end, usage: answer.usage, pending }
}

/**
 * Where the model in use failed before a word was said: sends no more of what it attached to earlier answers, if it refuses
 * that, or goes over to another model. @throws that failure where none is left
 */
async function goOver(scope: RunScope, answer: ModelAnswer, error: unknown): Promise<void> {
  const warn = (message: string): void => scope.emit({ type: 'warning', about: 'fallback', message })
  if (!scope.signal.aborted && answer.isEmpty) {
    if (refusesOwn(error) && viewIn(scope).disown()) {
      const message = `Earlier answers are sent as plain text from now on: ${reasonOf(error)}`
      scope.emit({ type: 'warning', about: 'history', message })
      return answer.restart()
    }
    if (await scope.models.fallOver(error, warn)) return answer.restart()
  }
  answer.close()
  scope.heard(answer)
  keepPartial(scope, answer)
  throw error
}

/** Runs calls of a message, some at a time; tells which wait for a yes. */
export async function runCalls(
  scope: RunScope,
  message: CallMessage,
  calls: readonly MadeCall[],
): Promise<readonly ApprovalRequest[]> {
  if (calls.length === 1) {
    const request = await callTool(calls[0]!, message, scope)
    return request === undefined ? none : [request]
  }
  const asked = await inParallel(calls, scope.maxParallelTools, (call) => callTool(call, message, scope))
  return asked.filter((request) => request !== undefined)
}

/** The model call of a step, after the hooks have had their say. */
function planned(scope: RunScope, step: number): ModelHookCall | Promise<ModelHookCall> {
  const prompt = promptIn(scope)
  for (const { kind, message } of prompt.notices) if (isFault(kind)) warnOnce(scope, 'prompt', message)
  for (const { reason } of scope.interaction.tools.unresolved) warnOnce(scope, 'tools', reason)
  return hookedCall(scope, step, modelRequest(scope, prompt, mend(scope)))
}

/** Whether a notice tells of what is wrong with the prompt; what it costs is for whoever looks at the prompt itself. */
function isFault(kind: Notice['kind']): boolean {
  return kind === 'failed' || kind === 'over' || kind === 'stability'
}

/**
 * Closes what was left open, or torn open by an edit, and warns of it; of what is torn otherwise, too. Gives what the model
 * is shown then.
 */
export function mend(scope: RunScope): HistoryView {
  const { interaction, messages, emit } = scope
  const view = viewIn(scope).look()
  if (view.history.torn.length === 0) return view
  const open = findOpenCalls(messages, view.history)
  const results = interaction.session.batch(() => closeOpenCalls(messages, open))
  if (results.length > 0) {
    const message = 'Each tool call that had no result was closed with one that says so.'
    emit({ type: 'warning', about: 'history', message })
  }
  for (const result of results) emit(result)
  if (view.look().history.torn.length > 0) {
    warnOnce(scope, 'history', 'The history holds results without their calls: the model is not shown them.')
  }
  return view
}

/** Warns of something the first time that the run meets it. */
export function warnOnce(
  { noticed, emit }: RunScope,
  about: 'prompt' | 'tools' | 'history',
  message: string,
): void {
  if (noticed.includes(message)) return
  noticed.push(message)
  emit({ type: 'warning', about, message })
}

/** Adds an answer to the history; gives the place of its calls. */
function keep({ messages }: RunScope, message: Message | undefined): CallMessage | undefined {
  return message === undefined ? undefined : new CallMessage(messages, messages.push(message) - 1, message)
}

/** Keeps what was said before the model call broke off; a call that it made has not run. */
function keepPartial(scope: RunScope, answer: ModelAnswer): void {
  const message = answer.message(scope.models.current, true)
  if (message === undefined) return
  const why = scope.signal.aborted ? 'The run was aborted' : "The model's answer was cut off"
  scope.interaction.session.batch(() => {
    keep(scope, message)!.close(...notRun(scope, answer, `${why} before this tool ran.`))
  })
}

function notRun(scope: RunScope, answer: ModelAnswer, why: string): ToolResultPart[] {
  return answer.calls.map((call) => toolResult(call, scope, failure(why)))
}

const none: readonly never[] = []

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
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  return results
}
