// The prompt: the sections as they are laid out, in one text, of which all stays that has not changed since the last one;
// and what a change costs the provider's cache.
import { sessionOf } from './cells.ts'
import type { Layer } from './layers.ts'
import { option, type KnownOptions } from './options.ts'
import { layOut, shrink, type Layout, type Notice } from './layout.ts'
import { sumOf, type PromptTool } from './plan.ts'
import type { Registration } from './registry.ts'
import { beginPass, nothingKept, type Kept, type PromptPart } from './rendering.ts'
import { toolsOf } from './tool-list.ts'

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

/** A rendered prompt. */
export interface Prompt {
  /** The system text: the parts, an empty line between them. */
  readonly text: string
  readonly parts: readonly PromptPart[]
  /** The tools, which providers put first; an interaction's own come last. */
  readonly tools: readonly PromptTool[]
  /** An estimate, tools included: a token is about four characters. */
  readonly tokens: number
  /** What is wrong with it, what was shrunk, and what a change since the last one costs the provider's cache. */
  readonly notices: readonly Notice[]
}

/** What a session keeps from prompt to prompt. */
interface State {
  kept: Kept
  layout?: Layout
  last?: Prompt
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
