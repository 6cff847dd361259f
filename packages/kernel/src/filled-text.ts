// Filled texts: what a user or a stored agent brings for the prompt is no code. It is filled by an interpreter that only
// looks paths up; what that puts out is never read again.
import { RetinueError } from './errors.ts'
import { reservedNames } from './name.ts'
import { helpers, shownAs, type Views } from './template.ts'
import { shortened } from './value.ts'

/** A text with `{{path | filter}}` in it, read once. */
export interface FilledText {
  /** Whether it has nothing to look up. */
  readonly plain: boolean
  fill(views: Views): string
}

/**
 * Reads a text that is not code. A path goes over views and plain data: `{{context.searchResults.query | fence}}`.
 * At most three filters follow a path.
 * @throws {RETINUE_TEMPLATE_FAILED} for an unknown filter or too many, or a path that is none.
 */
export function readText(text: string): FilledText {
  const pieces: (string | ((views: Views) => string))[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{{', at)
    const close = open < 0 ? -1 : text.indexOf('}}', open)
    if (close < 0) break
    if (open > at) pieces.push(text.slice(at, open))
    pieces.push(lookup(text.slice(open + 2, close)))
    at = close + 2
  }
  pieces.push(text.slice(at))
  return {
    plain: pieces.length === 1,
    fill: (views) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(views))).join(''),
  }
}

/** Each JSON of a JSON doubles its backslashes: forty would fill the memory. */
const maxFilters = 3
const filters: Readonly<Record<string, (value: unknown) => string>> = helpers

function lookup(expression: string): (views: Views) => string {
  const [path, ...names] = expression.split('|').map((piece) => piece.trim())
  const steps = path!.split('.')
  const refuse = (why: string): never => {
    throw new RetinueError('RETINUE_TEMPLATE_FAILED', `In '{{${shortened(expression)}}}' ${why}.`, {
      hint: `Write {{context.searchResults.query}}, with a filter if need be: ${Object.keys(filters).join(', ')}.`,
    })
  }
  const unknown = names.find((name) => !Object.hasOwn(filters, name))
  if (unknown !== undefined) refuse(`there is no filter '${shortened(unknown)}'`)
  if (names.length > maxFilters) refuse(`there are more than ${maxFilters} filters`)
  if (!steps.every((step) => /^[A-Za-z0-9_$]+$/.test(step))) refuse(`'${shortened(path!)}' is no path`)
  return (views) =>
    shownAs(names.reduce((value, name) => filters[name]!(value), steps.reduce<unknown>(stepInto, views)))
}

/** One step of a path: an own key of plain data, or what a view shows; never a prototype or something to call. */
function stepInto(from: unknown, key: string): unknown {
  if (typeof from !== 'object' || from === null) return undefined
  const shows = VIEW in from ? !reservedNames.has(key) : Object.hasOwn(from, key)
  const found = shows ? (from as Record<string, unknown>)[key] : undefined
  return typeof found === 'function' ? undefined : found
}

/** The brand of views. */
export const VIEW: unique symbol = Symbol('view')
