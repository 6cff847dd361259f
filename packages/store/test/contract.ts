// The contract of record stores as tests: every store runs them. `create` gives one that is empty, `reopen` another
// connection to the same data, where a store can have one.
import type { Json } from '@retinue/kernel'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { conflictOf, memoryStore, update, type Change, type RecordStore } from '../src/index.ts'
import { allOf, append, put, remove } from './a-store.ts'
import { storeCommands } from './store-model.ts'

/** How the suite gets at a store. */
export interface StoreUnderTest {
  create(): Promise<RecordStore>
  /** Opens what `store` keeps once more, as another process would. */
  reopen?(store: RecordStore): Promise<RecordStore>
}

/** Model runs: more with RETINUE_STORE_RUNS, for example 1000. */
const runs = Number(process.env['RETINUE_STORE_RUNS'] ?? 40)

/** Declares the tests of the contract. */
export function storeContract(name: string, { create, reopen }: StoreUnderTest): void {
  const opened: RecordStore[] = []
  const open = async (): Promise<RecordStore> => {
    const store = await create()
    opened.push(store)
    return store
  }
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
  })

  describe(`${name} as a record store`, () => {
    test('a record is put, read, replaced and removed, each time at a new revision', async () => {
      const store = await open()
      const [first] = await store.transact([put('a', { n: 1 }, 0)])
      expect(await store.get('note', 'a')).toEqual({ rev: first!.rev, value: { n: 1 } })
      const [second] = await store.transact([put('a', [true, null, 'ü€😀', 1.5], first!.rev)])
      expect(second!.rev).toBeGreaterThan(first!.rev)
      expect((await store.get('note', 'a'))!.value).toEqual([true, null, 'ü€😀', 1.5])
      const [gone] = await store.transact([remove('a', second!.rev)])
      expect(gone!.rev).toBeGreaterThan(second!.rev)
      expect(await store.get('note', 'a')).toBeUndefined()
      const [again] = await store.transact([put('a', 1, 0)])
      expect(again!.rev).toBeGreaterThan(gone!.rev) // nobody takes it for the old one
      expect(await store.transact([remove('nobody')])).toEqual([{ rev: 0 }])
    })

    test('a write that expects another revision conflicts: it names the record and both revisions', async () => {
      const store = await open()
      const [{ rev }] = (await store.transact([put('a', 1)])) as [{ rev: number }]
      for (const op of [put('a', 2, 0), put('a', 2, rev + 7), remove('a', rev + 7), put('b', 1, 3)]) {
        const error = await store.transact([op]).catch((thrown: unknown) => thrown)
        const actual = op.id === 'a' ? rev : 0
        expect(conflictOf(error)).toEqual({ kind: 'note', id: op.id, expected: op.expect, actual })
      }
      expect((await store.get('note', 'a'))!.value).toBe(1)
    })

    test('a transaction is all or nothing, whichever of its changes fails', async () => {
      const store = await open()
      await store.transact([put('a', 1), append('log', ['x']), put('c', 'stays')])
      const before = [await allOf(store.list('note')), await allOf(store.read('note', 'log'))]
      const good = [
        put('a', 2),
        append('log', ['y']),
        remove('c'),
        remove('log'),
        append('log', ['z']),
        put('d', 4),
      ]
      for (let at = 0; at <= good.length; at++) {
        const ops = [...good.slice(0, at), put('a', 'never', 999_999), ...good.slice(at)]
        await expect(store.transact(ops)).rejects.toThrow('RETINUE_STORE_CONFLICT')
        expect([await allOf(store.list('note')), await allOf(store.read('note', 'log'))]).toEqual(before)
      }
      const results = await store.transact(good)
      expect(results.map(({ rev }) => rev > 0)).toEqual([true, true, true, false, true, true])
      expect(await allOf(store.read('note', 'log'))).toEqual([{ seq: 1, value: 'z' }])
    })

    test('a log grows by entries without gaps, on condition of its length', async () => {
      const store = await open()
      expect(await store.transact([append('log', ['a', 'b'], 0)])).toEqual([{ rev: 2 }])
      expect(await store.transact([append('log', ['c'], 2)])).toEqual([{ rev: 3 }])
      const error = await store.transact([append('log', ['never'], 2)]).catch((thrown: unknown) => thrown)
      expect(conflictOf(error)).toEqual({ kind: 'note', id: 'log', expected: 2, actual: 3 })
      const entries = ['a', 'b', 'c'].map((value, i) => ({ seq: i + 1, value }))
      expect(await allOf(store.read('note', 'log'))).toEqual(entries)
      expect(await allOf(store.read('note', 'log', { after: 1 }))).toEqual(entries.slice(1))
      expect(await allOf(store.read('note', 'log', { after: 1, limit: 1 }))).toEqual(entries.slice(1, 2))
      expect(await allOf(store.read('note', 'log', { limit: 0 }))).toEqual([])
      expect(await allOf(store.read('note', 'none'))).toEqual([])
      await store.transact([remove('log')])
      expect(await store.transact([append('log', ['new'], 0)])).toEqual([{ rev: 1 }])
    })

    test('a key may have a record and a log; removing it takes both', async () => {
      const store = await open()
      await store.transact([put('a', 'head', 0), append('a', ['entry'], 0)])
      expect((await store.get('note', 'a'))!.value).toBe('head')
      await store.transact([remove('a')])
      expect(await store.get('note', 'a')).toBeUndefined()
      expect(await allOf(store.read('note', 'a'))).toEqual([])
    })

    test('lists are in the order of code points, by kind and prefix, in pages', async () => {
      const store = await open()
      const ids = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'ä', '\u{ff5e}', '😀', '😀a']
      await store.transact([
        ...ids.toReversed().map((id) => put(id, id)),
        { ...put('a/1', 'other'), kind: 'other' } as never,
      ])
      const list = async (options?: object): Promise<string[]> =>
        (await allOf(store.list('note', options))).map(({ id }) => id)
      expect(await list()).toEqual(ids)
      expect(await list({ prefix: 'a/' })).toEqual(['a/', 'a/1', 'a/10', 'a/2'])
      expect(await list({ prefix: 'a/', after: 'a/1' })).toEqual(['a/10', 'a/2'])
      expect(await list({ prefix: 'a/', after: 'a/1', limit: 1 })).toEqual(['a/10'])
      expect(await list({ prefix: 'a/', after: '' })).toEqual(['a/', 'a/1', 'a/10', 'a/2'])
      expect(await list({ after: 'ä' })).toEqual(['\u{ff5e}', '😀', '😀a'])
      expect(await list({ prefix: '😀' })).toEqual(['😀', '😀a'])
      expect(await list({ limit: 0 })).toEqual([])
      expect(await list({ prefix: '%' })).toEqual([])
      expect((await allOf(store.list('other'))).map(({ value }) => value)).toEqual(['other'])
    })

    test('nothing that is read or given later changes what is stored', async () => {
      const store = await open()
      const value = { list: [1] }
      await store.transact([put('a', value), append('a', [value])])
      value.list.push(2)
      const read = (await store.get('note', 'a'))!.value as { list: number[] }
      expect(read).toEqual({ list: [1] })
      read.list.push(3)
      expect((await store.get('note', 'a'))!.value).toEqual({ list: [1] })
      expect((await allOf(store.read('note', 'a')))[0]!.value).toEqual({ list: [1] })
    })

    test('unusable input is refused before anything is written', async () => {
      const store = await open()
      const refused = [
        put('', 1),
        put('a\0b', 1),
        put('\ud800', 1),
        put('x'.repeat(5000), 1),
        { ...put('a', 1), kind: '' },
        { ...put('a', 1), kind: 'k'.repeat(65) },
        put('a', undefined as never),
        put('a', Number.NaN),
        put('a', { deep: [new Date() as never] }),
        put('a', (() => 1) as never),
        put('a', 1, -1),
        put('a', 1, 1.5),
        append('a', []),
        append('a', [1, undefined as never]),
        { ...put('a', 1), op: 'replace' as never },
      ]
      for (const op of refused) {
        await expect(store.transact([put('ok', 1), op as never])).rejects.toMatchObject({
          code: 'RETINUE_STORE_INVALID',
        })
      }
      const cyclic: unknown[] = []
      cyclic.push(cyclic)
      await expect(store.transact([put('a', cyclic as never)])).rejects.toThrow('RETINUE_STORE_INVALID')
      expect(await allOf(store.list('note'))).toEqual([])
      await expect(store.get('note', '')).rejects.toThrow('RETINUE_STORE_INVALID')
      await expect(allOf(store.list('note', { limit: -1 }))).rejects.toThrow('RETINUE_STORE_INVALID')
      await expect(allOf(store.read('note', 'a', { after: 0.5 }))).rejects.toThrow('RETINUE_STORE_INVALID')
      await expect(allOf(store.watch({}, { after: 'x' }))).rejects.toThrow('RETINUE_STORE_INVALID')
      await expect(store.lease('l', { ttlMs: -1 })).rejects.toThrow('RETINUE_STORE_INVALID')
    })

    test('keys and values that look like something else are just that', async () => {
      const store = await open()
      const ids = ['__proto__', "a'; drop table record; --", 'a%_\\', 'NULL', ' ', '\u{10ffff}']
      await store.transact(ids.map((id) => put(id, JSON.parse(`{"__proto__":1,"x":[]}`) as Json)))
      for (const id of ids)
        expect(JSON.stringify((await store.get('note', id))!.value)).toBe('{"__proto__":1,"x":[]}')
      await store.transact([put('lone', '\ud800'), put('nul', 'a\0b'), put('big', 'x'.repeat(1_000_000))])
      expect((await store.get('note', 'lone'))!.value).toBe('\ud800')
      expect((await store.get('note', 'nul'))!.value).toBe('a\0b')
      expect((await store.get('note', 'big'))!.value).toHaveLength(1_000_000)
    })

    test('a watch tells what changed from its cursor on, and what changes while it runs', async () => {
      const store = await open()
      await store.transact([put('before', 1)])
      const cursor = await store.cursor()
      await store.transact([put('a', 1), put('b', 1)])
      await store.transact([put('a', 2)])
      await store.transact([remove('b'), { ...put('x', 1), kind: 'other' } as never])
      const stop = new AbortController()
      const seen: Change[] = []
      const watching = (async () => {
        for await (const change of store.watch({ kind: 'note' }, { after: cursor, signal: stop.signal })) {
          seen.push(change)
          if (change.id === 'b' && change.removed) await store.transact([put('c', 1)])
          if (change.id === 'c') stop.abort()
        }
      })()
      await watching
      expect(seen.map(({ id, removed }) => [id, removed])).toEqual([
        ['a', false],
        ['b', true],
        ['c', false],
      ])
      expect((await store.get('note', 'a'))!.rev).toBe(seen[0]!.rev)
      const rest = new AbortController()
      const resumed: string[] = []
      for await (const { id } of store.watch(
        { prefix: 'c' },
        { after: seen[0]!.cursor, signal: rest.signal },
      )) {
        resumed.push(id)
        rest.abort()
      }
      expect(resumed).toEqual(['c'])
    })

    test('a lease has one holder; the next has a higher epoch', async () => {
      const store = await open()
      const first = (await store.lease('run', { ttlMs: 60_000 }))!
      expect(await store.lease('run', { ttlMs: 60_000 })).toBeUndefined()
      expect((await store.lease('other', { ttlMs: 60_000 }))!.epoch).toBe(1)
      await first.renew()
      await first.release()
      await first.release()
      const second = (await store.lease('run', { ttlMs: 0 }))!
      expect(second.epoch).toBe(first.epoch + 1)
      await expect(first.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
      const third = (await store.lease('run', { ttlMs: 60_000 }))! // the second has run out
      expect(third.epoch).toBe(second.epoch + 1)
      await expect(second.renew()).rejects.toThrow('RETINUE_STORE_LEASE_LOST')
      await second.release()
      expect(await store.lease('run', { ttlMs: 60_000 })).toBeUndefined()
    })

    test('update loses nothing, however many change one record at once', async () => {
      const store = await open()
      const others = reopen === undefined ? [] : [await reopen(store)]
      opened.push(...others)
      const stores = [store, ...others]
      const add = (store: RecordStore) =>
        update(store, 'note', 'count', (n) => Number(n ?? 0) + 1, { attempts: 100 })
      await Promise.all(Array.from({ length: 40 }, (_, i) => add(stores[i % stores.length]!)))
      expect((await store.get('note', 'count'))!.value).toBe(40)
      expect(await update(store, 'note', 'count', () => undefined)).toBeUndefined()
      expect(await store.get('note', 'count')).toBeUndefined()
      expect(await update(store, 'note', 'count', () => undefined)).toBeUndefined()
    })

    test('update gives up where somebody else always comes first', async () => {
      const store = await open()
      await store.transact([put('a', 0)])
      const contested = { ...bound(store), transact: async () => store.transact([put('a', 0, 999_999)]) }
      await expect(update(contested, 'note', 'a', () => 1, { attempts: 3 })).rejects.toThrow(
        'RETINUE_STORE_CONFLICT',
      )
    })

    test('a closed store says so, and its watches end', async () => {
      const store = await open()
      const watching = allOf(store.watch())
      await store.transact([put('a', 1)])
      await store.close()
      await store.close()
      await watching
      await expect(store.get('note', 'a')).rejects.toMatchObject({ code: 'RETINUE_STORE_CLOSED' })
      await expect(store.transact([put('a', 1)])).rejects.toThrow('RETINUE_STORE_CLOSED')
      await expect(allOf(store.list('note'))).rejects.toThrow('RETINUE_STORE_CLOSED')
    })

    test('whatever is done, it answers as the store in memory does', async () => {
      await fc.assert(
        fc.asyncProperty(storeCommands(), async (commands) => {
          const store = await create()
          try {
            await fc.asyncModelRun(() => ({ model: { store: memoryStore() }, real: store }), commands)
          } finally {
            await store.close()
          }
        }),
        { numRuns: runs },
      )
    })
  })
}

function bound(store: RecordStore): RecordStore {
  const methods = ['get', 'list', 'read', 'cursor', 'watch', 'lease', 'close', 'transact'] as const
  return Object.fromEntries(
    methods.map((name) => [name, (store[name] as () => unknown).bind(store)]),
  ) as never
}
