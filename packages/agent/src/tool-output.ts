// What a tool gives back, in the form that the history keeps: text, JSON, or parts of text and files, as data of our
// own, because the history freezes it and a tool may hold on to what it returned.
import { compileSchema, type Tool, type ToolOutput, type TSchema, Type } from '@retinue/kernel'
import { reasonOf } from './reason.ts'
import { jsonCopy } from './tool-json.ts'

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
    return { type: isContent ? 'content' : 'json', value: jsonCopy(value, 'returned') as never }
  } catch (error) {
    return failure(reasonOf(error))
  }
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

/** Tells whether an output says what went wrong. */
export function isFailure({ type }: ToolOutput): boolean {
  return type === 'error-text' || type === 'error-json'
}

/** Another text in the place of an output. */
export function inOtherWords(output: ToolOutput, value: string): ToolOutput {
  return isFailure(output) ? failure(value) : { type: 'text', value }
}
