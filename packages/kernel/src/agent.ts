// The agent: a name, a model, instructions and a list of tools. Sessions hold it by reference, so that a tool that
// is added here arrives in every live session on it.
import { reasonOf } from './errors.ts'
import { changeOwner } from './changes.ts'
import { LAYER, Layer } from './layers.ts'
import { checkOptions, option, type KnownOptions } from './options.ts'
import { bagOptions, checkOwner, Owner, type BagContents } from './owner.ts'
import { aRegistry, type Registry } from './registry.ts'
import { registry as shared } from './shared.ts'
import { loadLayer, openSnapshot, restoreOptions, type Report, type RestoreOptions } from './loading.ts'
import { saveLayer, saveTools, type OwnerSnapshot } from './snapshot.ts'
import { readText } from './filled-text.ts'
import { aToolList, excludedOf, toolsOf, type ToolKey, type ToolList } from './tool-list.ts'

/** A model: its name, such as `'openai/gpt-5'`, or an instance of a provider package; or several, the best first. */
export type Model = string | object | readonly (string | object)[]

/** What an agent is made of. */
export interface AgentOptions extends BagContents {
  /** Sessions are saved with it, and a manager of stored ones finds the agent by it. */
  readonly name: string
  /** What runs call where they name none. */
  readonly model?: Model | undefined
  /** Text for the prompt. It may show views by `{{context.searchResults.query}}`; it is never code. */
  readonly instructions?: string | undefined
  /** Toolsets. One that nobody has registered waits for its plugin, unless `strict`. */
  readonly tools?: (Iterable<ToolKey> & object) | undefined
  /** Makes `tools` throw on what can't be in force, with nothing changed, instead of listing it as unresolved. */
  readonly strict?: boolean | undefined
  /** @default the shared registry */
  readonly registry?: Registry | undefined
}

const agentOptions: KnownOptions<AgentOptions> = {
  ...bagOptions,
  name: option.name,
  model: [
    'a name or an instance, or a list of them',
    (model) => (Array.isArray(model) ? model.length > 0 && model.every(isModel) : isModel(model)),
  ],
  instructions: option.text,
  tools: aToolList,
  strict: option.flag,
  registry: aRegistry,
}

const restoringOptions = { ...restoreOptions, model: agentOptions.model }

/** An agent as it is saved, with what its tools keep `excluded`; a model that is an instance is not. */
export interface AgentSnapshot extends OwnerSnapshot {
  readonly name: string
  readonly model?: string | readonly string[]
  readonly instructions?: string
  readonly tools: readonly string[]
  readonly excluded?: readonly string[]
}

/**
 * What sessions run on.
 *
 * @example
 * const agent = new AgentConfig({ name: 'researcher', model: 'openai/gpt-5', tools: ['web_search'] })
 * agent.tools.push('planning') // arrives in every live session on this agent
 */
export class AgentConfig extends Owner {
  readonly name: string
  #model: Model | undefined
  #instructions: string | undefined
  readonly #strict: boolean

  constructor(options: AgentOptions) {
    checkOwner('An agent', options, agentOptions, 'name')
    const { name, registry = shared, model, instructions, strict = false } = options
    super((owner) => new Layer('agent', name, owner, registry))
    this.name = name
    this.#model = checkedModel(model)
    this.#instructions = checkedInstructions(instructions)
    this.#strict = strict
    toolsOf(this[LAYER], this.#strict)
    this.fill(options)
    if (options.tools !== undefined) this.tools.replace(options.tools)
  }

  /**
   * Makes an agent from what `snapshot` gave, or from its JSON text.
   * @throws {RETINUE_SNAPSHOT_INVALID}, {RETINUE_SNAPSHOT_LIMIT}
   */
  static restore(
    json: string | object,
    options: RestoreOptions & Pick<AgentOptions, 'model'> = {},
  ): { agent: AgentConfig; report: Report } {
    const { data } = openSnapshot(json, options, restoringOptions)
    const agent = new AgentConfig({
      name: data.name as string,
      model: options.model,
      registry: options.registry,
    })
    const layer = agent[LAYER]
    const survives = <T>(at: string, check: (value: unknown) => T | undefined): T | undefined => {
      try {
        return check(data[at])
      } catch (error) {
        layer.setAside({ at, value: data[at] }, reasonOf(error))
        return undefined
      }
    }
    agent.#model ??= survives('model', checkedModel)
    agent.#instructions = survives('instructions', checkedInstructions)
    return { agent, report: loadLayer(layer, data, options) }
  }

  /** Its tools, in order: a list that every session on it follows. */
  get tools(): ToolList {
    return toolsOf(this[LAYER])
  }

  /** Setting another holds from the next step of a run on. */
  get model(): Model | undefined {
    return this.#model
  }

  set model(model: Model | undefined) {
    const set = (value: Model | undefined): void => void (this.#model = value)
    changeOwner(this[LAYER], 'model', this.#model, checkedModel(model), set, savedModel)
  }

  /** Text for the prompt. @throws {RETINUE_TEMPLATE_FAILED} where one is set whose `{{…}}` can't be filled. */
  get instructions(): string | undefined {
    return this.#instructions
  }

  set instructions(text: string | undefined) {
    const set = (value: string | undefined): void => void (this.#instructions = value)
    changeOwner(this[LAYER], 'instructions', this.#instructions, checkedInstructions(text), set)
  }

  /** A private copy: changes of it reach only the sessions that are given it. */
  fork(options: { readonly name?: string } = {}): AgentConfig {
    checkOptions('fork()', options, { name: option.name })
    const fork = new AgentConfig({
      name: options.name ?? this.name,
      strict: this.#strict,
      registry: this[LAYER].registry,
      model: this.#model,
      instructions: this.#instructions,
    })
    const layer = fork[LAYER]
    toolsOf(layer).apply({ index: 0, removed: [], added: this.tools.items })
    excludedOf(layer).apply({ index: 0, removed: [], added: this.tools.excluded })
    layer.copy(this[LAYER])
    return fork
  }

  /** What makes this agent, as plain JSON. */
  snapshot(): AgentSnapshot {
    const model = savedModel(this.#model)
    const own = {
      name: this.name,
      ...(model !== undefined && { model }),
      ...(this.#instructions !== undefined && { instructions: this.#instructions }),
    }
    return { ...saveLayer(this[LAYER], own), ...saveTools(this[LAYER]) }
  }

  toJSON(): AgentSnapshot {
    return this.snapshot()
  }
}

function savedModel(model: Model | undefined): string | readonly string[] | undefined {
  if (!Array.isArray(model)) return typeof model === 'string' ? model : undefined
  const names = model.filter((each) => typeof each === 'string')
  return names.length > 0 ? names : undefined
}

function checkedModel(model: unknown): Model | undefined {
  checkOwner('An agent', { model }, agentOptions)
  return Array.isArray(model) ? Object.freeze([...(model as string[])]) : (model as Model | undefined)
}

function isModel(model: unknown): model is string | object {
  return typeof model === 'object'
    ? model !== null && !Array.isArray(model)
    : typeof model === 'string' && model !== ''
}

function checkedInstructions(instructions: unknown): string | undefined {
  checkOwner('An agent', { instructions }, agentOptions)
  if (instructions) readText(instructions as string) // a text that can't be filled is refused here, and not when it is needed
  return instructions as string | undefined
}
