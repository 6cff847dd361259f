import { put, remove } from '../op.ts'
import { inTime, same } from '../expectation.ts'
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
        if (change.id === 'b' && change.removed) await store.transact([put('c', 1)])
        if (change.id === 'c') stop.abort()
      }
    }
    await inTime("watch(), of which 'c' was told or should have been,", watch())
    const told = seen.map(({ id, removed }) => [id, removed])
    same('watch() from a cursor', told, [
      ['a', false],
      ['b', true],
      ['c', false],
    ])
    same('get() of what was told', (await store.get('note', 'a'))?.rev, seen[0]?.rev)

    const rest = new AbortController()
    const resumed: string[] = []
    const resume = async (): Promise<void> => {
      const changes = store.watch({ prefix: 'c' }, { after: seen[0]!.cursor, signal: rest.signal })
      for await (const { id } of changes) {
        resumed.push(id)
        rest.abort()
      }
    }
    await inTime('watch() from the cursor of a change', resume())
    same('watch() from the cursor of a change', resumed, ['c'])
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
