import { put, remove } from '../op.ts'
import { inTime, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'
import type { StoreChange } from '../tested-store.ts'

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
