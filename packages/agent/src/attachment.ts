// What is kept with an object that is somebody else's. It hangs on the object itself, and not in a WeakMap: one that has
// grown old holds its values until the next full collection, and values that lead back to their object hold that too.
// An object that takes nothing any more (a sealed signal) leaves no other place than that map.

/** Something that is kept with objects, unseen; it goes when they go. */
export class Attachment<O extends object, T> {
  readonly #key = Symbol('@retinue/agent')
  #aside: WeakMap<O, T> | undefined

  get(object: O): T | undefined {
    return (object as { readonly [key: symbol]: T | undefined })[this.#key] ?? this.#aside?.get(object)
  }

  set(object: O, value: T): T {
    if (!Reflect.defineProperty(object, this.#key, { value, configurable: true })) {
      this.#aside ??= new WeakMap()
      this.#aside.set(object, value)
    }
    return value
  }
}
