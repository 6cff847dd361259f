// Values: JSON that an owner has taken over. Taking over checks and deep-freezes, so that values can be shared
// by every owner, patch and snapshot without a copy. Secret references are the one leaf that is not JSON.
import { RetinueError } from './errors.ts'

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How deep a value may be nested: beyond it, code that walks values would overflow. */
export const maxValueDepth = 200

/** Marks an object that values may hold although it is not plain: a secret reference. */
export const LEAF: unique symbol = Symbol.for('@retinue/kernel/leaf') as never

/**
 * Takes ownership of a value: checks that it is JSON, drops keys that hold `undefined`, freezes all of it.
 * @throws {RETINUE_VALUE_INVALID} with the path of what is not JSON.
 */
export function takeOver<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return checkedLeaf(value, '')
  return freeze(value, '', 0) as T
}

/** Tells whether two values are equal as JSON: the order of keys does not count. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  }
  if (Array.isArray(b) || LEAF in a || LEAF in b) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key as never], b[key as never]))
  )
}

/** What has been frozen to the ground already: structural sharing makes this the usual case. */
const owned = new WeakSet<object>()

function freeze(value: object, path: string, depth: number): object {
  if (owned.has(value) || LEAF in value) return value
  if (depth > maxValueDepth) throw notJson(path, `nested deeper than ${maxValueDepth}`)
  const taken = Array.isArray(value) ? freezeArray(value, path, depth) : freezeObject(value, path, depth)
  owned.add(taken)
  return taken
}

function freezeArray(value: unknown[], path: string, depth: number): object {
  let items = value
  for (let i = 0; i < value.length; i++) {
    const item = child(value[i], path, i, depth)
    if (item === value[i]) continue
    if (items === value && Object.isFrozen(value)) items = [...value]
    items[i] = item
  }
  return Object.freeze(items)
}

function freezeObject(value: object, path: string, depth: number): object {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const name = (value as { constructor?: { name?: string } }).constructor?.name ?? 'class'
    throw notJson(path, `an instance of ${name}`)
  }
  let object = value as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const before = object[key]
    const after = before === undefined ? undefined : child(before, path, key, depth)
    if (before === after && after !== undefined) continue
    if (Object.isSealed(object)) object = { ...object }
    if (after === undefined) delete object[key]
    else object[key] = after
  }
  return Object.freeze(object)
}

function child(value: unknown, path: string, key: string | number, depth: number): unknown {
  return typeof value === 'object' && value !== null
    ? freeze(value, `${path}/${key}`, depth + 1)
    : checkedLeaf(value, `${path}/${key}`)
}

function checkedLeaf<T>(value: T, path: string): T {
  const type = typeof value
  if (type === 'string' || type === 'boolean' || value === null) return value
  if (type === 'number' && Number.isFinite(value)) return value
  throw notJson(path, type === 'number' ? String(value) : type)
}

function notJson(path: string, what: string): RetinueError {
  return new RetinueError(
    'RETINUE_VALUE_INVALID',
    `The value${path && ` at ${path}`} is not JSON: ${what}.`,
    {
      hint: 'Store plain objects, arrays, strings, finite numbers, booleans and null.',
      details: { path, what },
    },
  )
}
