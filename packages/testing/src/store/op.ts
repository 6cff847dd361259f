// Short ways to write changes of one kind of records, and to read all that a store gives.
import type { Json } from '@retinue/kernel'
import type { StoreOp } from './tested-store.ts'

export function put(id: string, value: Json, expect?: number): StoreOp {
  return { op: 'put', kind: 'note', id, value, ...(expect !== undefined && { expect }) }
}

export function remove(id: string, expect?: number): StoreOp {
  return { op: 'remove', kind: 'note', id, ...(expect !== undefined && { expect }) }
}

export function append(id: string, values: readonly Json[], expect?: number): StoreOp {
  return { op: 'append', kind: 'note', id, values, ...(expect !== undefined && { expect }) }
}

/** All that an iterable gives. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
