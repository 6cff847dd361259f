// Approvals: a call may want a person's yes. The question is the call itself, left open in the history, so that `resume`
// can answer it after a restart; who can ask at once passes `approve`, who answers later `run.approve`.
import type { InteractionContext, Json, Tool, ToolOutput } from '@retinue/kernel'
import type { Asker } from './asker.ts'
import { withinLimit } from './time-limit.ts'
import { failure } from './tool-output.ts'

/** A call that waits for a yes. */
export interface ApprovalRequest {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: Json
  /** Who asks: the run that made the call last, before it those that it is within, the outermost first. */
  readonly path: readonly Asker[]
}

/** A person's answer. The reason for a no is told to the model. */
export type ApprovalAnswer = boolean | { readonly approved: boolean; readonly reason?: string }

/** Answers by the id of the call. */
export type ApprovalAnswers = Readonly<Record<string, ApprovalAnswer>>

/** What a policy knows of a call. */
export interface PolicyCall extends ApprovalRequest {
  /** Nothing for a tool that the provider runs itself, and asks about. */
  readonly tool: Tool | undefined
  /** Whether the tool itself wants a yes to this input. */
  readonly wanted: boolean
}

/** Decides about each call: `undefined` leaves it to the tool. */
export type ApprovalPolicy = (call: PolicyCall) => Verdict | PromiseLike<Verdict>

type Verdict = 'allow' | 'ask' | 'deny' | undefined

/** Who answers at once; `'wait'` for answers that `run.approve` gives. */
export type Approve = 'wait' | ((request: ApprovalRequest) => ApprovalAnswer | PromiseLike<ApprovalAnswer>)

/** Tells whether a tool wants a yes to an input; if it can't say, it does. */
export async function needsApproval({ approval }: Tool, input: unknown, scope: Asking): Promise<boolean> {
  if (typeof approval !== 'function') return approval
  try {
    return await withinLimit(Infinity, scope.signal, () => approval(input as never, scope.interaction))
  } catch {
    scope.signal.throwIfAborted()
    return true
  }
}

interface Asking {
  readonly interaction: InteractionContext
  readonly signal: AbortSignal
}

/** Gives what the model is told of a no; `undefined` for a yes. */
export function refusal(answer: ApprovalAnswer): ToolOutput | undefined {
  const { approved, reason } = typeof answer === 'boolean' ? { approved: answer, reason: undefined } : answer
  if (approved) return undefined
  return failure(reason ? `This call was not approved: ${reason}` : 'This call was not approved.')
}

/** Tells whether an answer is a no. */
export function isNo(answer: ApprovalAnswer | undefined): boolean {
  return answer !== undefined && refusal(answer) !== undefined
}
