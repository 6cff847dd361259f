// The prompt as a plan: sections ordered so that the longest possible prefix stays equal from turn to turn, each
// rendered anew only when something that it read has changed, shrunk by priority where a budget asks for it.
import { RetinueError } from './errors.ts'
import { sessionOf, setRenderer, type LayerCell } from './cells.ts'
import type { Layer } from './layers.ts'
import type { Origin, Registration } from './registry.ts'
import type { DefinedClass } from './shape.ts'
import { compileTemplate, helpers, readText, shownAs, whatOf, type FilledText, type Render } from './template.ts'
import { toolsOf, type PublishedTool } from './tool-list.ts'
import type { Form, SectionOptions, Slot, Stability, TemplateView } from './types.ts'
import { order, Reads, sectionView, viewNames, viewsOf, type Pass } from './view.ts'

/** How a prompt is rendered. */
export interface PromptOptions {
  /** The most tokens it may take, tools included. */
  readonly maxTokens?: number
  /** The time that templates see as `now`. @default the present */
  readonly now?: Date
}

/** One part of a prompt: the text of a section, or the agent's instructions. */
export interface PromptPart {
  /** The type name of the section; `instructions` for those of the agent. */
  readonly section: string
  readonly text: string
  readonly origin: Origin
  /** An estimate: a token is about four characters. */
  readonly tokens: number
  readonly stability: Stability
  readonly slot: Slot
  readonly form: Form
}

/** A tool as the model is shown it. */
export interface PromptTool {
  readonly name: string
  readonly description: string
  /** Plain JSON Schema. */
  readonly inputSchema: object
  readonly tokens: number
  readonly origin: Origin
}

/** Something that whoever looks after a prompt wants to know. */
export interface Notice {
  /**
   * `failed`: an optional section was left out; `shrunk`, `over`: the budget; `stability`: a claim is false;
   * `pinned`: what keeping a place costs; `cache`: what a change since the last prompt costs.
   */
  readonly kind: 'failed' | 'shrunk' | 'over' | 'stability' | 'pinned' | 'cache'
  readonly section?: string
  readonly message: string
  /** The tokens that are meant: those over, lost, or no longer cached. */
  readonly tokens?: number
}

/** A rendered prompt. */
export interface Prompt {
  /** The system text: the parts, an empty line between them. */
  readonly text: string
  readonly parts: readonly PromptPart[]
  /** The tools, which providers put first; an interaction's own come last. */
  readonly tools: readonly PromptTool[]
  readonly tokens: number
  readonly notices: readonly Notice[]
}

/** Estimates the tokens of a text: about four characters each. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** A section's place in the plan. */
interface Item {
  readonly key: string
  readonly name: string
  readonly entry: Registration | undefined
  readonly origin: Origin
  readonly options: SectionOptions
  readonly slot: Slot
  readonly stability: Stability
  readonly forms: readonly Form[]
  /** Under which each form is kept. */
  readonly ids: Readonly<Record<Form, string>>
}

function idsOf(key: string): Item['ids'] {
  return { full: `${key} full`, summary: `${key} summary`, omit: `${key} omit` }
}

/** What a section rendered to, and what it read for that. */
interface Rendered {
  readonly text: string
  readonly reads: Reads
  readonly placed: readonly string[]
  readonly failure: RetinueError | undefined
  readonly part: PromptPart
  /** The pass that found last that it holds. */
  checked: number
}

/** What a session keeps from pass to pass. */
interface State {
  readonly rendered: Map<string, Rendered>
  last: Prompt | undefined
  /** The version of the registry that it was rendered with. */
  version: number
  /** For whom the last pass was, and what templates saw in it. */
  stage: { readonly pass: Pass; readonly views: TemplateView } | undefined
  /** How many passes there were. */
  passes: number
  /** How much had been written, and could have flipped presence, when the last pass was over. */
  writes: number
  epoch: number
  plan: Plan | undefined
}

/** A section in the form that it takes in a prompt; one that is omitted is not rendered. */
interface Shown {
  readonly item: Item
  readonly form: Form
  readonly rendered: Rendered | undefined
}

/** The sections and tools of a prompt, good for one state of presence. */
interface Plan {
  readonly presence: object
  readonly instructions: Item | undefined
  readonly items: readonly Item[]
  readonly tools: readonly PromptTool[]
  readonly toolTokens: number
}

const slots: readonly Slot[] = ['system', 'before', 'agent', 'after', 'tools', 'end']
const states = new WeakMap<Layer, State>()

/** Renders the prompt of a session or an interaction. @throws {RETINUE_TEMPLATE_FAILED} for a required section */
export function renderPrompt(layer: Layer, { maxTokens = Infinity, now = new Date() }: PromptOptions): Prompt {
  const state = stateOf(layer)
  const renderer = new Renderer(layer, state, now)
  const { items, tools, toolTokens } = planOf(layer, state)
  const notices: Notice[] = []
  const shown = items.map((item) => renderer.fit(item, notices))
  let parts = layOut(shown)
  let tokens = toolTokens + sumOf(parts)
  while (tokens > maxTokens) {
    const next = nextToShrink(shown, parts)
    if (next < 0) {
      const over = tokens - maxTokens
      notices.push({ kind: 'over', message: `The prompt is ${over} tokens over its budget of ${maxTokens}.`, tokens: over })
      break
    }
    const { item } = shown[next]!
    const section = item.name
    const form = shorterForm(shown[next]!)!
    shown[next] = renderer.show(item, form)
    const before = tokens
    parts = layOut(shown)
    tokens = toolTokens + sumOf(parts)
    notices.push({
      kind: 'shrunk',
      section,
      message: `'${section}' was shrunk to '${form}' for the budget.`,
      tokens: before - tokens,
    })
  }
  report(shown, parts, notices)
  renderer.finish()
  const text = parts.map((part) => part.text).join('\n\n')
  const prompt: Prompt = { text, parts, tools, tokens, notices }
  const uncached = invalidated(state.last, prompt)
  if (uncached !== undefined) notices.push(uncached)
  state.last = prompt
  return Object.freeze(prompt)
}

/** What a section or toolset takes of the last prompt. */
export function tokensOf(layer: Layer, entry: Registration): number | undefined {
  const last = states.get(sessionOf(layer))?.last
  if (entry.kind.name === 'section') return last?.parts.find((part) => part.origin === entry.origin && part.section === entry.type)?.tokens
  if (entry.kind.name !== 'toolset') return undefined
  const names = new Set(toolsOf(layer).published().filter((tool) => tool.toolset === entry.type).map(({ name }) => name))
  return last?.tools.filter((tool) => names.has(tool.name)).reduce((sum, tool) => sum + tool.tokens, 0)
}

/** The part of the last prompt that a line comes from. */
export function partOfLine(layer: Layer, line: string): PromptPart | undefined {
  const last = states.get(sessionOf(layer))?.last
  return last?.parts.find((part) => part.text.split('\n').includes(line) || part.text === line)
}

class Renderer {
  readonly #layer: Layer
  readonly #state: State
  readonly #pass: Pass
  readonly #views: TemplateView
  /** The items that were written to since the last pass for this layer; `undefined` where anything may have changed. */
  readonly #written: ReadonlySet<string> | undefined
  readonly #number: number
  /** Sections that are being rendered, the outermost first. */
  readonly #path: Item[] = []

  constructor(layer: Layer, state: State, now: Date) {
    this.#layer = layer
    this.#state = state
    this.#number = ++state.passes
    const { domain } = layer.registry
    if (state.stage?.pass.layer === layer && state.epoch === domain.epoch) this.#written = domain.writtenSince(state.writes)
    if (state.stage?.pass.layer !== layer) {
      const pass: Pass = { layer, now, reads: new Reads(), place: () => '', sections: new Map() }
      state.stage = { pass, views: { ...viewsOf(pass), ...helpers } }
    }
    this.#pass = state.stage!.pass
    this.#views = state.stage!.views
    this.#pass.now = now
  }

  /** Remembers up to where everything is known. */
  finish(): void {
    const { domain } = this.#layer.registry
    this.#state.writes = domain.writes
    this.#state.epoch = domain.epoch
  }

  /** Shows the longest form of a section that keeps to its own token limit. */
  fit(item: Item, notices: Notice[]): Shown {
    const { maxTokens = Infinity } = item.options
    for (const form of item.forms) {
      const shown = this.show(item, form)
      const tokens = shown.rendered?.part.tokens ?? 0
      if (tokens <= maxTokens) return shown
      notices.push({
        kind: form === item.forms.at(-1) ? 'over' : 'shrunk',
        section: item.name,
        message: `'${item.name}' takes ${tokens} tokens as '${form}', more than its own limit of ${maxTokens}.`,
        tokens: tokens - maxTokens,
      })
    }
    return this.show(item, item.forms.at(-1)!)
  }

  show(item: Item, form: Form): Shown {
    return { item, form, rendered: form === 'omit' ? undefined : this.render(item, form) }
  }

  /** Renders a section, or takes what it rendered to before if nothing that it read has changed. */
  render(item: Item, form: Form): Rendered {
    const id = item.ids[form]
    const known = this.#state.rendered.get(id)
    if (known?.checked === this.#number) return known
    if (known !== undefined && known.part.origin === item.origin && this.#holds(known)) {
      known.checked = this.#number
      return known
    }
    const rendered = this.#renderNew(item, form)
    this.#state.rendered.set(id, rendered)
    return rendered
  }

  /** Renders a section within the template of another. */
  #place(entry: Registration, placed: string[], reads: Reads): string {
    const item = itemOf(entry)
    if (this.#path.some((each) => each.key === item.key)) {
      const names = [...this.#path.map((each) => each.name), item.name].join(' → ')
      throw new RetinueError('RETINUE_TEMPLATE_FAILED', `Sections render each other in a circle: ${names}.`)
    }
    const pass = this.#pass
    const { place } = pass
    let rendered: Rendered
    try {
      rendered = this.render(item, 'full')
    } finally {
      pass.reads = reads
      pass.place = place
    }
    if (rendered.failure !== undefined) {
      reads.note(undefined, () => NaN, NaN, 'static', '') // a template that catches it is rendered anew each time
      throw rendered.failure
    }
    placed.push(item.key, ...rendered.placed)
    reads.include(rendered.reads)
    return rendered.text
  }

  #holds({ reads, failure, checked }: Rendered): boolean {
    if (failure !== undefined) return false // the reads up to a failure may not be all that it depends on
    const written = checked === this.#number - 1 ? this.#written : undefined
    if (written !== undefined && !reads.loose && isDisjoint(written, reads.keys)) return true
    const { now } = this.#pass
    for (const { again, value } of reads.list) if (again(this.#layer, now) !== value) return false
    return true
  }

  #renderNew(item: Item, form: Form): Rendered {
    const pass = this.#pass
    const reads = (pass.reads = new Reads())
    const placed: string[] = []
    pass.place = (entry) => this.#place(entry, placed, reads)
    let text = ''
    let failure: RetinueError | undefined
    this.#path.push(item)
    try {
      text = textOf(item, form, pass, this.#views)
    } catch (error) {
      placed.length = 0 // what was placed here stands in its own place again
      failure = failureOf(item, error)
      if (item.options.required === true || failure.code === 'RETINUE_TEMPLATE_FORBIDDEN') throw failure
    } finally {
      this.#path.pop()
    }
    const { name: section, origin, stability, slot } = item
    const part: PromptPart = Object.freeze({ section, text, origin, tokens: estimateTokens(text), stability, slot, form })
    return { text, reads, placed, failure, part, checked: this.#number }
  }
}

/** The parts in order, without those that were placed within another. */
function layOut(shown: readonly Shown[]): PromptPart[] {
  const placed = new Set<string>()
  for (const { rendered } of shown) for (const key of rendered?.placed ?? []) placed.add(key)
  const parts: PromptPart[] = []
  for (const { item, rendered } of shown) {
    if (rendered !== undefined && rendered.text !== '' && !placed.has(item.key)) parts.push(rendered.part)
  }
  return parts
}

/** Says what failed, which claims are false, and what pinning costs. */
function report(shown: readonly Shown[], parts: readonly PromptPart[], notices: Notice[]): void {
  for (const { item, rendered } of shown) {
    if (rendered === undefined) continue
    const { failure, reads, part } = rendered
    const { stability, least } = reads
    const section = item.name
    if (failure !== undefined) notices.push({ kind: 'failed', section, message: failure.message })
    if (order[stability] > order[item.stability]) {
      const message = `'${section}' claims to be '${item.stability}' but reads ${least}, which changes by ${stability}.`
      notices.push({ kind: 'stability', section, message })
    }
    if (item.options.pinned !== true || !parts.includes(part)) continue
    const behind = parts.slice(parts.indexOf(part) + 1).filter((each) => order[each.stability] < order[item.stability])
    const tokens = sumOf(behind)
    if (tokens > 0) notices.push({ kind: 'pinned', section, message: `'${section}' is pinned: each change of it costs ${tokens} cached tokens.`, tokens })
  }
}

/** Whether none of the few is among the many. */
function isDisjoint(few: ReadonlySet<string>, many: ReadonlySet<string>): boolean {
  for (const key of few) if (many.has(key)) return false
  return true
}

setRenderer((cell: LayerCell) => {
  const { layer, entry } = cell
  const state = newState(layer.registry.version)
  const rendered = new Renderer(layer, state, new Date()).render(itemOf(entry), 'full')
  if (rendered.failure !== undefined) throw rendered.failure
  return rendered.text
})

function stateOf(layer: Layer): State {
  const session = sessionOf(layer)
  let state = states.get(session)
  const { version } = layer.registry
  // After a registration, what was read may be of classes that are no more.
  if (state === undefined || state.version !== version) {
    states.set(session, (state = { ...newState(version), last: state?.last }))
  }
  return state
}

function newState(version: number): State {
  return { rendered: new Map(), last: undefined, version, stage: undefined, passes: 0, writes: -1, epoch: -1, plan: undefined }
}

/** The sections that are present and the agent's instructions, in the order of the plan; and the tools. */
function planOf(layer: Layer, state: State): Plan {
  const presence = layer.presence()
  const instructions = instructionsOf(layer)
  if (state.plan?.presence === presence && state.plan.instructions === instructions) return state.plan
  const sections = [...presence.values()].filter(({ kind }) => kind.name === 'section').map(itemOf)
  const items = (instructions === undefined ? sections : [...sections, instructions]).sort(inPlan)
  const tools = toolsOf(layer).published().map(toolOf)
  return (state.plan = { presence, instructions, items, tools, toolTokens: sumOf(tools) })
}

function inPlan(a: Item, b: Item): number {
  return (
    placeOf(a) - placeOf(b) ||
    slots.indexOf(a.slot) - slots.indexOf(b.slot) ||
    (a.options.order ?? 0) - (b.options.order ?? 0) ||
    (a.name < b.name ? -1 : 1)
  )
}

/** A pinned section stands where its slot is among what never changes. */
function placeOf(item: Item): number {
  return item.options.pinned === true ? 0 : order[item.stability]
}

const items = new WeakMap<Registration, Item>()

function itemOf(entry: Registration): Item {
  let item = items.get(entry)
  if (item === undefined) items.set(entry, (item = makeItem(entry)))
  return item
}

function makeItem(entry: Registration): Item {
  const options = (entry.definition as DefinedClass<SectionOptions>).options
  const usual: readonly Form[] = options.summary === undefined ? ['full', 'omit'] : ['full', 'summary', 'omit']
  const wanted = options.shrink ?? usual
  const forms = options.required === true ? wanted.filter((form) => form !== 'omit') : wanted
  return {
    key: entry.key,
    name: entry.type,
    entry,
    origin: entry.origin,
    options,
    slot: options.slot ?? 'after',
    stability: options.stability ?? 'session',
    forms: forms.length > 0 ? forms : ['full'],
    ids: idsOf(entry.key),
  }
}

const texts = new WeakMap<object, { readonly text: string; readonly item: Item; readonly filled: FilledText }>()

function instructionsOf(layer: Layer): Item | undefined {
  const agent = layer.agentInForce
  const text = (agent?.owner as { readonly instructions?: string } | undefined)?.instructions
  if (agent === undefined || text === undefined || text === '') return undefined
  const known = texts.get(agent)
  if (known?.text === text) return known.item
  const filled = readText(text)
  const item: Item = {
    key: 'instructions',
    name: 'instructions',
    entry: undefined,
    origin: Object.freeze({ package: agent.label, version: '', file: undefined }),
    options: { required: true },
    slot: 'agent',
    stability: filled.plain ? 'static' : 'session',
    forms: ['full'],
    ids: idsOf('instructions'),
  }
  texts.set(agent, { text, item, filled })
  return item
}

function textOf(item: Item, form: Form, pass: Pass, shared: TemplateView): string {
  const { entry } = item
  if (entry === undefined) return texts.get(pass.layer.agentInForce!)!.filled.fill(shared)
  const section = sectionView(pass, entry)
  const { definition } = entry
  const own = (definition as unknown as { prototype: { render: () => string } }).prototype.render
  if (form !== 'summary' && !isInherited(definition as unknown as DefinedClass, own)) {
    return shownAs(own.call(section as never)).trim()
  }
  const template = form === 'summary' ? item.options.summary : item.options.template
  if (template === undefined) return ''
  const { graph, kinds } = pass.layer.registry
  const renders = graph.memo('renders', () => new Map<string, Render>()) // their names change with the kinds
  const id = item.ids[form]
  let render = renders.get(id)
  if (render === undefined) renders.set(id, (render = compileTemplate(template, viewNames(kinds))))
  return render({ ...shared, section }).trim()
}

/** Whether a class has only the `render` that every section has. */
function isInherited(definition: DefinedClass, render: unknown): boolean {
  let at = definition as unknown as { prototype: object }
  while (!Object.hasOwn(at, 'schema')) at = Object.getPrototypeOf(at) as { prototype: object }
  return (at.prototype as { render?: unknown }).render === render
}

function failureOf({ name, origin, entry }: Item, error: unknown): RetinueError {
  if (error instanceof RetinueError && error.details.section !== undefined) return error
  const { code, hint, details } =
    error instanceof RetinueError ? error : { code: 'RETINUE_TEMPLATE_FAILED' as const, hint: undefined, details: {} }
  const where = entry === undefined ? name : `section '${name}' of ${origin.package}@${origin.version}`
  return new RetinueError(code, `The ${where} can't be rendered: ${whatOf(error)}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
    details: { ...details, section: name, package: origin.package },
  })
}

/** The index of what gives way first: the lowest priority, and of equals the one that stands last; -1 where none can. */
function nextToShrink(shown: readonly Shown[], parts: readonly PromptPart[]): number {
  let best = -1
  for (const [i, each] of shown.entries()) {
    if (shorterForm(each) === undefined || each.rendered === undefined || !parts.includes(each.rendered.part)) continue
    if (best < 0 || (each.item.options.priority ?? 0) <= (shown[best]!.item.options.priority ?? 0)) best = i
  }
  return best
}

function shorterForm({ item, form }: Shown): Form | undefined {
  return item.forms[item.forms.indexOf(form) + 1]
}

function sumOf(parts: readonly { readonly tokens: number }[]): number {
  return parts.reduce((sum, part) => sum + part.tokens, 0)
}

/** What a provider's cache can no longer use: all that stood behind the first difference to the last prompt. */
function invalidated(last: Prompt | undefined, now: Prompt): Notice | undefined {
  if (last === undefined) return undefined
  const changedTool = last.tools.findIndex((tool, i) => !sameTool(tool, now.tools[i]))
  if (changedTool >= 0 || now.tools.length > last.tools.length) {
    const tools = changedTool < 0 ? [] : last.tools.slice(changedTool)
    return lost('The tools changed', sumOf([...tools, ...last.parts]))
  }
  const first = last.parts.findIndex((part, i) => part.text !== now.parts[i]?.text)
  if (first < 0) return undefined
  const section = now.parts[first]?.section ?? last.parts[first]!.section
  return lost(`'${section}' changed`, sumOf(last.parts.slice(first)), section)
}

function lost(what: string, tokens: number, section?: string): Notice | undefined {
  if (tokens === 0) return undefined
  const message = `${what}: invalidates ${tokens} cached tokens.`
  return { kind: 'cache', ...(section !== undefined && { section }), message, tokens }
}

function sameTool(a: PromptTool, b: PromptTool | undefined): boolean {
  return a.name === b?.name && a.description === b.description && a.inputSchema === b.inputSchema
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

