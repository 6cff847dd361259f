// The pin of a definition: a digest of all that a server says of a tool, word for word, whatever the order of its keys.
import { createHash } from 'node:crypto'
import { isRecord } from './record.ts'

/** A digest that changes with anything in the definition. */
export function definitionHash(definition: Readonly<Record<string, unknown>>): string {
  return `sha256-${createHash('sha256').update(JSON.stringify(definition, ordered)).digest('base64url')}`
}

function ordered(_key: string, value: unknown): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
