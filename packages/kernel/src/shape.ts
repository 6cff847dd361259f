// A shape is what the kernel derives from a definition: its fields by index, their checks, guards and defaults,
// and how saved fields are brought up to date. One for each class, made on first use; only its clock ever goes on.
import type { Clock } from './accessors.ts'
import { RetinueError, reasonOf, type ErrorCode } from './errors.ts'
import type { OwnerType } from './kind.ts'
import { isSecretRef, loadedSecret, secretOptions, type SecretOptions } from './secret.ts'
import { compileSchema, type CompiledSchema, type TSchema } from './schema.ts'
import type { EntryClass, EntryOptions } from './types.ts'
import { classOf, isLeaf, isObject, plainCopy, takeOver } from './value.ts'

/** The property of a class that holds its clock; shared by all copies of the kernel. */
export const CLOCK: unique symbol = Symbol.for('@retinue/kernel/clock') as never

/** A class with what the class makers put on it. */
export interface DefinedClass<O extends EntryOptions = EntryOptions> extends EntryClass {
  readonly prototype: object
  readonly options: O
  readonly [CLOCK]: Clock
}

/** Saved fields of one item on one owner. */
export interface StoredItem {
  readonly version: number
  readonly values: Readonly<Record<string, unknown>>
}

/** What did not survive loading, word for word, and why. */
export interface Rejected {
  /** The field, or `undefined` where the whole item is meant. */
  readonly field?: string
  readonly code: string
  readonly reason: string
  readonly version: number
  readonly value: unknown
  /** All that was stored, as it was before it was brought up to date. */
  readonly original?: StoredItem
}

/** The result of loading: one slot a field, and what was turned down. */
export interface Loaded {
  readonly own: readonly unknown[]
  readonly rejected: readonly Rejected[]
}

interface Guard {
  readonly setBy: readonly string[] | undefined
  readonly secret: SecretOptions | undefined
}

/** The derived form of a definition. */
export class Shape {
  readonly kind: string
  readonly type: string
  readonly fields: readonly string[]
  /** The own values of an owner that set nothing: one array for all, so that "sets nothing" is an identity. */
  readonly empty: readonly unknown[]
  readonly version: number
  readonly options: EntryOptions
  readonly clock: Clock
  readonly #schemas: readonly TSchema[]
  readonly #checks: (CompiledSchema | undefined)[] = []
  readonly #guards: readonly (Guard | undefined)[]
  #defaults: readonly unknown[] | undefined
  #defaulting = false

  constructor({ kind, type, schema, options, [CLOCK]: clock }: DefinedClass) {
    this.kind = kind
    this.type = type
    this.fields = Object.keys(schema.properties)
    this.#schemas = this.fields.map((field) => schema.properties[field]!)
    this.empty = this.fields.map(() => undefined)
    this.version = options.version ?? 1
    this.options = options
    this.clock = clock
    this.#guards = this.#schemas.map(guardOf)
  }

  /** The index of a field. @throws {RETINUE_FIELD_UNKNOWN} */
  index(field: string): number {
    const index = this.fields.indexOf(field)
    if (index >= 0) return index
    throw new RetinueError(
      'RETINUE_FIELD_UNKNOWN',
      `The ${this.kind} '${this.type}' has no field '${field}'.`,
      {
        hint: `Its fields are: ${this.fields.join(', ') || 'none'}.`,
        details: { kind: this.kind, type: this.type, field },
      },
    )
  }

  /** An object of the fields for which a value is given. */
  valuesOf(give: (index: number) => unknown): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    this.fields.forEach((field, index) => {
      const value = give(index)
      if (value !== undefined) values[field] = value
    })
    return values
  }

  /** Own values, one slot a field: those that set nothing are one array. */
  own(values: readonly unknown[]): readonly unknown[] {
    return values.every((value) => value === undefined) ? this.empty : values
  }

  /** How a secret field is guarded; `undefined` for any other. */
  secret(index: number): SecretOptions | undefined {
    return this.#guards[index]?.secret
  }

  /** Whether an owner of that sort may set the field. */
  isSetBy(index: number, owner: OwnerType): boolean {
    const guard = this.#guards[index]
    return guard === undefined || refusalOf(guard, owner) === undefined
  }

  /**
   * The frozen defaults, one slot a field: made once, when the type is first needed.
   * @throws {RETINUE_DEFAULT_FAILED}
   */
  get defaults(): readonly unknown[] {
    return (this.#defaults ??= this.#makeDefaults())
  }

  /**
   * Takes over a value for a field.
   * @throws {RETINUE_VALUE_INVALID} when it does not fit, {RETINUE_VALUE_REFUSED} when that owner may not set it.
   */
  accept(index: number, value: unknown, owner: OwnerType | undefined): unknown {
    const guard = this.#guards[index]
    if (guard !== undefined) this.#refuseGuarded(guard, index, value, owner)
    const check = this.#checks[index] ?? this.#compile(index)
    if (!check.check(value)) throw this.#invalid(index, describe(check, value))
    const isDone = guard?.secret !== undefined || isLeaf(value)
    return isDone ? value : this.#takeOver(index, value)
  }

  #takeOver(index: number, value: unknown): unknown {
    try {
      return takeOver(value)
    } catch (error) {
      if (!(error instanceof RetinueError)) throw error
      const { path, what } = error.details as Record<string, string>
      throw this.#invalid(index, `is not JSON: ${what}${path && ` at ${path}`}`)
    }
  }

  #refuseGuarded(guard: Guard, index: number, value: unknown, owner: OwnerType | undefined): void {
    const why = refusalOf(guard, owner)
    if (why !== undefined) throw this.#wrong('RETINUE_VALUE_REFUSED', index, `can't be set here: ${why}`)
    if (guard.secret === undefined || isSecretRef(value)) return
    const hint = 'Use Secret.env(…), Secret.file(…) or Secret.value(…).'
    throw this.#invalid(index, 'must be a reference to a secret', hint)
  }

  /** Brings saved fields up to date and keeps those that fit; `secrets` names the references that are allowed. */
  load(stored: StoredItem, owner: OwnerType | undefined, secrets: ReadonlySet<string>): Loaded {
    const whole = (code: string, reason: string): Loaded => ({
      own: this.empty,
      rejected: [{ code, reason, version: stored.version, value: stored.values }],
    })
    if (stored.version > this.version) {
      return whole(
        'RETINUE_VERSION_NEWER',
        `It was saved by version ${stored.version}; the code that read it knew ${this.version}.`,
      )
    }
    let values: Readonly<Record<string, unknown>>
    try {
      values = this.#upgrade(stored)
    } catch (error) {
      return whole('RETINUE_UPGRADE_FAILED', reasonOf(error))
    }
    const own: unknown[] = [...this.empty]
    const rejected: Rejected[] = []
    for (const field of Object.keys(values)) {
      const value = values[field]
      if (value === undefined) continue
      try {
        const index = this.index(field)
        own[index] = this.accept(index, this.#revive(index, value, secrets), owner)
      } catch (error) {
        const code = error instanceof RetinueError ? error.code : 'RETINUE_VALUE_INVALID'
        const original = stored.version < this.version ? { original: stored } : undefined
        rejected.push({ field, code, reason: reasonOf(error), version: this.version, value, ...original })
      }
    }
    return { own: this.own(own), rejected }
  }

  /** Gives own values as they are saved; secrets that live in memory are left out. */
  save(own: readonly unknown[]): StoredItem {
    const values = this.valuesOf((index) => {
      const value = own[index]
      if (!isSecretRef(value)) return value
      return value.$secret === 'value' ? undefined : { $secret: value.$secret, name: value.name }
    })
    return { version: this.version, values }
  }

  #upgrade({ version, values }: StoredItem): Readonly<Record<string, unknown>> {
    let upgraded: unknown = values
    for (let step = version; step < this.version; step++) {
      const stepUp = this.options.upgrade?.[step]
      if (stepUp !== undefined) upgraded = stepUp(plainCopy(upgraded))
    }
    if (!isObject(upgraded) || classOf(upgraded) !== undefined)
      throw new TypeError(`The upgrade to version ${this.version} gave no plain object.`)
    return upgraded === values ? values : takeOver(upgraded)
  }

  #revive(index: number, value: unknown, secrets: ReadonlySet<string>): unknown {
    return this.secret(index) === undefined ? value : (loadedSecret(value, secrets) ?? value)
  }

  #compile(index: number): CompiledSchema {
    return (this.#checks[index] = compileSchema(this.#schemas[index]!))
  }

  #makeDefaults(): readonly unknown[] {
    if (this.#defaulting) throw this.#defaultFailed('it reads itself')
    this.#defaulting = true
    try {
      return Object.freeze(this.#schemas.map((schema, i) => this.#makeDefault(schema, i)))
    } finally {
      this.#defaulting = false
    }
  }

  #makeDefault(schema: TSchema, index: number): unknown {
    const given = (schema as { default?: unknown }).default
    if (given === undefined) return undefined
    const field = this.fields[index]!
    let value: unknown
    try {
      value = takeOver(typeof given === 'function' ? (given as () => unknown)() : plainCopy(given))
    } catch (error) {
      throw this.#defaultFailed(`the default of '${field}' threw: ${reasonOf(error)}`, error)
    }
    const check = this.#compile(index)
    if (!check.check(value)) throw this.#defaultFailed(`the default of '${field}' ${describe(check, value)}`)
    return value
  }

  #invalid(index: number, why: string, hint = 'It was not set.'): RetinueError {
    return this.#wrong('RETINUE_VALUE_INVALID', index, why, hint)
  }

  #wrong(code: ErrorCode, index: number, why: string, hint?: string): RetinueError {
    const { kind, type } = this
    const field = this.fields[index]!
    return new RetinueError(code, `The field '${field}' of the ${kind} '${type}' ${why}.`, {
      hint,
      details: { kind, type, field, why },
    })
  }

  #defaultFailed(why: string, cause?: unknown): RetinueError {
    return new RetinueError(
      'RETINUE_DEFAULT_FAILED',
      `The ${this.kind} '${this.type}' has no usable defaults: ${why}.`,
      {
        hint: 'Give each field a default that fits its schema.',
        details: { kind: this.kind, type: this.type },
        cause,
      },
    )
  }
}

/** Gives the class that a maker made, which the author's extends. */
export function madeOf(definition: DefinedClass): DefinedClass {
  let made = definition
  while (!Object.hasOwn(made, 'schema')) made = Object.getPrototypeOf(made) as DefinedClass
  return made
}

/** Gives the shape of a class. */
export function shapeOf(definition: DefinedClass): Shape {
  let shape = shapes.get(definition.options)
  if (shape === undefined) shapes.set(definition.options, (shape = new Shape(definition)))
  return shape
}

// By the options object: a subclass shares it with the class that it extends, and so the shape.
const shapes = new WeakMap<object, Shape>()

function guardOf(schema: TSchema): Guard | undefined {
  const { setBy } = schema as { setBy?: readonly string[] }
  const secret = secretOptions(schema)
  return setBy === undefined && secret === undefined ? undefined : { setBy, secret }
}

function refusalOf({ setBy, secret }: Guard, owner: OwnerType | undefined): string | undefined {
  if (owner === undefined) return undefined
  if (setBy !== undefined && !setBy.includes(owner))
    return `only ${setBy.join(' and ')} may set it, not the ${owner}`
  return secret !== undefined && owner !== 'user' && owner !== 'agent'
    ? `a secret belongs to a user or an agent, not to the ${owner}`
    : undefined
}

function describe(check: CompiledSchema, value: unknown): string {
  const problems = check.errors(value)
  return (
    problems.map(({ path, message }) => (path === '' ? message : `${message} at ${path}`)).join('; ') ||
    'does not fit'
  )
}
