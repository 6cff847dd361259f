// The pin of a definition: a digest of all that a server says of a tool, word for word, whatever the order of its keys.
import { createHash } from 'node:crypto'

/** A digest that changes with anything in the definition. */
export function definitionHash(definition: Readonly<Record<string, unknown>>): string {
  return `sha256-${createHash('sha256')
    .update(JSON.stringify(ordered(definition)))
    .digest('base64url')}`
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, ordered(each)]))
}
