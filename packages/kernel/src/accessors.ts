// Accessors: of fields, on the prototype of a class, which read through the cell of a handle; and of items, on bags.
// Closures made of one source share their inline caches, which twenty classes together wear out; so a class that comes
// into use gets accessors of its own code, where the runtime permits that. Both sorts do the same.
import type { Cell } from './handle.ts'

/** The property of a handle that holds its cell; shared by all copies of the kernel. */
export const CELL: unique symbol = Symbol.for('@retinue/kernel/cell') as never

type Accessor = PropertyDescriptor & ThisType<{ readonly [CELL]: Cell }>

/** Defines the accessors of fields, in the order of their indexes. */
export function defineAccessors(prototype: object, fields: readonly string[], make = closure): void {
  fields.forEach((field, index) => {
    Object.defineProperty(prototype, field, { ...make(index), configurable: true, enumerable: true })
  })
}

/** Gives a class accessors of its own code. */
export function sharpenAccessors(prototype: object, fields: readonly string[]): void {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- made of numbers alone; where it is forbidden, closures do
    const made = new Function('CELL', `return [${fields.map((_field, index) => source(index)).join()}]`) as (
      cell: symbol,
    ) => Accessor[]
    const accessors = made(CELL)
    defineAccessors(prototype, fields, (index) => accessors[index]!)
  } catch {
    // Code generation is forbidden here: the closures stay.
  }
}

/** Makes a getter of its own code, for what an object holds under a symbol or `find` finds for it. */
export function heldGetter(held: symbol, find: (object: object) => object): (this: object) => object {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- a text without anything put into it
    const make = new Function('held', 'find', 'return function () { return this[held] ?? find(this) }') as (
      ...given: [symbol, (object: object) => object]
    ) => (this: object) => object
    return make(held, find)
  } catch {
    return function (this: object) {
      return (this as Record<symbol, object | undefined>)[held] ?? find(this)
    }
  }
}

function closure(index: number): Accessor {
  return {
    get() {
      const cell = this[CELL]
      return cell.gathered === cell.clock.writes ? cell.effective[index] : cell.read(index)
    },
    set(value: unknown) {
      this[CELL].write(index, value)
    },
  }
}

function source(index: number): string {
  return `{
    get() { const cell = this[CELL]; return cell.gathered === cell.clock.writes ? cell.effective[${index}] : cell.read(${index}) },
    set(value) { this[CELL].write(${index}, value) },
  }`
}
