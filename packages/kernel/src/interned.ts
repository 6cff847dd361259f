// Interned objects: one for all that are alike, so that they can be compared, and what is computed of them shared, by
// identity. They are held weakly: what nobody holds any more is swept as the table grows.

/** Objects by a name for what they are made of. */
export class Interned<T extends object> {
  readonly #refs = new Map<string, WeakRef<T>>()
  #sweepAt = 64

  /** The object of that name, made where there is none. */
  of(name: string, make: () => T): T {
    const known = this.#refs.get(name)?.deref()
    if (known !== undefined) return known
    const made = make()
    this.#refs.set(name, new WeakRef(made))
    if (this.#refs.size >= this.#sweepAt) this.#sweep()
    return made
  }

  #sweep(): void {
    for (const [name, ref] of this.#refs) if (ref.deref() === undefined) this.#refs.delete(name)
    this.#sweepAt = Math.max(64, this.#refs.size * 2)
  }
}
