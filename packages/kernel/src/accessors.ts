// Field accessors lie on the prototype of a class and read through the cell of a handle. Closures made of one
// source share their inline caches, which twenty classes together wear out; so a class that comes into use gets
// accessors of its own code, where the runtime permits that. Both sorts do the same.
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
