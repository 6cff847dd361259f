// What a tool gives back, in the form that the model sees and the history keeps: text or JSON, as data of our own,
// because the history freezes it and a tool may hold on to what it returned.
import { compileSchema, type Json, type Tool, type ToolOutput } from '@retinue/kernel'
import { reasonOf } from './reason.ts'

/**
 * Gives a tool's value as output. A value that is not JSON, or does not fit the schema that the tool declares for
 * its output, is an error that the model sees: it would otherwise read something that the tool did not mean.
 */
export function toolOutput(tool: Tool, value: unknown): ToolOutput {
  if (tool.output !== undefined) {
    const schema = compileSchema(tool.output as never)
    const problem = schema.check(value) ? undefined : schema.errors(value)[0]
    if (problem !== undefined) {
      return failure(`What the tool returned does not fit its own schema: ${problem.path} ${problem.message}`)
    }
  }
  if (typeof value === 'string') return { type: 'text', value }
  if (value === undefined) return { type: 'text', value: 'Done; the tool returned nothing.' }
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) return failure(`The tool returned a ${typeof value}, which is not JSON.`)
    return { type: 'json', value: JSON.parse(text) as Json }
  } catch (error) {
    return failure(`What the tool returned is not JSON: ${reasonOf(error)}`)
  }
}

/** An output that says what went wrong. */
export function failure(value: string): ToolOutput {
  return { type: 'error-text', value }
}
