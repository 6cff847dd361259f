import { runInNewContext } from 'node:vm'
import type { Json } from '@retinue/kernel'
import { testStore } from '@retinue/testing'
import { expect, test } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { allOf, put, remove } from './a-store.ts'

testStore({
  test,
  create: async () => memoryStore(),
  runs: Number(process.env['RETINUE_STORE_RUNS'] ?? 40),
})

test('it says that it forgets', () => {
  expect(memoryStore().durability).toBe('memory')
})

test('values may come from another realm, as what fetch() gives does in Jest', async () => {
  const store = memoryStore()
  await store.transact([put('a', runInNewContext('({ list: [{}] })') as Json)])
  expect((await store.get('note', 'a'))?.value).toEqual({ list: [{}] })
})

test('removals are remembered for a while; a watch from before that says so', async () => {
  const store = memoryStore()
  const cursor = await store.cursor()
  await store.transact(Array.from({ length: 10_001 }, (_, i) => put(`${i}`, i)))
  const full = await store.cursor()
  await store.transact(Array.from({ length: 10_000 }, (_, i) => remove(`${i}`)))
  const stop = new AbortController()
  const removed: string[] = []
  for await (const { id } of store.watch({}, { after: full, signal: stop.signal })) {
    removed.push(id)
    if (removed.length === 10_000) stop.abort()
  }
  expect(new Set(removed).size).toBe(10_000)
  await store.transact([remove('10000')])
  await expect(allOf(store.watch({}, { after: cursor }))).rejects.toMatchObject({
    code: 'RETINUE_STORE_CURSOR_OLD',
  })
})
