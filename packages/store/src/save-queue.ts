// When owners are saved: as soon as the job that changed them is over, and what comes while one is saved, as soon as that
// is done. Nobody waits for the saves of others, but those whom one transaction changed: they are saved in one, and a
// conflict of one of them does not hold up the others. What failed and may pass is tried again.
import type { RetinueError } from '@retinue/kernel'
import { conflictDelayMs, pause } from './delay.ts'
import { closedUnsaved, conflictOf, failure, isStoreClosed, mayPass } from './errors.ts'
import type { RecordStore } from './record-store.ts'
import { SaveRetries } from './save-retries.ts'
import type { Plan, SavedOwner } from './saved-owner.ts'

/** How often users are brought together with what others store before their conflict is told. */
const maxAttempts = 20

/** Saves the owners of one store. */
export class SaveQueue {
  readonly #store: RecordStore
  /** Hears of what could not be saved, and whether somebody who waited was told. */
  readonly #failed: (owner: SavedOwner, error: unknown, wasTold: boolean) => void
  /** Holds those of whom something is not saved: it is due, is being saved, or failed. */
  readonly #unsaved = new Set<SavedOwner>()
  /** Those of them whose save is to begin. */
  readonly #due = new Set<SavedOwner>()
  /** Those to look at when the job is over: they came to be due, or what held them up has ended. */
  #woken = new Set<SavedOwner>()
  /** Holds those of whom something is being saved, or done that nothing may be saved during. */
  readonly #busy = new Map<SavedOwner, Promise<unknown>>()
  readonly #takingOver = new Set<Promise<unknown>>()
  readonly #retries = new SaveRetries((owner) => this.add(owner))
  #last: { readonly id: number; readonly owner: SavedOwner } | undefined

  constructor(store: RecordStore, failed: (owner: SavedOwner, error: unknown, wasTold: boolean) => void) {
    this.#store = store
    this.#failed = failed
  }

  /** Has an owner saved; `transaction` is what changed it. */
  add(owner: SavedOwner, transaction?: number): void {
    if (transaction !== undefined) {
      if (this.#last?.id === transaction) tie(this.#last.owner, owner)
      this.#last = { id: transaction, owner }
    }
    this.#unsaved.add(owner)
    this.#due.add(owner)
    this.#wake([owner])
  }

  /** Resolves when all that was changed of an owner until now is saved. What failed before is tried again. */
  async whenSaved(owner: SavedOwner): Promise<void> {
    const saved = owner.whenSaved()
    if (owner.isUnsaved) this.add(owner)
    await saved
  }

  /** Those of which something is not saved. */
  unsaved(): readonly SavedOwner[] {
    return [...this.#unsaved]
  }

  /** Forgets what is not saved of an owner. */
  drop(owner: SavedOwner): void {
    this.#due.delete(owner)
    this.#unsaved.delete(owner)
    this.#retries.end(owner)
    const { together } = owner
    together.delete(owner)
    owner.together = new Set([owner])
    this.#wake(together)
  }

  /**
   * Stores something else in the place of those owners while nothing of them is being saved. What is changed of them
   * meanwhile is saved after it; where nobody knows whether it was stored, all of them.
   */
  async alone<T>(owners: readonly SavedOwner[], work: () => Promise<T>): Promise<T> {
    const before = Promise.allSettled(owners.flatMap((owner) => this.#busy.get(owner) ?? []))
    try {
      return await this.#whileBusy(owners, () => before.then(() => work()))
    } catch (error) {
      for (const owner of mayPass(error) ? owners : []) {
        owner.doubt()
        if (owner.isUnsaved) this.add(owner)
      }
      throw error
    } finally {
      this.#wake(owners)
    }
  }

  /** Resolves when nothing is being stored of those that fit, dropped ones included: what is under way may still land. */
  async whenIdle(fits: (owner: SavedOwner) => boolean): Promise<void> {
    for (;;) {
      const working = [...this.#busy.keys()].filter(fits)
      if (working.length === 0) return
      await Promise.allSettled(working.map((owner) => this.#busy.get(owner)!))
    }
  }

  /** Resolves when nobody is taking over what others have stored. */
  async whenTakenOver(): Promise<void> {
    while (this.#takingOver.size > 0) await Promise.all(this.#takingOver)
  }

  /** Begins what is due of owners and of those who belong to them, once the job is over; what is being saved holds it up. */
  #wake(owners: Iterable<SavedOwner>): void {
    if (this.#woken.size === 0) queueMicrotask(() => this.#begin())
    for (const owner of owners) this.#woken.add(owner)
  }

  #begin(): void {
    this.#last = undefined
    const groups = new Set([...this.#woken].map(({ together }) => together))
    this.#woken = new Set()
    for (const each of groups) {
      const group = [...each]
      if (group.some((owner) => this.#due.has(owner)) && !this.#isBusy(group)) void this.#run(group)
    }
  }

  #isBusy(owners: readonly SavedOwner[]): boolean {
    return owners.some((owner) => this.#busy.has(owner))
  }

  /** Saves owners that belong together, after they have taken over what others have stored. */
  async #run(group: readonly SavedOwner[]): Promise<void> {
    const behind = group.filter(({ isBehind }) => isBehind)
    const failed = behind.length === 0 ? [] : await this.#whileBusy(group, () => this.#takeOver(behind))
    // Meanwhile some may have been dropped, and others have come to belong to them.
    const together = [...new Set(group.flatMap((owner) => [...owner.together]))]
    const owners = together.filter((owner) => this.#unsaved.has(owner))
    const isHeldUp = this.#isBusy(owners)
    for (const owner of isHeldUp ? [] : owners) {
      const isNews = owner.isBehind && !failed.includes(owner) // more was stored while it took over
      if (!isNews) this.#due.delete(owner)
      owner.together = new Set([owner])
    }
    if (!isHeldUp) await this.#whileBusy(owners, () => this.#save(owners))
    this.#wake(together)
  }

  async #whileBusy<T>(owners: readonly SavedOwner[], work: () => Promise<T>): Promise<T> {
    const working = work()
    for (const owner of owners) this.#busy.set(owner, working)
    try {
      return await working
    } finally {
      for (const owner of owners) if (this.#busy.get(owner) === working) this.#busy.delete(owner)
    }
  }

  /** Has owners take over what others have stored; gives those that could not. */
  async #takeOver(behind: readonly SavedOwner[]): Promise<readonly SavedOwner[]> {
    const failed: SavedOwner[] = []
    const takeOver = async (owner: SavedOwner): Promise<void> => {
      owner.isBehind = false
      try {
        await owner.takeOver()
      } catch (error) {
        failed.push(owner)
        owner.isBehind = true // it is tried again
        if (!isStoreClosed(error)) this.#fail(owner, error) // what is not saved is told by its save
      }
    }
    const takingOver = Promise.all(behind.map(takeOver))
    this.#takingOver.add(takingOver)
    await takingOver
    this.#takingOver.delete(takingOver)
    return failed
  }

  /** Saves owners in one transaction. */
  async #save(group: readonly SavedOwner[]): Promise<void> {
    let owners = group
    for (let attempt = 1; owners.length > 0; attempt++) {
      const error = await this.#try(owners)
      if (error === undefined) return
      const left = owners.filter((owner) => this.#unsaved.has(owner))
      if (left.length < owners.length) {
        owners = left // the others were dropped meanwhile, and nobody has to hear of them
        continue
      }
      const details = conflictOf(error)
      const culprit = details && owners.find((owner) => owner.owns(details))
      if (culprit === undefined) {
        for (const owner of owners) tie(owners[0]!, owner)
        for (const owner of owners) this.#fail(owner, error)
        return
      }
      try {
        if (attempt >= maxAttempts) throw contended(culprit.owner.id, attempt, error)
        await culprit.reconcile(details!)
        await pause(conflictDelayMs(attempt))
      } catch (conflict) {
        if (this.#unsaved.has(culprit)) this.#fail(culprit, conflict)
        owners = owners.filter((owner) => owner !== culprit)
      }
      owners = owners.filter((owner) => this.#unsaved.has(owner))
    }
  }

  /** Writes what there is to write; gives what went wrong. */
  async #try(owners: readonly SavedOwner[]): Promise<unknown> {
    const plans: { readonly owner: SavedOwner; readonly plan: Plan }[] = []
    try {
      for (const owner of owners) plans.push({ owner, plan: owner.plan() })
      const ops = plans.flatMap(({ plan }) => plan.ops)
      const results = ops.length === 0 ? [] : await this.#store.transact(ops)
      let from = 0
      for (const { owner, plan } of plans) {
        plan.done(results.slice(from, (from += plan.ops.length)))
        if (!this.#due.has(owner)) this.#unsaved.delete(owner)
        if (!owner.isBehind) this.#retries.end(owner)
      }
      return undefined
    } catch (error) {
      for (const { plan } of plans) plan.undo(!mayPass(error))
      return error
    }
  }

  #fail(owner: SavedOwner, thrown: unknown): void {
    const error = isStoreClosed(thrown) ? closedUnsaved(owner.named, thrown) : thrown
    const wasTold = owner.fail(error)
    if (!mayPass(error)) this.#retries.end(owner)
    else if (!this.#retries.add(owner, error) && !wasTold) return
    this.#failed(owner, error, wasTold)
  }
}

function contended(user: string, attempts: number, cause: unknown): RetinueError {
  return failure(
    'RETINUE_STORE_CONTENDED',
    `Others stored the user '${user}' each of the ${attempts} times that it was to be saved here. Nothing was overwritten, and what was changed here is not saved yet: it is tried again by itself.`,
    '`details` names the record. What many processes change all the time belongs in sessions, or in records of its own that update() changes.',
    conflictOf(cause),
    cause,
  )
}

function tie(a: SavedOwner, b: SavedOwner): void {
  if (a.together === b.together) return
  for (const owner of b.together) {
    a.together.add(owner)
    owner.together = a.together
  }
}
