// Each promise of the contract of stores is broken by a store that keeps all the others: the one in memory, with one of
// its answers changed.
import { testStore } from '@retinue/testing'
import { expect, test, vi } from 'vitest'
import { memoryStore, leaseLost, type ListedRecord, type Op, type RecordStore } from '../src/index.ts'

const one = memoryStore()

type Outcome = Record<string, string>
type Change = (store: RecordStore) => Partial<RecordStore>

/** Puts a store with changes to the contract, and gives what did not hold, or was skipped, by the name of the check. */
async function outcomeOf(change: Change, asked?: string): Promise<Outcome> {
  const outcome: Outcome = {}
  const tests: Promise<void>[] = []
  testStore({
    create: async () => {
      const store = memoryStore()
      return Object.assign(store, change(bound(store)))
    },
    test(name, run) {
      if (asked !== undefined && name !== asked) return
      const skip = (reason = ''): void => void (outcome[name] = `skipped: ${reason}`)
      tests.push(run({ skip }).catch((error: unknown) => void (outcome[name] = (error as Error).message)))
    },
  })
  await Promise.all(tests)
  return outcome
}

/** The methods of a store as they are before any change. */
function bound(store: RecordStore): RecordStore {
  const { durability } = store
  const methods = ['get', 'list', 'read', 'cursor', 'watch', 'lease', 'close', 'transact'] as const
  const entries = methods.map((name) => [name, (store[name] as () => unknown).bind(store)] as const)
  return { durability, ...Object.fromEntries(entries) } as RecordStore
}

const records = 'a record is put, read, replaced and removed, each time at a new revision'
const conflicts = 'a write that expects another revision conflicts, and names the record and both revisions'
const atomicity = 'a transaction is all or nothing, whichever of its changes fails'
const logs = 'a log grows by entries without gaps, on condition of its length'
const bothOfOneKey = 'a key may have a record and a log; removing it takes both'
const lists = 'lists are in the order of code points, by kind and prefix, in pages'
const whole = 'a list and a log are given whole, however long, and a list as it was at one moment'
const isolation = 'nothing that is read or given later changes what is stored'
const refusals = 'unusable input is refused before anything is written'
const strangeInput = 'keys and values that look like something else are just that'
const contention = 'however many change one record on condition at once, no change is lost'
const reopening = 'what one connection has stored, the next one reads'
const watching = 'a watch tells what changed from its cursor on, and what changes while it runs'
const watchingFromNow =
  'a watch without a cursor tells what comes, others beside it too, and none if its signal has aborted'
const keepingUp =
  'a watch tells the newest change of every record, however fast and by whomever they are made'
const leases = 'a lease has one holder; the next has a higher epoch'
const closing = 'a closed store says so, and its watches end'
const model = 'whatever is done, it answers as the simplest store would'

function without(op: Op): Op {
  const { expect, ...rest } = op
  return expect === undefined ? op : (rest as Op)
}

/** Stores with one fault, the promise that it breaks, and a word of what is said. */
const faults: readonly (readonly [promise: string, said: RegExp, change: Change])[] = [
  [
    records,
    /higher revision.*Count revisions/s,
    ({ transact }) => ({
      transact: async (ops) => (await transact(ops)).map((each) => ({ rev: Math.min(each.rev, 1) })),
    }),
  ],
  [
    conflicts,
    /no error at all.*conflict\(\{/s,
    ({ transact }) => ({ transact: (ops) => transact(ops.map(without)) }),
  ],
  [
    atomicity,
    /after a conflict at place 1.*Undo/s,
    ({ transact }) => ({
      transact: async (ops) => {
        const results = []
        for (const op of ops) results.push(...(await transact([op])))
        return results
      },
    }),
  ],
  [
    logs,
    /read\(\) gives.*from 1/s,
    ({ read }) => ({
      async *read(...at) {
        for await (const entry of read(...at)) yield { ...entry, seq: entry.seq - 1 }
      },
    }),
  ],
  [
    bothOfOneKey,
    /beside a log.*Keep records and logs apart/s,
    ({ get, read }) => ({
      async get(kind, id) {
        for await (const _ of read(kind, id)) return undefined
        return get(kind, id)
      },
    }),
  ],
  [
    lists,
    /list\(\) with .*UTF-8/s,
    ({ list }) => ({
      async *list(kind, options) {
        const all = []
        for await (const each of list(kind, options)) all.push(each)
        yield* all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      },
    }),
  ],
  [
    whole,
    /list of 1200.* gives 1000, not 1200.*next page/s,
    ({ list }) => ({
      list: (kind, { limit = 1000, ...rest } = {}) => list(kind, { ...rest, limit: Math.min(limit, 1000) }),
    }),
  ],
  [
    whole,
    /list of 1200.* gives 1201, not 1200.*after its first/s,
    ({ list }) => ({
      async *list(kind, options) {
        if (options !== undefined) return yield* list(kind, options)
        for (let after = ''; ;) {
          const page = await Array.fromAsync(list(kind, { after, limit: 100 }))
          yield* page
          if (page.length < 100) return
          after = page.at(-1)!.id
        }
      },
    }),
  ],
  [
    isolation,
    /list\(\) after what was read has changed.*copies/s,
    ({ list }) => {
      const kept = new Map<number, ListedRecord>()
      return {
        async *list(kind, options) {
          for await (const each of list(kind, options)) {
            if (!kept.has(each.rev)) kept.set(each.rev, each)
            yield kept.get(each.rev)!
          }
        },
      }
    },
  ],
  [
    isolation,
    /get\(\) after what was read has changed.*copies/s,
    ({ get }) => {
      const kept = new Map<string, Awaited<ReturnType<RecordStore['get']>>>()
      return {
        async get(kind, id) {
          const found = await get(kind, id)
          const key = `${kind} ${id} ${found?.rev}`
          if (!kept.has(key)) kept.set(key, found)
          return kept.get(key)
        },
      }
    },
  ],
  [
    refusals,
    /list\(\) limited to -1.*RETINUE_STORE_INVALID.*checkedList/s,
    ({ list }) => ({
      list: (kind, { limit = 1e6, ...rest } = {}) => list(kind, { ...rest, limit: Math.max(0, limit) }),
    }),
  ],
  [
    strangeInput,
    /get\(\) of '__proto__'.*JSON text/s,
    ({ get }) => ({
      async get(kind, id) {
        const found = await get(kind, id)
        return found && { ...found, value: Object.assign({}, found.value) as never }
      },
    }),
  ],
  [
    strangeInput,
    /the kind 'note' and the id 'A' gives 0, not 2.*compare keys by their bytes/s,
    ({ get }) => ({ get: (kind, id) => get(kind, kind === 'note' && id === 'A' ? 'a' : id) }),
  ],
  [
    contention,
    /40 additions at once.*one step/s,
    ({ get, transact }) => ({
      async transact(ops) {
        const [op] = ops
        if (ops.length > 1 || op?.expect === undefined) return transact(ops)
        const { rev = 0 } = op.op === 'append' ? {} : ((await get(op.kind, op.id)) ?? {})
        return transact(op.op !== 'append' && rev === op.expect ? [without(op)] : ops)
      },
    }),
  ],
  [
    watching,
    /has not ended after 4000 ms.*Tell the newest/s,
    ({ watch }) => ({ watch: (filter, { signal } = {}) => watch(filter, signal && { signal }) }),
  ],
  [
    watching,
    /removal of 'c' was told or should have been, has not ended/,
    ({ watch }) => ({
      async *watch(filter, options) {
        for await (const change of watch(filter, options))
          if (!change.removed || change.id !== 'c') yield change
      },
    }),
  ],
  [
    watching,
    /from the cursor of a change of 'c' has not ended/,
    ({ watch }) => ({
      async *watch(filter, options) {
        for await (const change of watch(filter, options))
          yield change.id === 'c' ? { ...change, cursor: `${change.rev + 1}` } : change
      },
    }),
  ],
  [
    watchingFromNow,
    /without a cursor tell first gives \["before","before"\].*Begin at cursor\(\)/s,
    ({ watch }) => ({ watch: (filter, options) => watch(filter, { after: '0', ...options }) }),
  ],
  [
    watchingFromNow,
    /a signal that has aborted has not ended.*look at the signal/s,
    ({ watch }) => ({
      watch: (filter, { signal, ...rest } = {}) =>
        watch(filter, { ...rest, ...(signal?.aborted === false && { signal }) }),
    }),
  ],
  [
    keepingUp,
    /did not tell as it is now gives \["r\d+".*Go on from the revision/s,
    ({ watch }) => ({
      async *watch(filter, options) {
        let count = 0
        for await (const change of watch(filter, options))
          if (++count % 5 !== 0 || change.id === 'last') yield change
      },
    }),
  ],
  [
    leases,
    /renew\(\) of a lease that was released.*RETINUE_STORE_LEASE_LOST.*leaseLost/s,
    ({ lease }) => ({
      async lease(name, options) {
        const held = await lease(name, options)
        return held && { ...held, renew: async () => {} }
      },
    }),
  ],
  [
    leases,
    /A lease of 20 ms has not ended/,
    ({ lease }) => ({ lease: (name, { ttlMs }) => lease(name, { ttlMs: ttlMs * 1000 }) }),
  ],
  [
    closing,
    /cursor\(\) after close\(\).*RETINUE_STORE_CLOSED/s,
    ({ cursor }) => ({ cursor: () => cursor().catch(() => '0') }),
  ],
  [
    closing,
    /transact\(\) after close\(\).*RETINUE_STORE_CLOSED.*storeClosed/s,
    ({ transact }) => ({ transact: (ops) => transact(ops).catch(() => []) }),
  ],
  [
    model,
    /^\[\w+\] \w+\(.* gives .*, not .* The calls were: transact\(.*as few as were found/s,
    ({ get }) => ({ get: async (kind, id) => (kind === 'y' ? undefined : get(kind, id)) }),
  ],
]

test('a store that keeps every promise passes; what it can not do is skipped by name', async () => {
  expect(await outcomeOf(() => ({}))).toEqual({ [reopening]: 'skipped: no reopen() was given' })
})

for (const [promise, said, change] of faults) {
  test(`a store is told how to mend it where this is broken: ${promise} (${said.source})`, async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    let outcome: Outcome | undefined
    const asked = outcomeOf(change, promise).then((found) => (outcome = found))
    while (outcome === undefined) await vi.advanceTimersByTimeAsync(1000)
    vi.useRealTimers()
    expect((await asked)[promise]).toMatch(/^\[RETINUE_CONTRACT_BROKEN\]/)
    expect((await asked)[promise]).toMatch(said)
  })
}

// A machine that stands still for a lease's time is no fault of the store.
test('a store is told so whose leases end though they are renewed', { retry: 5 }, async () => {
  const outcome = await outcomeOf(
    ({ lease }) => ({
      async lease(name, { ttlMs }) {
        const endMs = Date.now() + ttlMs
        const held = await lease(name, { ttlMs })
        const renew = async (): Promise<void> => {
          if (Date.now() >= endMs) throw leaseLost(name, 1)
          await held?.renew()
        }
        return held && { ...held, renew }
      },
    }),
    leases,
  )
  expect(outcome[leases]).toMatch(/a lease lasts as long as it is renewed/)
})

test.for<[said: RegExp, create: () => unknown]>([
  [/What create\(\) gave is no store/, () => undefined],
  [/create\(\) gave a store that it had given before\. Make a new one each time/, () => one],
])('what create() gives is looked at before any promise is: %s', async ([said, create]) => {
  const outcome: string[] = []
  const tests: (() => Promise<void>)[] = []
  testStore({ create: async () => create() as RecordStore, test: (_name, run) => tests.push(run) })
  for (const run of tests.slice(0, 2))
    await run().catch((error: unknown) => outcome.push((error as Error).message))
  expect(outcome.at(-1)).toMatch(/^\[RETINUE_CONTRACT_SUBJECT\]/)
  expect(outcome.at(-1)).toMatch(said)
})
