import { getEventListeners } from 'node:events'
import { runInNewContext } from 'node:vm'
import type { Json } from '@retinue/kernel'
import { testStore } from '@retinue/testing'
import { expect, test, vi } from 'vitest'
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

test('a lease whose time is over is lost, though nobody else has it, and though the clock is set back', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  try {
    const store = memoryStore()
    const [own, others] = [
      (await store.lease('own', { ttlMs: 1000 }))!,
      (await store.lease('turn', { ttlMs: 1000 }))!,
    ]
    vi.setSystemTime(1_001_000)
    await expect(own.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
    expect(await store.lease('turn', { ttlMs: 1000 })).toMatchObject({ epoch: 2 })
    vi.setSystemTime(1_000_500)
    await expect(others.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
  } finally {
    vi.useRealTimers()
  }
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

test('whoever breaks off a watch that they are behind with, and goes on from its last cursor, misses nothing', async () => {
  const store = memoryStore()
  const watch = store.watch({})[Symbol.asyncIterator]()
  const first = watch.next()
  await store.transact([put('first', 1)])
  await first
  for (const id of ['a', 'b', 'a']) await store.transact([put(id, 1)])
  const { cursor, id } = (await watch.next()).value!
  await watch.return!()
  const stop = new AbortController()
  const told = new Set([id])
  await store.transact([put('last', 1)])
  for await (const change of store.watch({}, { after: cursor, signal: stop.signal })) {
    told.add(change.id)
    if (change.id === 'last') stop.abort()
  }
  expect(told).toEqual(new Set(['a', 'b', 'last']))
})

test('a signal that lasts holds no watch that has ended, however it did', async () => {
  const store = memoryStore()
  const { signal } = new AbortController()
  const watch = () => store.watch({}, { after: '0', signal })[Symbol.asyncIterator]()
  await store.transact([put('a', 1)])
  const [left, closed] = [watch(), watch()]
  for (const each of [left, closed]) await each.next()
  expect(getEventListeners(signal, 'abort')).toHaveLength(2)
  await left.return!()
  await store.close()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
