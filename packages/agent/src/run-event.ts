// The events of a run: one union, in the order in which a run sends them. The README has the same list as a table.
// Every event but `error` is plain JSON; ids of text and reasoning are unique within the run, those of tool calls within
// the conversation.
import type { FilePart, Json, RetinueError, ToolCallPart, ToolOutput } from '@retinue/kernel'
import type { ApprovalRequest } from './approval.ts'
import type { FinishReason } from './finish-reason.ts'
import type { Usage } from './usage.ts'

/** What a run tells while it goes on; `O` is what its `output` asks for. The last event is always `finish`. */
export type RunEvent<O = unknown> =
  | RunStartEvent
  | StepStartEvent
  | BlockStartEvent
  | BlockDeltaEvent
  | BlockEndEvent
  | PartialOutputEvent<O>
  | ToolInputStartEvent
  | ToolInputDeltaEvent
  | ToolInputEndEvent
  | ToolCallEvent
  | ApprovalRequestEvent
  | ToolProgressEvent
  | ToolResultEvent
  | FileEvent
  | SourceEvent
  | UsageEvent
  | ChildEvent
  | CompactionEvent
  | WarningEvent
  | ErrorEvent
  | StepFinishEvent
  | FinishEvent

/**
 * The run has its turn, and its model; the user's message is in the history. A run that can't begin, as in a session that
 * is closed, tells `error` and `finish` alone.
 */
export interface RunStartEvent {
  readonly type: 'run-start'
  /** The id of the run's interaction. */
  readonly runId: string
  readonly sessionId: string
  /** The model that the run begins with. */
  readonly model: ModelName
}

/** What a model is called, as its provider package says it. */
export interface ModelName {
  readonly provider: string
  readonly modelId: string
}

/** A model call begins. Steps count from 1. */
export interface StepStartEvent {
  readonly type: 'step-start'
  readonly step: number
}

/** A block of text or reasoning begins. */
export interface BlockStartEvent {
  readonly type: 'text-start' | 'reasoning-start'
  readonly id: string
}

/** More of a block of text or reasoning. */
export interface BlockDeltaEvent {
  readonly type: 'text-delta' | 'reasoning-delta'
  readonly id: string
  readonly delta: string
}

/** A block of text or reasoning is complete, or was cut off. */
export interface BlockEndEvent {
  readonly type: 'text-end' | 'reasoning-end'
  readonly id: string
}

/**
 * What the answer comes to so far, where the run asks for `output`: once the object has begun, and each time that more
 * of it can be read. It was not held against the schema yet; each model call begins anew.
 */
export interface PartialOutputEvent<O = unknown> {
  readonly type: 'partial-output'
  readonly output: PartialOutput<O>
}

/** A value that is being written: any of its parts may be missing, and its last text is cut where it has got to. */
export type PartialOutput<T> = T extends string
  ? string
  : T extends readonly (infer E)[]
    ? readonly PartialOutput<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: PartialOutput<T[K]> }
      : T

/** The model begins to write the input of a tool call. */
export interface ToolInputStartEvent {
  readonly type: 'tool-input-start'
  readonly toolCallId: string
  readonly toolName: string
}

/** More of a tool call's input, as JSON text. */
export interface ToolInputDeltaEvent {
  readonly type: 'tool-input-delta'
  readonly toolCallId: string
  readonly delta: string
}

/** The input of a tool call is written, or was cut off. */
export interface ToolInputEndEvent {
  readonly type: 'tool-input-end'
  readonly toolCallId: string
}

/** The model calls a tool. With `providerExecuted` the provider runs it, and the history keeps it as a part of the provider's own. */
export interface ToolCallEvent {
  readonly type: 'tool-call'
  readonly toolCallId: string
  readonly toolName: string
  readonly input: ToolCallPart['input']
  readonly providerExecuted?: true
}

/** A call wants a person's yes. Without `approve` among the options the run stops after this step. */
export interface ApprovalRequestEvent extends ApprovalRequest {
  readonly type: 'approval-request'
}

/** What a running tool sent by `run.emit(data)`. */
export interface ToolProgressEvent {
  readonly type: 'tool-progress'
  readonly toolCallId: string
  readonly toolName: string
  readonly data: Json
}

/** What came of a tool call: the tool's answer, or what went wrong. It is whole, also where the model is shown its beginning. */
export interface ToolResultEvent {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  readonly output: ToolOutput
  readonly providerExecuted?: true
}

/** A file that the model made. */
export interface FileEvent {
  readonly type: 'file'
  readonly file: FilePart
}

/** A source that the model names for what it says. */
export interface SourceEvent {
  readonly type: 'source'
  readonly id: string
  readonly url?: string
  readonly title?: string
}

/** What a model call has used, and in `total` the run so far, without the runs within it. */
export interface UsageEvent {
  readonly type: 'usage'
  readonly step: number
  /** The model that was called. */
  readonly model: ModelName
  readonly usage: Usage
  readonly total: Usage
}

/** What a run within this one tells; those within that one are nested further. */
export interface ChildEvent {
  readonly type: 'child'
  /** The id of the child run's interaction. */
  readonly runId: string
  /** The call whose tool started it, where the tool passed its run as `parent`. */
  readonly toolCallId?: string
  readonly event: RunEvent
}

/** The history was made smaller for the model, by estimate. */
export interface CompactionEvent {
  readonly type: 'compaction'
  readonly tokensBefore: number
  readonly tokensAfter: number
}

/** Something that the run goes on after. */
export interface WarningEvent {
  readonly type: 'warning'
  /**
   * `model`: what its provider warns of. `retry`: a model call or a tool is tried again. `fallback`: another model takes
   * over. `prompt`: a section is left out, or breaks its promise. `tools`: the agent lists what nobody has registered.
   * `history`: it was mended, could not be compacted, or is sent without what its provider attached and refuses.
   * `approval`: an answer does not count, or the policy failed. `hook`: one failed, or gave what is no answer. `budget`:
   * its price can't be told.
   */
  readonly about:
    | 'model'
    | 'retry'
    | 'fallback'
    | 'prompt'
    | 'tools'
    | 'history'
    | 'approval'
    | 'hook'
    | 'budget'
  readonly message: string
}

/** Why the run failed or was aborted. `finish` follows, and then iterating the run throws `error`. */
export interface ErrorEvent {
  readonly type: 'error'
  readonly code: string
  readonly message: string
  readonly error: RetinueError
}

/** A model call and the tools that it called are done. */
export interface StepFinishEvent {
  readonly type: 'step-finish'
  readonly step: number
  readonly finishReason: FinishReason
  readonly usage: Usage
}

/** The run is over: always the last event. What it says is what the run's `result` says. */
export interface FinishEvent {
  readonly type: 'finish'
  readonly finishReason: FinishReason
  readonly text: string
  readonly usage: Usage
  readonly steps: number
}

/**
 * What a session tells its observers when a run of it is over: `session.on('turnEnded', …)`. One that stops for
 * approvals goes on, and is not told.
 */
export interface TurnEnded {
  readonly runId: string
  readonly finishReason: FinishReason
}

declare module '@retinue/kernel' {
  interface SessionEvents {
    turnEnded: TurnEnded
  }
}
