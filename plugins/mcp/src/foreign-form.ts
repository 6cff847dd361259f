// What comes from a server, before the SDK sees it. The SDK refuses all of a list for one thing in it that is not of the
// protocol's form, and all of a result that a tool has given. So what many servers say otherwise is brought into that form;
// of what is left, the things of a list are taken out of it and told, and the parts of a result become text.
import type { specTypeSchemas } from '@modelcontextprotocol/client'
import { isRecord } from './record.ts'

/** The forms of the protocol. */
type Forms = typeof specTypeSchemas

/** Hears what was taken out: what it is, its name, and the reason. */
export type Tell = (what: string, name: string, reason: string) => void

/** Brings a result into the form of the protocol. */
export function bringIntoForm(result: Record<string, unknown>, forms: Forms, tell: Tell): void {
  dropNulls(result)
  const { structuredContent: structured, content, tools } = result
  if (structured !== undefined && !isRecord(structured)) result['structuredContent'] = { result: structured }
  if (Array.isArray(content)) result['content'] = content.map((part) => partInForm(part, forms))
  if (Array.isArray(tools)) tools.filter(isRecord).forEach(loosen)
  for (const [list, form] of Object.entries(lists)) {
    const all = result[list]
    if (!Array.isArray(all)) continue
    result[list] = all.filter((each: unknown) => {
      const { path = [form], message } = misfit(each, forms[form]) ?? {}
      if (message === undefined) return true
      const { name } = Object(each) as { readonly name?: unknown }
      tell(list.slice(0, -1), typeof name === 'string' ? name : '?', `${path.join('.')}: ${message}`)
      return false
    })
  }
}

/** The lists of a server, with the form of what is in them. */
const lists = {
  tools: 'Tool',
  resources: 'Resource',
  resourceTemplates: 'ResourceTemplate',
  prompts: 'Prompt',
} as const

/** A schema that says no type is an object's; that of an output nobody reads. */
function loosen(tool: Record<string, unknown>): void {
  const { inputSchema, outputSchema } = tool
  if (isRecord(inputSchema)) tool['inputSchema'] = { type: 'object', ...inputSchema }
  if (outputSchema !== undefined) tool['outputSchema'] = { type: 'object', said: outputSchema }
}

function partInForm(part: unknown, { ContentBlock }: Forms): unknown {
  if (!misfit(part, ContentBlock)) return part
  const text = JSON.stringify(part)
  // Whole or not at all: what is cut may end within a secret.
  return {
    type: 'text',
    text: text.length > 10_000 ? `[${text.length} characters of no known form were left out.]` : text,
  }
}

/** Why something is not of a form, if it is not. */
function misfit(value: unknown, form: Forms[keyof Forms]): Misfit | undefined {
  const checked = form['~standard'].validate(value)
  if ('value' in checked) return undefined
  if (checked instanceof Promise) checked.catch(() => {}) // for want of stack it begins anew, and fails again
  return checked.issues?.[0] ?? { message: 'too deep' }
}

interface Misfit {
  readonly path?: readonly unknown[] | undefined
  readonly message: string
}

/** Null stands for what is not said, but in what is a tool's own: its data, and what its schemas say. */
function dropNulls(value: object, levels = 6): void {
  const isList = Array.isArray(value)
  for (const [key, each] of Object.entries(value)) {
    if (each === null && !isList) delete value[key as never]
    else if (levels && Object(each) === each && (isList || ours.test(key)))
      dropNulls(each as object, levels - 1)
  }
}

const ours = /^(?:tools|inputSchema|resource|prompts|content|messages|annotations|arguments)/
