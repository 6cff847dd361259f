import type { Json } from '@retinue/kernel'
import { allOf, append, put } from '../op.ts'
import { refused, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'
import type { StoreOp } from '../tested-store.ts'

/** Input that can't be stored. */
export const refusals: StoreCheck = {
  name: 'unusable input is refused before anything is written',
  mend: 'Call checkKey(), checkedOps(), checkedList(), checkedRead(), checkWatch(), checkedCursor() and checkLease() of @retinue/store first.',
  async run({ open }) {
    const store = await open()
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    const unusable: readonly (readonly [what: string, op: object])[] = [
      ['An empty id', put('', 1)],
      ['An id with NUL', put('a\0b', 1)],
      ['An id with half a character', put('\ud800', 1)],
      ['An id of 2,049 bytes', put('€'.repeat(683), 1)],
      ['An empty kind', { ...put('a', 1), kind: '' }],
      ['A kind of 65 bytes', { ...put('a', 1), kind: 'k'.repeat(65) }],
      ['A put of undefined', put('a', undefined as never)],
      ['A put of NaN', put('a', Number.NaN)],
      ['A put of a Date', put('a', { deep: [new Date() as never] })],
      ['A put of a function', put('a', (() => 1) as never)],
      ['A put of what holds itself', put('a', cyclic as never)],
      ['A negative expectation', put('a', 1, -1)],
      ['An expectation of 1.5', put('a', 1, 1.5)],
      ['An append of nothing', append('a', [])],
      ['An append of undefined', append('a', [1, undefined as never])],
      ["An op 'replace'", { ...put('a', 1), op: 'replace' }],
      ['An op that is null', null as never],
    ]
    const code = 'RETINUE_STORE_INVALID'
    for (const [what, op] of unusable) await refused(what, code, store.transact([put('ok', 1), op as never]))
    same('list() after refusals', await allOf(store.list('note')), [])
    await refused('get() of an empty id', code, store.get('note', ''))
    await refused('list() limited to -1', code, allOf(store.list('note', { limit: -1 })))
    await refused('list() of a prefix with NUL', code, allOf(store.list('note', { prefix: '\0' })))
    await refused('list() after half a character', code, allOf(store.list('note', { after: '\ud800' })))
    await refused('read() after 0.5', code, allOf(store.read('note', 'a', { after: 0.5 })))
    await refused("watch() after 'x'", code, allOf(store.watch({}, { after: 'x' })))
    await refused('lease() for -1 ms', code, store.lease('l', { ttlMs: -1 }))
    await refused("list() with 'prefx'", code, allOf(store.list('note', { prefx: 'a' } as object)))
    await refused("read() with 'limits'", code, allOf(store.read('note', 'a', { limits: 1 } as object)))
    await refused("watch() of 'kinds'", code, allOf(store.watch({ kinds: 'note' } as object)))
  },
}

/** 2,048 bytes that hardly compress. */
const longest = Array.from({ length: 2048 }, (_, i) => (((i * i * i) % 9973) % 36).toString(36)).join('')

/** Input that tempts. */
export const strangeInput: StoreCheck = {
  name: 'keys and values that look like something else are just that',
  mend: 'Bind values instead of writing them into queries, compare keys by their bytes, and keep values as JSON text.',
  async run({ open }) {
    const store = await open()
    const text = '{"__proto__":1,"x":[],"a":1e-7}'
    const ids = ['__proto__', "a'; drop table record; --", 'a%_\\', 'NULL', ' ', '\u{10ffff}', longest]
    await store.transact(ids.map((id) => put(id, JSON.parse(text) as Json)))
    for (const id of ids) same(`get() of '${id}'`, JSON.stringify((await store.get('note', id))?.value), text)
    await store.transact([append(longest, [1])])
    same('read() of the longest id', await allOf(store.read('note', longest)), [{ seq: 1, value: 1 }])
    const alike = ['a', 'A', ' a', 'a ', 'à', 'a\u0300'].flatMap((id) => [
      { kind: 'note', id },
      { kind: 'Note', id },
    ])
    await store.transact(
      alike.flatMap((key, i): StoreOp[] => [
        { ...key, op: 'put', value: i },
        { ...key, op: 'append', values: [i] },
      ]),
    )
    for (const [i, { kind, id }] of alike.entries()) {
      const at = `of the kind '${kind}' and the id '${id}'`
      same(`get() ${at}`, (await store.get(kind, id))?.value, i)
      same(`read() ${at}`, await allOf(store.read(kind, id)), [{ seq: 1, value: i }])
    }
    const exact = [Number.MAX_SAFE_INTEGER, 0.1 + 0.2, Number.MAX_VALUE, Number.MIN_VALUE]
    const values = { lone: '\ud800', nul: 'a\0b', big: 'x'.repeat(1_000_000), exact }
    await store.transact(Object.entries(values).map(([id, value]) => put(id, value)))
    for (const [id, value] of Object.entries(values))
      same(`get() of '${id}'`, (await store.get('note', id))?.value, value)
  },
}
