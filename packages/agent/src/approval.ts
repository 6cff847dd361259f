// Approvals: a call may want a person's yes. The question is the call itself, left open and marked in the history, so
// that `resume` can answer it after a restart; who can ask at once passes `approve`, who answers later `run.approve`.
import {
  type InteractionContext,
  type Json,
  RetinueError,
  type Tool,
  type ToolCallPart,
  type ToolOutput,
} from '@retinue/kernel'
import { type Asker, readPath } from './asker.ts'
import { checkAnswer } from './option-check.ts'
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
export function needsApproval({ approval }: Tool, input: unknown, interaction: InteractionContext): boolean {
  if (typeof approval !== 'function') return approval
  try {
    return approval(input as never, interaction)
  } catch {
    return true
  }
}

/** The questions of a run, and of the runs within it, that `run.approve` can answer. */
export class Questions {
  #open: Map<string, (answer: ApprovalAnswer) => void> | undefined

  /** Opens a question, and waits as `waiting` says; it is open before anybody can hear of it. */
  async ask(
    toolCallId: string,
    waiting: (answer: Promise<ApprovalAnswer>) => Promise<ApprovalAnswer>,
  ): Promise<ApprovalAnswer> {
    const open = (this.#open ??= new Map())
    try {
      return await waiting(new Promise((answer) => open.set(toolCallId, answer)))
    } finally {
      open.delete(toolCallId)
    }
  }

  /**
   * Answers a question.
   * @throws {RETINUE_APPROVAL_UNKNOWN} where none waits under that id.
   * @throws {RETINUE_OPTION_INVALID} where the answer is neither a yes nor a no.
   */
  answer(toolCallId: string, answer: ApprovalAnswer): void {
    const open = this.#open?.get(toolCallId)
    if (open === undefined) {
      const waiting = [...(this.#open?.keys() ?? [])]
      throw notWaiting(toolCallId, waiting, "Pass approve: 'wait' to make a run wait.")
    }
    checkAnswer(toolCallId, answer)
    this.#open!.delete(toolCallId)
    open(answer)
  }
}

/** The error of an answer that nobody waits for. */
export function notWaiting(id: string, waiting: readonly string[], none: string): RetinueError {
  return new RetinueError('RETINUE_APPROVAL_UNKNOWN', `No call '${id}' waits for an approval.`, {
    hint: waiting.length === 0 ? `None waits. ${none}` : `These wait: ${waiting.join(', ')}.`,
    details: { id },
  })
}

/** Gives what the model is told of a no; `undefined` for a yes. */
export function refusal(answer: ApprovalAnswer): ToolOutput | undefined {
  const { approved, reason } = typeof answer === 'boolean' ? { approved: answer, reason: undefined } : answer
  if (approved) return undefined
  return failure(reason ? `The user refused this call: ${reason}` : 'The user refused this call.')
}

/**
 * Marks a call that stays open with what the question was about: the tool, and the input where it is another than the
 * model's; and with who asked within others.
 */
export function asked(call: ToolCallPart, { input, path }: ApprovalRequest, tool: Tool): ToolCallPart {
  const replaced = !isSameJson(input, call.input) && { input }
  const within = path.length > 1 && { path: path as unknown as Json }
  const mark = { definition: definitionOf(tool), ...replaced, ...within }
  return { ...call, providerMetadata: { ...call.providerMetadata, [markKey]: mark } }
}

/** Tells who asked, where that run was within others: they may be gone since. */
export function askedBy(call: ToolCallPart): readonly Asker[] | undefined {
  return readPath(markOf(call).path)
}

/** The question that a call was left open with; `path` says who asks, where the history does not. */
export function questionOf(call: ToolCallPart, path: readonly Asker[]): ApprovalRequest {
  const { toolCallId, toolName } = call
  return { toolCallId, toolName, input: markOf(call).input ?? call.input, path: askedBy(call) ?? path }
}

/** Takes the mark off again. */
export function unasked({ providerMetadata, ...call }: ToolCallPart): ToolCallPart {
  const { [markKey]: _, ...others } = providerMetadata ?? {}
  return Object.keys(others).length === 0 ? call : { ...call, providerMetadata: others }
}

/** Tells whether a call was left open for an answer. */
export function isWaiting(call: ToolCallPart): boolean {
  return call.providerMetadata?.[markKey] !== undefined
}

/** Says what of a call is another than its question was about, and so makes a yes to it none. */
export function changeOf(call: ToolCallPart, input: Json, tool: Tool): 'tool' | 'input' | undefined {
  const mark = markOf(call)
  if (mark.definition !== definitionOf(tool)) return 'tool'
  return isSameJson(input, mark.input ?? call.input) ? undefined : 'input'
}

/** Tells whether two tools are the same to whoever judges a call. */
export function isSameDefinition(a: Tool, b: Tool): boolean {
  return a === b || definitionOf(a) === definitionOf(b)
}

const markKey = 'retinue'

/** What a call was marked with when it was asked about. */
function markOf(call: ToolCallPart): Readonly<Partial<Record<'definition' | 'input' | 'path', Json>>> {
  return call.providerMetadata?.[markKey] ?? {}
}

/** Whether two values are the same JSON; stores may give the keys of an object in another order. */
function isSameJson(a: Json, b: Json): boolean {
  return sorted(a) === sorted(b)
}

function sorted(json: Json): string {
  return JSON.stringify(json, (_, value: unknown) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value
  })
}

/** What a person judges a tool by, word for word: a digest short enough to be forged would not do. */
function definitionOf({ description, input, effect, approval, revision }: Tool): string {
  return JSON.stringify([description, input, effect, String(approval), revision])
}
