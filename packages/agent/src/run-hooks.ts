// Hooks: functions of the application that are told before and after each model call and tool call, and of each event.
// They can veto, and before a call replace what goes into it. Each is on its own: one that throws is a warning, and the
// run goes on.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import {
  type AssistantMessage,
  type InteractionContext,
  type Json,
  RetinueError,
  type Tool,
  type ToolOutput,
} from '@retinue/kernel'
import type { FinishReason } from './finish-reason.ts'
import { reasonOf } from './reason.ts'
import type { ModelName, RunEvent } from './run-event.ts'
import { isPromise, withinLimit } from './time-limit.ts'
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
  | ({ readonly kind: 'tool' } & Omit<ToolHookCall, 'tool' | 'input'>)

/** The run that an event is of. */
export interface HookedRun {
  readonly interaction: InteractionContext
  /** The run that this one is within, and the call whose tool started it. */
  readonly parent:
    | { readonly interaction: InteractionContext; readonly toolCallId: string | undefined }
    | undefined
}

/** Functions that a run calls, and the runs within it; several sets of them are called in order. */
export interface RunHooks {
  /** Told each event as it is sent; those of runs within this one also as events of their own runs. */
  onEvent?(event: RunEvent, run: HookedRun): void
  /** Calls `work` once and gives what it gives; what it puts in force (a trace, a log's context) holds meanwhile. */
  around?<T>(call: HookedWork, work: () => T): T
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
  readonly #deaf = new Set<RunHooks>()

  constructor(all: readonly RunHooks[], signal: AbortSignal, warn: (message: string) => void) {
    this.#all = all
    this.#signal = signal
    this.#warn = warn
  }

  /** Passes an event on; a hook that fails hears no more of them. */
  tell(event: RunEvent, run: HookedRun): void {
    let failed: (() => void)[] | undefined
    for (const hooks of this.#all) {
      if (hooks.onEvent === undefined || this.#deaf.has(hooks)) continue
      try {
        const said: unknown = hooks.onEvent(event, run)
        if (isPromise(said)) said.then(undefined, (error: unknown) => this.#deafen(hooks, error))
      } catch (error) {
        ;(failed ??= []).push(() => this.#deafen(hooks, error))
      }
    }
    // A warning is an event, too: all have heard this one by now.
    failed?.forEach((deafen) => deafen())
  }

  #deafen(hooks: RunHooks, error: unknown): void {
    if (this.#deaf.has(hooks)) return
    this.#deaf.add(hooks)
    this.#warn(`The hook onEvent failed, and hears no more: ${reasonOf(error)}`)
  }

  /** Does work with all that is around it, the first hook's outermost. */
  around<T>(call: HookedWork, work: () => Promise<T>): Promise<T> {
    type Work = () => Promise<T>
    return this.#all.reduceRight<Work>((inner, hooks) => () => this.#within(hooks, call, inner), work)()
  }

  /** What the work gives is what counts, whatever a hook makes of it; and it is done once. */
  #within<T>(hooks: RunHooks, call: HookedWork, work: () => Promise<T>): Promise<T> {
    if (hooks.around === undefined) return work()
    let done: Promise<T> | undefined
    const once = (): Promise<T> => (done ??= work())
    try {
      const given: unknown = hooks.around(call, once)
      if (done === undefined) this.#warn('The hook around did not call what it was around.')
      else if (given === done) return done
      else if (!isPromise(given)) this.#warn('The hook around did not give what its work gave.')
      if (isPromise(given)) void this.#follow(given, once())
    } catch (error) {
      this.#warn(`The hook around failed: ${reasonOf(error)}`)
    }
    return once()
  }

  /** Hears of a hook that goes on after its work, and fails where the work did not. */
  async #follow(given: PromiseLike<unknown>, work: Promise<unknown>): Promise<void> {
    try {
      await given
    } catch (error) {
      const isDone = await work.then(
        () => true,
        () => false,
      )
      if (isDone) this.#warn(`The hook around failed: ${reasonOf(error)}`)
    }
  }

  /**
   * Gives the call that is made in the end.
   * @throws {RETINUE_RUN_VETOED}
   */
  async beforeModel(call: ModelHookCall): Promise<ModelHookCall> {
    let { request } = call
    for (const hooks of this.#all) {
      const said = await this.#ask('beforeModel', 'request', () => hooks.beforeModel?.({ ...call, request }))
      this.#signal.throwIfAborted()
      if (said === undefined) continue
      if ('veto' in said) throw vetoed(said)
      // Whoever aborts the run aborts this request, too.
      request = { ...said.request, abortSignal: this.#signal }
    }
    return { ...call, request }
  }

  /** Gives the error of the run where a hook stops it. */
  async afterModel(answer: ModelHookAnswer): Promise<RetinueError | undefined> {
    const veto = await this.#first('afterModel', (hooks) => hooks.afterModel?.(answer))
    return veto && vetoed(veto)
  }

  /** Gives the input that the tool gets in the end, or a veto. */
  async beforeTool(call: ToolHookCall): Promise<ToolDecision> {
    let { input } = call
    const reasons: string[] = []
    for (const hooks of this.#all) {
      const said = await this.#ask('beforeTool', 'input', () => hooks.beforeTool?.({ ...call, input }))
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
      const said = await this.#ask(name, undefined, () => call(hooks))
      veto ??= said
    }
    return veto
  }

  /** What a hook answers: a veto, or something in the place of `what`. A function that was meant to look gives neither. */
  async #ask<R>(
    name: keyof RunHooks,
    what: keyof R | undefined,
    call: () => Answer<R>,
  ): Promise<Veto | R | undefined> {
    try {
      const said: unknown = await withinLimit(Infinity, this.#signal, call)
      if (said === undefined || isVeto(said) || (what !== undefined && has(said, what))) {
        return said as Veto | R | undefined
      }
      const wanted = what === undefined ? 'a veto' : `a veto, or another ${String(what)}`
      this.#warn(`The hook ${name} gave what is not ${wanted}: it is passed over.`)
    } catch (error) {
      if (!this.#signal.aborted) this.#warn(`The hook ${name} failed: ${reasonOf(error)}`)
    }
    return undefined
  }
}

function vetoed({ veto }: Veto): RetinueError {
  return new RetinueError('RETINUE_RUN_VETOED', `A hook stopped the run: ${veto}`)
}

function isVeto(said: unknown): said is Veto {
  return has(said, 'veto') && typeof said.veto === 'string'
}

function has<K extends PropertyKey>(said: unknown, key: K): said is Record<K, unknown> {
  const value = typeof said === 'object' && said !== null && key in said ? said[key as never] : undefined
  return value !== undefined && value !== null
}
