// What a run can be told, and what holds where it is told nothing.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { InteractionContext, RunContext, TObject, TProperties, Values } from '@retinue/kernel'
import type { ApprovalPolicy, Approve } from './approval.ts'
import type { BudgetLimits } from './budget.ts'
import type { Compaction } from './compaction.ts'
import type { ModelOption } from './model-choice.ts'
import type { PromptCache } from './prompt-cache.ts'
import type { ToolResultEvent } from './run-event.ts'
import type { RunHooks } from './run-hooks.ts'

/** Settings of the model call that go to the provider as they are. */
export type ModelSettings = Omit<
  LanguageModelV4CallOptions,
  'prompt' | 'tools' | 'abortSignal' | 'includeRawChunks' | 'responseFormat'
>

/** What a second run does while the session is in another: waits for it, fails, or joins it. */
export type OnBusy = 'queue' | 'reject' | 'steer'

/** What an output schema of those properties gives. */
export type OutputOf<P extends TProperties> = Values<P>

/** Options of a run that asks for data. */
export interface WithOutput<P extends TProperties> extends RunOptions {
  readonly output: TObject<P>
}

/** Options of `run` and `resume`. */
export interface RunOptions {
  /**
   * An instance of a provider package, or a name such as `openai/gpt-5`; or several, the best first: where one fails
   * before it has said a word, the next takes its place for the rest of the run. @default session.agent.model, as it is
   * before each step
   */
  readonly model?: ModelOption | undefined
  /** Passed on to the provider with each call: temperature, maxOutputTokens, providerOptions, … */
  readonly settings?: ModelSettings | undefined
  /**
   * How long a provider that has to be told keeps the prompt and the conversation in its cache; `false` for not at
   * all. Others cache by themselves. @default '5m'
   */
  readonly promptCache?: PromptCache | undefined
  /** Asks for the answer as data that fits this schema: `result.output`. */
  readonly output?: TObject | undefined
  /** Aborts the run; what was said until then is kept. */
  readonly signal?: AbortSignal | undefined
  /** The most model calls of one run. @default 20 */
  readonly maxSteps?: number | undefined
  /**
   * Ends the run, with the reason `stop-when`, after a step of which a result is what the run was for. It is shown each
   * result that is no error, before the model is: `({ toolName }) => toolName === 'tickets_close'`.
   */
  readonly stopWhen?: ((result: ToolResultEvent) => boolean) | undefined
  /** Limits of this run and the runs within it; where they are reached it ends with the reason `budget`. */
  readonly budget?: BudgetLimits | undefined
  /**
   * What this run is within, for a tool that runs another session or an interaction of its own: what its `execute` got
   * as second argument, or the interaction of the outer run. This run spends the outer one's budget too, ends with it,
   * sends it its events, and has its options where it names none: the model and what it takes, approvals, hooks, limits
   * of tools.
   */
  readonly parent?: RunContext | InteractionContext | undefined
  /** How many tools of one step run at the same time. @default 8 */
  readonly maxParallelTools?: number | undefined
  /** The time limit of a tool that names none of its own, in milliseconds; `Infinity` for none. @default 60000 */
  readonly toolTimeoutMs?: number | undefined
  /** Further attempts after a failure that is likely to pass; tools are called again where their `effect` allows it. @default 2 */
  readonly maxRetries?: number | undefined
  /** The longest wait before the first of them, doubled each time; what the provider asks for goes first. @default 500 */
  readonly retryDelayMs?: number | undefined
  /**
   * What to do while the session is in another run. `queue` waits; `reject` fails with `RETINUE_RUN_BUSY`; `steer`
   * gives the input to that run, which reads it before its next step, and its other options are not used. A tool that
   * queues in the session that it is called in, or steers it, waits for its own end: it runs an interaction within, by
   * `run(call.interaction.child(), …, { parent: call })`.
   * @default 'queue'
   */
  readonly onBusy?: OnBusy | undefined
  /** How much of a result the model is shown; the rest is kept, and read on from. At least 1000. @default 40000 */
  readonly maxResultChars?: number | undefined
  /** What the model takes: a history that comes near to it is compacted. @default no limit, and so no compaction */
  readonly maxContextTokens?: number | undefined
  /** What a history that is too long is made into. @default compactHistory */
  readonly compact?: Compaction | undefined
  /**
   * Asks for a yes to a call: a function that answers, or `'wait'` to wait for `run.approve(toolCallId, answer)`.
   * Without it the run stops, and `resume` goes on.
   */
  readonly approve?: Approve | undefined
  /** Decides which calls need a yes, and which may not be made at all. @default what each tool says */
  readonly approvalPolicy?: ApprovalPolicy | undefined
  /** Told of all that happens, in order; before and after each model call and tool call they can veto. */
  readonly hooks?: RunHooks | readonly RunHooks[] | undefined
}

/** Options with the defaults in place. */
export type SettledOptions = Omit<RunOptions, Defaulted | 'hooks'> & {
  readonly [K in Defaulted]: NonNullable<RunOptions[K]>
} & { readonly hooks: readonly RunHooks[] }

type Defaulted = 'maxSteps' | 'onBusy' | keyof typeof inherited

/** What holds where neither a run nor the one that it is within says something else. */
const inherited = {
  promptCache: '5m' as PromptCache,
  maxParallelTools: 8,
  toolTimeoutMs: 60_000,
  maxRetries: 2,
  retryDelayMs: 500,
  maxResultChars: 40_000,
}

/** Puts the options of the outer run, or the defaults, in place of what is missing or is there as `undefined`. */
export function settled(options: RunOptions, outer?: SettledOptions): SettledOptions {
  const limits = outer ?? inherited
  return {
    ...options,
    maxSteps: options.maxSteps ?? 20,
    onBusy: options.onBusy ?? 'queue',
    promptCache: options.promptCache ?? limits.promptCache,
    maxParallelTools: options.maxParallelTools ?? limits.maxParallelTools,
    toolTimeoutMs: options.toolTimeoutMs ?? limits.toolTimeoutMs,
    maxRetries: options.maxRetries ?? limits.maxRetries,
    retryDelayMs: options.retryDelayMs ?? limits.retryDelayMs,
    maxResultChars: options.maxResultChars ?? limits.maxResultChars,
    maxContextTokens: options.maxContextTokens ?? outer?.maxContextTokens,
    compact: options.compact ?? outer?.compact,
    approve: options.approve ?? outer?.approve,
    approvalPolicy: options.approvalPolicy ?? outer?.approvalPolicy,
    hooks: [...new Set((outer?.hooks ?? []).concat(options.hooks ?? []))],
  }
}
