// The JSON of tools and of the models that call them: how deep it may be nested, and a copy of what a tool gives. What
// JSON can't hold is refused, and not left out as `JSON.stringify` does: the model would take the rest for all of it.
import type { Json } from '@retinue/kernel'
import { reasonOf } from './reason.ts'
import { isPromise } from './time-limit.ts'

/**
 * The most levels of a tool's input or result. The history takes 200, of which some are its own; one value beyond that
 * must not cost a run its whole answer.
 */
export const maxNesting = 150

/** Tells whether JSON is nested deeper than that. */
export function isTooDeep(value: unknown, levels = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => isTooDeep(each, levels - 1))
}

/**
 * Copies what a tool returned or emitted, which it may change later. As in `JSON.stringify`, `toJSON` is asked (dates,
 * URLs, handles of the kernel), fields that are `undefined` are left out, and of an instance its own enumerable fields
 * count; one that has none would be an empty object, and is refused.
 * @throws an error with the place of what JSON can't hold, and what to give instead.
 */
export function jsonCopy(value: unknown, how: 'returned' | 'emitted'): Json {
  try {
    const copy = copyOf(value, maxNesting)
    if (copy === undefined) throw new NotJson('undefined; give null')
    return copy
  } catch (error) {
    const { keys, message } = notJson(error)
    const path = keys.slice(0, mostKeys).map((key) => `/${key}`)
    if (keys.length > mostKeys) path.push('/…')
    throw new Error(`What the tool ${how} is not JSON: ${path.join('') || 'it'} is ${message}.`)
  }
}

/** How much of the way to a place is shown: where something holds itself it is long. */
const mostKeys = 6

/** Something that is not JSON. */
class NotJson extends Error {
  /** The way to it; put together on the way back, so that it costs a copy nothing. */
  readonly keys: string[] = []
}

function notJson(thrown: unknown): NotJson {
  return thrown instanceof NotJson ? thrown : new NotJson(`unreadable (${reasonOf(thrown)})`)
}

function within(key: string, thrown: unknown): NotJson {
  const found = notJson(thrown)
  found.keys.unshift(key)
  return found
}

function copyOf(value: unknown, levels: number): Json | undefined {
  if (isLeaf(value)) return value
  const given = hasForm(value) ? value.toJSON() : value
  if (isLeaf(given)) return given
  if (typeof given !== 'object' || isOpaque(given)) throw new NotJson(inWords(given))
  if (levels === 0) throw new NotJson(`nested deeper than ${maxNesting}, or within itself`)
  return Array.isArray(given) ? itemsOf(given, levels - 1) : fieldsOf(given, levels - 1)
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
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return false
  if (ArrayBuffer.isView(value) || value instanceof Error) return true
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(prototype) === null // of another realm
  return !isPlain && Object.keys(value).length === 0
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
  if (isPromise(value)) return 'what it comes to: await it'
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return "base64 text, or a file by output: 'content'"
  if (Symbol.iterator in value) return 'an array of what it holds: [...it]'
  return 'a plain object of what it holds'
}

function itemsOf(items: readonly unknown[], levels: number): Json {
  const copy: Json[] = []
  try {
    for (let i = 0; i < items.length; i++) copy.push(copyOf(items[i], levels) ?? null)
    return copy
  } catch (thrown) {
    throw within(String(copy.length), thrown)
  }
}

function fieldsOf(fields: object, levels: number): Json {
  const copy: Record<string, Json> = {}
  let key = ''
  try {
    for (key of Object.keys(fields)) {
      const field = copyOf(fields[key as never], levels)
      if (field === undefined) continue
      if (key === '__proto__') Object.defineProperty(copy, key, { value: field, enumerable: true })
      else copy[key] = field
    }
    return copy
  } catch (thrown) {
    throw within(key, thrown)
  }
}
