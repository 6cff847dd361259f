// Hooks: functions of the application that are told before and after each model call and tool call, and of each event.
// They can veto, and before a call replace what goes into it.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { AssistantMessage, InteractionContext, Json, Tool, ToolOutput } from '@retinue/kernel'
import type { FinishReason } from './finish-reason.ts'
import type { ModelName, RunEvent } from './run-event.ts'
import type { Usage } from './usage.ts'

/** Stops what a hook was told of: a tool call gets the reason as its result, a model call ends the run with it. */
export interface Veto {
  readonly veto: string
}

/** A model call that is about to be made. */
export interface ModelHookCall {
  readonly interaction: InteractionContext
  /** From 1; 0 where it is beside the conversation: what a compaction asks for a summary. */
  readonly step: number
  readonly model: ModelName
  /** What the provider will get. */
  readonly request: LanguageModelV4CallOptions
}

/** How a provider names its answer, as far as it says. */
export interface ModelResponse {
  readonly id?: string
  /** The model that answered: a name may stand for the newest of several. */
  readonly modelId?: string
}

/** A model call that was answered, before the tools that it asks for run. */
export interface ModelHookAnswer extends ModelHookCall {
  /** `undefined` where the model said nothing. */
  readonly message: AssistantMessage | undefined
  readonly response: ModelResponse
  readonly finishReason: FinishReason
  readonly usage: Usage
}

/** A tool call whose input fits, before anybody is asked about it. */
export interface ToolHookCall {
  readonly interaction: InteractionContext
  readonly toolCallId: string
  readonly toolName: string
  readonly tool: Tool
  readonly input: Json
}

/** A tool call that has run. */
export interface ToolHookResult extends ToolHookCall {
  readonly output: ToolOutput
}

/** What goes on while it is `around`: a model call with its retries, or the execution of a tool with its. */
export type HookedWork =
  | ({ readonly kind: 'model' } & ModelHookCall)
  | ({ readonly kind: 'tool' } & Omit<ToolHookCall, 'tool'>)

/** The run that an event is of. */
export interface HookedRun {
  readonly interaction: InteractionContext
  /** The run that this one is within, and the call whose tool started it. */
  readonly parent:
    | { readonly interaction: InteractionContext; readonly toolCallId: string | undefined }
    | undefined
}

/**
 * Functions that a run calls, and the runs within it; several sets of them are called in order. One that throws is
 * passed over, with a `warning`: what must not go on takes a veto. A guard that has to hold where it breaks is an
 * `approvalPolicy`: the call that it fails at is asked about.
 */
export interface RunHooks {
  /**
   * Told each event as it is sent; those of runs within this one also as events of their own runs. What it sets on the
   * interaction at `run-start` is shown to the model from the first step on, in this turn alone.
   */
  onEvent?(event: RunEvent, run: HookedRun): void
  /** Calls `work` once and gives what it gives; what it puts in force (a trace, a log's context) holds meanwhile. */
  around?<T>(call: HookedWork, work: () => T): T
  /** May replace the request. The prompt in it is rendered: what this sets on the interaction shows in the next step. */
  beforeModel?(call: ModelHookCall): HookAnswer<{ readonly request: LanguageModelV4CallOptions }>
  /** A veto keeps the answer, but runs none of its tools. */
  afterModel?(answer: ModelHookAnswer): HookAnswer
  /** May replace the input; the model is told, with the reason. */
  beforeTool?(call: ToolHookCall): HookAnswer<{ readonly input: Json; readonly reason?: string }>
  /** A veto keeps the output from the model. */
  afterTool?(result: ToolHookResult): HookAnswer
}

type Said<R> = void | undefined | Veto | R

/** What a hook gives: nothing, a veto, or something in the place of what it was told of. */
export type HookAnswer<R = never> = Said<R> | PromiseLike<Said<R>>
