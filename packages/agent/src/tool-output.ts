// What a tool gives back, in the form that the history keeps: text, JSON, or parts of text and files, as data of our
// own, because the history freezes it and a tool may hold on to what it returned.
import { compileSchema, type Json, type Tool, type ToolOutput, type TSchema, Type } from '@retinue/kernel'
import { isTooDeep, maxNesting } from './nesting.ts'
import { reasonOf } from './reason.ts'

/**
 * Gives a tool's value as output. A value that is not JSON, or does not fit the schema that the tool declares for
 * its output, is an error that the model sees: it would otherwise read something that the tool did not mean.
 */
export function toolOutput(tool: Tool, value: unknown): ToolOutput {
  const isContent = tool.output === 'content' && typeof value !== 'string'
  if (typeof tool.output === 'object' || isContent) {
    const schema = compileSchema(isContent ? (content ??= contentSchema()) : (tool.output as TSchema))
    const problem = schema.check(value) ? undefined : schema.errors(value)[0]
    if (problem !== undefined) {
      const what = isContent ? 'is no list of text and file parts' : 'does not fit its own schema'
      return failure(`What the tool returned ${what}: ${problem.path} ${problem.message}`)
    }
  }
  if (typeof value === 'string') return { type: 'text', value }
  if (value === undefined) return { type: 'text', value: 'Done; the tool returned nothing.' }
  try {
    return { type: isContent ? 'content' : 'json', value: jsonOf(value, 'returned') as never }
  } catch (error) {
    return failure(reasonOf(error))
  }
}

/**
 * What a tool returned or emitted, as JSON of our own: the tool may change it later.
 * @throws where it is none, or is nested too deep to be kept.
 */
export function jsonOf(value: unknown, how: 'returned' | 'emitted'): Json {
  let why = `is not JSON: it is a ${typeof value}`
  try {
    const text = JSON.stringify(value) as string | undefined
    const json = text === undefined ? undefined : (JSON.parse(text) as Json)
    if (json !== undefined && !isTooDeep(json)) return json
    if (json !== undefined) why = `is nested deeper than ${maxNesting}`
  } catch (error) {
    why = `is not JSON: ${reasonOf(error)}`
  }
  throw new Error(`What the tool ${how} ${why}`)
}

/** What an output says in words; of JSON its text, of parts those that are text. */
export function textOf({ type, value }: ToolOutput): string {
  if (type === 'content') return value.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  return type === 'text' || type === 'error-text' ? value : JSON.stringify(value)
}

let content: TSchema | undefined

function contentSchema(): TSchema {
  const text = Type.Object({ type: Type.Literal('text'), text: Type.String() })
  const file = Type.Object({
    type: Type.Literal('file'),
    mediaType: Type.String(),
    data: Type.String(),
    filename: Type.Optional(Type.String()),
  })
  return Type.Array(Type.Union([text, file]), { minItems: 1 })
}

/** An output that says what went wrong. */
export function failure(value: string): ToolOutput {
  return { type: 'error-text', value }
}
