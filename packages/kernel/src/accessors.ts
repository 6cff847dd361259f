// Accessors: of fields, on the prototype of a class, which read through the cell of a handle; and of items, on bags.
// Closures made of one source share their inline caches, which twenty classes together wear out; so a class that comes
// into use gets accessors of its own code, where the runtime permits that. Those look first at what the handle saw when
// it was last asked; both sorts give the same.
import type { Cell } from './handle.ts'

/** The property of a handle that holds its cell; shared by all copies of the kernel. */
export const CELL: unique symbol = Symbol.for('@retinue/kernel/cell') as never

/** Counts what may have changed a value of a class, on whichever owner. */
export interface Clock {
  writes: number
}

/** The values of a handle, good until the clock of its class goes on. */
export interface Seen {
  readonly at: number
  readonly [value: `v${number}`]: unknown
}

type Handle = { readonly [CELL]: Cell }
type Accessor = PropertyDescriptor & ThisType<Handle>

/** Where a handle keeps what it saw. */
export interface Sight<H extends Handle> {
  of(handle: H): Seen
  keep(handle: H, seen: Seen): void
}

/** Defines the accessors of fields, in the order of their indexes. */
export function defineAccessors(prototype: object, fields: readonly string[], make = closure): void {
  fields.forEach((field, index) => {
    Object.defineProperty(prototype, field, { ...make(index), configurable: true, enumerable: true })
  })
}

/** Gives a class accessors of its own code. Returns what a handle has seen before it was asked for the first time. */
export function sharpenAccessors<H extends Handle>(
  prototype: object,
  fields: readonly string[],
  clock: Clock,
  sight: Sight<H>,
): Seen {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- made of numbers alone; where it is forbidden, closures do
    const { see, accessors } = new Function(source(fields.length))() as OwnCode<H>
    const look = apart((handle: H, index: number) => {
      const { writes } = clock
      const values = handle[CELL].gather()
      if (values !== undefined) sight.keep(handle, see(writes, values))
      return handle[CELL].read(index)
    })
    const made = accessors(CELL, clock, sight.of, look)
    defineAccessors(prototype, fields, (index) => made[index]!)
    return see(
      -1,
      fields.map(() => undefined),
    )
  } catch {
    return { at: -1 } // code generation is forbidden here: the closures stay
  }
}

/** Makes a getter of its own code, for what an object holds under a symbol or `find` finds for it. */
export function heldGetter(held: symbol, find: (object: object) => object): (this: object) => object {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- a text without anything put into it
    const make = new Function(
      'held',
      'find',
      'return function () { const item = this[held]; return item === undefined ? find(this) : item }',
    ) as (...given: [symbol, (object: object) => object]) => (this: object) => object
    return make(held, apart(find))
  } catch {
    return function (this: object) {
      return (this as Record<symbol, object | undefined>)[held] ?? find(this)
    }
  }
}

/**
 * Has the compiler leave a long way out of the accessors that seldom take it: an accessor that has grown by it would not
 * be put into its callers, where it costs next to nothing. What is called through a proxy is never put into its caller.
 */
export function apart<F extends (...given: never[]) => unknown>(way: F): F {
  return new Proxy(way, {})
}

function closure(index: number): Accessor {
  return {
    get() {
      return this[CELL].read(index)
    },
    set(value: unknown) {
      this[CELL].write(index, value)
    },
  }
}

interface OwnCode<H> {
  /** Objects of one form for one class: its accessors need not ask which they look at. */
  see(at: number, values: readonly unknown[]): Seen
  accessors(
    cell: symbol,
    clock: Clock,
    seenBy: (handle: H) => Seen,
    look: (handle: H, index: number) => unknown,
  ): Accessor[]
}

function source(count: number): string {
  const indexes = [...Array(count).keys()]
  const accessor = (index: number): string => `{
    get() { const seen = seenBy(this); return seen.at === clock.writes ? seen.v${index} : look(this, ${index}) },
    set(value) { this[CELL].write(${index}, value) },
  }`
  return `return {
    see: (at, values) => ({ at, ${indexes.map((index) => `v${index}: values[${index}]`).join()} }),
    accessors: (CELL, clock, seenBy, look) => [${indexes.map(accessor).join()}],
  }`
}
