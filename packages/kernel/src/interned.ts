// Interned objects: one for all that are alike, so that they can be compared, and what is computed of them shared, by
// identity. They are held weakly: what nobody holds any more is swept as the table grows.
import { firstSweep, sweep } from './live.ts'

/** Objects by a name for what they are made of. */
export class Interned<T extends object> {
  readonly #refs = new Map<string, WeakRef<T>>()
  #sweepAt = firstSweep

  /** The object of that name, made where there is none. */
  of(name: string, make: () => T): T {
    const known = this.#refs.get(name)?.deref()
    if (known !== undefined) return known
    const made = make()
    this.#refs.set(name, new WeakRef(made))
    this.#sweepAt = sweep(this.#refs, this.#sweepAt)
    return made
  }
}
