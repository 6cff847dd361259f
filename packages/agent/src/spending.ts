// What a run spends. Before a model call it reserves what the call is likely to use, out of its own limits and of those
// of the runs that it is within; afterwards it settles by what the call has used, and its estimates learn from that.
import { Budget, estimateCall, type Settle } from './budget.ts'
import { compactIfNear } from './compacting.ts'
import type { ModelName } from './run-event.ts'
import type { SettledOptions } from './run-options.ts'
import { askAside } from './side-question.ts'
import { type StepScope, viewIn } from './step.ts'
import { addUsage, noUsage, type Usage } from './usage.ts'

/** What one run has spent, and may spend. */
export class Spending {
  readonly #options: SettledOptions
  readonly #budget: Budget
  /** Hears of each usage, with what the run has used by then. */
  readonly #tell: (usage: Usage, model: ModelName) => void
  #usage = noUsage
  #settle: Settle | undefined
  /** The tokens that the next model call is taken to send, where somebody asks. */
  #estimated: number | undefined

  constructor(
    options: SettledOptions,
    outer: Spending | undefined,
    tell: (usage: Usage, model: ModelName) => void,
    warn: (message: string) => void,
  ) {
    this.#options = options
    this.#budget = new Budget(options.budget ?? {}, warn, outer && outer.#budget)
    this.#tell = tell
  }

  /** What all model calls of the run have used. */
  get usage(): Usage {
    return this.#usage
  }

  /** Makes room for the next model call, and reserves what it is likely to use; tells whether that fits. */
  prepare(scope: StepScope): boolean | Promise<boolean> {
    const { maxContextTokens } = this.#options
    if (maxContextTokens === undefined) {
      return this.#reserve(scope, this.#budget.needsEstimate ? viewIn(scope).look().tokens() : undefined)
    }
    const shown = this.#compact(scope, maxContextTokens)
    return typeof shown === 'number'
      ? this.#reserve(scope, shown)
      : shown.then((tokens) => this.#reserve(scope, tokens))
  }

  /** Settles the call that was reserved. */
  settle(usage: Usage, model: ModelName): void {
    this.#settle?.(usage, model)
    this.#settle = undefined
    this.#add(usage, model)
  }

  /** Gives back what was reserved for a call that was not made. */
  release(): void {
    this.#settle?.()
  }

  /** Corrects the estimates by what the provider counted. */
  learn(scope: StepScope, { inputTokens }: Usage): void {
    if (this.#estimated !== undefined) viewIn(scope).learn(this.#estimated, inputTokens)
  }

  #add(usage: Usage, model: ModelName): void {
    this.#usage = addUsage(this.#usage, usage)
    this.#tell(usage, model)
  }

  /** Reserves a call that sends the prompt and so many tokens of history, where somebody has counted. */
  #reserve({ session, interaction, models }: StepScope, historyTokens: number | undefined): boolean {
    this.#estimated =
      historyTokens === undefined ? undefined : session.prompt({ interaction }).tokens + historyTokens
    this.#settle = this.#budget.reserve(this.#estimate(this.#estimated ?? 0), models.name)
    return this.#settle !== undefined
  }

  #estimate(inputTokens: number): Usage {
    const { settings } = this.#options
    return this.#budget.needsEstimate ? estimateCall(inputTokens, settings?.maxOutputTokens) : noUsage
  }

  /** Makes the history smaller where the next model call would come near to what the model takes; gives its tokens. */
  #compact(scope: StepScope, maxContextTokens: number): number | Promise<number> {
    const { compact, settings } = this.#options
    const { session, interaction, models, signal, emit } = scope
    const prompt = session.prompt({ interaction })
    const view = viewIn(scope)
    return compactIfNear({
      view,
      roomTokens: maxContextTokens - prompt.tokens - (settings?.maxOutputTokens ?? 0),
      compact,
      ask: (messages, question) => {
        const model = models.name
        const settle = this.#budget.reserve(this.#estimate(prompt.tokens + view.count(messages)), model)
        if (settle === undefined) throw new Error('the budget has no room for a summary')
        return askAside(scope, messages, question, (usage) => {
          settle(usage, model)
          if (usage !== undefined) this.#add(usage, model)
        })
      },
      signal,
      emit,
    })
  }
}
