// Weakly held members that can be walked: whoever drops a session without closing it must not keep it in memory.
// Dead references are swept as the set grows, so that no finaliser is needed.

/** A set that does not keep its members alive. */
export class Live<T extends object> implements Iterable<T> {
  readonly #refs = new Set<WeakRef<T>>()
  #sweepAt = 64

  /** Adds a member by a reference that it keeps for its own removal. */
  add(ref: WeakRef<T>): void {
    this.#refs.add(ref)
    if (this.#refs.size < this.#sweepAt) return
    for (const each of this.#refs) if (each.deref() === undefined) this.#refs.delete(each)
    this.#sweepAt = Math.max(64, this.#refs.size * 2)
  }

  delete(ref: WeakRef<T>): void {
    this.#refs.delete(ref)
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const ref of this.#refs) {
      const member = ref.deref()
      if (member === undefined) this.#refs.delete(ref)
      else yield member
    }
  }
}
