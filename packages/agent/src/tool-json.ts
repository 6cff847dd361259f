// The JSON of tools and of the models that call them: how deep it may be nested, and a copy of what a tool gives. What
// JSON can't hold is refused, and not left out as `JSON.stringify` does: the model would take the rest for all of it.
import type { Json } from '@retinue/kernel'
import { reasonOf } from './reason.ts'
import { isPromise } from './time-limit.ts'

/**
 * The most levels of a tool's input or result. The history takes 200, of which some are its own; one value beyond that
 * must not cost a run its whole answer.
 */
const maxNesting = 150

/** Says why the history can't take parsed JSON: by how deep it is nested, or a number of which the parser made Infinity. */
export function excessOf(value: unknown, levels = maxNesting): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'hold a number beyond 1.8e308'
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return `be nested deeper than ${maxNesting}`
  for (const each of Object.values(value)) {
    const excess = excessOf(each, levels - 1)
    if (excess !== undefined) return excess
  }
  return undefined
}

/**
 * Copies what a tool returned or emitted, which it may change later. As in `JSON.stringify`, `toJSON` is asked (dates,
 * URLs, handles of the kernel), fields that hold no data (`undefined`, methods) are left out, and of an instance its own
 * enumerable fields count; one that has none would be an empty object, and is refused.
 * @throws an error with the place of what JSON can't hold, and what to give instead.
 */
export function jsonCopy(value: unknown, how: 'returned' | 'emitted'): Json {
  const path: Path = []
  try {
    const copy = copyOf(value, path)
    if (copy !== undefined) return copy
    throw new Error('undefined; give null')
  } catch (error) {
    const keys = path.length > mostKeys ? [...path.slice(0, mostKeys), '…'] : path
    const place = keys.map((key) => `/${key}`).join('')
    throw new Error(`What the tool ${how} is not JSON${place && ` at ${place}`}: ${reasonOf(error)}`)
  }
}

/** The keys that lead to where a copy has got: as many as it is deep. */
type Path = (string | number)[]

/** How many of them are shown: where something holds itself there are as many as may be. */
const mostKeys = 6

function copyOf(value: unknown, path: Path): Json | undefined {
  if (isLeaf(value)) return value
  const given = hasForm(value) ? value.toJSON() : value
  if (isLeaf(given)) return given
  if (typeof given !== 'object' || isOpaque(given)) throw new Error(inWords(given))
  if (path.length === maxNesting) throw new Error(`nested deeper than ${maxNesting}, or within itself`)
  return Array.isArray(given) ? itemsOf(given, path) : fieldsOf(given, path)
}

function itemsOf(items: readonly unknown[], path: Path): Json {
  const copy: Json[] = []
  const depth = path.length
  for (let i = 0; i < items.length; i++) {
    path[depth] = i
    copy.push(copyOf(items[i], path) ?? null)
  }
  path.length = depth
  return copy
}

function fieldsOf(fields: object, path: Path): Json {
  const copy: Record<string, Json> = {}
  const depth = path.length
  for (const key of Object.keys(fields)) {
    path[depth] = key
    const value: unknown = fields[key as never]
    const field = typeof value === 'function' ? undefined : copyOf(value, path)
    if (field === undefined) continue
    if (key === '__proto__') Object.defineProperty(copy, key, { value: field, enumerable: true })
    else copy[key] = field
  }
  path.length = depth
  return copy
}

function isLeaf(value: unknown): value is string | boolean | number | null | undefined {
  const type = typeof value
  if (type === 'number') return Number.isFinite(value)
  return type === 'string' || type === 'boolean' || type === 'undefined' || value === null
}

/** Whether a value says itself what it is as JSON. A Buffer would be a list of its bytes. */
function hasForm(value: {}): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' && !ArrayBuffer.isView(value)
}

/** Whether what an object holds is not in its own fields. */
function isOpaque(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return false
  if (ArrayBuffer.isView(value) || value instanceof Error || value instanceof String) return true
  const isOfOtherRealm = Object.getPrototypeOf(prototype) === null
  return !isOfOtherRealm && Object.keys(value).length === 0
}

/** What a value is, and what to give in place of it. */
function inWords(value: unknown): string {
  if (typeof value === 'number') return `${value}; give null, or a text`
  if (typeof value === 'bigint') return 'a bigint; give a number, or a text'
  if (typeof value !== 'object' || value === null) return `a ${typeof value}; leave it out`
  return `an instance of ${value.constructor?.name || 'a class'}; give ${insteadOf(value)}`
}

function insteadOf(value: object): string {
  if (value instanceof Error) return 'its message, or throw it'
  if (value instanceof String) return 'its text'
  if (isPromise(value)) return 'what it comes to: await it'
  if (Symbol.asyncIterator in value) return 'what it comes to, and run.emit what comes before'
  if (ArrayBuffer.isView(value)) return "base64 text, or a file by output: 'content'"
  return Symbol.iterator in value ? 'an array of what it holds: [...it]' : 'a plain object of what it holds'
}
