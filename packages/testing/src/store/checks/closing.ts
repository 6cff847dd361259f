import { allOf, put } from '../op.ts'
import { inTime, refused } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'

/** The end of a store. */
export const closing: StoreCheck = {
  name: 'a closed store says so, and its watches end',
  mend: 'Let close() end the watches and be called again; after it, throw storeClosed() of @retinue/store.',
  async run({ open }) {
    const store = await open()
    const watch = allOf(store.watch())
    await store.transact([put('a', 1)])
    await store.close()
    await store.close()
    await inTime('A watch of a closed store', watch)
    const code = 'RETINUE_STORE_CLOSED'
    await refused('get() after close()', code, store.get('note', 'a'))
    await refused('transact() after close()', code, store.transact([put('a', 1)]))
    await refused('list() after close()', code, allOf(store.list('note')))
    await refused('read() after close()', code, allOf(store.read('note', 'a')))
    await refused('cursor() after close()', code, store.cursor())
    await refused('watch() after close()', code, allOf(store.watch()))
    await refused('lease() after close()', code, store.lease('l', { ttlMs: 1 }))
  },
}
