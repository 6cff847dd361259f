// Transactions: all owners of one registry share a domain. A change is applied at once and logged; a throw undoes
// the log; leaving the outermost batch commits: presence settles, patches are handed out, observers hear.
// What a change is and whom it reaches is the business of those who make changes: this room knows only the order.
import { RetinueError } from './errors.ts'
import type { Mortal } from './live.ts'
import type { Committed, Patch } from './patch.ts'

/** An owner, as far as transactions know it. */
export interface Party extends Mortal {
  /** For people and patches: `session:3f…`. */
  readonly label: string
  revision: number
  /** Tells whether anybody hears that event of this owner. */
  hears(event: string): boolean
  /** Calls the handlers of an event. */
  emit(event: string, payload: unknown, failed: Failed): void
  /** Brings its bags up to date with what is present now. Must not throw. */
  sync(): void
  /** Says what flipped since it was last asked. Must not throw. */
  settle(): readonly Notice[]
  /** Where it stands when several owners are told: users and agents, then sessions, then interactions. */
  readonly rank: number
}

/** Hears what a handler threw; of one that is asynchronous, the promise that may reject yet. */
export type Failed = (error: unknown, promise?: Promise<unknown>) => void

/** Has a function hear of either. */
export function failing(report: (error: unknown) => void): Failed {
  return (error, promise) => {
    if (promise === undefined) report(error)
    else promise.catch(report)
  }
}

/** A change that has been applied. */
export interface Change {
  readonly party: Party | undefined
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

/** An event that waits for its turn. */
export interface Notice {
  readonly event: string
  readonly party: Party | undefined
  deliver(failed: Failed): void
}

/** Something that was captured before the first change that touches it: compares it with what it is after the last. */
export type Capture = () => readonly Notice[]

/** Where an error of a handler goes. */
export interface ObserverError {
  readonly error: unknown
  readonly event: string
  /** The label of the owner whose handler threw. */
  readonly owner: string | undefined
}

const maxRounds = 100
const maxCommits = 10_000

/** The events of one transaction, and the event whose handler made it. */
interface Round {
  readonly notices: readonly Notice[]
  readonly depth: number
  readonly cause: Round | undefined
  readonly via: string
}

/** The round of one event that nothing caused. */
const alone: Round = { notices: [], depth: 1, cause: undefined, via: '' }

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
  #queue: Round[] = []
  #round: Round | undefined
  /** What is being delivered: an event, and whose. */
  #event = ''
  #party: Party | undefined
  #commits = 0
  readonly #report: (error: ObserverError) => void
  readonly #failed: Failed = (error, promise) => {
    // An item's own observers hear of `changed` under the key of the item.
    const at = { event: this.#event.split(' ')[0]!, owner: this.#party?.label }
    failing((reason) => this.#report({ error: reason, ...at }))(error, promise)
  }

  constructor(report: (error: ObserverError) => void) {
    this.#report = report
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
    return this.#log === undefined && this.#round === undefined && this.#captures === undefined
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
    this.#round = alone
    this.#event = 'committed'
    this.#party = party
    try {
      party.emit('committed', committed, this.#failed)
      if (this.#queue.length > 0) this.#drain()
    } finally {
      this.#rest()
    }
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
      this.#log.push({ party: undefined, undo: () => {}, notice: () => notice })
      return
    }
    this.#refuseLoop()
    this.#deliver([notice])
  }

  #commit(log: readonly Change[]): void {
    this.#refuseLoop()
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
    if (notices.length > 0) this.#deliver(notices)
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

  #deliver(notices: readonly Notice[]): void {
    const cause = this.#round
    if (cause !== undefined) {
      this.#queue.push({ notices, depth: cause.depth + 1, cause, via: this.#told() })
      return
    }
    this.#queue.push({ notices, depth: 1, cause, via: '' })
    try {
      this.#drain()
    } finally {
      this.#rest()
    }
  }

  #drain(): void {
    // Rounds that handlers cause come at the end, and are run by the same loop.
    for (const round of this.#queue) {
      this.#round = round
      for (const notice of round.notices) {
        this.#event = notice.event
        this.#party = notice.party
        notice.deliver(this.#failed)
      }
    }
  }

  #rest(): void {
    if (this.#queue.length > 0) this.#queue = []
    this.#round = this.#party = undefined
    this.#commits = 0
  }

  #told(): string {
    return `${this.#event} of ${this.#party?.label ?? 'a list'}`
  }

  /** A change that a handler makes is refused where handlers have been causing changes for too long. */
  #refuseLoop(): void {
    const round = this.#round
    if (round === undefined) return
    // Many changes of one handler are no loop; many of those that they cause are.
    if (round.depth > 2) this.#commits++
    if (round.depth < maxRounds && this.#commits < maxCommits) return
    const path = [this.#told()]
    for (let at = round; at.cause !== undefined && path.length < 8; at = at.cause) path.unshift(at.via)
    throw new RetinueError('RETINUE_LOOP', `Handlers keep causing changes: … → ${path.join(' → ')} → …`, {
      hint: 'Let one of them change nothing when nothing is left to change.',
      details: { rounds: round.depth, path },
    })
  }
}

/** An event of an owner. */
export class OwnerNotice implements Notice {
  readonly party: Party
  readonly event: string
  readonly payload: unknown

  constructor(party: Party, event: string, payload: unknown) {
    this.party = party
    this.event = event
    this.payload = payload
  }

  deliver(failed: Failed): void {
    this.party.emit(this.event, this.payload, failed)
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
