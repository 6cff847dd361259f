// Read, change, write on condition, and again where somebody else came first: the safe way to change one record.
import { type Json, option } from '@retinue/kernel'
import { conflictDelayMs, pause } from './delay.ts'
import { conflictOf } from './errors.ts'
import { check } from './input.ts'
import type { RecordStore } from './record-store.ts'

/** How a record is changed. */
export interface UpdateOptions {
  /** How often it is tried before the conflict is thrown. @default 20 */
  readonly attempts?: number | undefined
}

/**
 * Changes one record by a function of its value, whatever others do at the same time; gives what was stored. The
 * function runs again after a conflict, so let it have no effect of its own. `undefined` removes the record.
 *
 * @throws {RETINUE_STORE_CONFLICT} when each of the attempts met one.
 * @example
 * await update(store, 'counter', 'visits', (count) => (Number(count ?? 0) + 1))
 */
export async function update(
  store: RecordStore,
  kind: string,
  id: string,
  change: (value: Json | undefined) => Json | undefined,
  options: UpdateOptions = {},
): Promise<Json | undefined> {
  check('update()', options, { attempts: option.whole(1) })
  check('update()', { change }, { change: option.function }, 'change')
  return untilFirst(async () => {
    const found = await store.get(kind, id)
    const value = change(found?.value)
    const expect = found?.rev ?? 0
    if (value === undefined && found === undefined) return undefined
    await store.transact([
      value === undefined ? { op: 'remove', kind, id, expect } : { op: 'put', kind, id, value, expect },
    ])
    return value
  }, options.attempts)
}

/** Runs what reads and then writes on condition, and again where somebody else came first. */
export async function untilFirst<T>(run: () => Promise<T>, attempts = 20): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= attempts || conflictOf(error) === undefined) throw error
      await pause(conflictDelayMs(attempt))
    }
  }
}
