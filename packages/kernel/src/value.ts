// Values: JSON that an owner has taken over. Taking over checks and deep-freezes, so that values can be shared
// by every owner, patch and snapshot without a copy. Secret references are fields of their own, and in no value.
import { RetinueError } from './errors.ts'

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** How deep a value may be nested: beyond it, code that walks values would overflow. */
export const maxValueDepth = 200

/** Marks a secret reference, which is no part of any value. */
export const LEAF: unique symbol = Symbol.for('@retinue/kernel/leaf') as never

/**
 * Takes ownership of a value: checks that it is JSON, drops keys that hold `undefined`, freezes all of it.
 * @throws {RETINUE_VALUE_INVALID} with the path of what is not JSON.
 */
export function takeOver<T>(value: T): T {
  return take(value, 0)
}

/** The same for a value that will hardly be handed in again, as a message: nothing of it is noted. */
export function takeOverOnce<T>(value: T): T {
  return take(value, notedDepth)
}

/** The same for one whose lists grow item by item, and that is handed in again each time: their items are noted. */
export function takeOverGrowing<T>(value: T): T {
  return take(value, -1)
}

function take<T>(value: T, depth: number): T {
  const taken = freezeAny(value, depth)
  if (taken === refused) throw notJson()
  return taken as T
}

/**
 * Gives a value that was taken over with arrays that are not frozen; what holds no array is shared. For what is written
 * as JSON: V8 writes a frozen array, and all that it stands in, at half the speed.
 */
export function thaw<T extends object>(value: T): T {
  if (Array.isArray(value)) return Array.from(value as unknown[], thawChild) as T
  let thawed = value
  for (const key in value) {
    const child = thawChild(value[key]) as T[typeof key]
    if (child === value[key]) continue
    if (thawed === value) thawed = { ...value }
    thawed[key] = child
  }
  return thawed
}

function thawChild(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? thaw(value) : value
}

/** A copy of plain data, finished by a function; what is not plain is in it as it is. */
export function plainCopy(value: unknown, finish = (copy: object): object => copy): unknown {
  if (typeof value !== 'object' || value === null || (!Array.isArray(value) && classOf(value) !== undefined))
    return value
  if (Array.isArray(value)) return finish(value.map((each) => plainCopy(each, finish)))
  return finish(
    Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainCopy(each, finish)])),
  )
}

/** Tells whether two values are equal as JSON: the order of keys does not count. */
export function equal(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && equalObjects(a, b))
}

function equalObjects(a: object | null, b: object | null): boolean {
  if (a === null || b === null) return false
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

/**
 * What has been frozen to the ground already, and its items, by how deep they are nested: structural sharing makes this
 * the usual case. What lies deeper is not noted, because that would cost more than walking it again.
 */
const owned = new WeakMap<object, number>()
const notedDepth = 2

/** Stands for what is not JSON; the way to it is noted while the walk goes back, and what it is. */
const refused: unique symbol = Symbol('refused')
let way: (string | number)[] = []
let what = ''

function refuse(why: string, ...at: string[]): typeof refused {
  way = at
  what = why
  return refused
}

function refuseWithin(key: string | number): typeof refused {
  way.unshift(key)
  return refused
}

/** How deep the walk that is under way has come. */
let deepest = 0

function freezeAny(value: unknown, depth: number): unknown {
  if (typeof value === 'object' && value !== null) return freeze(value, depth)
  if (isLeaf(value)) return value
  return refuse(typeof value === 'number' ? String(value) : typeof value)
}

function freeze(value: object, depth: number): object | typeof refused {
  if (LEAF in value) return refuse('a secret')
  const height = depth < notedDepth ? owned.get(value) : undefined
  if (depth + (height ?? 0) > maxValueDepth) return refuse(`nested deeper than ${maxValueDepth}`)
  const above = deepest
  deepest = depth + (height ?? 0)
  let taken: object | typeof refused = value
  if (height === undefined) {
    taken = Array.isArray(value) ? freezeArray(value, depth) : freezeObject(value, depth)
    if (depth < notedDepth && taken !== refused) owned.set(taken, deepest - depth)
  }
  deepest = Math.max(above, deepest)
  return taken
}

function freezeArray(value: unknown[], depth: number): object | typeof refused {
  let items = value
  for (let i = 0; i < value.length; i++) {
    const item = freezeAny(value[i], depth + 1) // holes are no JSON either
    if (item === refused) return refuseWithin(i)
    if (item === value[i]) continue
    if (items === value && Object.isFrozen(value)) items = [...value]
    items[i] = item
  }
  return Object.freeze(items)
}

function freezeObject(value: object, depth: number): object | typeof refused {
  if (classOf(value) !== undefined) return refuse(shownValue(value))
  let object = value as Record<string, unknown>
  for (const key of Object.keys(value)) {
    if (isAccessor(value, key)) return refuse('a getter or setter', key)
    const before = object[key]
    const after = before === undefined ? undefined : freezeAny(before, depth + 1)
    if (after === refused) return refuseWithin(key)
    if (before === after && after !== undefined) continue
    if (Object.isSealed(object)) object = { ...object }
    if (after === undefined) delete object[key]
    else object[key] = after
  }
  return Object.freeze(object)
}

/** Tells a value of JSON that holds no other. */
export function isLeaf(value: unknown): boolean {
  const type = typeof value
  return type === 'string' || type === 'boolean' || value === null || Number.isFinite(value)
}

/** An object before it was checked. */
export type Unchecked = Readonly<Record<string, unknown>>

/** Tells an object of JSON from an array and from what is no object. */
export function isObject(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a key holds code: what it gives could be another each time. */
function isAccessor(value: object, key: string): boolean {
  return !('value' in Object.getOwnPropertyDescriptor(value, key)!)
}

/** The name of an object's class; `undefined` for plain objects, of whatever realm: Jest gives tests one of their own. */
export function classOf(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === Object.prototype || prototype === null) return undefined
  if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')) return undefined
  return (value as { constructor?: { name?: string } }).constructor?.name ?? 'class'
}

/** Tells a schema of zod, Valibot and their like, which all follow Standard Schema, from those of TypeBox, and from JSON Schema that they made. */
export function isForeignSchema(
  value: object,
): value is { readonly '~standard': { readonly vendor: string } } {
  return '~standard' in value && !('$schema' in value)
}

/** A text for people, of 80 characters at most. */
export function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

/** A value in the words of an error. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return `'${shortened(value)}'`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (isForeignSchema(value)) return `a schema of ${value['~standard'].vendor}`
  const name = classOf(value)
  return name === undefined ? 'an object' : `an instance of ${name}`
}

function notJson(): RetinueError {
  const path = way.map((key) => `/${key}`).join('')
  return new RetinueError(
    'RETINUE_VALUE_INVALID',
    `The value${path && ` at ${path}`} is not JSON: ${what}.`,
    {
      hint: 'Store plain objects, arrays, strings, finite numbers, booleans and null.',
      details: { path, what },
    },
  )
}
