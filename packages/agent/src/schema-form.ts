// A schema as models are shown it: plain JSON Schema, in the few forms that all servers take. Inputs and answers are
// checked against the schema itself.
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import { freeId } from './call-ids.ts'

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

/** The form of an input whose fields have names of letters, digits, `_`, `.` and `-` alone; `ownFields` takes them back. */
export function plainForm(form: Form): Form {
  const names = plainNames(form.properties)
  if (names.size === 0) return form
  const plain = (name: string): string => names.get(name) ?? name
  const fields = Object.entries(form.properties!).map(([name, field]) => [plain(name), field])
  const required = form.required && { required: form.required.map(plain) }
  return { ...form, properties: Object.fromEntries(fields) as typeof form.properties, ...required }
}

/** An input with the names that its schema has for its fields, where it has plain ones. */
export function ownFields<T extends Fields>(schema: { readonly properties?: object }, input: T): T {
  const names = plainNames(schema.properties)
  if (names.size === 0) return input
  const own = new Map([...names].map(([name, plain]) => [plain, name]))
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [own.get(name) ?? name, value])) as T
}

/** The plain name of each field that has another; the same each time. */
function plainNames(fields: object = {}): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const name of Object.keys(fields)) {
    if (/^[\w.-]{1,64}$/.test(name)) continue
    const taken = [...Object.keys(fields), ...names.values()]
    const plain = name.replace(/[^\w.-]/g, '_').slice(0, 60)
    names.set(
      name,
      freeId(plain, (each) => taken.includes(each)),
    )
  }
  return names
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
