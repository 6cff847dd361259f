// Class makers. `class X extends Context('x', { … }) {}` is a type, a key and a default at once: its instances are
// handles, whose field accessors lie on the prototype and read through a cell. A cell holds what one owner set;
// here is the cell of an instance that stands alone, owners have theirs in `layers`.
import { CELL, defineAccessors, sharpenAccessors } from './accessors.ts'
import { RetinueError } from './errors.ts'
import {
  configKind,
  contextKind,
  completeKind,
  KIND,
  sectionKind,
  type KindOptions,
  type KindSpec,
} from './kind.ts'
import { definedName, reservedNames } from './name.ts'
import type { Disposer } from './observable.ts'
import { SECRET } from './secret.ts'
import { Type, type TProperties } from './schema.ts'
import { shapeOf, type DefinedClass, type Shape } from './shape.ts'
import type { EntryClass, EntryOptions, FieldChanged, Fields, Item, SectionOptions, Source } from './types.ts'

export { CELL }

/** What a constructor is given instead of values when the kernel makes a handle for a cell that is there. */
const FOR: unique symbol = Symbol.for('@retinue/kernel/for') as never

/** Tells whether anything was written since: all cells of a domain share it, and keep what they read by it. */
export interface WriteClock {
  writes: number
}

/** What one owner holds of one item; an instance that stands alone has one that belongs to nobody. */
export class Cell {
  /** One slot a field; replaced, never changed, so that the array itself is the earlier state. */
  own: readonly unknown[]
  /** The cells that a read asks, nearest first, this one included. */
  chain: readonly Cell[] = [this]
  readonly shape: Shape
  readonly clock: WriteClock
  /** The effective values, good for the write they were gathered at. */
  effective: readonly unknown[] = none
  gathered = -1
  #asked = -1

  constructor(shape: Shape, clock: WriteClock = { writes: 0 }) {
    this.shape = shape
    this.clock = clock
    this.own = shape.empty
  }

  /** The effective value of a field. */
  read(index: number): unknown {
    return this.gathered === this.clock.writes ? this.effective[index] : this.#readThrough(index)
  }

  /** Asks the chain; who reads a second time without a write in between gathers all fields. */
  #readThrough(index: number): unknown {
    const { writes } = this.clock
    if (this.#asked !== writes) {
      this.#asked = writes
      return this.#ask(index)
    }
    this.effective = this.shape.fields.map((_field, i) => this.#ask(i))
    this.gathered = writes
    return this.effective[index]
  }

  #ask(index: number): unknown {
    for (const cell of this.chain) {
      const value = cell.own[index]
      if (value !== undefined) return value
    }
    return this.fallback(index)
  }

  /** What shows where no owner set the field. */
  fallback(index: number): unknown {
    return this.shape.defaults[index]
  }

  /** The layer that the effective value comes from. */
  source(_index: number): Source {
    return 'registry'
  }

  /** Sets a field; `undefined` drops it. */
  write(index: number, value: unknown): void {
    const next = [...this.own]
    next[index] = value === undefined ? undefined : this.shape.accept(index, value, undefined)
    this.own = next
    this.clock.writes++
  }

  /** Runs several writes as one: all of them or none. */
  together(writes: () => void): void {
    const before = this.own
    try {
      writes()
    } catch (error) {
      this.own = before
      this.clock.writes++
      throw error
    }
  }

  /** Calls the handler when an effective value changed. */
  watch(_handler: (change: FieldChanged) => void): Disposer {
    throw new RetinueError(
      'RETINUE_OWNER_INVALID',
      `This ${this.shape.kind} belongs to no owner, so nothing tells of it.`,
      {
        hint: 'Observe the item of a session, user or agent.',
      },
    )
  }

  /** The text of a section in the pass that is under way, or in one of its own. */
  render(): string {
    throw new RetinueError(
      'RETINUE_OWNER_INVALID',
      `This section belongs to no session, so it can't be rendered.`,
      {
        hint: 'Render the section of a session or an interaction.',
      },
    )
  }
}

const none: readonly never[] = []

/** The kernel's members of every handle; fields are accessors of the class between this and the author's. */
class Handle {
  declare readonly [CELL]: Cell

  constructor(given?: object) {
    const { prototype } = new.target
    const definition = prototype.constructor as unknown as DefinedClass
    const cell = (given as { [FOR]?: Cell } | undefined)?.[FOR]
    Object.defineProperty(this, CELL, { value: cell ?? new Cell(shapeOf(definition)) })
    Object.preventExtensions(this) // a class field of the author's would bypass validation: now it throws
    if (given !== undefined && cell === undefined) assign(this[CELL], given)
  }

  get $type(): string {
    return this[CELL].shape.type
  }

  $source(field: string): Source {
    const cell = this[CELL]
    return cell.source(cell.shape.index(field))
  }

  $reset(field?: string): void {
    const cell = this[CELL]
    const indexes = field === undefined ? cell.shape.fields.keys() : [cell.shape.index(field)]
    cell.together(() => {
      for (const index of indexes) cell.write(index, undefined)
    })
  }

  $pin(): void {
    const cell = this[CELL]
    cell.together(() => {
      for (const index of cell.shape.fields.keys()) {
        if (cell.shape.secret(index) === undefined) cell.write(index, cell.read(index))
      }
    })
  }

  $values(): object {
    const cell = this[CELL]
    const values: Record<string, unknown> = {}
    cell.shape.fields.forEach((field, index) => {
      const value = cell.read(index)
      if (value !== undefined) values[field] = value
    })
    return Object.freeze(values)
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

/** A section's handle renders itself. */
class SectionHandle extends Handle {
  render(): string {
    return this[CELL].render()
  }
}

/**
 * Sets what a plain object, or the own values of another handle of the type, say.
 * @throws {RETINUE_VALUE_INVALID}, {RETINUE_TYPE_MISMATCH}
 */
export function assign(cell: Cell, values: object): void {
  const { shape } = cell
  refuseMisfit(shape, values)
  cell.together(() => {
    for (const [field, value] of Object.entries(ownValues(values))) cell.write(shape.index(field), value)
  })
}

function refuseMisfit({ kind, type }: Shape, values: unknown): void {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    const what = values === null ? 'null' : Array.isArray(values) ? 'an array' : typeof values
    throw new RetinueError('RETINUE_VALUE_INVALID', `The ${kind} '${type}' can't be made of ${what}.`, {
      hint: 'Give an object with its fields, or an instance.',
      details: { kind, type },
    })
  }
  if (!isHandle(values)) return
  const { shape } = values[CELL]
  if (shape.kind === kind && shape.type === type) return
  throw new RetinueError(
    'RETINUE_TYPE_MISMATCH',
    `The ${kind} '${type}' can't be made of the ${shape.kind} '${shape.type}'.`,
    { hint: 'Give its fields one by one.', details: { kind, type } },
  )
}

/** The own values of a handle, or the plain object itself. */
export function ownValues(values: object): object {
  if (!(CELL in values)) return values
  const { shape, own } = values[CELL] as Cell
  return Object.fromEntries(
    shape.fields.map((field, i) => [field, own[i]]).filter(([, value]) => value !== undefined),
  )
}

/** Makes the handle of a class for an owner's cell. */
export function handleOf(definition: EntryClass, cell: Cell): object {
  if (!sharpened.has(cell.shape)) {
    sharpened.add(cell.shape)
    let made = definition.prototype as object
    while (!Object.hasOwn(made.constructor, 'schema')) made = Object.getPrototypeOf(made) as object
    sharpenAccessors(made, cell.shape.fields)
  }
  return new definition({ [FOR]: cell })
}

const sharpened = new WeakSet<Shape>()

/** Tells whether something is a class that a maker made. */
export function isEntryClass(value: unknown): value is DefinedClass & { readonly [KIND]: KindSpec } {
  return typeof value === 'function' && KIND in value
}

/** Tells whether something is a handle. */
export function isHandle(value: unknown): value is { readonly [CELL]: Cell; readonly $type: string } {
  return typeof value === 'object' && value !== null && CELL in value
}

/** A maker of classes of one kind. */
export interface Kind<N extends string = string> extends KindSpec<N> {
  <P extends TProperties>(
    type: string,
    properties: P,
    options?: EntryOptions,
  ): EntryClass<N, Fields<P> & Item<Fields<P>>, Partial<Fields<P>>>
}

/** The maker of sections: their options say more, and their instances render. */
export interface SectionKind extends KindSpec<'section'> {
  <P extends TProperties>(
    type: string,
    properties: P,
    options?: SectionOptions,
  ): EntryClass<'section', Fields<P> & Item<Fields<P>> & { render(): string }, Partial<Fields<P>>>
}

/**
 * Makes a kind: a maker of classes whose items hang in a bag of their own on the owners it names.
 *
 * @example
 * const Machine = defineKind({ name: 'machine', bag: 'machines', after: 'section', owners: ['session'] })
 * class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}
 * // once registered: session.machines.door.state
 */
export function defineKind<N extends string>(options: KindOptions<N>): Kind<N> {
  return makerOf(completeKind(options), Handle) as Kind<N>
}

/** Makes the class of a config: what a tool is set up by. Requested on the user, never seen by templates. */
export const Config: Kind<'config'> = makerOf(configKind, Handle) as Kind<'config'>

/**
 * Makes the class of a context: what a session knows.
 *
 * @example
 * class SearchResults extends Context('search_results', { query: Type.String({ default: '' }) }) {}
 */
export const Context: Kind<'context'> = makerOf(contextKind, Handle) as Kind<'context'>

/** Makes the class of a section: what a prompt says. */
export const Section: SectionKind = makerOf(sectionKind, SectionHandle) as unknown as SectionKind

function makerOf(kind: KindSpec, Base: typeof Handle): unknown {
  const make = (type: string, properties: TProperties, options: EntryOptions = {}): unknown => {
    definedName(type, kind.name)
    for (const field of Object.keys(properties)) checkField(kind.name, type, field, properties[field]!)
    const Made = class extends Base {}
    const statics = {
      kind: kind.name,
      type,
      schema: Type.Object(properties),
      options: { ...options },
      [KIND]: kind,
    }
    for (const key of Reflect.ownKeys(statics)) {
      Object.defineProperty(Made, key, { value: statics[key as keyof typeof statics], enumerable: true })
    }
    defineAccessors(Made.prototype, Object.keys(properties))
    return Made
  }
  return Object.defineProperties(make, Object.getOwnPropertyDescriptors({ ...kind, [KIND]: kind }))
}

function checkField(kind: string, type: string, field: string, schema: object): void {
  const refuse = (why: string, hint: string): never => {
    throw new RetinueError(
      'RETINUE_DEFINITION_INVALID',
      `The field '${field}' of the ${kind} '${type}' ${why}.`,
      {
        hint,
        details: { kind, type, field },
      },
    )
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field))
    refuse('has no name that can follow a dot', 'Name it in camelCase.')
  if (reservedNames.has(field)) refuse('has a reserved name', 'Choose another name.')
  if ((schema as { default?: unknown }).default === undefined && !Type.IsOptional(schema as never)) {
    refuse('has neither a default nor is it optional', 'Add { default: … }, or wrap it in Type.Optional(…).')
  }
  if (!(SECRET in schema) && JSON.stringify(schema).includes(`"${SECRET}"`)) {
    refuse('hides a secret inside', 'Make the secret a field of its own.')
  }
}
