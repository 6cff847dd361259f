// Hooks that make spans of runs: one for a run, and within it one for each model call and each execution of a tool. What
// a run within a tool's call does hangs below that call. A run that has not been given them costs nothing.
import { context, trace, type Tracer } from '@opentelemetry/api'
import type { HookedRun, HookedWork, ModelHookAnswer, RunEvent, RunHooks } from '@retinue/agent'
import { checkOptions, type InteractionContext, type KnownOptions, option } from '@retinue/kernel'
import { RunTrace } from './run-trace.ts'

/** What is traced, and where to. */
export interface TracingOptions {
  /** @default that of the global tracer provider */
  readonly tracer?: Tracer | undefined
  /**
   * Whether what is said is recorded too: instructions, messages, inputs and results of tools. They may hold what
   * nobody should read. @default false
   */
  readonly recordContent?: boolean | undefined
}

/**
 * Makes the hooks that trace a run and the runs within it.
 *
 * @example
 * await run(session, 'Hello', { hooks: tracing() }).result
 * @throws {RETINUE_OTEL_OPTIONS}
 */
export function tracing(options: TracingOptions = {}): RunHooks {
  checkOptions('tracing()', options, tracingOptions, 'RETINUE_OTEL_OPTIONS')
  const { tracer = trace.getTracer('@retinue/otel'), recordContent = false } = options
  return new Tracing(tracer, recordContent)
}

const tracingOptions: KnownOptions<TracingOptions> = {
  tracer: [
    'what getTracer() of a tracer provider gives, not the provider',
    (tracer) => typeof (tracer as Partial<Tracer> | null)?.startSpan === 'function',
  ],
  recordContent: option.flag, // a text such as 'false' must not have content recorded
}

class Tracing implements RunHooks {
  readonly #tracer: Tracer
  readonly #recordContent: boolean
  readonly #runs = new WeakMap<InteractionContext, RunTrace>()

  constructor(tracer: Tracer, recordContent: boolean) {
    this.#tracer = tracer
    this.#recordContent = recordContent
  }

  onEvent(event: RunEvent, { interaction, parent }: HookedRun): void {
    if (event.type !== 'run-start') return this.#runs.get(interaction)?.take(event)
    const outer = parent && this.#runs.get(parent.interaction)?.contextOf(parent.toolCallId)
    const around = outer ?? context.active()
    this.#runs.set(interaction, new RunTrace(this.#tracer, this.#recordContent, around, event, interaction))
  }

  around<T>(call: HookedWork, work: () => T): T {
    const run = this.#runs.get(call.interaction)
    if (run === undefined) return work()
    if (call.kind === 'tool') return context.with(run.startTool(call), work)
    const given = context.with(run.startModel(call), work)
    Promise.resolve(given).catch((error: unknown) => run.failModel(call, error))
    return given
  }

  afterModel(answer: ModelHookAnswer): void {
    this.#runs.get(answer.interaction)?.endModel(answer)
  }
}
