// The input schema of a server's tool, as models are shown it and inputs are checked by it. It is made anew of what JSON
// Schema knows, so that nothing in it costs more than its size: references are put in place, patterns are told and not
// run, and what is too large or hides something is refused.
import type { TObject } from '@retinue/kernel'
import { cleaned, isHiding } from './foreign-text.ts'

const maxDepth = 32
const maxNodes = 4000
const maxChars = 60_000
const maxDescriptionChars = 1000

type Schema = Readonly<Record<string, unknown>>

/** Keywords by what they hold; any other is dropped. */
const inSchema = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']
const inList = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const asData = (
  'type enum const default examples required format uniqueItems deprecated minimum maximum exclusiveMinimum ' +
  'exclusiveMaximum multipleOf minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains'
).split(' ')

/** Makes a schema of a server's; throws an error with the reason where it is none that can be taken. */
export function foreignSchema(schema: unknown): TObject {
  const made = new Walk(schema).root()
  if (made['type'] !== 'object') throw new Error('its input is no object')
  if (JSON.stringify(made).length > maxChars)
    throw new Error(`its schema is longer than ${maxChars} characters`)
  return { ...made, properties: made['properties'] ?? {} } as unknown as TObject
}

/** One walk over a schema. */
class Walk {
  readonly #root: unknown
  #nodes = 0

  constructor(root: unknown) {
    this.#root = root
  }

  root(): Record<string, unknown> {
    const made = this.#schema(this.#root, 0, [])
    return typeof made === 'object' ? made : {}
  }

  /** `within` holds the references that are being put in place: one of them again is a circle, and takes anything. */
  #schema(schema: unknown, depth: number, within: readonly string[]): Record<string, unknown> | boolean {
    this.#count(depth)
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) throw new Error('its schema is none')
    const ref = schema['$ref']
    if (typeof ref === 'string') {
      if (within.includes(ref)) return {}
      const target = this.#schema(this.#target(ref), depth + 1, [...within, ref])
      const described = describe(schema)
      return typeof target === 'object' ? { ...target, ...described } : target
    }
    const made: Record<string, unknown> = describe(schema)
    const inner = (value: unknown): unknown => this.#schema(value, depth + 1, within)
    for (const [key, value] of Object.entries(schema)) {
      // What patterns allow beside the properties is known to the server alone.
      if (value === undefined || (key === 'additionalProperties' && 'patternProperties' in schema)) continue
      if (key === 'properties') made[key] = this.#properties(value, inner)
      else if (inList.includes(key) && Array.isArray(value)) made[key] = value.map(inner)
      else if (inSchema.includes(key)) made[key] = inner(value)
      else if (asData.includes(key)) made[key] = this.#data(value, depth)
    }
    return made
  }

  #properties(value: unknown, inner: (value: unknown) => unknown): Record<string, unknown> {
    if (!isObject(value)) throw new Error('the properties in its schema are none')
    const entries = Object.entries(value).map(([name, schema]) => {
      if (name === '__proto__' || isHiding(name)) throw new Error('a property in its schema has no good name')
      return [name, inner(schema)] as const
    })
    return Object.fromEntries(entries)
  }

  #data(value: unknown, depth: number): unknown {
    this.#count(depth)
    if (typeof value === 'string' && isHiding(value))
      throw new Error('a value in its schema hides characters')
    if (Array.isArray(value)) return value.map((each) => this.#data(each, depth + 1))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [this.#data(key, depth), this.#data(each, depth + 1)]),
    )
  }

  /** What a reference within the schema leads to. */
  #target(ref: string): unknown {
    if (ref !== '#' && !ref.startsWith('#/')) throw new Error('its schema refers to something outside of it')
    let at = this.#root
    for (const step of ref.slice(2).split('/').filter(Boolean)) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
      at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Schema)[key] : undefined
    }
    if (at === undefined) throw new Error('its schema refers to something that is not in it')
    return at
  }

  #count(depth: number): void {
    if (depth > maxDepth) throw new Error(`its schema is deeper than ${maxDepth}`)
    if (++this.#nodes > maxNodes) throw new Error(`its schema has more than ${maxNodes} parts`)
  }
}

/** What a schema says in words; a pattern is told, since running it is somebody else's to pay. */
function describe({ title, description, pattern }: Schema): Record<string, unknown> {
  const told = [description, typeof pattern === 'string' && `Pattern: ${pattern}`].filter(
    (text): text is string => typeof text === 'string' && text !== '',
  )
  return {
    ...(typeof title === 'string' && { title: cleaned(title, maxDescriptionChars) }),
    ...(told.length > 0 && { description: cleaned(told.join('\n'), maxDescriptionChars) }),
  }
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
