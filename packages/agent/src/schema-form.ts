// A schema as models are shown it: plain JSON Schema, in the few forms that all servers take. Inputs and answers are
// checked against the schema itself.
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'

/**
 * Gives the form of a schema, without what TypeBox marks where JSON does not look. The only text that there may be is an
 * enum of one: Gemini refuses all tools for a `const`, or does not see what it says. What a schema calls by a bare name, as
 * one that holds itself does (`Type.Cyclic`), stands at its root: servers look for `#/$defs/…` and for nothing else.
 */
export function schemaForm(schema: object): Form {
  const named: Fields = {}
  const form = formOf(JSON.parse(JSON.stringify(schema)), named) as Form
  if (Object.keys(named).length === 0) return form
  return { ...form, $defs: fieldsOf(named, named) as NonNullable<Form['$defs']> }
}

type Form = LanguageModelV4FunctionTool['inputSchema']
type Fields = Record<string, unknown>

/** The form of a schema, or of a list of some; `named` takes those that have a name. */
function formOf(schema: unknown, named: Fields): unknown {
  if (Array.isArray(schema)) return schema.map((each) => formOf(each, named))
  if (typeof schema !== 'object' || schema === null) return schema
  const { $id: _, const: only, ...others } = schema as Fields
  if (others['$defs'] !== undefined) Object.assign(named, others['$defs'])
  const form = Object.entries(others).map(([key, value]) => {
    if (key === '$ref' && Object.hasOwn(named, value as string)) return [key, `#/$defs/${value as string}`]
    if (isData.test(key)) return [key, value]
    return [key, holdsSchemas.test(key) ? fieldsOf(value, named) : formOf(value, named)]
  })
  if (only !== undefined) form.push(typeof only === 'string' ? ['enum', [only]] : ['const', only])
  return Object.fromEntries(form)
}

/** The forms of schemas by names, which may be those of keywords. */
function fieldsOf(schemas: unknown, named: Fields): Fields {
  const entries = Object.entries(Object(schemas) as Fields)
  return Object.fromEntries(entries.map(([name, schema]) => [name, formOf(schema, named)]))
}

const holdsSchemas = /^(properties|patternProperties|\$defs|definitions)$/
const isData = /^(default|examples|enum)$/
