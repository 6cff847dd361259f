// What is kept with an object that is somebody else's. It hangs on the object itself, and not in a WeakMap: one that has
// grown old holds its values until the next full collection, and values that lead back to their object hold that too.

/** Something that is kept with objects, unseen; it goes when they go. */
export class Attachment<O extends object, T> {
  readonly #key = Symbol('@retinue/agent')

  get(object: O): T | undefined {
    return (object as { readonly [key: symbol]: T | undefined })[this.#key]
  }

  set(object: O, value: T): T {
    Object.defineProperty(object, this.#key, { value, configurable: true })
    return value
  }
}
