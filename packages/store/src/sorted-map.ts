// A map from texts that can be walked in their order from any place.
import { compareText } from './text-order.ts'

/** A map whose keys are in order. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>()
  readonly #keys: string[] = []

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#indexFrom(key), 0, key)
    this.#values.set(key, value)
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#indexFrom(key), 1)
  }

  /** The entries whose keys begin with `prefix` and come after `after`, in order; both may be empty. */
  *range(prefix: string, after: string): Iterable<readonly [string, V]> {
    const from = this.#indexFrom(compareText(after, prefix) < 0 ? prefix : after)
    for (let i = from; i < this.#keys.length; i++) {
      const key = this.#keys[i]!
      if (!key.startsWith(prefix)) return
      if (key !== after) yield [key, this.#values.get(key)!]
    }
  }

  /** The index of the first key that is not before this one. */
  #indexFrom(key: string): number {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareText(this.#keys[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
