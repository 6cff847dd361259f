// What is computed of several objects that never change, once for each combination of them: whoever asks with the same
// ones is given the same result, by which it can be compared in turn. Nothing is kept longer than what it was made of.

interface Node<T> {
  result?: T
  next?: WeakMap<object, Node<T>>
}

/** Results by the objects that they were computed of. */
export class Combined<T extends object> {
  readonly #root: Node<T> = {}

  /** The result for these objects, in this order. */
  of(parts: readonly object[], compute: () => T): T {
    let at = this.#root
    for (const part of parts) {
      at.next ??= new WeakMap()
      let next = at.next.get(part)
      if (next === undefined) at.next.set(part, (next = {}))
      at = next
    }
    return (at.result ??= compute())
  }
}
