// The hooks of a run, as it calls them: in order, each on its own. One that throws is a warning, and the run goes on.
import { type Json, RetinueError } from '@retinue/kernel'
import { reasonOf } from './reason.ts'
import type { RunEvent } from './run-event.ts'
import type {
  HookAnswer,
  HookedRun,
  HookedWork,
  ModelHookAnswer,
  ModelHookCall,
  RunHooks,
  ToolHookCall,
  ToolHookResult,
  Veto,
} from './run-hooks.ts'
import { isPromise, withinLimit } from './time-limit.ts'

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
      const warn = (): void => this.#warn(`The hook around failed: ${reasonOf(error)}`)
      await work.then(warn, () => undefined)
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
  async #first(name: keyof RunHooks, call: (hooks: RunHooks) => HookAnswer): Promise<Veto | undefined> {
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
    call: () => HookAnswer<R>,
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
  return new RetinueError('RETINUE_RUN_VETOED', `A hook stopped the run: ${veto}`, { details: { veto } })
}

function isVeto(said: unknown): said is Veto {
  return has(said, 'veto') && typeof said.veto === 'string'
}

function has<K extends PropertyKey>(said: unknown, key: K): said is Record<K, unknown> {
  return (Object(said)[key] ?? undefined) !== undefined
}
