// Puts a record store to the contract as tests of the author's own runner, one for each promise.
import { checkOptions, type KnownOptions, option, RetinueError } from '@retinue/kernel'
import { contractTest, type TestFunction } from '../contract-test.ts'
import { broken, Skip } from '../verdict.ts'
import { closing } from './checks/closing.ts'
import { refusals, strangeInput } from './checks/input.ts'
import { leases } from './checks/leases.ts'
import { lists, whole } from './checks/lists.ts'
import { bothOfOneKey, logs } from './checks/logs.ts'
import { model } from './checks/model.ts'
import { atomicity, conflicts, contention, isolation, records, reopening } from './checks/records.ts'
import { keepingUp, watching, watchingFromNow } from './checks/watching.ts'
import type { StoreCheck, Stores } from './store-check.ts'
import type { TestedStore } from './tested-store.ts'

/** A store that is put to the contract. */
export interface StoreOptions<Store extends TestedStore> {
  /** Gives a store with nothing in it. Each is closed by the tests. */
  create(): Promise<Store>
  /** Opens what a store keeps once more, as another process would; left out for a store that can not. */
  reopen?(store: Store): Promise<Store>
  /** How many random sequences of calls are compared with those of the simplest store. @default 40 */
  readonly runs?: number
}

const storeOptions: KnownOptions<StoreOptions<TestedStore> & { readonly test: TestFunction }> = {
  test: option.function,
  create: option.function,
  reopen: option.function,
  runs: option.whole(0),
}

/**
 * Defines a test for each promise that record stores make.
 *
 * @example
 * import { testStore } from '@retinue/testing'
 * import { test } from 'vitest'
 * import { redisStore } from '../src/index.ts'
 *
 * testStore({ test, create: () => redisStore({ prefix: crypto.randomUUID() }) })
 */
export function testStore<Store extends TestedStore>(
  options: StoreOptions<Store> & { readonly test: TestFunction },
): void {
  checkOptions('testStore()', options, storeOptions, undefined, 'test', 'create')
  const { test, create, reopen, runs = 40 } = options
  const timeoutMs = 120_000 + runs * 1_000 // as many are asked for as there is time for
  const given = new Set<Store>()
  for (const check of contract) {
    const run = async (): Promise<void> => {
      const opened: Store[] = []
      const open = async (opening: Promise<Store>): Promise<Store> => {
        const store = await opening
        opened.push(store)
        return store
      }
      const stores: Stores = {
        runs,
        open: async () => open(Promise.resolve(newStore(await create(), given))),
        reopen: async (store) => reopen && open(reopen(store as Store)),
      }
      try {
        await check.run(stores)
      } catch (error) {
        const isOfCheck = !(error instanceof Skip) && codeOf(error) !== 'RETINUE_CONTRACT_SUBJECT'
        throw isOfCheck ? told(check, error) : error
      } finally {
        for (const store of opened) await store.close()
      }
    }
    contractTest(test, check.name, run, timeoutMs)
  }
}

const contract: readonly StoreCheck[] = [
  records,
  conflicts,
  atomicity,
  logs,
  bothOfOneKey,
  lists,
  whole,
  isolation,
  refusals,
  strangeInput,
  contention,
  reopening,
  watching,
  watchingFromNow,
  keepingUp,
  leases,
  closing,
  model,
]

/** Refuses what no check could tell from a store that is broken. @throws {RETINUE_CONTRACT_SUBJECT} */
function newStore<Store extends TestedStore>(store: Store, given: Set<Store>): Store {
  const isStore = typeof (Object(store) as Partial<Store>).transact === 'function'
  if (isStore && given.size < given.add(store).size) return store
  const what = isStore ? 'create() gave a store that it had given before.' : 'What create() gave is no store.'
  throw new RetinueError('RETINUE_CONTRACT_SUBJECT', what, {
    hint: 'Make a new one each time, with nothing in it, and give it or its promise.',
  })
}

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}

function told({ mend }: StoreCheck, error: unknown): Error {
  return broken(error instanceof Error ? error.message : String(error), mend, error)
}
