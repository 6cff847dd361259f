import { expect, test } from 'vitest'
import { memoryStore, update } from '../src/index.ts'
import { put } from './a-store.ts'

test('update loses nothing, however many change one record at once', async () => {
  const store = memoryStore()
  const add = () => update(store, 'note', 'count', (n) => Number(n ?? 0) + 1, { attempts: 100 })
  await Promise.all(Array.from({ length: 40 }, add))
  expect((await store.get('note', 'count'))!.value).toBe(40)
  expect(await update(store, 'note', 'count', () => undefined)).toBeUndefined()
  expect(await store.get('note', 'count')).toBeUndefined()
  expect(await update(store, 'note', 'count', () => undefined)).toBeUndefined()
})

test('update gives up where somebody else always comes first', async () => {
  const store = memoryStore()
  await store.transact([put('a', 0)])
  const real = store.transact.bind(store)
  store.transact = () => real([put('a', 0, 999_999)])
  await expect(update(store, 'note', 'a', () => 1, { attempts: 3 })).rejects.toThrow('RETINUE_STORE_CONFLICT')
})
