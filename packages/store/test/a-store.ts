// What the tests of stores share: short ways to write ops, and to read all of what an iterable gives.
import type { Json } from '@retinue/kernel'
import type { Op } from '../src/index.ts'

export const put = (id: string, value: Json, expect?: number): Op => ({
  op: 'put',
  kind: 'note',
  id,
  value,
  ...(expect !== undefined && { expect }),
})

export const remove = (id: string, expect?: number): Op => ({
  op: 'remove',
  kind: 'note',
  id,
  ...(expect !== undefined && { expect }),
})

/** All that an iterable gives. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
