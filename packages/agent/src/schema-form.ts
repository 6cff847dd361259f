// A schema as models are shown it: plain JSON Schema, in the few forms that all servers take. Inputs and answers are
// checked against the schema itself.
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'

/**
 * Gives the form of a schema, without what TypeBox marks where JSON does not look. The only text that there may be is an
 * enum of one: Gemini refuses all tools for a `const`, or does not see what it says. What a schema calls by a bare name, as
 * one that holds itself does (`Type.Cyclic`), stands at its root: servers look for `#/$defs/…` and for nothing else.
 */
export function schemaForm(schema: object): Form {
  let $defs: Form['$defs']
  const form = JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === '$defs') $defs = { ...$defs, ...(value as Form['$defs']) }
    if (typeof value !== 'string') return inEnum(value)
    if (key === '$ref' && !value.startsWith('#')) return `#/$defs/${value}`
    return key === '$id' ? undefined : value
  }) as Form
  return $defs === undefined ? form : { ...form, $defs }
}

type Form = LanguageModelV4FunctionTool['inputSchema']

function inEnum(value: unknown): unknown {
  const { const: text, ...others } = Object(value) as { readonly const?: unknown }
  return typeof text === 'string' ? { ...others, enum: [text] } : value
}
