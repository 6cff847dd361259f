// What a run can be told, and what holds where it is told nothing.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { InteractionContext } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalRequest } from './approval.ts'
import type { BudgetLimits } from './budget.ts'
import type { Model } from './model.ts'

/** Settings of the model call that go to the provider as they are. */
export type ModelSettings = Omit<
  LanguageModelV4CallOptions,
  'prompt' | 'tools' | 'abortSignal' | 'includeRawChunks' | 'responseFormat'
>

/** What a second run does while the session is in another: waits for it, fails, or joins it. */
export type OnBusy = 'queue' | 'reject' | 'steer'

/** Options of `run` and `resume`. */
export interface RunOptions {
  /** An instance of a provider package, or a name such as `openai/gpt-5`. @default session.agent.model */
  readonly model?: Model | string | undefined
  /** Passed on to the provider with each call: temperature, maxOutputTokens, providerOptions, … */
  readonly settings?: ModelSettings | undefined
  /** Aborts the run; what was said until then is kept. */
  readonly signal?: AbortSignal | undefined
  /** The most model calls of one run. @default 20 */
  readonly maxSteps?: number | undefined
  /** Limits of this run and the runs within it; where they are reached it ends with the reason `budget`. */
  readonly budget?: BudgetLimits | undefined
  /**
   * The interaction of the run that this one is within, for a tool that runs another session: the run shares that
   * one's budget and ends with it.
   */
  readonly parent?: InteractionContext | undefined
  /** How many tools of one step run at the same time. @default 8 */
  readonly maxParallelTools?: number | undefined
  /** The time limit of a tool that names none of its own, in milliseconds; `Infinity` for none. @default 60000 */
  readonly toolTimeoutMs?: number | undefined
  /** Further attempts after a failure that is likely to pass. @default 2 */
  readonly maxRetries?: number | undefined
  /** The wait before the first of them, doubled each time; what the provider asks for goes first. @default 500 */
  readonly retryDelayMs?: number | undefined
  /**
   * What to do while the session is in another run. `queue` waits; `reject` fails with `RETINUE_RUN_BUSY`; `steer`
   * gives the input to that run, which reads it before its next step, and its other options are not used.
   * @default 'queue'
   */
  readonly onBusy?: OnBusy | undefined
  /** Asks for a yes to a call of a tool that wants one. Without it the run stops, and `resume` goes on. */
  readonly approve?: ((request: ApprovalRequest) => ApprovalAnswer | PromiseLike<ApprovalAnswer>) | undefined
}

/** Options with the defaults in place. */
export type SettledOptions = Omit<RunOptions, Defaulted> & {
  readonly [K in Defaulted]: NonNullable<RunOptions[K]>
}

type Defaulted = 'maxSteps' | 'maxParallelTools' | 'toolTimeoutMs' | 'maxRetries' | 'retryDelayMs' | 'onBusy'

/** Puts the defaults in place of what is missing, or is there as `undefined`. */
export function settled(options: RunOptions): SettledOptions {
  return {
    ...options,
    maxSteps: options.maxSteps ?? 20,
    maxParallelTools: options.maxParallelTools ?? 8,
    toolTimeoutMs: options.toolTimeoutMs ?? 60_000,
    maxRetries: options.maxRetries ?? 2,
    retryDelayMs: options.retryDelayMs ?? 500,
    onBusy: options.onBusy ?? 'queue',
  }
}
