// The models that a run may use, the best first: the one in use, and those that take its place when it fails. A model
// whose turn has not come is not loaded; one that failed is not tried again within the run.
import { RetinueError } from '@retinue/kernel'
import { checkModel, type Model, nameOf, resolveModel } from './model.ts'
import { reasonOf } from './reason.ts'
import type { ModelName } from './run-event.ts'

/** A model, by its name or as an instance of a provider package; or several, the best first. */
export type ModelOption = Model | string | readonly (Model | string)[]

/** The models of one run. */
export class ModelChoice {
  #all: readonly (Model | string)[]
  #at = 0
  #current: Model | undefined

  /**
   * All are checked as far as that goes without loading them.
   * @throws {RETINUE_MODEL_MISSING}, {RETINUE_MODEL_UNKNOWN}, {RETINUE_MODEL_UNSUPPORTED}
   */
  constructor(option: unknown) {
    this.#all = checkedModels(option)
  }

  /** The model in use, once `open` has found one. */
  get current(): Model {
    return this.#current!
  }

  /** What the model in use is called. */
  get name(): ModelName {
    const { provider, modelId } = this.current
    return { provider, modelId }
  }

  /** The model in use and those after it: what a run within this one starts with. */
  get rest(): readonly (Model | string)[] {
    return [this.current, ...this.#all.slice(this.#at + 1)]
  }

  /**
   * Finds the first model that can be had; `warn` hears of those before it.
   * @throws {RETINUE_MODEL_NOT_INSTALLED}, {RETINUE_MODEL_NOT_CONFIGURED} where none can.
   */
  open(warn: (message: string) => void): Model | Promise<Model> {
    const found = resolveModel(this.#all[this.#at]!)
    if (!(found instanceof Promise)) return (this.#current = found)
    return found.then(
      (model) => (this.#current = model),
      (error: unknown) => {
        if (this.#at + 1 === this.#all.length || !isUnavailable(error)) throw error
        warn(this.#goOver(error))
        return this.open(warn)
      },
    )
  }

  /** Takes others in the place of these, as `open` does. */
  change(option: unknown, warn: (message: string) => void): Model | Promise<Model> {
    this.#all = checkedModels(option)
    this.#at = 0
    return this.open(warn)
  }

  /** Goes over to the next model that can be had, because this one failed; tells whether there was one. */
  async fallOver(error: unknown, warn: (message: string) => void): Promise<boolean> {
    if (this.#at + 1 === this.#all.length) return false
    warn(this.#goOver(error))
    try {
      await this.open(warn)
      return true
    } catch (unavailable) {
      warn(reasonOf(unavailable))
      return false
    }
  }

  /** Goes over to the next model, and says why. */
  #goOver(error: unknown): string {
    const failed = nameOf(this.#all[this.#at]!)
    return `${nameOf(this.#all[++this.#at]!)} takes the place of ${failed}: ${reasonOf(error)}`
  }
}

function checkedModels(option: unknown): readonly (Model | string)[] {
  const all: readonly unknown[] = Array.isArray(option) ? option : [option]
  if (all.length === 0 || all.some((each) => (each ?? '') === '')) {
    throw new RetinueError('RETINUE_MODEL_MISSING', 'Neither the run nor its agent names a model.', {
      hint: "Pass one (run(session, input, { model })), or set it on the agent: an instance of an AI SDK provider, or a name such as 'openai/gpt-5'. Without a key, offlineModel() answers from the tools alone.",
    })
  }
  return all.map(checkModel)
}

/** Whether a model is not installed, or not configured. */
function isUnavailable(error: unknown): boolean {
  const { code } = error as Partial<RetinueError>
  return code === 'RETINUE_MODEL_NOT_INSTALLED' || code === 'RETINUE_MODEL_NOT_CONFIGURED'
}
