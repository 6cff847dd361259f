// The input schema of a server's tool, as models are shown it and inputs are checked by it. It is made anew of what JSON
// Schema knows, so that nothing in it costs more than its size, nor has a provider refuse all tools: references are put in
// place, patterns, formats and alternatives of the whole are told in words, and what is too large or hides something is refused.
import type { TObject } from '@retinue/kernel'
import { cleaned, isHiding } from './foreign-text.ts'
import { isRecord } from './record.ts'

const maxDepth = 32
const maxNodes = 4000
const maxChars = 60_000
const maxDescriptionChars = 1000

type Schema = Readonly<Record<string, unknown>>

/** Keywords by what they hold; any other is dropped, and data of another sort, as older drafts have it. */
const inSchema = ['items', 'additionalProperties', 'not', 'if', 'then', 'else']
const inList = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const asData =
  /^(?:const|default|uniqueItems) |^(?:enum|examples|required) list|^(?:m|ex)\w+ number|^type (?:,?(?:array|boolean|integer|null|number|object|string))+$/
/** What providers take below the top of an input alone. */
const belowTop = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else']

/** Makes a schema of a server's; throws an error with the reason where it is none that can be taken. */
export function foreignSchema(schema: unknown): TObject {
  const made = Object(new Walk(schema).schema(schema)) as Record<string, unknown>
  if (made['type'] !== 'object') throw new Error('its input is no object')
  const told = belowTop.filter((key) => key in made).map((key) => `${key}: ${JSON.stringify(made[key])}`)
  const properties = { ...propertiesWithin(made), ...(made['properties'] as object) }
  // Some servers forbid beside the alternatives what is in them, and take it.
  if (told.join().includes('"properties"')) delete made['additionalProperties']
  for (const key of belowTop) delete made[key]
  Object.assign(made, { properties }, described(made, ...told))
  if (JSON.stringify(made).length > maxChars)
    throw new Error(`its schema is longer than ${maxChars} characters`)
  return made as unknown as TObject
}

/**
 * The properties that alternatives at the top name, each in every form that one of them has for it: a model gives nothing
 * else than properties.
 */
function propertiesWithin(made: Schema): object {
  const found = new Map<string, Map<string, unknown>>()
  for (const each of ['allOf', 'anyOf', 'oneOf'].flatMap((key) => made[key] ?? []))
    for (const [name, schema] of Object.entries(Object((each as Schema)['properties']) as object)) {
      if (!found.has(name)) found.set(name, new Map())
      found.get(name)!.set(JSON.stringify(schema), schema)
    }
  const either = (all: unknown[]): unknown => (all.length > 1 ? { anyOf: all } : all[0])
  return Object.fromEntries([...found].map(([name, all]) => [name, either([...all.values()])]))
}

/** One walk over a schema. */
class Walk {
  readonly #root: unknown
  #nodes = 0

  constructor(root: unknown) {
    this.#root = root
  }

  /** `within` holds the references that are being put in place: one of them again is a circle, and takes anything. */
  schema(schema: unknown, depth = 0, within: readonly string[] = []): Record<string, unknown> | boolean {
    this.#count(depth)
    if (typeof schema === 'boolean') return schema
    if (!isRecord(schema)) throw new Error('its schema is none')
    const ref = schema['$ref']
    if (typeof ref === 'string') {
      if (within.includes(ref)) return {}
      const target = this.schema(this.#target(ref), depth + 1, [...within, ref])
      return typeof target === 'object' ? { ...target, ...described(schema) } : target
    }
    const made: Record<string, unknown> = {}
    const told: string[] = []
    const inner = (value: unknown): unknown => this.schema(value, depth + 1, within)
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') made[key] = this.#properties(value, inner, told)
      else if (inList.includes(key) && Array.isArray(value))
        made[key === 'items' ? 'prefixItems' : key] = value.map(inner)
      else if (inSchema.includes(key)) made[key] = inner(value)
      else if (asData.test(`${key} ${sortOf(key, value)}`)) made[key] = this.#data(value, depth)
    }
    // What patterns allow beside the properties is known to the server alone. Gemini refuses all tools for one that requires
    // what is no property.
    if (told.length > 0 || 'patternProperties' in schema) delete made['additionalProperties']
    if (told.length > 0) delete made['required']
    return { ...described(schema, ...told), ...made }
  }

  /** A property by a name for which Anthropic refuses all tools, as `filter[]`, goes into `told`: it can be given as well. */
  #properties(value: unknown, inner: (value: unknown) => unknown, told: string[]): Record<string, unknown> {
    if (!isRecord(value)) throw new Error('its properties are none')
    const made: Record<string, unknown> = {}
    for (const [name, schema] of Object.entries(value)) {
      if (/^(?!__proto__$)[\w.-]{1,64}$/.test(name)) made[name] = inner(schema)
      else told.push(`${name}: ${JSON.stringify(inner(schema))}`)
    }
    return made
  }

  #data(value: unknown, depth: number): unknown {
    this.#count(depth)
    if (typeof value === 'string' && isHiding(value)) throw new Error('its schema hides characters')
    if (Array.isArray(value)) return value.map((each) => this.#data(each, depth + 1))
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [this.#data(key, depth), this.#data(each, depth + 1)]),
    )
  }

  /** What a reference within the schema leads to. */
  #target(ref: string): unknown {
    let at = /^#(?:\/|$)/.test(ref) ? this.#root : undefined
    for (const step of ref.slice(2).split('/').filter(Boolean)) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
      at = Object.hasOwn(Object(at) as object, key) ? (at as Schema)[key] : undefined
    }
    if (at === undefined) throw new Error('its schema refers to nothing')
    return at
  }

  #count(depth: number): void {
    if (depth > maxDepth) throw new Error(`its schema is deeper than ${maxDepth}`)
    if (++this.#nodes > maxNodes) throw new Error(`its schema has more than ${maxNodes} parts`)
  }
}

/**
 * What a schema says in words. A pattern is told, since running it is somebody else's to pay; and a format, since servers
 * take what is not of it (a time without a zone), and Gemini refuses most.
 */
function described(schema: Schema, ...more: readonly string[]): Record<string, unknown> {
  const words = ['pattern', 'format'].filter((key) => typeof schema[key] === 'string')
  const told = [
    schema['description'],
    ...words.map((key) => `${key}: ${schema[key] as string}`),
    ...more,
  ].filter((text) => typeof text === 'string' && text !== '')
  return told.length === 0 ? {} : { description: cleaned(told.join('\n'), maxDescriptionChars) }
}

/** What the data of a keyword is; of a type, which. */
function sortOf(key: string, value: unknown): string {
  if (key === 'type') return String(value)
  return Array.isArray(value) ? 'list' : typeof value
}
