// The layout of a prompt: the form that each section of the plan takes, by its own limit and by the budget, and what there
// is to say of them: what failed, which claims are false, what was shrunk.
import { sessionOf } from './cells.ts'
import type { Layer } from './layers.ts'
import { volatility } from './pass.ts'
import { planOf, sumOf, type Plan, type PlanItem } from './plan.ts'
import type { PromptPart, Rendered, Renderer } from './rendering.ts'
import type { Form } from './types.ts'
import { equal } from './value.ts'

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

/** A section in the form that it takes in a prompt; one that is omitted is not rendered. */
interface Shown {
  readonly item: PlanItem
  readonly form: Form
  readonly rendered: Rendered | undefined
  /** What there is to say of the section's own limit. */
  readonly notices: readonly Notice[]
}

/** The sections of a plan, each in a form, and what they come to. */
export interface Layout {
  readonly plan: Plan
  readonly shown: readonly Shown[]
  readonly parts: readonly PromptPart[]
  /** Tools included. */
  readonly tokens: number
  readonly notices: readonly Notice[]
}

const none: readonly never[] = []

/** Lays out the sections of a layer as they are now; of the last layout all stays that nothing has happened to. */
export function layOut(layer: Layer, renderer: Renderer, last: Layout | undefined): Layout {
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
export function shrink(layer: Layer, renderer: Renderer, whole: Layout, maxTokens: number): Layout {
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
