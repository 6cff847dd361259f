// Delivery: events reach their observers in rounds. What a handler changes is told in a round of its own, behind those that
// wait. What a handler throws never reaches whoever made the change, and a chain of rounds without an end is cut.
import { RetinueError } from './errors.ts'

/** Hears what a handler threw; of one that is asynchronous, the promise that may reject yet. */
export type Failed = (error: unknown, promise?: Promise<unknown>) => void

/** Has a function hear of either. */
export function failing(report: (error: unknown) => void): Failed {
  return (error, promise) => {
    if (promise === undefined) report(error)
    else promise.catch(report)
  }
}

/** Somebody whose observers are told of events. */
export interface Told {
  /** For people and patches: `session:3f…`. */
  readonly label: string
  /** Calls the handlers of an event. */
  emit(event: string, payload: unknown, failed: Failed): void
}

/** An event that waits for its turn. */
export interface Notice {
  readonly event: string
  readonly party: Told | undefined
  deliver(failed: Failed): void
}

/** An event of an owner. */
export class OwnerNotice implements Notice {
  readonly party: Told
  readonly event: string
  readonly payload: unknown

  constructor(party: Told, event: string, payload: unknown) {
    this.party = party
    this.event = event
    this.payload = payload
  }

  deliver(failed: Failed): void {
    this.party.emit(this.event, this.payload, failed)
  }
}

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

/** The events of one registry. */
export class Delivery {
  #queue: Round[] = []
  #round: Round | undefined
  /** What is being delivered: an event, and whose. */
  #event = ''
  #told: Told | undefined
  #commits = 0
  readonly #report: (error: ObserverError) => void
  readonly #failed: Failed = (error, promise) => {
    // An item's own observers hear of `changed` under the key of the item.
    const at = { event: this.#event.split(' ')[0]!, owner: this.#told?.label }
    failing((reason) => this.#report({ error: reason, ...at }))(error, promise)
  }

  constructor(report: (error: ObserverError) => void) {
    this.#report = report
  }

  /** Whether an event is being delivered. */
  get isUnderWay(): boolean {
    return this.#round !== undefined
  }

  /** Delivers events as one round: now, or where a handler caused them, behind those that wait. */
  deliver(notices: readonly Notice[]): void {
    const cause = this.#round
    if (cause !== undefined) {
      this.#queue.push({ notices, depth: cause.depth + 1, cause, via: this.#where })
      return
    }
    this.#queue.push({ notices, depth: 1, cause, via: '' })
    try {
      this.#drain()
    } finally {
      this.#rest()
    }
  }

  /** Delivers one event while none is being delivered: the same in short. */
  tell(told: Told, event: string, payload: unknown): void {
    this.#round = alone
    this.#event = event
    this.#told = told
    try {
      told.emit(event, payload, this.#failed)
      if (this.#queue.length > 0) this.#drain()
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
        this.#told = notice.party
        notice.deliver(this.#failed)
      }
    }
  }

  #rest(): void {
    if (this.#queue.length > 0) this.#queue = []
    this.#round = this.#told = undefined
    this.#commits = 0
  }

  get #where(): string {
    return `${this.#event} of ${this.#told?.label ?? 'a list'}`
  }

  /**
   * Refuses a change that a handler makes where handlers have been causing changes for too long.
   * @throws {RETINUE_LOOP}
   */
  refuseLoop(): void {
    const round = this.#round
    if (round === undefined) return
    // Many changes of one handler are no loop; many of those that they cause are.
    if (round.depth > 2) this.#commits++
    if (round.depth < maxRounds && this.#commits < maxCommits) return
    const path = [this.#where]
    for (let at = round; at.cause !== undefined && path.length < 8; at = at.cause) path.unshift(at.via)
    throw new RetinueError('RETINUE_LOOP', `Handlers keep causing changes: … → ${path.join(' → ')} → …`, {
      hint: 'Let one of them change nothing when nothing is left to change.',
      details: { rounds: round.depth, path },
    })
  }
}
