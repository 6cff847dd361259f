// What every store checks before it writes or reads, so that all of them refuse the same: keys, revisions, values.
// Values are turned into their JSON text here, once, which is also what stores keep.
import { checkOptions, type Json, type KnownOptions, option, type RetinueError } from '@retinue/kernel'
import { failure } from './errors.ts'
import type { LeaseOptions, ListOptions, Op, ReadOptions, WatchFilter, WatchOptions } from './record-store.ts'

/** An op that was checked, with its values as JSON text. */
export type CheckedOp =
  | {
      readonly op: 'put'
      readonly kind: string
      readonly id: string
      readonly text: string
      readonly expect: number | undefined
    }
  | { readonly op: 'remove'; readonly kind: string; readonly id: string; readonly expect: number | undefined }
  | {
      readonly op: 'append'
      readonly kind: string
      readonly id: string
      readonly texts: readonly string[]
      readonly expect: number | undefined
    }

const maxKindBytes = 64
/** What an index of Postgres has room for, with the kind and a number beside it. */
const maxIdBytes = 2048
const maxNameBytes = 4096

/** Checks the ops of a transaction. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkedOps(ops: readonly Op[]): readonly CheckedOp[] {
  if (!Array.isArray(ops)) throw invalid('A transaction is a list of changes.', aChange)
  return ops.map((op: Op) => {
    const { kind, id, expect } = (op ?? {}) as Op
    checkKey(kind, id)
    check(`The change of the ${kind} '${id}'`, { expect }, changeOptions)
    if (op.op === 'put') return { op: 'put', kind, id, text: textOf(op.value, kind, id), expect }
    if (op.op === 'remove') return { op: 'remove', kind, id, expect }
    if (op.op === 'append' && Array.isArray(op.values) && op.values.length > 0) {
      return {
        op: 'append',
        kind,
        id,
        texts: op.values.map((value: Json) => textOf(value, kind, id)),
        expect,
      }
    }
    throw invalid(
      op.op === 'append'
        ? `The append to '${id}' has no values.`
        : `'${String((op as Op).op)}' is no change.`,
      aChange,
    )
  })
}

const aChange = "A change is a 'put' with a value, a 'remove', or an 'append' with values."

/** Checks a kind and an id. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkKey(kind: unknown, id: unknown): void {
  checkName(kind, 'A kind', maxKindBytes)
  checkName(id, 'An id', maxIdBytes)
}

/** Checks what `list` is asked for, and fills it in. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkedList(
  kind: string,
  options: ListOptions,
): { readonly prefix: string; readonly after: string; readonly limit: number | undefined } {
  checkName(kind, 'A kind', maxKindBytes)
  check('list()', options, listOptions)
  const { prefix = '', after = '', limit } = options
  if (prefix !== '') checkName(prefix, 'A prefix')
  if (after !== '') checkName(after, 'after')
  return { prefix, after, limit }
}

/** Checks what `read` is asked for, and fills it in. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkedRead(
  kind: string,
  id: string,
  options: ReadOptions,
): { readonly after: number; readonly limit: number | undefined } {
  checkKey(kind, id)
  check('read()', options, readOptions)
  const { after = 0, limit } = options
  return { after, limit }
}

/** Checks what `watch` is asked for, but for its cursor. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkWatch(filter: WatchFilter, options: WatchOptions): void {
  check('watch()', filter, watchFilter)
  check('watch()', options, watchOptions)
}

/** Checks what `lease` is asked for. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkLease(name: string, options: LeaseOptions): void {
  checkName(name, 'The name of a lease', maxIdBytes)
  check('lease()', options, leaseOptions, 'ttlMs')
}

const changeOptions = { expect: option.whole(0) }
const listOptions: KnownOptions<ListOptions> = {
  prefix: option.text,
  after: option.text,
  limit: option.whole(0),
}
const readOptions: KnownOptions<ReadOptions> = { after: option.whole(0), limit: option.whole(0) }
const watchFilter: KnownOptions<WatchFilter> = { kind: option.text, prefix: option.text }
const watchOptions: KnownOptions<WatchOptions> = { after: option.text, signal: option.signal }
const leaseOptions: KnownOptions<LeaseOptions> = { ttlMs: option.whole(0) }

/** Checks options. @throws {RETINUE_STORE_INVALID} */
export function check<T extends object>(
  what: string,
  options: T,
  known: KnownOptions<T>,
  ...needed: readonly (keyof T & string)[]
): void {
  checkOptions(what, options, known, 'RETINUE_STORE_INVALID', ...needed)
}

/** Checks a text that names something. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkName(
  name: unknown,
  what: string,
  maxBytes: number = maxNameBytes,
): asserts name is string {
  const isFit =
    typeof name === 'string' && name !== '' && fits(name, maxBytes) && !/\p{Surrogate}|\0/u.test(name)
  if (isFit) return
  throw invalid(
    `${what} can't be ${typeof name === 'string' ? JSON.stringify(name.slice(0, 80)) : typeof name}.`,
    `Use a text of 1 to ${maxBytes} bytes in UTF-8, without NUL and lone surrogates.`,
  )
}

const utf8 = new TextEncoder()

function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || utf8.encode(text).length <= maxBytes
}

/** Reads a cursor of a store whose cursors are revisions; without one, `now`. For those who write a store. @throws {RETINUE_STORE_INVALID} */
export function checkedCursor(after: string | undefined, now: number): number {
  if (after === undefined) return now
  const since = Number(after)
  if (/^\d+$/.test(after) && since <= now) return since
  throw invalid(`'${after}' is no cursor of this store.`, 'Pass what cursor() or a change gave.')
}

function textOf(value: Json, kind: string, id: string): string {
  if (isJson(value, 0)) return JSON.stringify(value)
  throw invalid(
    `The value of the ${kind} '${id}' is not JSON.`,
    'Store plain objects, arrays, strings, finite numbers, booleans and null, nested at most 400 deep.',
  )
}

/** Deeper than the values of owners may be: records wrap them. */
const maxDepth = 400

function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > maxDepth) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false // plain, in whatever realm
  return Object.values(value).every((each) => each === undefined || isJson(each, depth + 1)) // JSON drops what is undefined
}

/** Makes the error of unusable input. For those who write a store. */
export function invalid(what: string, hint: string): RetinueError {
  return failure('RETINUE_STORE_INVALID', what, hint)
}
