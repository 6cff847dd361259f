// The lists of tools, in force and kept out: ordered sets of toolset names. What stands in one and can't be in force stays
// listed, with its reason.
import { Combined } from './combined.ts'
import { ofKind } from './kind.ts'
import type { Layer } from './layers.ts'
import { normalise, typeName } from './name.ts'
import { checkArgument, type OptionRule } from './options.ts'
import type { ObservableList } from './observable-list.ts'
import { OwnedList, ReachingChange } from './owned-list.ts'
import { forceOf } from './presence.ts'
import type { Origin, Registration } from './registry.ts'
import { publishedName, type Tool, type Toolset } from './tool.ts'
import type { Spelling, ToolsetTypes, UnresolvedTool } from './types.ts'

/** Whatever names a toolset. */
export type ToolKey = Spelling<ToolsetTypes> | Toolset | (string & {})

/** A tool as models are shown it. */
export interface PublishedTool {
  /** `<toolset>_<tool>`, or the toolset's name where the tool bears it. */
  readonly name: string
  readonly toolset: string
  readonly tool: Tool
  readonly origin: Origin
}

/** An option that is a list of tools. */
export const aToolList: OptionRule = [
  'a list',
  (tools) => typeof tools === 'object' && Symbol.iterator in Object(tools),
]

/** An ordered set of toolset names. */
class NameList extends OwnedList<string, ToolKey> {
  constructor(layer: Layer, list: string, admit: (item: ToolKey) => string = nameOf) {
    super(layer, list, admit, ReachingChange)
  }

  override indexOf(item: ToolKey): number {
    return super.indexOf(normalise(item, 'toolset') ?? '')
  }

  /** Puts other toolsets in the place of all. A text would be read letter by letter. */
  override replace(items: Iterable<ToolKey> & object): void {
    checkArgument('replace()', 'tools', items, aToolList, 'RETINUE_VALUE_INVALID')
    super.replace(items)
  }

  protected override admitAll(items: readonly ToolKey[], removed: readonly string[]): readonly string[] {
    const stay = new Set(this.items)
    for (const name of removed) stay.delete(name)
    return [...new Set(super.admitAll(items, removed))].filter((name) => !stay.has(name))
  }
}

/**
 * The tools of an owner. Adding one brings its retinue into every session that it comes into force in.
 *
 * @example
 * agent.tools.push('web_search')
 * agent.tools.replace(['web_search', 'think']) // in place of those that were there
 * session.tools.exclude('web_search') // not here
 */
export class ToolList extends NameList {
  readonly #layer: Layer
  #memo: { readonly at: number; readonly top: object; result?: object } | undefined

  constructor(layer: Layer, strict: boolean) {
    super(layer, 'tools', strict ? (item) => resolvable(layer, item) : undefined)
    this.#layer = layer
  }

  /** Keeps a toolset that comes from above out of force here; saved. No change where it is so already. */
  exclude(name: ToolKey): void {
    excludedOf(this.#layer).push(name)
  }

  /** Takes back an exclusion that was made here. */
  include(name: ToolKey): void {
    this.#layer.excluded?.remove(name)
  }

  /** What is kept out here. */
  get excluded(): readonly string[] {
    return this.#layer.excluded?.items ?? []
  }

  /** The toolsets in force here: those of the agent and of parents, and its own, less what is excluded. */
  get inForce(): readonly string[] {
    return toolsetsOf(this.#layer).map(({ type }) => type)
  }

  /** What is listed, here or above, and can't be in force; it will be by itself as soon as it can. */
  get unresolved(): readonly UnresolvedTool[] {
    return forceOf(this.#layer).unresolved
  }

  /** The tools in force as models are shown them, those of parents first. */
  published(): readonly PublishedTool[] {
    const layer = this.#layer
    const kept = layer.isRoot ? {} : ofPresence.at([layer.presence()])
    return (kept.result ??= publishedBy(toolsetsOf(layer)))
  }

  /** A place for what is derived from this list and those above it, as long as both say the same. */
  memo(at: number, top: object): { result?: object } {
    if (this.#memo?.at !== at || this.#memo.top !== top) this.#memo = { at, top }
    return this.#memo
  }
}

/** The tools of an owner, made on first use. */
export function toolsOf(layer: Layer, strict = false): ToolList {
  return (layer.tools ??= new ToolList(layer, strict))
}

/** The exclusions of an owner, made on first use. */
export function excludedOf(layer: Layer): ObservableList<string, ToolKey> {
  return (layer.excluded ??= new NameList(layer, 'excluded'))
}

const ofPresence = new Combined<readonly PublishedTool[]>()

function publishedBy(toolsets: readonly Registration[]): readonly PublishedTool[] {
  const tools = toolsets.flatMap(({ definition, type, origin }) =>
    Object.entries((definition as Toolset).tools).map(([name, tool]) =>
      Object.freeze({ name: publishedName(type, name), toolset: type, tool, origin }),
    ),
  )
  return Object.freeze(tools)
}

function toolsetsOf(layer: Layer): readonly Registration[] {
  if (layer.isRoot) {
    return [...forceOf(layer).toolsets.keys()].map((type) => layer.registry.at(`toolset.${type}`)!)
  }
  return ofKind(layer.presence(), 'toolset')
}

function nameOf(item: ToolKey): string {
  return typeName(item, 'toolset')
}

/** The name of a toolset that can be in force. @throws what keeps it from that */
function resolvable({ registry }: Layer, item: ToolKey): string {
  const type = nameOf(item)
  const { problem } = registry.graph.closure(`toolset.${type}`)
  if (problem !== undefined) throw problem
  return type
}
