import { StoredSessionManager } from '@retinue/store'
import { testStore } from '@retinue/testing'
import { afterAll, expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { folderOf } from './a-folder.ts'
import { Tally } from './talker.ts'

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

test('a live user follows what another connection stores (SPEC 33)', async () => {
  const path = folder.path()
  const [here, there] = [await sqliteStore(path), await sqliteStore(path)]
  const [mine, theirs] = [here, there].map((store) => new StoredSessionManager({ store }))
  const [user, same] = [await mine!.user('ada'), await theirs!.user('ada')]
  const stop = new AbortController()
  const following = mine!.follow(stop)
  const heard = new Promise((resolve) => user.on('changed', resolve))
  same.context.$get(Tally).a = 7
  await theirs!.saved(same)
  await heard
  expect(user.context.$get(Tally).a).toBe(7)
  stop.abort()
  await following
  await Promise.all([here.close(), there.close()])
})
