// The prompt: the plan, rendered, shrunk by priority where a budget asks for it, and what whoever looks after it wants to
// know: what failed, which claims are false, what a change costs the provider's cache.
import { sessionOf } from './cells.ts'
import type { Layer } from './layers.ts'
import { option, type KnownOptions } from './options.ts'
import { volatility } from './pass.ts'
import { planOf, sumOf, type PlanItem, type Plan, type PromptTool } from './plan.ts'
import type { Registration } from './registry.ts'
import {
  beginPass,
  nothingKept,
  type Kept,
  type PromptPart,
  type Rendered,
  type Renderer,
} from './rendering.ts'
import { toolsOf } from './tool-list.ts'
import type { Form } from './types.ts'
import { equal } from './value.ts'

/** How a prompt is rendered. */
export interface PromptOptions {
  /** The most tokens it may take, tools included. */
  readonly maxTokens?: number | undefined
  /** The time that templates see as `now`. @default the present */
  readonly now?: Date | undefined
}

/** Every option of `session.prompt()`. */
export const promptOptions: KnownOptions<PromptOptions & { interaction?: unknown }> = {
  maxTokens: option.number(0),
  now: ['a valid Date', (now) => Number.isFinite((now as Partial<Date> | null)?.getTime?.())],
  interaction: option.any,
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
  layout?: Layout
  last?: Prompt
}

/** A section in the form that it takes in a prompt; one that is omitted is not rendered. */
interface Shown {
  readonly item: PlanItem
  readonly form: Form
  readonly rendered: Rendered | undefined
  /** What there is to say of the section's own limit. */
  readonly notices: readonly Notice[]
}

/** The sections of a plan, each in a form, and what they come to. */
interface Layout {
  readonly plan: Plan
  readonly shown: readonly Shown[]
  readonly parts: readonly PromptPart[]
  /** Tools included. */
  readonly tokens: number
  readonly notices: readonly Notice[]
}

const none: readonly never[] = []

/** Renders the prompt of a session or an interaction. @throws {RETINUE_TEMPLATE_FAILED} for a required section */
export function renderPrompt(
  layer: Layer,
  { maxTokens = Infinity, now = new Date() }: PromptOptions,
): Prompt {
  const state = stateOf(layer)
  const renderer = beginPass(layer, state.kept, now)
  const whole = layOut(layer, renderer, state.layout)
  const { plan, parts, tokens, notices } =
    whole.tokens > maxTokens ? shrink(layer, renderer, whole, maxTokens) : whole
  renderer.finish()
  state.layout = whole
  const { last } = state
  if (last?.parts === parts && last.tools === plan.tools && last.notices === notices) return last
  const same = last === undefined ? 0 : sameHead(last.parts, parts)
  const uncached = last && invalidated(last, parts, plan.tools, same)
  const prompt: Prompt = Object.freeze({
    text: joined(parts, last, same),
    parts,
    tools: plan.tools,
    tokens,
    notices: uncached === undefined ? notices : [...notices, uncached],
  })
  state.last = prompt
  return prompt
}

/** What a section or toolset takes of the last prompt. */
export function tokensOf(layer: Layer, entry: Registration): number | undefined {
  const last = lastOf(layer)
  if (entry.kind.name === 'section')
    return last?.parts.find((part) => part.origin === entry.origin && part.section === entry.type)?.tokens
  if (entry.kind.name !== 'toolset') return undefined
  const names = new Set(
    toolsOf(layer)
      .published()
      .filter((tool) => tool.toolset === entry.type)
      .map(({ name }) => name),
  )
  return last && sumOf(last.tools.filter((tool) => names.has(tool.name)))
}

/** The part of the last prompt that a line comes from. */
export function partOfLine(layer: Layer, line: string): PromptPart | undefined {
  return lastOf(layer)?.parts.find(({ text }) => text === line || text.split('\n').includes(line))
}

function lastOf(layer: Layer): Prompt | undefined {
  return (sessionOf(layer).prompt as State | undefined)?.last
}

function stateOf(layer: Layer): State {
  const session = sessionOf(layer)
  const { version } = layer.registry
  const state = (session.prompt ??= { kept: nothingKept(version) } satisfies State) as State
  // After a registration, what was read may be of classes that are no more.
  if (state.kept.version !== version) state.kept = nothingKept(version)
  return state
}

/** Lays out the sections of a layer as they are now; of the last layout all stays that nothing has happened to. */
function layOut(layer: Layer, renderer: Renderer, last: Layout | undefined): Layout {
  const plan = planOf(layer)
  const suspects = plan === last?.plan ? renderer.suspects() : undefined
  if (last === undefined || suspects === undefined) {
    return layoutOf(
      layer,
      plan,
      plan.items.map((item) => fit(renderer, item)),
    )
  }
  let shown: Shown[] | undefined
  for (const item of suspects) {
    const at = plan.items.indexOf(item)
    if (at < 0) continue
    const fitted = fit(renderer, item)
    const { rendered, notices } = last.shown[at]!
    if (fitted.rendered === rendered && equal(fitted.notices, notices)) continue
    shown ??= last.shown.slice()
    shown[at] = fitted
  }
  return shown === undefined ? last : layoutOf(layer, plan, shown)
}

function layoutOf(layer: Layer, plan: Plan, shown: readonly Shown[], budget: readonly Notice[] = []): Layout {
  const parts = Object.freeze(partsOf(shown))
  const notices: Notice[] = []
  for (const each of shown) for (const notice of each.notices) notices.push(notice)
  notices.push(...budget, ...reports(layer, shown, parts))
  return { plan, shown, parts, tokens: plan.toolTokens + sumOf(parts), notices: Object.freeze(notices) }
}

/** Shows the longest form of a section that keeps to its own token limit. */
function fit(renderer: Renderer, item: PlanItem): Shown {
  const { maxTokens = Infinity } = item.options
  const notices: Notice[] = []
  for (const form of item.forms) {
    const shown = show(renderer, item, form, notices)
    const tokens = shown.rendered?.part.tokens ?? 0
    if (tokens <= maxTokens) return shown
    notices.push({
      kind: form === item.forms.at(-1) ? 'over' : 'shrunk',
      section: item.name,
      message: `'${item.name}' takes ${tokens} tokens as '${form}', more than its own limit of ${maxTokens}.`,
      tokens: tokens - maxTokens,
    })
  }
  return show(renderer, item, item.forms.at(-1)!, notices)
}

function show(renderer: Renderer, item: PlanItem, form: Form, notices: readonly Notice[]): Shown {
  return { item, form, rendered: form === 'omit' ? undefined : renderer.render(item, form), notices }
}

/** Shrinks the sections by priority, until they keep to a budget or none can be shorter. */
function shrink(layer: Layer, renderer: Renderer, whole: Layout, maxTokens: number): Layout {
  const { plan } = whole
  const shown = whole.shown.slice()
  const notices: Notice[] = []
  let { parts, tokens } = whole
  while (tokens > maxTokens) {
    const next = nextToShrink(shown, parts)
    if (next < 0) {
      const over = tokens - maxTokens
      const message = `The prompt is ${over} tokens over its budget of ${maxTokens}.`
      notices.push({ kind: 'over', message, tokens: over })
      break
    }
    const { item, notices: own } = shown[next]!
    const form = shorterForm(shown[next]!)!
    shown[next] = show(renderer, item, form, own)
    const before = tokens
    parts = partsOf(shown)
    tokens = plan.toolTokens + sumOf(parts)
    notices.push({
      kind: 'shrunk',
      section: item.name,
      message: `'${item.name}' was shrunk to '${form}' for the budget.`,
      tokens: before - tokens,
    })
  }
  return layoutOf(layer, plan, shown, notices)
}

/** The parts in order, without those that were placed within another. */
function partsOf(shown: readonly Shown[]): PromptPart[] {
  const placed = new Set<string>()
  for (const { rendered } of shown) for (const key of rendered?.reads.placed ?? none) placed.add(key)
  const parts: PromptPart[] = []
  for (const { item, rendered } of shown)
    if (rendered !== undefined && rendered.part.text !== '' && !placed.has(item.key))
      parts.push(rendered.part)
  return parts
}

/** How many of the parts at the head are those of the last prompt. */
function sameHead(before: readonly PromptPart[], parts: readonly PromptPart[]): number {
  let same = 0
  while (same < parts.length && parts[same] === before[same]) same++
  return same
}

const gap = '\n\n'

/** The text of the parts; what stands before and after those that changed is taken from the last text as it is. */
function joined(parts: readonly PromptPart[], last: Prompt | undefined, head: number): string {
  const { parts: before, text } = last ?? { parts: none, text: '' }
  const unchanged = Math.min(before.length, parts.length) - head
  let tail = 0
  while (tail < unchanged && parts[parts.length - 1 - tail] === before[before.length - 1 - tail]) tail++
  const pieces: string[] = []
  if (head > 0) pieces.push(text.slice(0, lengthOf(parts, 0, head)))
  for (let i = head; i < parts.length - tail; i++) pieces.push(parts[i]!.text)
  if (tail > 0) pieces.push(text.slice(-lengthOf(parts, parts.length - tail, parts.length)))
  return pieces.join(gap)
}

function lengthOf(parts: readonly PromptPart[], from: number, to: number): number {
  let length = (to - from - 1) * gap.length
  for (let i = from; i < to; i++) length += parts[i]!.text.length
  return length
}

/** Says what failed, which claims are false, and what pinning costs. */
function reports(layer: Layer, shown: readonly Shown[], parts: readonly PromptPart[]): Notice[] {
  const notices: Notice[] = []
  for (const { item, rendered } of shown) {
    if (rendered === undefined) continue
    const { failure, refuted, part } = rendered
    const section = item.name
    if (failure !== undefined) notices.push({ kind: 'failed', section, message: failure.message })
    if (refuted !== undefined && !isPassing(layer, item))
      notices.push({ kind: 'stability', section, message: refuted })
    if (item.options.pinned !== true || !parts.includes(part)) continue
    const behind = parts
      .slice(parts.indexOf(part) + 1)
      .filter((each) => volatility[each.stability] < volatility[item.stability])
    const tokens = sumOf(behind)
    if (tokens > 0) {
      const message = `'${section}' is pinned: each change of it costs ${tokens} cached tokens.`
      notices.push({ kind: 'pinned', section, message, tokens })
    }
  }
  return notices
}

/** Whether only this interaction has a section: then it is of this turn, whatever it claims. */
function isPassing(layer: Layer, { key, entry }: PlanItem): boolean {
  return layer.type === 'interaction' && entry !== undefined && !sessionOf(layer).presence().has(key)
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
function invalidated(
  last: Prompt,
  parts: readonly PromptPart[],
  tools: readonly PromptTool[],
  same: number,
): Notice | undefined {
  const changedTool = tools === last.tools ? -1 : last.tools.findIndex((tool, i) => !sameTool(tool, tools[i]))
  if (changedTool >= 0 || tools.length > last.tools.length) {
    const lostTools = changedTool < 0 ? [] : last.tools.slice(changedTool)
    return lost('The tools changed', sumOf(lostTools) + sumOf(last.parts))
  }
  let first = same
  while (first < last.parts.length && last.parts[first]!.text === parts[first]?.text) first++
  if (first === last.parts.length) return undefined
  const section = parts[first]?.section ?? last.parts[first]!.section
  return lost(`'${section}' changed`, sumOf(last.parts, first), section)
}

function lost(what: string, tokens: number, section?: string): Notice | undefined {
  if (tokens === 0) return undefined
  const message = `${what}: invalidates ${tokens} cached tokens.`
  return { kind: 'cache', ...(section !== undefined && { section }), message, tokens }
}

function sameTool(a: PromptTool, b: PromptTool | undefined): boolean {
  return a.name === b?.name && a.description === b.description && a.inputSchema === b.inputSchema
}
