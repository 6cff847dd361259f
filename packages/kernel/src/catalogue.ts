// A catalogue is what a registry knows of one kind: a view by name, and the maker of items that stand alone.
import { ofKind, type KindSpec } from './kind.ts'
import type { Key } from './name.ts'
import type { Registration, Registry } from './registry.ts'
import type { EntryClass, Spelled, Spelling } from './types.ts'
import { unknownType } from './unknown-type.ts'

/** The registered types of one kind. */
export class Catalogue<T> {
  readonly #registry: Registry
  readonly #kind: KindSpec

  constructor(registry: Registry, kind: KindSpec) {
    this.#registry = registry
    this.#kind = kind
  }

  /** The type names, sorted. */
  list(): string[] {
    return ofKind(this.#registry.all(), this.#kind.name).map(({ type }) => type)
  }

  /** Tells whether a key of any spelling is registered. */
  has(key: Key): boolean {
    return this.get(key) !== undefined
  }

  /** The registration of a key: its definition, origin and needs. */
  get(key: Key): Registration | undefined {
    return this.#registry.find(key, this.#kind.name)
  }

  /**
   * Makes an item that belongs to nobody, with the given fields set and every other at its default.
   * @throws {RETINUE_TYPE_UNKNOWN}, {RETINUE_VALUE_INVALID}
   */
  create<C extends EntryClass>(key: C, data?: object): InstanceType<C>
  create<S extends Spelling<T>>(key: S, data?: object): Spelled<T, S>
  create(key: string, data?: object): Record<string, unknown>
  create(key: Key, data: object = {}): unknown {
    const found = this.get(key)
    if (found === undefined) throw unknownType(this.#registry, key, this.#kind.name)
    if (found.shape === undefined) return found.definition // a toolset is a definition, and nobody's own
    void found.shape.defaults // what can't be defaulted must fail here, before anything is made
    return new (found.definition as EntryClass)(data)
  }
}
