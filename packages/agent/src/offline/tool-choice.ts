// Which tools a message asks for, and with what input. A tool is chosen by the words that it shares with a clause and
// by how much of what the clause names it can use. One that changes something is chosen only where the clause begins
// with a verb for just that, and gives everything that the tool needs.
import { Evidence } from './argument.ts'
import { type Clause, clausesOf } from './clause.ts'
import type { OfflineTool } from './offline-tool.ts'
import { isChanging } from './vocabulary.ts'

/** A call that a message asks for. */
export interface PlannedCall {
  readonly tool: OfflineTool
  readonly input: Readonly<Record<string, unknown>>
  /** The clause that asks for it. */
  readonly clause: Clause
}

/** The most calls that one message leads to. */
const mostCalls = 8
/** Below it, a likeness of words is chance. */
const threshold = 1.4

/** Plans the calls that a message asks for, in its order. */
export function planCalls(
  message: string,
  tools: readonly OfflineTool[],
  isRequired: boolean,
): PlannedCall[] {
  const clauses = clausesOf(message)
  const planned = clauses.flatMap((clause) => callsFor(clause, tools, threshold))
  if (planned.length === 0 && isRequired)
    planned.push(...clauses.flatMap((clause) => callsFor(clause, tools, -Infinity)))
  const distinct = new Map(planned.map((call) => [callKey(call.tool.name, call.input), call]))
  return [...distinct.values()].slice(0, mostCalls)
}

/** A text that is equal for equal calls. */
export function callKey(toolName: string, input: unknown): string {
  return `${toolName} ${JSON.stringify(input)}`
}

function callsFor(clause: Clause, tools: readonly OfflineTool[], least: number): PlannedCall[] {
  const candidates = tools
    .map((tool) => ({ tool, filled: fill(tool, clause), words: likeness(tool, clause) }))
    .filter(({ tool }) => isAskedFor(tool, clause))
    // A path or an address alone is reason enough to read it; for anything else the words have to fit as well.
    .filter(({ tool, words }) => words > 0 || tool.deeds.has('read') || tool.deeds.has('fetch') || least < 0)
    .flatMap(({ tool, filled, words }) =>
      filled === undefined ? [] : [{ tool, ...filled, score: words + filled.weight - filled.unused }],
    )
  const [best] = candidates.toSorted((a, b) => b.score - a.score)
  if (best === undefined || best.score < least) return []
  return [best.input, ...best.more].map((input) => ({ tool: best.tool, input, clause }))
}

/** A command to change something is for tools that do just that; other tools are for everything else. */
function isAskedFor(tool: OfflineTool, { command }: Clause): boolean {
  if (tool.isChanging) return command !== undefined && isChanging(command) && tool.deeds.has(command)
  return command === undefined || !isChanging(command) || tool.deeds.has(command)
}

function likeness({ weights }: OfflineTool, { keywords }: Clause): number {
  return [...keywords].reduce((sum, word) => sum + (weights.get(word) ?? 0), 0)
}

interface Filled {
  readonly input: Readonly<Record<string, unknown>>
  /** Further inputs, where a clause names several of the one thing that a tool needs. */
  readonly more: readonly Readonly<Record<string, unknown>>[]
  readonly weight: number
  readonly unused: number
}

/** Fills a tool's input; `undefined` where something that it needs is not there. */
function fill(tool: OfflineTool, clause: Clause): Filled | undefined {
  const { properties = {}, required = [] } = tool.schema
  const evidence = new Evidence(clause, tool)
  const input: Record<string, unknown> = {}
  for (const name of required) {
    const value = evidence.argument(name, properties[name] ?? {}, true)
    if (value === undefined) return undefined
    input[name] = value
  }
  const [only] = required
  const again = required.length === 1 && clause.paths.includes(input[only!] as string)
  const more = again ? evidence.paths.splice(0).map((path) => ({ ...input, [only!]: path })) : []
  for (const name of Object.keys(properties)) {
    if (name in input) continue
    const value = evidence.argument(name, properties[name]!, false)
    if (value !== undefined && value !== Infinity) input[name] = value
  }
  // A search that looks for nothing finds nothing.
  const { minProperties = tool.deeds.has('search') ? 1 : 0 } = tool.schema
  if (Object.keys(input).length < minProperties) return undefined
  return { input, more, weight: evidence.weight, unused: evidence.unused }
}
