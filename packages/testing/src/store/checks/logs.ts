import { allOf, append, put, remove } from '../op.ts'
import { refused, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'

/** Logs grow, without gaps, on condition. */
export const logs: StoreCheck = {
  name: 'a log grows by entries without gaps, on condition of its length',
  mend: "Number entries from 1; an append gives the last number, and its 'expect' is the one before.",
  async run({ open }) {
    const store = await open()
    same('A first append of two', await store.transact([append('log', ['a', 'b'], 0)]), [{ rev: 2 }])
    same('The next append', await store.transact([append('log', ['c'], 2)]), [{ rev: 3 }])
    const late = store.transact([append('log', ['never'], 2)])
    const error = await refused('An append that expects 2, at 3,', 'RETINUE_STORE_CONFLICT', late)
    const details = { kind: 'note', id: 'log', expected: 2, actual: 3 }
    same('The conflict, by its details,', (error as { details?: unknown }).details, details)
    const entries = ['a', 'b', 'c'].map((value, i) => ({ seq: i + 1, value }))
    const read = (options?: object): Promise<unknown[]> => allOf(store.read('note', 'log', options))
    same('read()', await read(), entries)
    same('read() after 1', await read({ after: 1 }), entries.slice(1))
    same('read() after 1, limited to 1,', await read({ after: 1, limit: 1 }), entries.slice(1, 2))
    same('read() limited to 0', await read({ limit: 0 }), [])
    same('read() of no log', await allOf(store.read('note', 'none')), [])
    await store.transact([remove('log')])
    same('An append after a removal', await store.transact([append('log', ['new'], 0)]), [{ rev: 1 }])
  },
}

/** Records and logs of one key. */
export const bothOfOneKey: StoreCheck = {
  name: 'a key may have a record and a log; removing it takes both',
  mend: 'Keep records and logs apart, and let a removal take the log of its key along.',
  async run({ open }) {
    const store = await open()
    await store.transact([put('a', 'head', 0), append('a', ['entry'], 0)])
    same('get() beside a log', (await store.get('note', 'a'))?.value, 'head')
    await store.transact([remove('a')])
    same('get() after the removal', await store.get('note', 'a'), undefined)
    same('read() after the removal', await allOf(store.read('note', 'a')), [])
  },
}
