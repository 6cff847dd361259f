// Budgets: how much a run may use, together with the runs that are started within it. A model call reserves what it
// is likely to use before it is made, so that children that run side by side can't spend the same rest twice.
import { reasonOf } from './reason.ts'
import type { ModelName } from './run-event.ts'
import { noUsage, type Usage } from './usage.ts'

/** Limits of a run and all runs within it. */
export interface BudgetLimits {
  /** Model calls. */
  readonly steps?: number | undefined
  /** Input and output together. Before a call its input is estimated, and `maxOutputTokens` taken for its output. */
  readonly tokens?: number | undefined
  /** From the start of the run; what goes on then is broken off, and what was said is kept. */
  readonly timeMs?: number | undefined
  /** In the unit that `price` gives. */
  readonly cost?: number | undefined
  /** What a usage of a model costs: a limit to the cost needs it. */
  readonly price?: ((usage: Usage, model: ModelName) => number) | undefined
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
  readonly #warn: (message: string) => void
  #steps = 0
  #tokens = 0
  #cost = 0
  /** Why nobody can tell what was spent. */
  #failure: Error | undefined

  /** `warn` hears of a price that can't be told. */
  constructor(limits: BudgetLimits, warn: (message: string) => void, parent?: Budget) {
    this.#limits = limits
    this.#warn = warn
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
   * @throws what keeps `price` from telling what it costs, or what the last call did.
   */
  reserve(estimate: Usage, model: ModelName): Settle | undefined {
    if (this.#failure !== undefined) throw this.#failure
    const { steps = Infinity, tokens = Infinity, cost: most = Infinity } = this.#limits
    const cost = this.#priceOf(estimate, model)
    if (this.#steps >= steps || this.#tokens + estimate.totalTokens > tokens || this.#cost + cost > most)
      return undefined
    const settleOuter = this.#parent?.reserve(estimate, model)
    if (this.#parent !== undefined && settleOuter === undefined) return undefined
    this.#add(1, estimate.totalTokens, cost)
    return (actual, answered = model) => {
      settleOuter?.(actual, answered)
      if (actual?.totalTokens === 0) return
      this.#add(-1, -estimate.totalTokens, -cost)
      if (actual !== undefined) this.#add(1, actual.totalTokens, this.#spent(actual, answered))
    }
  }

  #add(steps: number, tokens: number, cost: number): void {
    this.#steps += steps
    this.#tokens += tokens
    this.#cost += cost
  }

  /** What was said is not lost because nobody can tell what it cost: the next call is not made. */
  #spent(usage: Usage, model: ModelName): number {
    try {
      return this.#priceOf(usage, model)
    } catch (error) {
      this.#failure = error as Error
      this.#warn(reasonOf(error))
      return 0
    }
  }

  #priceOf(usage: Usage, model: ModelName): number {
    const { cost, price } = this.#limits
    if (cost === undefined) return 0
    let given: unknown
    try {
      given = price!(usage, model)
    } catch (cause) {
      throw new Error('budget.price failed', { cause })
    }
    if (typeof given === 'number' && !Number.isNaN(given)) return given
    throw new Error(`budget.price gave no number: ${String(given)}`)
  }
}

/** What a model call is likely to use: its input, and the longest answer. */
export function estimateCall(inputTokens: number, maxOutputTokens = 0): Usage {
  const totalTokens = inputTokens + maxOutputTokens
  return { ...noUsage, inputTokens, outputTokens: maxOutputTokens, totalTokens }
}
