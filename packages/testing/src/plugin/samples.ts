// Values that fit a JSON Schema, made without chance: what the schema names itself (default, examples, constants), its
// bounds, and a few of each type. What turns out not to fit, such as a text for a pattern, is left out.
import { compileSchema } from '@retinue/kernel'

interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema | readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** The key by which the kernel marks the schema of a secret. */
const secretMark = 'x-retinue-secret'

/** Gives values that fit; none for a secret, nor where nothing is known that does. */
export function samplesOf(schema: object): unknown[] {
  if (isSecret(schema)) return []
  const { check } = compileSchema(schema as never)
  const found = candidates(schema, 4).filter((value) => value !== undefined && check(value))
  return [...new Map(found.map((value) => [JSON.stringify(value), value])).values()]
}

/** Whether a field holds a reference to a secret. */
export function isSecret(schema: object): boolean {
  return secretMark in schema
}

function candidates(schema: Schema, depth: number): unknown[] {
  const { default: given, examples = [], anyOf } = schema
  const named = [typeof given === 'function' ? undefined : given, ...examples]
  if ('const' in schema) return [schema.const]
  if (schema.enum !== undefined) return [...schema.enum]
  if (depth === 0) return named
  if (anyOf !== undefined) return [...named, ...anyOf.flatMap((each) => candidates(each, depth - 1))]
  return [...named, ...ofType(schema, depth)]
}

function ofType(schema: Schema, depth: number): unknown[] {
  switch (schema.type) {
    case 'boolean':
      return [true, false]
    case 'null':
      return [null]
    case 'integer':
    case 'number':
      return numbers(schema)
    case 'string':
      return texts(schema)
    case 'array':
      return lists(schema, depth)
    case 'object':
      return objects(schema, depth)
    case undefined:
    default:
      return []
  }
}

function numbers({ type, minimum, maximum }: Schema): number[] {
  const low = minimum ?? Math.min(0, maximum ?? 0)
  const inside = [low, low + 1, low + 7, maximum ?? low + 42]
  return type === 'number' ? [...inside, low + 0.5] : inside
}

function texts({ minLength = 0, maxLength = Infinity }: Schema): string[] {
  const words = ['alpha', 'Two words', 'Ünïcode — “ok”', 'line one\nline two', '<b>{{bold}}</b> <%= 1 %>', '']
  return words.map((word) => word.padEnd(minLength, 'x').slice(0, maxLength))
}

function lists({ items, minItems = 0, maxItems = 3 }: Schema, depth: number): unknown[][] {
  if (Array.isArray(items)) return [items.map((each) => candidates(each as Schema, depth - 1).at(-1))]
  const values =
    items === undefined ? ['x'] : candidates(items as Schema, depth - 1).filter((each) => each !== undefined)
  const lengths = new Set([minItems, Math.max(minItems, 1), Math.max(minItems, Math.min(maxItems, 3))])
  return [...lengths].map((length) =>
    Array.from({ length }, (_, i) => values[i % Math.max(1, values.length)]),
  )
}

function objects({ properties = {}, required = [], patternProperties }: Schema, depth: number): object[] {
  const make = (fields: readonly string[], nth: number): object =>
    Object.fromEntries(
      fields.flatMap((field) => {
        const values = candidates(properties[field]!, depth - 1).filter((each) => each !== undefined)
        return values.length === 0 ? [] : [[field, values[nth % values.length]]]
      }),
    )
  const all = Object.keys(properties)
  const record = Object.values(patternProperties ?? {}).flatMap((each) =>
    candidates(each, depth - 1).map((value) => ({ key: value })),
  )
  return [make(required, 0), make(all, 1), make(all, 2), ...record]
}
