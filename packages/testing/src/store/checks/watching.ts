import { allOf, put, remove } from '../op.ts'
import { setImmediate } from 'node:timers/promises'
import { inTime, refused, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'
import type { StoreChange, TestedStore } from '../tested-store.ts'

/** Watches miss nothing. */
export const watching: StoreCheck = {
  name: 'a watch tells what changed from its cursor on, and what changes while it runs',
  mend: 'Tell the newest change of each record since the cursor, in the order of their revisions, then go on until the signal aborts.',
  async run({ open }) {
    const store = await open()
    await store.transact([put('before', 1)])
    const cursor = await store.cursor()
    await store.transact([put('a', 1), put('b', 1)])
    await store.transact([put('a', 2)])
    await store.transact([remove('b'), { ...put('x', 1), kind: 'other' }])

    const stop = new AbortController()
    const seen: StoreChange[] = []
    const watch = async (): Promise<void> => {
      for await (const change of store.watch({ kind: 'note' }, { after: cursor, signal: stop.signal })) {
        seen.push(change)
        if (change.id === 'b' && change.removed) {
          const failing = store.transact([put('never', 1), remove('a', 999_999)])
          await refused('A conflict while it runs', 'RETINUE_STORE_CONFLICT', failing)
          await store.transact([put('c', 1)])
        }
        if (change.id !== 'c') continue
        if (change.removed) stop.abort()
        else await store.transact([remove('c')])
      }
    }
    await inTime("watch(), of which the removal of 'c' was told or should have been,", watch())
    const told = seen.map(({ id, removed }) => [id, removed])
    same('watch() from a cursor', told, [
      ['a', false],
      ['b', true],
      ['c', false],
      ['c', true],
    ])
    same('get() of what was told', (await store.get('note', 'a'))?.rev, seen[0]?.rev)

    const resume = async (filter: object, after: string): Promise<string[]> => {
      const rest = new AbortController()
      const ids = new Set<string>()
      for await (const { id, removed } of store.watch(filter, { after, signal: rest.signal })) {
        ids.add(id)
        if (id === 'c' && removed) rest.abort()
      }
      return [...ids]
    }
    for (const [at, filter, expected] of [
      [0, { kind: 'note' }, ['b', 'c']],
      [0, { prefix: 'c' }, ['c']],
      [2, {}, ['c']],
    ] as const) {
      const { id, cursor } = seen[at]!
      const asked = `watch() of ${JSON.stringify(filter)} from the cursor of a change of '${id}'`
      same(asked, await inTime(asked, resume(filter, cursor)), expected)
    }
  },
}

/** Watches begin where they are told to, and do not take each other's changes. */
export const watchingFromNow: StoreCheck = {
  name: 'a watch without a cursor tells what comes, others beside it too, and none if its signal has aborted',
  mend: 'Begin at cursor() where no cursor is given, keep a place for each watch, and look at the signal before you wait.',
  async run({ open }) {
    const store = await open()
    await store.transact([put('before', 1)])
    await inTime(
      'watch() by a signal that has aborted',
      allOf(store.watch({}, { signal: AbortSignal.abort() })),
    )
    const stop = new AbortController()
    const first = async (): Promise<string | undefined> => {
      for await (const { id } of store.watch({}, { signal: stop.signal })) return id
      return undefined
    }
    const watches = Promise.all([first(), first()]).finally(() => stop.abort())
    const write = async (): Promise<void> => {
      for (; !stop.signal.aborted; await setImmediate()) await store.transact([put('now', 1)])
    }
    try {
      const [told] = await Promise.all([inTime('The first change of each of two watches', watches), write()])
      same('What two watches without a cursor tell first', told, ['now', 'now'])
    } finally {
      stop.abort()
    }
  },
}

/** Watches keep up. */
export const keepingUp: StoreCheck = {
  name: 'a watch tells the newest change of every record, however fast and by whomever they are made',
  mend: 'Go on from the revision that was told last, not from the time at which you looked: what another connection commits late has one beyond it.',
  async run({ open, reopen }) {
    const store = await open()
    const other = (await reopen(store)) ?? store
    const stop = new AbortController()
    const after = await store.cursor()
    const told = new Map<string, number>()
    const watch = async (): Promise<void> => {
      for await (const { id, rev } of store.watch({ kind: 'note' }, { after, signal: stop.signal })) {
        told.set(id, rev)
        if (id === 'last') stop.abort()
      }
    }
    const newest = new Map<string, number>()
    const write = async (by: TestedStore, id: string): Promise<void> => {
      const [{ rev }] = (await by.transact([put(id, 1)])) as [{ rev: number }]
      newest.set(id, Math.max(rev, newest.get(id) ?? 0))
    }
    const writeAll = async (): Promise<void> => {
      for (let round = 0; round < 10; round++)
        await Promise.all(Array.from({ length: 20 }, (_, i) => write(i % 2 === 0 ? store : other, `r${i}`)))
      await write(other, 'last')
    }
    await Promise.all([inTime('watch() of 201 changes', watch()), writeAll()])
    const missed = [...newest].filter(([id, rev]) => told.get(id) !== rev).map(([id]) => id)
    same('What watch() did not tell as it is now', missed, [])
  },
}
