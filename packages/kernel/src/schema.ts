// The room that touches TypeBox at run time. A packed kernel holds what it uses of TypeBox in this file alone.
// Checks are compiled on their first use; where code generation is forbidden TypeBox interprets them instead.
import type { TSchema } from 'typebox'
import { Build, Errors } from 'typebox/schema'

export * as Type from './type.ts'
export type { Static, TObject, TProperties, TSchema, TUnsafe } from 'typebox'

/** What does not fit a schema: a JSON pointer into the value, and why. */
export interface SchemaProblem {
  readonly path: string
  readonly message: string
}

/** A schema that is ready to check values. */
export interface CompiledSchema {
  /** Tells whether the value fits. */
  check(value: unknown): boolean
  /** Says what does not fit; empty where all does. */
  errors(value: unknown): SchemaProblem[]
}

/**
 * Compiles a TypeBox or plain JSON Schema, once: asking again for the same schema object costs nothing.
 *
 * @example
 * compileSchema(Type.Integer({ minimum: 1 })).check(0) // false
 */
export function compileSchema(schema: TSchema): CompiledSchema {
  let compiled = known.get(schema)
  if (compiled === undefined) known.set(schema, (compiled = compile(schema)))
  return compiled
}

const known = new WeakMap<object, CompiledSchema>()

function compile(schema: TSchema): CompiledSchema {
  const { check } = Build({}, schema as never).Evaluate() as unknown as Pick<CompiledSchema, 'check'>
  return {
    check,
    errors(value) {
      const [, found] = Errors(schema as never, value)
      const problems = found.map((error) => ({ path: error.instancePath, message: messageOf(error, found) }))
      return [...new Map(problems.map((each) => [each.path + each.message, each])).values()]
    },
  }
}

type SchemaError = ReturnType<typeof Errors>[1][number]

/** TypeBox says of a literal that it is one: what is allowed is said here, all that a union allows at once. */
function messageOf(error: SchemaError, found: readonly SchemaError[]): string {
  if (allowedBy(error).length === 0) return error.message
  const allowed = found.filter(({ instancePath }) => instancePath === error.instancePath).flatMap(allowedBy)
  const isCut = found.length >= maxFound
  return `must be ${allowed.map((each) => JSON.stringify(each)).join(' or ')}${isCut ? ' or …' : ''}`
}

/** The most errors that TypeBox finds. */
const maxFound = 8

function allowedBy({ keyword, params }: SchemaError): readonly unknown[] {
  if (keyword === 'const') return [params.allowedValue]
  return keyword === 'enum' ? params.allowedValues : []
}
