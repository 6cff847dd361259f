// What JSON calls an object: neither null nor a list.

/** Tells whether a value is a record. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
