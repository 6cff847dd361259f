// Hooks: functions of the application that are told before and after each model call and tool call. They can veto, and
// before a call replace what goes into it. Each is on its own: one that throws is a warning, and the run goes on.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { AssistantMessage, InteractionContext, Json, Tool, ToolOutput } from '@retinue/kernel'
import type { FinishReason } from './finish-reason.ts'
import { reasonOf } from './reason.ts'
import { withinLimit } from './time-limit.ts'
import type { Usage } from './usage.ts'

/** Stops what a hook was told of: a tool call gets the reason as its result, a model call ends the run with it. */
export interface Veto {
  readonly veto: string
}

/** A model call that is about to be made. */
export interface ModelHookCall {
  readonly interaction: InteractionContext
  readonly step: number
  /** What the provider will get. */
  readonly request: LanguageModelV4CallOptions
}

/** A model call that was answered, before the tools that it asks for run. */
export interface ModelHookAnswer extends ModelHookCall {
  /** `undefined` where the model said nothing. */
  readonly message: AssistantMessage | undefined
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

/** Functions that a run calls; several sets of them are called in order. */
export interface RunHooks {
  /** May replace the request. */
  beforeModel?(call: ModelHookCall): Answer<{ readonly request: LanguageModelV4CallOptions }>
  /** A veto keeps the answer, but runs none of its tools. */
  afterModel?(answer: ModelHookAnswer): Answer
  /** May replace the input; the model is told, with the reason. */
  beforeTool?(call: ToolHookCall): Answer<{ readonly input: Json; readonly reason?: string }>
  /** A veto keeps the output from the model. */
  afterTool?(result: ToolHookResult): Answer
}

type Said<R> = void | undefined | Veto | R
type Answer<R = never> = Said<R> | PromiseLike<Said<R>>

/** What hooks have decided about a tool call. */
export type ToolDecision = Veto | { readonly input: Json; readonly reasons: readonly string[] }

/** All hooks of a run. */
export class Hooks {
  readonly #all: readonly RunHooks[]
  readonly #signal: AbortSignal
  readonly #warn: (message: string) => void

  constructor(all: readonly RunHooks[], signal: AbortSignal, warn: (message: string) => void) {
    this.#all = all
    this.#signal = signal
    this.#warn = warn
  }

  /** Gives the request that is made in the end, or a veto. */
  async beforeModel(call: ModelHookCall): Promise<Veto | { readonly request: LanguageModelV4CallOptions }> {
    let { request } = call
    for (const hooks of this.#all) {
      const said = await this.#ask('beforeModel', () => hooks.beforeModel?.({ ...call, request }))
      this.#signal.throwIfAborted()
      if (said !== undefined && 'veto' in said) return said
      if (said !== undefined) request = said.request
    }
    return { request }
  }

  async afterModel(answer: ModelHookAnswer): Promise<Veto | undefined> {
    return this.#first('afterModel', (hooks) => hooks.afterModel?.(answer))
  }

  /** Gives the input that the tool gets in the end, or a veto. */
  async beforeTool(call: ToolHookCall): Promise<ToolDecision> {
    let { input } = call
    const reasons: string[] = []
    for (const hooks of this.#all) {
      const said = await this.#ask('beforeTool', () => hooks.beforeTool?.({ ...call, input }))
      this.#signal.throwIfAborted()
      if (said !== undefined && 'veto' in said) return said
      if (said === undefined) continue
      input = said.input
      reasons.push(said.reason ?? 'no reason was given')
    }
    return { input, reasons }
  }

  async afterTool(result: ToolHookResult): Promise<Veto | undefined> {
    return this.#first('afterTool', (hooks) => hooks.afterTool?.(result))
  }

  /** The first veto; the hooks after it are told all the same. */
  async #first(name: keyof RunHooks, call: (hooks: RunHooks) => Answer): Promise<Veto | undefined> {
    let veto: Veto | undefined
    for (const hooks of this.#all) {
      const said = await this.#ask(name, () => call(hooks))
      veto ??= said
    }
    return veto
  }

  async #ask<R>(name: keyof RunHooks, call: () => Answer<R>): Promise<Veto | R | undefined> {
    try {
      return (await withinLimit(Infinity, this.#signal, call)) ?? undefined
    } catch (error) {
      if (!this.#signal.aborted) this.#warn(`The hook ${name} failed: ${reasonOf(error)}`)
      return undefined
    }
  }
}
