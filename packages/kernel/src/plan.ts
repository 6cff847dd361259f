// The plan of a prompt: which sections and tools there are, and in what order, so that the longest possible prefix stays
// equal from turn to turn: what never changes first, then slot, order, name.
import { sessionOf } from './cells.ts'
import { Combined, onceForEach } from './combined.ts'
import { ofKind } from './kind.ts'
import type { Layer } from './layers.ts'
import { slots, volatility } from './pass.ts'
import type { Presence } from './presence.ts'
import type { Origin, Registration } from './registry.ts'
import type { DefinedClass } from './shape.ts'
import { readText, type FilledText } from './filled-text.ts'
import { toolsOf, type PublishedTool } from './tool-list.ts'
import type { Form, SectionOptions, Slot, Stability } from './types.ts'

/** A tool as the model is shown it. */
export interface PromptTool {
  readonly name: string
  readonly description: string
  /** Plain JSON Schema. */
  readonly inputSchema: object
  /** An estimate of the definition: a token is about four characters. */
  readonly tokens: number
  readonly origin: Origin
}

/** A section's place in the plan. */
export interface PlanItem {
  readonly key: string
  readonly name: string
  /** The section; the agent's instructions have none, but a text. */
  readonly entry: Registration | undefined
  readonly text: FilledText | undefined
  readonly origin: Origin
  readonly options: SectionOptions
  readonly slot: Slot
  readonly stability: Stability
  readonly forms: readonly Form[]
  /** Under which each form is kept. */
  readonly ids: Readonly<Record<Form, string>>
}

/** The sections and tools of a prompt, good for one state of presence. */
export interface Plan {
  readonly items: readonly PlanItem[]
  readonly tools: readonly PromptTool[]
  readonly toolTokens: number
}

/** Estimates the tokens of a text: about four characters each. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** Adds up the tokens of parts or tools. */
export function sumOf(parts: readonly { readonly tokens: number }[], from = 0): number {
  let sum = 0
  for (let i = from; i < parts.length; i++) sum += parts[i]!.tokens
  return sum
}

/** The sections that are present and the agent's instructions, in the order of the plan; and the tools. */
export function planOf(layer: Layer): Plan {
  const presence = layer.presence()
  const instructions = instructionsOf(layer)
  const kept = plans.at(instructions === undefined ? [presence] : [presence, instructions])
  return (kept.result ??= makePlan(layer, presence, instructions))
}

function makePlan(layer: Layer, presence: Presence, instructions: PlanItem | undefined): Plan {
  const sections = ofKind(presence, 'section').map(itemOf)
  const items = (instructions === undefined ? sections : sections.concat(instructions)).sort(inPlan)
  const tools = toolsOf(layer).published().map(toolOf)
  return { items, tools, toolTokens: sumOf(tools) }
}

const plans = new Combined<Plan>()

function inPlan(a: PlanItem, b: PlanItem): number {
  return (
    placeOf(a) - placeOf(b) ||
    slots.indexOf(a.slot) - slots.indexOf(b.slot) ||
    (a.options.order ?? 0) - (b.options.order ?? 0) ||
    (a.name < b.name ? -1 : 1)
  )
}

/** A pinned section stands where its slot is among what never changes. */
function placeOf(item: PlanItem): number {
  return item.options.pinned === true ? 0 : volatility[item.stability]
}

/** A section's place in the plan; made once. */
export const itemOf: (entry: Registration) => PlanItem = onceForEach((entry) => {
  const options = (entry.definition as DefinedClass<SectionOptions>).options
  const usual: readonly Form[] =
    options.summary === undefined ? ['full', 'omit'] : ['full', 'summary', 'omit']
  const wanted = options.shrink ?? usual
  const forms = options.required === true ? wanted.filter((form) => form !== 'omit') : wanted
  return {
    key: entry.key,
    name: entry.type,
    entry,
    text: undefined,
    origin: entry.origin,
    options,
    slot: options.slot ?? 'after',
    stability: options.stability ?? 'session',
    forms: forms.length > 0 ? forms : ['full'],
    ids: idsOf(entry.key),
  }
})

const texts = new WeakMap<object, { readonly text: string; readonly item: PlanItem }>()

/** The place of an agent's instructions; made once for each text. */
function instructionsOf(layer: Layer): PlanItem | undefined {
  const { agent } = sessionOf(layer)
  const text = (agent?.owner as { readonly instructions?: string } | undefined)?.instructions
  if (agent === undefined || text === undefined || text === '') return undefined
  const known = texts.get(agent)
  if (known?.text === text) return known.item
  const filled = readText(text)
  const item: PlanItem = {
    key: 'instructions',
    name: 'instructions',
    entry: undefined,
    text: filled,
    origin: Object.freeze({ package: agent.label, version: '', file: undefined }),
    options: { required: true },
    slot: 'agent',
    stability: filled.plain ? 'static' : 'session',
    forms: ['full'],
    ids: idsOf('instructions'),
  }
  texts.set(agent, { text, item })
  return item
}

function idsOf(key: string): PlanItem['ids'] {
  return { full: `${key} full`, summary: `${key} summary`, omit: `${key} omit` }
}

const shownTools = new WeakMap<object, PromptTool>()

/** A tool's definition as it is shown: made once. */
function toolOf({ name, tool, origin }: PublishedTool): PromptTool {
  let shown = shownTools.get(tool)
  if (shown === undefined || shown.name !== name) {
    const { description, input: inputSchema } = tool
    const tokens = estimateTokens(name + description + JSON.stringify(inputSchema))
    shownTools.set(tool, (shown = Object.freeze({ name, description, inputSchema, tokens, origin })))
  }
  return shown
}
