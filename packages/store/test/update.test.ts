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

test('update takes nothing away that somebody else has changed since it was looked at', async () => {
  const store = memoryStore()
  await store.transact([put('a', 'done')])
  let looks = 0
  const removed = update(store, 'note', 'a', (value) => {
    if (looks++ === 0) void store.transact([put('a', 'begun anew')])
    return value === 'done' ? undefined : value
  })
  expect(await removed).toBe('begun anew')
  expect((await store.get('note', 'a'))!.value).toBe('begun anew')
})

test.each([1, 3])(
  'update gives up where somebody else comes first as often as it is to try: %i',
  async (attempts) => {
    const store = memoryStore()
    await store.transact([put('a', 0)])
    const real = store.transact.bind(store)
    store.transact = () => real([put('a', 0, 999_999)])
    let tries = 0
    const updating = update(store, 'note', 'a', () => ++tries, { attempts })
    await expect(updating).rejects.toThrow('RETINUE_STORE_CONFLICT')
    expect(tries).toBe(attempts)
  },
)
