// Approvals: a tool may want a person's yes to a call. Who can ask at once passes `approve`; otherwise the run stops
// with the call open in the history, which is the question, and `resume` goes on with the answer, also after a restart.
import type { Json, Tool, ToolCallPart, ToolOutput } from '@retinue/kernel'
import { failure } from './tool-output.ts'

/** A call that waits for a yes. */
export interface ApprovalRequest {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: Json
}

/** A person's answer. The reason for a no is told to the model. */
export type ApprovalAnswer = boolean | { readonly approved: boolean; readonly reason?: string }

/** Answers by the id of the call. */
export type ApprovalAnswers = Readonly<Record<string, ApprovalAnswer>>

/** Makes the question for a call. */
export function approvalRequest({ toolCallId, toolName, input }: ToolCallPart): ApprovalRequest {
  return { toolCallId, toolName, input: input as Json }
}

/** Tells whether a tool wants a yes to an input; if it can't say, it does. */
export function needsApproval({ approval }: Tool, input: unknown): boolean {
  if (typeof approval !== 'function') return approval
  try {
    return approval(input as never)
  } catch {
    return true
  }
}

/** Gives what the model is told of a no; `undefined` for a yes. */
export function refusal(answer: ApprovalAnswer): ToolOutput | undefined {
  const { approved, reason } = typeof answer === 'boolean' ? { approved: answer, reason: undefined } : answer
  if (approved) return undefined
  return failure(reason ? `The user refused this call: ${reason}` : 'The user refused this call.')
}

/** Marks a call that stays open with the tool that the question was about. */
export function asked(call: ToolCallPart, tool: Tool | undefined): ToolCallPart {
  const mark = { definition: tool === undefined ? '' : fingerprint(tool) }
  return { ...call, providerMetadata: { ...call.providerMetadata, [markKey]: mark } }
}

/** Tells whether a call was left open for an answer. */
export function isWaiting(call: ToolCallPart): boolean {
  return call.providerMetadata?.[markKey] !== undefined
}

/** Tells whether a call's question was about this very tool: a yes to another definition is no yes. */
export function isSameTool(call: ToolCallPart, tool: Tool | undefined): boolean {
  const mark = call.providerMetadata?.[markKey] as { readonly definition?: Json } | undefined
  return tool !== undefined && mark?.definition === fingerprint(tool)
}

const markKey = 'retinue'

/** A short text that changes with whatever a person would judge a tool by. */
function fingerprint({ description, input, effect, approval }: Tool): string {
  const text = JSON.stringify([description, input, effect, String(approval)])
  // FNV-1a, twice with different offsets: it tells versions of a tool apart, it guards against nobody.
  let [a, b] = [0x811c9dc5, 0x01000193]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b)
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36)
}
