// What a run spends. Before a model call it reserves what the call is likely to use, out of its own limits and of those
// of the runs that it is within; afterwards it settles by what the call has used, and its estimates learn from that.
import { Budget, type BudgetLimits, estimateCall, type Settle } from './budget.ts'
import { compactIfNear } from './compacting.ts'
import type { ModelName } from './run-event.ts'
import { promptIn, type RunScope, viewIn } from './run-scope.ts'
import { askAside } from './side-question.ts'
import { addUsage, noUsage, type Usage } from './usage.ts'

/** What one run has spent, and may spend. */
export class Spending {
  readonly #budget: Budget
  /** Hears of each usage, with what the run has used by then. */
  readonly #tell: (usage: Usage, model: ModelName) => void
  #usage = noUsage
  #settle: Settle | undefined
  /** The tokens that the next model call is taken to send, where somebody asks. */
  #estimated: number | undefined

  constructor(
    limits: BudgetLimits | undefined,
    outer: Spending | undefined,
    tell: (usage: Usage, model: ModelName) => void,
    warn: (message: string) => void,
  ) {
    this.#budget = new Budget(limits ?? {}, warn, outer && outer.#budget)
    this.#tell = tell
  }

  /** What all model calls of the run have used. */
  get usage(): Usage {
    return this.#usage
  }

  /** Makes room for the next model call, and reserves what it is likely to use; tells whether that fits. */
  prepare(scope: RunScope): boolean | Promise<boolean> {
    const shown = this.#makeRoom(scope)
    return shown instanceof Promise
      ? shown.then((tokens) => this.#reserve(scope, tokens))
      : this.#reserve(scope, shown)
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
  learn(scope: RunScope, { inputTokens }: Usage): void {
    if (this.#estimated !== undefined) viewIn(scope).learn(this.#estimated, inputTokens)
  }

  #add(usage: Usage, model: ModelName): void {
    this.#usage = addUsage(this.#usage, usage)
    this.#tell(usage, model)
  }

  /** Reserves a call that sends the prompt and so many tokens of history, where somebody has counted. */
  #reserve(scope: RunScope, historyTokens: number | undefined): boolean {
    this.#estimated = historyTokens === undefined ? undefined : promptIn(scope).tokens + historyTokens
    this.#settle = this.#reserveCall(scope, this.#estimated ?? 0)
    return this.#settle !== undefined
  }

  #reserveCall({ models, settings }: RunScope, inputTokens: number): Settle | undefined {
    return this.#budget.reserve(estimateCall(inputTokens, settings?.maxOutputTokens), models.name)
  }

  /**
   * Makes the history smaller where the next model call would come near to what the model takes; gives its tokens, where
   * somebody has to know them.
   */
  #makeRoom(scope: RunScope): number | undefined | Promise<number> {
    const { maxContextTokens, settings, models } = scope
    if (maxContextTokens === undefined)
      return this.#budget.needsEstimate ? viewIn(scope).look().tokens() : undefined
    const promptTokens = promptIn(scope).tokens
    const roomTokens = maxContextTokens - promptTokens - (settings?.maxOutputTokens ?? 0)
    return compactIfNear(scope, roomTokens, (messages, question) => {
      const settle = this.#reserveCall(scope, promptTokens + viewIn(scope).count(messages))
      if (settle === undefined) throw new Error('the budget has no room for a summary')
      return askAside(scope, messages, question, (usage) => {
        settle(usage)
        if (usage !== undefined) this.#add(usage, models.name)
      })
    })
  }
}
