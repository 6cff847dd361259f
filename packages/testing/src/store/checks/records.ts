import { Skip } from '../../verdict.ts'
import { append, allOf, put, remove } from '../op.ts'
import { holds, refused, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'

/** Records are put, read, replaced, removed. */
export const records: StoreCheck = {
  name: 'a record is put, read, replaced and removed, each time at a new revision',
  mend: 'Count revisions over the whole store, never back, and give a removal one, too.',
  async run({ open }) {
    const store = await open()
    const write = async (op: Parameters<typeof store.transact>[0][number]): Promise<number> =>
      (await store.transact([op]))[0]!.rev
    const first = await write(put('a', { n: 1 }, 0))
    same('get() after a put', await store.get('note', 'a'), { rev: first, value: { n: 1 } })
    const second = await write(put('a', [true, null, 'ü€😀', 1.5], first))
    holds('a replaced record has a higher revision', second > first)
    same('get() after a second put', (await store.get('note', 'a'))?.value, [true, null, 'ü€😀', 1.5])
    const gone = await write(remove('a', second))
    holds('a removal has a higher revision', gone > second)
    same('get() after a removal', await store.get('note', 'a'), undefined)
    holds('a record that is made again has a higher revision', (await write(put('a', 1, 0))) > gone)
    same('Removing what is not there', await store.transact([remove('nobody')]), [{ rev: 0 }])
  },
}

/** A condition that does not hold refuses the write. */
export const conflicts: StoreCheck = {
  name: 'a write that expects another revision conflicts, and names the record and both revisions',
  mend: 'Throw what conflict({ kind, id, expected, actual }) of @retinue/store makes, before anything is written.',
  async run({ open }) {
    const store = await open()
    const [{ rev }] = (await store.transact([put('a', 1)])) as [{ rev: number }]
    for (const op of [put('a', 2, 0), put('a', 2, rev + 7), remove('a', rev + 7), put('b', 1, 3)]) {
      const actual = op.id === 'a' ? rev : 0
      const asked = `A ${op.op} of '${op.id}' that expects ${op.expect}, at ${actual},`
      const error = await refused(asked, 'RETINUE_STORE_CONFLICT', store.transact([op]))
      const details = { kind: 'note', id: op.id, expected: op.expect, actual }
      same(`${asked} by its details`, (error as { details?: unknown }).details, details)
    }
    same('get() after conflicts', (await store.get('note', 'a'))?.value, 1)
  },
}

/** Nothing of a transaction that failed stays. */
export const atomicity: StoreCheck = {
  name: 'a transaction is all or nothing, whichever of its changes fails',
  mend: 'Undo what was done before the change that failed, records and logs: use the transactions of what you stand on.',
  async run({ open }) {
    const store = await open()
    const all = async (): Promise<unknown[]> => [
      await allOf(store.list('note')),
      await allOf(store.read('note', 'log')),
    ]
    await store.transact([put('a', 1), append('log', ['x']), put('c', 'stays')])
    const before = await all()
    const changes = [
      put('a', 2),
      append('log', ['y']),
      put('a', 3),
      remove('c'),
      remove('log'),
      append('log', ['z']),
      put('d', 4),
    ]
    for (let at = 0; at <= changes.length; at++) {
      const ops = [...changes.slice(0, at), put('a', 'never', 999_999), ...changes.slice(at)]
      await refused(`A conflict at place ${at}`, 'RETINUE_STORE_CONFLICT', store.transact(ops))
      same(`list() and read() after a conflict at place ${at}`, await all(), before)
    }
    const results = await store.transact(changes)
    const have = results.map(({ rev }) => rev > 0)
    same('Whether each change has a revision', have, [true, true, true, true, false, true, true])
    same('read() of a log that was removed and begun again', await allOf(store.read('note', 'log')), [
      { seq: 1, value: 'z' },
    ])
  },
}

/** Stored values are copies. */
export const isolation: StoreCheck = {
  name: 'nothing that is read or given later changes what is stored',
  mend: 'Keep and give copies: the JSON text that checkedOps() of @retinue/store makes is one.',
  async run({ open }) {
    const store = await open()
    const value = { list: [1] }
    await store.transact([put('a', value), append('a', [value])])
    value.list.push(2)
    const ways = {
      get: async () => (await store.get('note', 'a'))?.value,
      list: async () => (await allOf(store.list('note')))[0]?.value,
      read: async () => (await allOf(store.read('note', 'a')))[0]?.value,
    }
    for (const [way, read] of Object.entries(ways)) {
      const found = (await read()) as typeof value
      same(`${way}() after what was put has changed`, found, { list: [1] })
      found.list.push(3)
      same(`${way}() after what was read has changed`, await read(), { list: [1] })
    }
  },
}

/** Whoever reads, changes and writes on condition loses nothing. */
export const contention: StoreCheck = {
  name: 'however many change one record on condition at once, no change is lost',
  mend: 'Compare the revision and write in one step that no other writer, of whatever process, can come between.',
  async run({ open, reopen }) {
    const store = await open()
    const other = (await reopen(store)) ?? store
    const add = async (each: typeof store): Promise<void> => {
      for (;;) {
        const found = await each.get('note', 'count')
        try {
          await each.transact([put('count', Number(found?.value ?? 0) + 1, found?.rev ?? 0)])
          return
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'RETINUE_STORE_CONFLICT') throw error
        }
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 === 0 ? store : other)))
    same('get() after 40 additions at once', (await store.get('note', 'count'))?.value, 40)
  },
}

/** What is acknowledged is there for whoever opens the data next. */
export const reopening: StoreCheck = {
  name: 'what one connection has stored, the next one reads',
  mend: 'Resolve transact() when what it wrote can be read by everybody who opens the same data.',
  async run({ open, reopen }) {
    const store = await open()
    await store.transact([put('a', 'head'), append('a', ['entry']), put('b', 1), remove('b')])
    const next = await reopen(store)
    if (next === undefined) throw new Skip('no reopen() was given')
    same('get() of the second connection', await next.get('note', 'a'), await store.get('note', 'a'))
    same('read() of the second connection', await allOf(next.read('note', 'a')), [{ seq: 1, value: 'entry' }])
    await next.transact([put('c', 'from the other')])
    same('get() of the first connection', (await store.get('note', 'c'))?.value, 'from the other')
  },
}
