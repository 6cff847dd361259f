// What is computed of several objects that never change, once for each combination of them: whoever asks with the same
// ones is given the same result, by which it can be compared in turn. Nothing is kept longer than what it was made of.

/** Results by the objects that they were computed of. */
export class Combined<T extends object> {
  #next: WeakMap<object, Combined<T>> | undefined
  #result: T | undefined

  /** The result for these objects, in this order. */
  of(parts: readonly object[], compute: () => T): T {
    let at: Combined<T> = this
    for (const part of parts) {
      let next = at.#next?.get(part)
      if (next === undefined) (at.#next ??= new WeakMap()).set(part, (next = new Combined()))
      at = next
    }
    return (at.#result ??= compute())
  }
}
