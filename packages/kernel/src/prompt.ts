// The prompt: the plan, rendered, shrunk by priority where a budget asks for it, and what whoever looks after it wants to
// know: what failed, which claims are false, what a change costs the provider's cache.
import { sessionOf } from './cells.ts'
import type { Layer } from './layers.ts'
import { planOf, sumOf, type Item, type Plan, type PromptTool } from './plan.ts'
import type { Registration } from './registry.ts'
import { nothingKept, Renderer, type Kept, type PromptPart, type Rendered } from './rendering.ts'
import { toolsOf } from './tool-list.ts'
import type { Form } from './types.ts'
import { order } from './view.ts'

/** How a prompt is rendered. */
export interface PromptOptions {
  /** The most tokens it may take, tools included. */
  readonly maxTokens?: number
  /** The time that templates see as `now`. @default the present */
  readonly now?: Date
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

/** What a session keeps from prompt to prompt. */
interface State {
  kept: Kept
  plan: Plan | undefined
  last: Prompt | undefined
}

/** A section in the form that it takes in a prompt; one that is omitted is not rendered. */
interface Shown {
  readonly item: Item
  readonly form: Form
  readonly rendered: Rendered | undefined
}

const states = new WeakMap<Layer, State>()

/** Renders the prompt of a session or an interaction. @throws {RETINUE_TEMPLATE_FAILED} for a required section */
export function renderPrompt(
  layer: Layer,
  { maxTokens = Infinity, now = new Date() }: PromptOptions,
): Prompt {
  const state = stateOf(layer)
  const renderer = new Renderer(layer, state.kept, now)
  const { items, tools, toolTokens } = (state.plan = planOf(layer, state.plan))
  const notices: Notice[] = []
  const shown = items.map((item) => fit(renderer, item, notices))
  let parts = layOut(shown)
  let tokens = toolTokens + sumOf(parts)
  while (tokens > maxTokens) {
    const next = nextToShrink(shown, parts)
    if (next < 0) {
      const over = tokens - maxTokens
      notices.push({
        kind: 'over',
        message: `The prompt is ${over} tokens over its budget of ${maxTokens}.`,
        tokens: over,
      })
      break
    }
    const { item } = shown[next]!
    const section = item.name
    const form = shorterForm(shown[next]!)!
    shown[next] = show(renderer, item, form)
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
  report(layer, shown, parts, notices)
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
  if (entry.kind.name === 'section')
    return last?.parts.find((part) => part.origin === entry.origin && part.section === entry.type)?.tokens
  if (entry.kind.name !== 'toolset') return undefined
  const names = new Set(
    toolsOf(layer)
      .published()
      .filter((tool) => tool.toolset === entry.type)
      .map(({ name }) => name),
  )
  return last?.tools.filter((tool) => names.has(tool.name)).reduce((sum, tool) => sum + tool.tokens, 0)
}

/** The part of the last prompt that a line comes from. */
export function partOfLine(layer: Layer, line: string): PromptPart | undefined {
  const last = states.get(sessionOf(layer))?.last
  return last?.parts.find((part) => part.text.split('\n').includes(line) || part.text === line)
}

function stateOf(layer: Layer): State {
  const session = sessionOf(layer)
  const { version } = layer.registry
  let state = states.get(session)
  if (state === undefined)
    states.set(session, (state = { kept: nothingKept(version), plan: undefined, last: undefined }))
  // After a registration, what was read may be of classes that are no more.
  if (state.kept.version !== version) state.kept = nothingKept(version)
  return state
}

/** Shows the longest form of a section that keeps to its own token limit. */
function fit(renderer: Renderer, item: Item, notices: Notice[]): Shown {
  const { maxTokens = Infinity } = item.options
  for (const form of item.forms) {
    const shown = show(renderer, item, form)
    const tokens = shown.rendered?.part.tokens ?? 0
    if (tokens <= maxTokens) return shown
    notices.push({
      kind: form === item.forms.at(-1) ? 'over' : 'shrunk',
      section: item.name,
      message: `'${item.name}' takes ${tokens} tokens as '${form}', more than its own limit of ${maxTokens}.`,
      tokens: tokens - maxTokens,
    })
  }
  return show(renderer, item, item.forms.at(-1)!)
}

function show(renderer: Renderer, item: Item, form: Form): Shown {
  return { item, form, rendered: form === 'omit' ? undefined : renderer.render(item, form) }
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
function report(
  layer: Layer,
  shown: readonly Shown[],
  parts: readonly PromptPart[],
  notices: Notice[],
): void {
  for (const { item, rendered } of shown) {
    if (rendered === undefined) continue
    const { failure, reads, part } = rendered
    const { stability, least } = reads
    const section = item.name
    if (failure !== undefined) notices.push({ kind: 'failed', section, message: failure.message })
    // What only this interaction has is of this turn, whatever it claims.
    const isPassing =
      layer.type === 'interaction' && !sessionOf(layer).presence().has(item.key) && item.entry !== undefined
    if (order[stability] > order[item.stability] && !isPassing) {
      const message = `'${section}' claims to be '${item.stability}' but reads ${least}, which changes by ${stability}.`
      notices.push({ kind: 'stability', section, message })
    }
    if (item.options.pinned !== true || !parts.includes(part)) continue
    const behind = parts
      .slice(parts.indexOf(part) + 1)
      .filter((each) => order[each.stability] < order[item.stability])
    const tokens = sumOf(behind)
    if (tokens > 0)
      notices.push({
        kind: 'pinned',
        section,
        message: `'${section}' is pinned: each change of it costs ${tokens} cached tokens.`,
        tokens,
      })
  }
}

/** The index of what gives way first: the lowest priority, and of equals the one that stands last; -1 where none can. */
function nextToShrink(shown: readonly Shown[], parts: readonly PromptPart[]): number {
  let best = -1
  for (const [i, each] of shown.entries()) {
    if (shorterForm(each) === undefined || each.rendered === undefined || !parts.includes(each.rendered.part))
      continue
    if (best < 0 || (each.item.options.priority ?? 0) <= (shown[best]!.item.options.priority ?? 0)) best = i
  }
  return best
}

function shorterForm({ item, form }: Shown): Form | undefined {
  return item.forms[item.forms.indexOf(form) + 1]
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
