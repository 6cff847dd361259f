// Budgets: how much a run may use, together with the runs that are started within it. A model call reserves what it
// is likely to use before it is made, so that children that run side by side can't spend the same rest twice.
import type { ModelName } from './run-event.ts'
import { noUsage, type Usage } from './usage.ts'

/** Limits of a run and all runs within it. */
export interface BudgetLimits {
  /** Model calls. */
  readonly steps?: number
  /** Input and output together. Before a call its input is estimated, and `maxOutputTokens` taken for its output. */
  readonly tokens?: number
  /** From the start of the run; what goes on then is broken off, and what was said is kept. */
  readonly timeMs?: number
  /** In the unit that `price` gives. */
  readonly cost?: number
  /** What a usage of a model costs: a limit to the cost needs it. */
  readonly price?: (usage: Usage, model: ModelName) => number
}

/**
 * Settles a model call by what it has used, and the model that answered it. One whose usage nobody reported is settled
 * as it was estimated; without a usage it was not made.
 */
export type Settle = (actual?: Usage, model?: ModelName) => void

/** What is left of a run's limits, and of those of the runs that it is within. */
export class Budget {
  readonly #limits: BudgetLimits
  readonly #parent: Budget | undefined
  #steps = 0
  #tokens = 0
  #cost = 0

  constructor(limits: BudgetLimits, parent?: Budget) {
    this.#limits = limits
    this.#parent = parent
  }

  /** Whether somebody limits tokens or cost, and so calls have to be estimated. */
  get needsEstimate(): boolean {
    const { tokens, cost } = this.#limits
    return tokens !== undefined || cost !== undefined || this.#parent?.needsEstimate === true
  }

  /**
   * Reserves one model call; gives what settles it by its true usage, which may be another model's that took the place
   * of the first, or nothing where it does not fit.
   */
  reserve(estimate: Usage, model: ModelName): Settle | undefined {
    if (!this.#fits(estimate, model)) return undefined
    this.#take(estimate, model, 1)
    return (actual, answered = model) => {
      if (actual?.totalTokens === 0) return
      this.#take(estimate, model, -1)
      if (actual !== undefined) this.#take(actual, answered, 1)
    }
  }

  #fits(usage: Usage, model: ModelName): boolean {
    const { steps = Infinity, tokens = Infinity, cost = Infinity, price } = this.#limits
    const fits =
      this.#steps + 1 <= steps &&
      this.#tokens + usage.totalTokens <= tokens &&
      (price === undefined || this.#cost + price(usage, model) <= cost)
    return fits && (this.#parent === undefined || this.#parent.#fits(usage, model))
  }

  #take(usage: Usage, model: ModelName, sign: 1 | -1): void {
    this.#steps += sign
    this.#tokens += sign * usage.totalTokens
    this.#cost += sign * (this.#limits.price?.(usage, model) ?? 0)
    if (this.#parent !== undefined) this.#parent.#take(usage, model, sign)
  }
}

/** What a model call is likely to use: its input, and the longest answer. */
export function estimateCall(inputTokens: number, maxOutputTokens = 0): Usage {
  const totalTokens = inputTokens + maxOutputTokens
  return { ...noUsage, inputTokens, outputTokens: maxOutputTokens, totalTokens }
}
