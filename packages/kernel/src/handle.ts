// Handles and cells. A handle is an instance of a definition's class: accessors over a cell, and what they saw last. A
// cell holds what one owner set; here is that of an instance that stands alone, owners have theirs in `cells`.
import { CELL, sharpenAccessors, type Seen, type Sight } from './accessors.ts'
import { onceForEach } from './combined.ts'
import type { Disposer } from './emitter.ts'
import { RetinueError } from './errors.ts'
import { madeOf, shapeOf, type DefinedClass, type Shape } from './shape.ts'
import type { EntryClass, FieldChanged, Source } from './types.ts'
import { classOf, isObject, shownValue } from './value.ts'

/** What a constructor is given instead of values when the kernel makes a handle for a cell that is there. */
const FOR: unique symbol = Symbol.for('@retinue/kernel/for') as never

/** What one owner holds of one item; an instance that stands alone has one that belongs to nobody. */
export class Cell {
  /** One slot a field. */
  own: readonly unknown[]
  /** The cells that a read asks, nearest first, this one included. */
  chain: readonly Cell[] = [this]
  readonly shape: Shape
  #askedAt = -1

  constructor(shape: Shape) {
    this.shape = shape
    this.own = shape.empty
  }

  /** A test runner copies deep what it shows of a failure, but for what has a tag: a copy would lack the private fields. */
  get [Symbol.toStringTag](): string {
    return ''
  }

  /** The effective value of a field: of the nearest cell that has one. */
  read(index: number): unknown {
    for (const cell of this.chain) {
      const value = cell.own[index]
      if (value !== undefined) return value
    }
    return this.fallback(index)
  }

  /** All effective values, for whom asks a second time without a write in between: before, one is cheaper. */
  gather(): readonly unknown[] | undefined {
    const { writes } = this.shape.clock
    if (this.#askedAt === writes) return this.shape.fields.map((_field, index) => this.read(index))
    this.#askedAt = writes
    return undefined
  }

  /** What shows where no owner set the field. */
  fallback(index: number): unknown {
    return this.shape.defaults[index]
  }

  /** The layer that the effective value comes from. */
  source(_index: number): Source {
    return 'registry'
  }

  /** Whether the owner may set a field. */
  isOpen(_index: number): boolean {
    return true
  }

  /** Whether any field is set here. */
  get valued(): boolean {
    return this.own !== this.shape.empty
  }

  /** Sets a field; `undefined` drops it. */
  write(index: number, value: unknown): void {
    this.put(index, value === undefined ? undefined : this.shape.accept(index, value, undefined))
  }

  /** Puts into a slot what was checked before. */
  put(index: number, value: unknown): void {
    this.shape.clock.writes++
    const { shape } = this
    if (this.own === shape.empty) this.own = shape.empty.slice()
    ;(this.own as unknown[])[index] = value
    if (value === undefined) this.own = shape.own(this.own)
  }

  /** Puts values that were checked before in the place of all. */
  adopt(own: readonly unknown[]): void {
    this.shape.clock.writes++
    this.own = own
  }

  /** Runs several writes as one: all of them or none. */
  together(writes: () => void): void {
    const before = this.own.slice()
    try {
      writes()
    } catch (error) {
      for (const [index, value] of before.entries()) this.put(index, value)
      throw error
    }
  }

  /** Calls the handler when an effective value changed. */
  watch(_handler: (change: FieldChanged) => void): Disposer {
    throw unowned(this, 'nothing tells of it', 'Observe the item of a session, user or agent.')
  }

  /** The text of a section in the pass that is under way, or in one of its own. */
  render(): string {
    throw unowned(this, "it can't be rendered", 'Render that of a session or interaction.')
  }
}

function unowned({ shape }: Cell, so: string, hint: string): RetinueError {
  return new RetinueError('RETINUE_OWNER_INVALID', `This ${shape.kind} belongs to no owner, so ${so}.`, {
    hint,
  })
}

/** Shows matchers the values of a handle, which has no keys of its own: without it all handles of a class were equal. */
const VALUES: unique symbol = Symbol.for('@retinue/kernel/values') as never
const valuesProperty: PropertyDescriptor & ThisType<Handle> = {
  enumerable: true,
  get() {
    return this.$values()
  },
}

let sight: Sight<Handle>
const never: Seen = { at: -1 }

/** What a new handle has seen, by its prototype; its class comes into use with the first. */
const unseenBy = onceForEach((prototype: object): Seen => {
  const made = madeOf(prototype.constructor as DefinedClass)
  const { fields, clock } = shapeOf(made)
  return sharpenAccessors(made.prototype, fields, clock, sight)
})

/** The kernel's members of every handle; fields are accessors of the class between this and the author's. */
export class Handle {
  declare readonly [CELL]: Cell
  /** For the accessors of its class. */
  #seen: Seen = unseenBy(Object.getPrototypeOf(this) as object)

  constructor(given?: object) {
    const forOwner = (given as { [FOR]?: Cell } | undefined)?.[FOR]
    const cell = forOwner ?? new Cell(shapeOf(new.target.prototype.constructor as DefinedClass))
    Object.defineProperty(this, CELL, { value: cell })
    Object.defineProperty(this, VALUES, valuesProperty)
    Object.preventExtensions(this) // a class field of the author's would bypass validation: now it throws
    if (given !== undefined && forOwner === undefined) assign(cell, given)
  }

  static {
    sight = {
      // What stands in for a handle, such as a proxy of it, has seen nothing, and keeps nothing.
      of: (handle) => (#seen in handle ? handle.#seen : never),
      keep: (handle, seen) => void (#seen in handle && (handle.#seen = seen)),
    }
  }

  get $type(): string {
    return this[CELL].shape.type
  }

  $source(field: string): Source {
    const cell = this[CELL]
    return cell.source(cell.shape.index(field))
  }

  $reset(...fields: readonly string[]): void {
    const cell = this[CELL]
    const indexes = (fields.length > 0 ? fields : cell.shape.fields).map((field) => cell.shape.index(field))
    cell.together(() => {
      for (const index of indexes) cell.write(index, undefined)
    })
  }

  $pin(): void {
    const cell = this[CELL]
    cell.together(() => {
      for (const index of cell.shape.fields.keys()) {
        // Secrets stay where they are, and so does what this owner may not set.
        if (cell.shape.secret(index) === undefined && cell.isOpen(index)) cell.write(index, cell.read(index))
      }
    })
  }

  $values(): object {
    const cell = this[CELL]
    return Object.freeze(cell.shape.valuesOf((index) => cell.read(index)))
  }

  $patch(values: object): void {
    assign(this[CELL], values)
  }

  $on(_event: 'changed', handler: (change: FieldChanged) => void): Disposer {
    return this[CELL].watch(handler)
  }

  toJSON(): object {
    return this.$values()
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect?: (...of: unknown[]) => string,
  ): unknown {
    const name = `${this[CELL].shape.kind} ${this.$type}`
    return inspect === undefined ? name : `${name} ${inspect(this.$values(), options)}`
  }
}

/** The method of a section's view that gives the text of its template: there `super.render()` leads in a prompt. */
export const TEMPLATE: unique symbol = Symbol.for('@retinue/kernel/template') as never

/** A section's handle renders itself. */
export class SectionHandle extends Handle {
  render(): string {
    return TEMPLATE in this ? (this[TEMPLATE] as () => string)() : this[CELL].render()
  }
}

/**
 * Sets what a plain object, or the own values of another handle of the type, say.
 * @throws {RETINUE_VALUE_INVALID}, {RETINUE_TYPE_MISMATCH}
 */
export function assign(cell: Cell, values: object): void {
  const { shape } = cell
  const what = misfitOf(shape, values)
  if (what !== undefined) {
    const { kind, type } = shape
    throw new RetinueError(
      isHandle(values) ? 'RETINUE_TYPE_MISMATCH' : 'RETINUE_VALUE_INVALID',
      `The ${kind} '${type}' can't be made of ${what}.`,
      { hint: 'Give an object with its fields, or an instance of it.', details: { kind, type } },
    )
  }
  cell.together(() => {
    for (const [field, value] of Object.entries(ownValues(values))) cell.write(shape.index(field), value)
  })
}

/** Names what can't be taken for an item's fields, such as an item of another type; `undefined` where it can. */
export function misfitOf({ kind, type }: Shape, values: unknown): string | undefined {
  if (!isHandle(values)) return withoutFields(values)
  const { shape } = values[CELL]
  return shape.kind === kind && shape.type === type ? undefined : `the ${shape.kind} '${shape.type}'`
}

/** Names what is no plain object, or has lost the fields of an item that was spread into it; `undefined` for one. */
export function withoutFields(values: unknown): string | undefined {
  if (!isObject(values) || classOf(values) !== undefined) return shownValue(values)
  return VALUES in values ? 'what an item was spread into: spread its $values()' : undefined
}

/** The own values of a handle, or the plain object itself. */
export function ownValues(values: object): object {
  if (!(CELL in values)) return values
  const { shape, own } = values[CELL] as Cell
  return shape.valuesOf((index) => own[index])
}

/** Makes the handle of a class for an owner's cell. */
export function handleOf(definition: EntryClass, cell: Cell): object {
  return new definition({ [FOR]: cell })
}

/** Tells whether something is a handle. */
export function isHandle(value: unknown): value is { readonly [CELL]: Cell; readonly $type: string } {
  return typeof value === 'object' && value !== null && CELL in value
}
