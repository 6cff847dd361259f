// What is computed of an object that never changes, once for each, or of several, once for each combination of them:
// whoever asks with the same ones is given the same result, by which it can be compared in turn. Nothing is kept longer
// than what it was made of.

/** Makes a function that computes its result once for each object. */
export function onceForEach<K extends object, T extends object>(compute: (of: K) => T): (of: K) => T {
  const results = new WeakMap<K, T>()
  return (of) => {
    let result = results.get(of)
    if (result === undefined) results.set(of, (result = compute(of)))
    return result
  }
}

/** Where a result is kept, and the ways on from there. */
interface Place<T> {
  result?: T
  next?: WeakMap<object, Place<T>>
}

/** Results by the objects that they were computed of. */
export class Combined<T extends object> {
  readonly #root: Place<T> = {}

  /** The place of the result for these objects, in this order: whoever finds none there puts it there. */
  at(parts: readonly object[]): { result?: T } {
    let at = this.#root
    for (const part of parts) {
      at.next ??= new WeakMap()
      let next = at.next.get(part)
      if (next === undefined) at.next.set(part, (next = {}))
      at = next
    }
    return at
  }
}
