// What the tests of stores share: short ways to write ops, to read all of what an iterable gives, and to watch a store.
import type { Json } from '@retinue/kernel'
import { memoryStore, type Op, type RecordStore } from '../src/index.ts'

export const put = (id: string, value: Json, expect?: number): Op => ({
  op: 'put',
  kind: 'note',
  id,
  value,
  ...(expect !== undefined && { expect }),
})

export const remove = (id: string, expect?: number): Op => ({
  op: 'remove',
  kind: 'note',
  id,
  ...(expect !== undefined && { expect }),
})

/** All that an iterable gives. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A store that counts what is written, and that can be told to fail. */
export function watched(store: RecordStore = memoryStore()) {
  const written: string[][] = []
  const state = { fail: undefined as Error | undefined, hold: undefined as Promise<void> | undefined }
  const transact: RecordStore['transact'] = async (ops) => {
    await state.hold
    if (state.fail !== undefined) throw state.fail
    const results = await store.transact(ops)
    written.push(ops.map(({ op, kind, id }) => `${op} ${kind} ${id.replace(/\/\d{16}\//, '/…/')}`))
    return results
  }
  const wrapped: RecordStore = Object.assign(Object.create(store) as RecordStore, { transact })
  for (const name of ['get', 'list', 'read', 'cursor', 'watch', 'lease', 'close'] as const) {
    Object.assign(wrapped, { [name]: (store[name] as () => unknown).bind(store) })
  }
  return { store: wrapped, written, state }
}

/** A store whose lists end late: what happens between is done after all of a list was read. */
export function slowList(store: RecordStore, between: (kind: string) => Promise<void>): RecordStore {
  const { store: slow } = watched(store)
  return Object.assign(slow, {
    async *list(...args: Parameters<RecordStore['list']>) {
      yield* store.list(...args)
      await between(args[0])
      await jobs(5)
    },
  })
}

/** Lets whatever waits for its turn have it, that often. */
export async function jobs(count: number): Promise<void> {
  for (let job = 0; job < count; job++) await new Promise(setImmediate)
}

/** The head of the session `s1`, as it is stored. */
export async function headOf(store: RecordStore): Promise<Record<string, Json>> {
  return (await store.get('session', 's1/'))!.value as Record<string, Json>
}
