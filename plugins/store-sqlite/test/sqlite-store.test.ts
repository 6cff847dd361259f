import { testStore } from '@retinue/testing'
import { afterAll, expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { folderOf } from './a-folder.ts'

const folder = folderOf(afterAll)
const paths = new WeakMap<object, string>()

testStore({
  test,
  create: async () => {
    const path = folder.path()
    const store = await sqliteStore(path)
    paths.set(store, path)
    return store
  },
  reopen: (store) => sqliteStore(paths.get(store)!),
  runs: Number(process.env['RETINUE_STORE_RUNS'] ?? 40),
})

test('it says that what it acknowledges is on disk', async () => {
  const store = await sqliteStore(folder.path())
  expect(store.durability).toBe('commit')
  await store.close()
})
