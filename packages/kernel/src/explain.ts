// Explaining: every line of a prompt and every value has somebody who asked for it, a way by which it came, a
// package that defined it, and a layer that set it. Nothing is recorded for this; all of it is derived when asked.
import { RetinueError } from './errors.ts'
import type { Layer } from './layers.ts'
import type { Key } from './name.ts'
import { forceOf } from './presence.ts'
import { partOfLine, tokensOf } from './prompt.ts'
import type { PromptPart } from './rendering.ts'
import { splitKey, type Origin, type Registration } from './registry.ts'
import { isSecretRef } from './secret.ts'
import { toolsOf, type ToolKey } from './tool-list.ts'
import type { Source } from './types.ts'
import { unknownType } from './unknown-type.ts'
import { shortened } from './value.ts'

/** One reason why something is present. */
export interface Requester {
  /** `toolset:web_search`; `code` where it was asked for by hand, `values` where own values ask for it. */
  readonly by: string
  /** The owner that has the tool, the request or the values: `agent:researcher`. */
  readonly on: string
  /** The way of needs from there to what is explained, both included. */
  readonly path: readonly string[]
}

/** Why something is here, and what it says. */
export interface Explanation {
  readonly kind: string
  readonly type: string
  readonly present: boolean
  readonly requestedBy: readonly Requester[]
  /** Of a toolset: the owners that keep it out of force, where any do. */
  readonly excludedBy?: readonly string[]
  /** `undefined` for the instructions of an agent. */
  readonly origin: Origin | undefined
  /** The effective values, and the layers that they come from; a secret is `[secret env]` or the like. */
  readonly fields: Readonly<Record<string, { readonly value: unknown; readonly source: Source }>>
  /** Of a section or toolset: what it takes of the prompt, as far as the last one tells. */
  readonly tokens?: number
  /** What a person reads. */
  readonly text: string
  toString(): string
}

/**
 * Explains what a key names: `kind.type`, the path of a property (`context.searchResults`), a class, an instance, a toolset,
 * the name of a tool as a model is shown it, or the text of a line of the prompt.
 * @throws {RETINUE_TYPE_UNKNOWN}
 */
export function explain(layer: Layer, key: Key): Explanation {
  const entry = entryOf(layer, key)
  if ('text' in entry) return explainInstructions(entry)
  const present = layer.presence().has(entry.key)
  const excluding = [...ownersFrom(layer)].filter(({ excluded }) =>
    excluded?.has(entry.definition as ToolKey),
  )
  const facts = {
    kind: entry.kind.name,
    type: entry.type,
    present,
    requestedBy: present ? requesters(layer, entry.key) : [],
    ...(excluding.length > 0 && { excludedBy: excluding.map(({ label }) => label) }),
    origin: entry.origin,
    fields: fieldsOf(layer, entry),
  }
  return told(facts, tokensOf(layer, entry))
}

/** The lines that no section says: those of the agent itself. */
function explainInstructions({ text: value, tokens, origin: { package: agent } }: PromptPart): Explanation {
  const type = agent.slice('agent:'.length)
  const requestedBy = [{ by: 'instructions', on: agent, path: [agent] }]
  const fields = { instructions: { value, source: 'agent' } } as const
  return told({ kind: 'agent', type, present: true, requestedBy, origin: undefined, fields }, tokens)
}

function told(facts: Omit<Explanation, 'text' | 'tokens'>, tokens: number | undefined): Explanation {
  const text = describe(facts, tokens)
  return { ...facts, ...(tokens !== undefined && { tokens }), text, toString: () => text }
}

function entryOf(layer: Layer, key: Key): Registration | PromptPart {
  const { registry } = layer
  const [kind, name] = splitKey(registry, key)
  if (kind !== undefined) {
    const found = registry.find(name, kind.name)
    if (found !== undefined) return found
    if (typeof name !== 'string' || !name.includes(' ')) throw unknownType(registry, name, kind.name)
  }
  if (typeof key !== 'string') return entryOf(layer, typeof key)
  const part = partOfLine(layer, key)
  const section = part && registry.at(`section.${part.section}`)
  if (part !== undefined) return section?.origin === part.origin ? section : part
  const bare = registry.kinds.flatMap((each) => registry.find(key, each.name) ?? [])
  const present = bare.filter((each) => layer.presence().has(each.key))
  const only = present[0] ?? bare[0] ?? toolsetOf(layer, key)
  if (only !== undefined) return only
  throw new RetinueError('RETINUE_TYPE_UNKNOWN', `Nothing to explain under '${key}'.`, {
    hint: "Name a kind and a type, such as 'context.search_results', a tool, or a line of the prompt.",
  })
}

/** The toolset in force that publishes a tool of that name. */
function toolsetOf(layer: Layer, tool: string): Registration | undefined {
  const published = toolsOf(layer)
    .published()
    .find(({ name }) => name === tool)
  return published && layer.registry.at(`toolset.${published.toolset}`)
}

/** Everybody who asks for a key, as seen from an owner. */
function requesters(layer: Layer, target: string): Requester[] {
  const found = new Map<string, Requester>()
  const { graph } = layer.registry
  const note = (at: Layer, by: string, root: string, keys: readonly string[]): void => {
    const id = `${at.label} ${by} ${root}`
    const path = found.has(id) ? undefined : graph.path(root, target, keys)
    if (path) found.set(id, { by, on: at.label, path: path.map((key) => key.replace('.', ':')) })
  }
  for (const at of ownersFrom(layer)) {
    const { excluded } = forceOf(at.isRoot ? undefined : at)
    for (const key of at.requested ?? []) note(at, 'code', key, graph.closure(key, excluded).keys)
    if (at.isRoot) for (const key of at.valued()) note(at, 'values', key, graph.closure(key).keys)
  }
  const user = layer.user!
  const members = user.presence().has(target)
    ? [...user.members!.sessions()].flatMap((each) => [each, ...each.within()])
    : []
  for (const member of [layer, ...members]) {
    const { keys, onUser } = forceOf(member)
    if (member !== layer && !graph.close(onUser).keys.includes(target)) continue // only what they ask the user for is here
    for (const at of ownersFrom(member)) {
      for (const tool of at.tools ?? []) note(at, `toolset:${tool}`, `toolset.${tool}`, keys)
    }
  }
  return [...found.values()]
}

/** An owner and those above it. */
function* ownersFrom(layer: Layer): Iterable<Layer> {
  for (let at: Layer | undefined = layer; at !== undefined; at = at.parent) {
    yield at
    if (at.type !== 'session') continue
    if (at.agent !== undefined) yield at.agent
    yield at.user!
  }
}

function fieldsOf(layer: Layer, entry: Registration): Explanation['fields'] {
  if (entry.shape === undefined) return {}
  const cell = layer.cell(entry)
  return entry.shape.valuesOf((index) => {
    const value = cell.read(index)
    return { value: isSecretRef(value) ? `[secret ${value.$secret}]` : value, source: cell.source(index) }
  }) as Explanation['fields']
}

function describe(facts: Omit<Explanation, 'text' | 'tokens'>, tokens: number | undefined): string {
  const { kind, type, present, requestedBy, excludedBy = [], origin, fields } = facts
  const from = origin === undefined ? '' : ` (${origin.package}@${origin.version})`
  const lines = [`${kind} ${type}${from} is ${present ? 'present' : 'not present'}`]
  for (const { by, on, path } of requestedBy) lines.push(`  asked for by ${by} on ${on}: ${path.join(' → ')}`)
  for (const owner of excludedBy) lines.push(`  excluded by ${owner}`)
  for (const [field, { value, source }] of Object.entries(fields)) {
    lines.push(`  ${field} = ${shortened(JSON.stringify(value) ?? 'nothing')} (${source})`)
  }
  if (tokens !== undefined) lines.push(`  about ${tokens} tokens of the prompt`)
  return lines.join('\n')
}
