// Transactions: all owners of one registry share a domain. A change is applied at once and logged; a throw undoes
// the log; leaving the outermost batch commits: presence settles, patches are handed out, and events go to `delivery`.
// What a change is and whom it reaches is the business of those who make changes: this room knows only the order.
import { Delivery, OwnerNotice, type Notice, type ObserverError, type Told } from './delivery.ts'
import { RetinueError } from './errors.ts'
import type { Mortal } from './live.ts'
import type { Committed, Patch } from './patch.ts'

/** An owner, as far as transactions know it. */
export interface Party extends Mortal, Told {
  revision: number
  /** Tells whether anybody hears that event of this owner. */
  hears(event: string): boolean
  /** Brings its bags up to date with what is present now. Must not throw. */
  sync(): void
  /** Says what flipped since it was last asked. Must not throw. */
  settle(): readonly Notice[]
  /** Where it stands when several owners are told: users and agents, then sessions, then interactions. */
  readonly rank: number
}

/** A change that has been applied. */
export interface Change {
  /** Whose it is, where it is stored. */
  readonly party?: Party | undefined
  /** Puts back what was; what can't be, such as the end of an owner, stays and is told of even after a rollback. */
  undo?(): void
  /** Of a change that stays: runs once everything else is undone. */
  undone?(): void
  /** Adds every awake owner whose presence may flip by it; a change without it flips nothing. */
  reach?(reached: Set<Party>): void
  /** The change as JSON; what has a party has it. */
  patch?(): Patch
  /** Tells those who watch the changed thing itself, before the owner's own events. */
  notice?(): Notice | undefined
}

/** Something that was captured before the first change that touches it: compares it with what it is after the last. */
export type Capture = () => readonly Notice[]

/** The transactions of one registry. */
export class Domain {
  #log: Change[] | undefined
  #captures: Map<object, Capture[]> | undefined
  /** Whom the changes of the open transaction reached when they were made: a later one may have cut the way there. */
  #reached: Set<Party> | undefined
  #last = 0
  /** Counts whatever may flip presence, so that what is derived can be kept as long as nothing did. */
  epoch = 0
  /** Counts what may change values of many items at once; each class of items counts what is written to its own. */
  upheavals = 0
  readonly #delivery: Delivery

  constructor(report: (error: ObserverError) => void) {
    this.#delivery = new Delivery(report)
  }

  /**
   * Runs a function as one transaction, or as a savepoint of the one that is open.
   * @throws whatever the function throws, after everything it changed is undone.
   * @throws {RETINUE_BATCH_ASYNC} when the function returns a promise.
   */
  batch<T>(change: () => T): T {
    const outermost = this.#log === undefined
    const log = (this.#log ??= [])
    const savepoint = log.length
    try {
      const result = change()
      refusePromise(result)
      if (outermost) this.#commit(log)
      return result
    } catch (error) {
      if (this.#log === log) this.#undo(log, savepoint)
      if (outermost && this.#log === log) this.#commit(log)
      throw error
    } finally {
      if (outermost && this.#log === log) this.#close()
    }
  }

  /** Whether a change that is made now is a transaction of its own, which nothing caused and nobody watches. */
  get quiet(): boolean {
    return this.#log === undefined && !this.#delivery.isUnderWay && this.#captures === undefined
  }

  /**
   * Commits one change that was just applied, that flips nothing and that is the whole transaction, in a quiet domain:
   * the same as `record`, in short. Its patch is there if somebody hears `committed`.
   */
  commitAlone(party: Party, patch: Patch | undefined): void {
    const id = ++this.#last
    const revision = ++party.revision
    if (patch === undefined) return
    const committed: Committed = { id, revision, patches: [patch] }
    this.#delivery.tell(party, 'committed', committed)
  }

  /** Logs a change that was just applied; outside a batch it is a transaction of its own. */
  record(change: Change): void {
    const { party, reach } = change
    if (this.#log !== undefined) {
      this.#log.push(change)
      if (reach !== undefined) this.#reach([change])
    } else if (this.quiet && party !== undefined && reach === undefined && change.notice?.() === undefined)
      this.commitAlone(party, party.hears('committed') ? change.patch!() : undefined)
    else this.batch(() => void this.#log!.push(change))
  }

  /** Logs what goes along with changes or can't be undone, if a transaction is open; alone it is no transaction. */
  note(change: Change): void {
    this.#log?.push(change)
  }

  /** Keeps what `make` captures of the index of a thing until the commit, once a transaction. */
  capture(thing: object, index: number, make: () => Capture): void {
    this.#captures ??= new Map()
    let captures = this.#captures.get(thing)
    if (captures === undefined) this.#captures.set(thing, (captures = []))
    captures[index] ??= make()
  }

  /** Delivers an event that no stored change stands behind; in a batch it waits for the commit, or goes with it. */
  announce(notice: Notice): void {
    if (this.#log !== undefined) {
      this.#log.push({ undo: () => {}, notice: () => notice })
      return
    }
    this.#delivery.refuseLoop()
    this.#delivery.deliver([notice])
  }

  #commit(log: readonly Change[]): void {
    this.#delivery.refuseLoop()
    const captures = this.#captures
    let reached = this.#reached
    this.#close() // from here on a change is another transaction
    if (log.length > 0) this.#last++
    else if (reached === undefined) return // what is undone reaches all that what stays, such as an end, may flip
    const notices: Notice[] = []
    const parties = new Map<Party, Patch[] | undefined>()
    for (const change of log) {
      const told = change.notice?.()
      if (told !== undefined) notices.push(told)
      if (change.reach !== undefined) change.reach((reached ??= new Set()))
      const { party } = change
      if (party === undefined) continue
      if (!parties.has(party)) {
        party.revision++
        parties.set(party, party.hears('committed') ? [] : undefined)
      }
      parties.get(party)?.push(change.patch!())
    }
    const inRank = [...(reached ?? [])].sort((a, b) => a.rank - b.rank)
    for (const party of inRank) notices.push(...party.settle())
    for (const captured of captures?.values() ?? []) {
      captured.forEach((capture) => notices.push(...capture())) // only what was captured: there are holes
    }
    for (const [party, patches] of parties) {
      if (patches === undefined) continue
      const committed: Committed = { id: this.#last, revision: party.revision, patches }
      notices.push(new OwnerNotice(party, 'committed', committed))
    }
    if (notices.length > 0) this.#delivery.deliver(notices)
  }

  #undo(log: Change[], savepoint: number): void {
    const undone = log.splice(savepoint)
    for (const change of undone.toReversed()) change.undo?.()
    this.#reach(undone)
    for (const change of undone) {
      if (change.undo !== undefined) continue
      log.push(change)
      change.undone?.()
    }
  }

  /** Inside a batch, bags show at once what a change brought or took; events wait for the commit. */
  #reach(changes: readonly Change[]): void {
    const reached = (this.#reached ??= new Set())
    for (const change of changes) change.reach?.(reached)
    for (const party of reached) party.sync()
  }

  #close(): void {
    this.#log = undefined
    this.#captures = undefined
    this.#reached = undefined
  }
}

function refusePromise(result: unknown): void {
  const promise = result as PromiseLike<unknown> | null | undefined
  if (typeof promise?.then !== 'function') return
  promise.then(undefined, () => undefined) // what it rejects with is not the news
  throw new RetinueError('RETINUE_BATCH_ASYNC', 'A batch got a function that returns a promise.', {
    hint: 'Await first, then batch the changes.',
  })
}
