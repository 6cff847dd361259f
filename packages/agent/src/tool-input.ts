// The input of a tool call as a model writes it: JSON text that may be empty, broken or no object. The history keeps
// an object in any case, because providers refuse calls without one; what was wrong goes into the call's result.
import { type Json, type Tool, compileSchema } from '@retinue/kernel'
import { reasonOf } from './reason.ts'
import { ownFields } from './schema-form.ts'
import { excessOf } from './tool-json.ts'

/** A tool call's input: what the history keeps of it, and what is wrong with it. */
export interface ToolInput {
  readonly text: string
  readonly value: JsonObject
  /** Why the text could not be read. */
  readonly problem?: string
}

type JsonObject = { readonly [key: string]: Json }

/** How much of an unreadable input is quoted. */
const mostQuoted = 200

/** Reads the text of an input. */
export function readToolInput(text: string): ToolInput {
  if (text.trim() === '') return { text: '{}', value: {} }
  try {
    const value = JSON.parse(text) as Json
    const excess = excessOf(value)
    if (excess !== undefined) {
      const problem = `The input must not ${excess}, and is: ${quoted(text)}`
      return { text: '{}', value: {}, problem }
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { text, value: value as JsonObject }
    }
    return { text, value: {}, problem: `The input must be a JSON object, and is: ${quoted(text)}` }
  } catch (error) {
    return { text, value: {}, problem: `The input is not JSON (${reasonOf(error)}): ${quoted(text)}` }
  }
}

/** An input as its tool knows it: some models are shown other names of its fields. */
export function ownInput({ input: schema }: Tool, input: ToolInput): ToolInput {
  const value = ownFields(schema, input.value)
  return value === input.value ? input : { ...input, text: JSON.stringify(value), value }
}

/** Says what keeps a tool from taking an input, in words for the model; `undefined` where it fits. */
export function inputProblem(tool: Tool, input: ToolInput): string | undefined {
  if (input.problem !== undefined) return input.problem
  const schema = compileSchema(tool.input)
  if (schema.check(input.value)) return undefined
  const lines = schema.errors(input.value).map(({ path, message }) => `- ${path || 'input'}: ${message}`)
  return `The input does not fit the tool's schema, so the tool did not run:\n${lines.join('\n')}\nCall it again with an input that fits.`
}

function quoted(text: string): string {
  return text.length <= mostQuoted ? text : `${text.slice(0, mostQuoted)}… (${text.length} characters)`
}
