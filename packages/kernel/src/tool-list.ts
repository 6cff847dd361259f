// The lists that hang on owners: their change is part of a transaction and a patch of the owner. The list of tools
// is an ordered set of toolset names; what stands in it and can't be in force stays listed, with its reason.
import { Combined } from './combined.ts'
import { ofKind } from './kind.ts'
import type { Layer } from './layers.ts'
import { normalise, typeName, type Key } from './name.ts'
import { ListChange, ObservableList, type ListHost, type Splice } from './observable-list.ts'
import { checkArgument, type OptionRule } from './options.ts'
import { forceOf } from './presence.ts'
import type { Origin, Registration } from './registry.ts'
import { publishedName, type Tool, type Toolset } from './tool.ts'
import type { Party } from './transaction.ts'
import type { Spelling, ToolsetTypes, UnresolvedTool } from './types.ts'
import { equal } from './value.ts'

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

/** The host of a list that an owner has. */
export class OwnedHost<T, In> implements ListHost<T, In> {
  readonly #layer: Layer
  readonly #name: string
  readonly #admit: (item: In) => T
  readonly #moves: boolean

  /** `moves` says that presence depends on the list. */
  constructor(layer: Layer, name: string, admit: (item: In) => T, moves = false) {
    this.#layer = layer
    this.#name = name
    this.#admit = admit
    this.#moves = moves
  }

  admit(item: In): T {
    this.#layer.refuseEnded()
    return this.#admit(item)
  }

  same(a: T, b: T): boolean {
    return equal(a, b)
  }

  commit(list: ObservableList<T, In>, splice: Splice<T>): void {
    this.#layer.refuseEnded()
    const change = new (this.#moves ? ReachingChange : ListChange)(list, splice, this.#layer, this.#name)
    change.apply()
    this.#layer.domain.record(change)
  }
}

/** The change of a list that presence depends on. */
class ReachingChange<T, In> extends ListChange<T, In> {
  declare readonly party: Layer
  #flipsUser = false

  override apply(): void {
    if (this.party.changeTools(() => super.apply())) this.#flipsUser = true
  }

  override undo(): void {
    if (this.party.changeTools(() => super.undo())) this.#flipsUser = true
  }

  reach(reached: Set<Party>): void {
    this.party.reach(reached)
    if (this.#flipsUser) this.party.user?.reach(reached)
  }
}

/** An option that is a list of tools. */
export const aToolList: OptionRule = [
  'a list',
  (tools) => typeof tools === 'object' && Symbol.iterator in Object(tools),
]

/** An ordered set of toolset names. */
class NameList extends ObservableList<string, ToolKey> {
  override indexOf(item: ToolKey): number {
    return super.indexOf(normalise(item as Key, 'toolset') ?? '')
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
  #memo: { readonly at: number; result?: object } | undefined

  constructor(layer: Layer, strict: boolean) {
    super([], new OwnedHost<string, ToolKey>(layer, 'tools', (item) => admitted(layer, item, strict), true))
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

  /** A place for what is derived from this list, until the list, or the version it is for, changes. */
  memo(version: number): { result?: object } {
    const at = version + this.changes // both only grow
    if (this.#memo?.at !== at) this.#memo = { at }
    return this.#memo
  }
}

/** The tools of an owner, made on first use. */
export function toolsOf(layer: Layer, strict = false): ToolList {
  return (layer.tools ??= new ToolList(layer, strict))
}

/** The exclusions of an owner, made on first use. */
export function excludedOf(layer: Layer): ObservableList<string, ToolKey> {
  return (layer.excluded ??= new NameList(
    [],
    new OwnedHost<string, ToolKey>(layer, 'excluded', (item) => typeName(item as Key, 'toolset'), true),
  ))
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

function admitted(layer: Layer, item: ToolKey, strict: boolean): string {
  const type = typeName(item as Key, 'toolset')
  if (strict) {
    const { problem } = layer.registry.graph.closure(`toolset.${type}`)
    if (problem !== undefined) throw problem
  }
  return type
}
