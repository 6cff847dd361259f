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
  const { check } = Build({}, schema).Evaluate() as unknown as Pick<CompiledSchema, 'check'>
  return {
    check,
    errors(value) {
      const [, found] = Errors(schema, value)
      return found.map((error) => ({ path: error.instancePath, message: messageOf(error) }))
    },
  }
}

/** What TypeBox says of a problem; of values that are allowed it does not say which. */
function messageOf(error: ReturnType<typeof Errors>[1][number]): string {
  if (error.keyword === 'const') return `must be ${JSON.stringify(error.params.allowedValue)}`
  if (error.keyword === 'enum') return `must be one of ${JSON.stringify(error.params.allowedValues)}`
  return error.message
}
