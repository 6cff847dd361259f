// Layers: an owner among the others. Its holdings are what it stored; here is what it has to do with them: keeping its
// bags up to date with presence, telling its observers, and its end.
import { FieldEffect, readable } from './cells.ts'
import { Holdings } from './holdings.ts'
import type { OwnerType } from './kind.ts'
import { Live } from './live.ts'
import { Emitter, type Disposer } from './observable.ts'
import { forceOf, presenceOf, flips, type Force, type Presence } from './presence.ts'
import type { Registration } from './registry.ts'
import type { Notice, Party } from './transaction.ts'

/** The property of an owner that holds its layer; shared by all copies of the kernel. */
export const LAYER: unique symbol = Symbol.for('@retinue/kernel/layer') as never

/** A bag, as far as its layer knows it. */
export interface ShownBag {
  show(presence: Presence): void
}

const ranks: Readonly<Record<OwnerType, number>> = { user: 0, agent: 1, session: 2, interaction: 3 }
const none: readonly never[] = []

/** What one owner holds and tells. */
export class Layer extends Holdings implements Party {
  revision = 0
  /** Of a user or agent: its sessions. */
  sessions: Live<Layer> | undefined
  /** Of a user or agent: those of its sessions that have bags or are observed. */
  awakeSessions: Live<Layer> | undefined
  /** Of a user or agent: its observed sessions, which must live as long as somebody listens. */
  observed: Set<Layer> | undefined
  #emitter: Emitter | undefined
  #watchers: Set<object> | undefined
  #bags: Map<string, ShownBag> | undefined
  #presence: Presence | undefined
  #above: Presence | undefined
  #epoch = -1
  #settled: { readonly presence: Presence; readonly force: Force } | undefined

  protected override get self(): Layer {
    return this
  }

  get rank(): number {
    return ranks[this.type]
  }

  /** Whether somebody looks: through bags, which must be kept up to date, or by handlers. */
  get awake(): boolean {
    return this.#settled !== undefined
  }

  /** What is present for this owner, by key, in order of arrival. */
  presence(): Presence {
    const { epoch } = this.domain
    const above = this.type === 'interaction' ? this.parent!.presence() : undefined
    if (this.#presence === undefined || this.#epoch !== epoch || this.#above !== above) {
      this.#presence = presenceOf(this)
      this.#epoch = epoch
      this.#above = above
    }
    return this.#presence
  }

  /** What may flip presence has changed: here and below; of a user or agent, for whoever is above it too. */
  flipped(): void {
    const { domain } = this
    if (this.type === 'user' || this.type === 'agent') domain.epoch++
    this.#presence = undefined
    domain.wrote('*')
  }

  /** The tools of this owner have changed; tells whether something flips for its user by that. */
  toolsChanged(): boolean {
    this.flipped()
    return this.user !== undefined && this.user.#hasFlipped()
  }

  /** Computes presence anew, and tells whether it is another. */
  #hasFlipped(): boolean {
    const { domain } = this
    const before = this.#epoch === domain.epoch ? this.#presence : undefined
    const after = presenceOf(this)
    if (before?.size === after.size && [...after.keys()].every((key) => before.has(key))) return false
    domain.epoch++
    this.#presence = after
    this.#epoch = domain.epoch
    return true
  }

  /** Has presence kept up to date from now on. */
  wake(): void {
    if (this.awake) return
    if (this.type === 'interaction') this.parent!.wake() // who changes the agent reaches it through its session
    this.#baseline()
    this.domain.note({ party: undefined, undone: () => this.#baseline() })
    this.registry.awake.add(this)
    if (this.type === 'session') for (const up of [this.user!, this.agent]) up?.awakeLive().add(this)
  }

  /** What the next events are told against. */
  #baseline(): void {
    this.#settled = { presence: this.presence(), force: forceOf(this) }
  }

  /** A bag that this layer keeps up to date. */
  bag(kind: string, make: () => ShownBag): ShownBag {
    let bag = this.#bags?.get(kind)
    if (bag === undefined) {
      this.wake()
      bag = make()
      ;(this.#bags ??= new Map()).set(kind, bag)
      bag.show(this.presence())
    }
    return bag
  }

  sync(): void {
    if (this.#bags === undefined || this.ended) return
    const presence = this.presence()
    for (const bag of this.#bags.values()) bag.show(presence)
  }

  settle(): readonly Notice[] {
    const before = this.#settled
    if (before === undefined || this.ended) return []
    const after = { presence: this.presence(), force: forceOf(this) }
    this.#settled = after
    if (after.presence === before.presence && after.force === before.force) return []
    this.sync()
    return this.#emitter === undefined || this.#emitter.silent ? [] : flips(this, before, after)
  }

  /** Adds the awake owners for whom presence may flip when this one changes. */
  reach(reached: Set<Party>): void {
    if (this.type === 'agent') this.#reachUsers(reached)
    if (this.awake) reached.add(this)
    for (const session of this.awakeSessions ?? []) session.reach(reached)
    for (const child of this.children ?? []) child.reach(reached)
  }

  /** A tool's configs are requested on the user: whoever changes tools may flip presence there. */
  reachWithUser(reached: Set<Party>): void {
    this.reach(reached)
    this.user?.reach(reached)
  }

  /** The live set of sessions of a user or agent. */
  sessionsLive(): Live<Layer> {
    return (this.sessions ??= new Live())
  }

  awakeLive(): Live<Layer> {
    return (this.awakeSessions ??= new Live())
  }

  #reachUsers(reached: Set<Party>): void {
    const seen = new Set<Layer>()
    for (const { user } of this.sessions ?? []) {
      if (user === undefined || seen.has(user)) continue
      seen.add(user)
      if (user.awake || user.awakeSessions !== undefined) user.reach(reached)
    }
  }

  hears(event: string): boolean {
    return this.#emitter?.has(event) ?? false
  }

  emit(event: string, payload: unknown, failed: (error: unknown) => void): void {
    if (!this.ended) this.#emitter?.emit(event, payload, failed)
  }

  /** Calls the handler on each event of this owner. */
  on(event: string, handler: (payload: never) => void): Disposer {
    if (this.ended) return () => undefined
    this.wake()
    const off = (this.#emitter ??= new Emitter()).on(event, handler)
    const watcher = event.startsWith('changed') ? {} : undefined
    if (watcher !== undefined) (this.#watchers ??= new Set()).add(watcher)
    this.#holdWhileObserved()
    return () => {
      off()
      if (watcher !== undefined) this.#watchers!.delete(watcher)
      this.#holdWhileObserved()
    }
  }

  /** Whether anybody wants to know of changed fields here. */
  #watching(): boolean {
    return this.#watchers !== undefined && this.#watchers.size > 0
  }

  /** Whether anybody listens here or in an interaction. */
  get heard(): boolean {
    if (this.#emitter?.silent === false) return true
    for (const child of this.children ?? []) if (child.heard) return true
    return false
  }

  #holdWhileObserved(): void {
    if (this.type === 'interaction') return this.parent!.#holdWhileObserved()
    if (this.type !== 'session') return
    const heard = this.heard && !this.ended
    for (const up of [this.user!, this.agent]) {
      if (heard) (up?.observed ?? (up && (up.observed = new Set())))?.add(this)
      else up?.observed?.delete(this)
    }
  }

  /** Captures the effective value of a field for everybody who watches it, before it changes. */
  capture(entry: Registration, index: number): void {
    if (this.observed === undefined && this.children === undefined && !this.#watching()) return
    const cause = this.label
    const followers = entry.kind.name === 'config' ? this.registry.graph.followers(entry.key) : none
    this.#captureHere(entry, index, followers, cause)
  }

  #captureHere(entry: Registration, index: number, followers: readonly Registration[], cause: string): void {
    this.#captureWatched(entry, index, cause)
    for (const follower of followers) {
      const at = follower.shape!.fields.indexOf(entry.shape!.fields[index]!)
      if (at >= 0) this.#captureWatched(follower, at, cause)
    }
    for (const session of this.observed ?? none) session.#captureHere(entry, index, followers, cause)
    for (const child of this.children ?? none) child.#captureHere(entry, index, followers, cause)
  }

  #captureWatched(entry: Registration, index: number, cause: string): void {
    if (!this.#watching() || (!this.hears('changed') && !this.hears(`changed ${entry.key}`))) return
    const cell = this.cell(entry)
    this.domain.capture(cell, index, () => new FieldEffect(cell, index, readable(cell, index), cause))
  }

  /** Ends this owner and every interaction in it: nothing holds it any more, and it reacts to nothing. */
  end(): void {
    if (this.ended) return
    for (const child of this.children ?? none) (child.owner as { end(): void }).end()
    this.ended = true
    this.#emitter = undefined
    if (this.#settled !== undefined) this.registry.awake.delete(this)
    if (this.type === 'interaction') {
      this.parent!.children?.delete(this)
      this.parent!.#holdWhileObserved()
    } else {
      for (const up of [this.user, this.agent]) if (up !== undefined) leave(up, this)
    }
    if (this.type === 'session' || this.tools?.length) this.user!.membersChanged(this)
  }

  /**
   * Of a user: a session or an interaction with tools came or went, and with it what those tools request here. Where
   * the parent, or another session on the same agent, requests the same, nothing flips.
   */
  membersChanged(member: Layer): void {
    const force = forceOf(member)
    const above = member.type === 'interaction' ? forceOf(member.parent).onUser : none
    if (force.onUser.every((key) => above.includes(key))) return
    for (const session of this.sessions!) if (session !== member && forceOf(session) === force) return
    const { domain } = this
    domain.epoch++
    if (!this.awake && this.awakeSessions === undefined) return
    domain.record({ party: undefined, reach: (reached) => this.reach(reached) })
  }
}

/** Lets a session go from its user or agent. */
export function leave(up: Layer, session: Layer): void {
  up.sessions?.delete(session)
  up.awakeSessions?.delete(session)
  up.observed?.delete(session)
}

/** Enters a session with its user or agent. */
export function join(up: Layer, session: Layer): void {
  up.sessionsLive().add(session)
  if (session.awake) up.awakeLive().add(session)
  if (session.heard) (up.observed ??= new Set()).add(session)
}
