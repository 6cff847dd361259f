import { afterAll, expect, test } from 'vitest'
// @boundaries-ignore the suite is shared by all stores
import { storeContract } from '../../../packages/store/test/contract.ts'
import { sqliteStore } from '../src/index.ts'
import { folderOf } from './a-folder.ts'

const folder = folderOf(afterAll)
const paths = new WeakMap<object, string>()

storeContract('the SQLite store', {
  create: async () => {
    const path = folder.path()
    const store = await sqliteStore(path)
    paths.set(store, path)
    return store
  },
  reopen: (store) => sqliteStore(paths.get(store)!),
})

test('it says that what it acknowledges is on disk', async () => {
  const store = await sqliteStore(folder.path())
  expect(store.durability).toBe('commit')
  await store.close()
})
