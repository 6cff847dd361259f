import { setImmediate } from 'node:timers/promises'
import { holds, inTime, refused, same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'
import type { TestedStore } from '../tested-store.ts'

/** One holder at a time. */
export const leases: StoreCheck = {
  name: 'a lease has one holder; the next has a higher epoch',
  mend: 'Keep who holds it and until when, take it in one step, count epochs for each name, and throw leaseLost() for a holder whose time is over.',
  async run({ open, reopen }) {
    const store = await open()
    const other = (await reopen(store)) ?? store
    const ttlMs = 60_000
    const lost = 'RETINUE_STORE_LEASE_LOST'
    const take = async (name: string, forMs: number): ReturnType<typeof store.lease> =>
      store.lease(name, { ttlMs: forMs })

    const first = await take('run', ttlMs)
    holds('a free lease can be taken', first !== undefined)
    same('lease() of one that is held', await other.lease('run', { ttlMs }), undefined)
    same('The epoch of another lease', (await take('other', ttlMs))?.epoch, 1)
    await first!.renew()
    await first!.release()
    await first!.release()
    const second = await take('run', 0)
    same('The epoch of the second holder', second?.epoch, first!.epoch + 1)
    await refused('renew() of a lease that was released', lost, first!.renew())
    const third = await take('run', ttlMs) // the second has run out
    same('The epoch after one that has run out', third?.epoch, first!.epoch + 2)
    await refused('renew() of a lease that has run out', lost, second!.renew())
    await second!.release()
    same('lease() after somebody else released theirs', await take('run', ttlMs), undefined)

    await take('short', 20)
    const successor = async (): Promise<void> => {
      while ((await other.lease('short', { ttlMs })) === undefined) await setImmediate()
    }
    await inTime('A lease of 20 ms', successor())
    await renewal(store)
  },
}

/** Renews a lease until after its first end. */
async function renewal(store: TestedStore): Promise<void> {
  const ttlMs = 300
  const held = await store.lease('renewed', { ttlMs })
  let renewedMs = Date.now()
  for (const endMs = renewedMs + ttlMs; renewedMs <= endMs;) {
    const nowMs = Date.now()
    const isHeld = await held!.renew().then(
      () => true,
      () => false,
    )
    if (!isHeld && Date.now() - renewedMs >= ttlMs) return // it was the machine that took so long
    holds('a lease lasts as long as it is renewed', isHeld)
    renewedMs = nowMs
    await setImmediate()
  }
}
