// Budgets: how much a run may use, together with the runs that are started within it. A model call reserves what it
// is likely to use before it is made, so that children that run side by side can't spend the same rest twice.
import { noUsage, type Usage } from './usage.ts'

/** Limits of a run and all runs within it. */
export interface BudgetLimits {
  /** Model calls. */
  readonly steps?: number
  /** Input and output together. Before a call its input is estimated, and `maxOutputTokens` taken for its output. */
  readonly tokens?: number
  /** From the start of the run; beyond it the run is aborted. */
  readonly timeMs?: number
  /** In the unit that `price` gives. */
  readonly cost?: number
  /** What a usage costs; without it there is no limit to the cost. */
  readonly price?: (usage: Usage) => number
}

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

  /** Reserves one model call; gives what settles it by its true usage, or nothing where it does not fit. */
  reserve(estimate: Usage): ((actual: Usage) => void) | undefined {
    if (!this.#fits(estimate)) return undefined
    this.#take(estimate, 1)
    return (actual) => {
      this.#take(estimate, -1)
      this.#take(actual, 1)
    }
  }

  #fits(usage: Usage): boolean {
    const { steps = Infinity, tokens = Infinity, cost = Infinity, price } = this.#limits
    const fits =
      this.#steps + 1 <= steps &&
      this.#tokens + usage.totalTokens <= tokens &&
      (price === undefined || this.#cost + price(usage) <= cost)
    return fits && (this.#parent === undefined || this.#parent.#fits(usage))
  }

  #take(usage: Usage, sign: 1 | -1): void {
    this.#steps += sign
    this.#tokens += sign * usage.totalTokens
    this.#cost += sign * (this.#limits.price?.(usage) ?? 0)
    if (this.#parent !== undefined) this.#parent.#take(usage, sign)
  }
}

/** What a model call is likely to use: its input, and the longest answer. */
export function estimateCall(inputTokens: number, maxOutputTokens = 0): Usage {
  const totalTokens = inputTokens + maxOutputTokens
  return { ...noUsage, inputTokens, outputTokens: maxOutputTokens, totalTokens }
}
