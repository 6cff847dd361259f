/** Reads what an item's class computes beside its fields; a getter that throws has nothing to say. */
export function gettersOf(item: object): unknown[] {
  const values: unknown[] = []
  for (
    let at = Object.getPrototypeOf(item) as object;
    isOfAuthor(at);
    at = Object.getPrototypeOf(at) as object
  ) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get === undefined) continue
      try {
        values.push((item as Record<string, unknown>)[name])
      } catch {
        // It may be written for values that are not there.
      }
    }
  }
  return values
}

/** The class that a maker made has the schema; those above it are the kernel's. */
function isOfAuthor(prototype: object): boolean {
  return !Object.hasOwn(prototype.constructor, 'schema')
}
