// Layers: an owner among the others. Its holdings are what it stored; here is what it has to do with them: keeping its
// bags up to date with presence, telling its observers, and its end.
import { captureField, sessionOf } from './cells.ts'
import { Emitter, type Disposer } from './emitter.ts'
import { Holdings } from './holdings.ts'
import type { OwnerType } from './kind.ts'
import { Live } from './live.ts'
import { Members } from './members.ts'
import { flips, forceOf, hasOwn, presenceOf, type Presence, type Standing } from './presence.ts'
import type { Registration } from './registry.ts'
import type { Failed, Notice } from './delivery.ts'
import type { Party } from './transaction.ts'

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
  weak: WeakRef<this> | undefined
  revision = 0
  /** Of an agent: the sessions on it. */
  sessions: Live<Layer> | undefined
  /** Of a user: its sessions, and their interactions as far as they have tools of their own. */
  members: Members | undefined
  /** Of a user: those of its sessions that have bags or are observed. */
  awakeSessions: Live<Layer> | undefined
  /** Of a user or agent: its observed sessions, which must live as long as somebody listens. */
  observed: Set<Layer> | undefined
  /** Of a session: what its prompts keep from one to the next, in a form that is theirs. */
  prompt: object | undefined
  /** Of a session or interaction: what renders its prompts. */
  renderer: object | undefined
  #emitter: Emitter | undefined
  #bags: Map<string, ShownBag> | undefined
  #presence: Presence | undefined
  #above: Presence | undefined
  #epoch = -1
  #settled: Standing | undefined

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
    const { parent } = this
    if (parent === undefined) return this.#presenceOn(undefined)
    if (parent.parent === undefined) return this.#presenceOn(parent.#presenceOn(undefined))
    let above: Presence | undefined
    for (const layer of this.lineage()) above = layer.#presenceOn(above)
    return above!
  }

  #presenceOn(above: Presence | undefined): Presence {
    const { epoch } = this.domain
    if (this.#presence === undefined || this.#epoch !== epoch || this.#above !== above) {
      this.#presence = presenceOf(this)
      this.#epoch = epoch
      this.#above = above
    }
    return this.#presence
  }

  /** The keys of values that are kept here although nobody needs them now. */
  parked(): string[] {
    const presence = this.presence()
    return this.valued().filter((key) => !presence.has(key))
  }

  /** What may flip presence has changed: here and below; of a user or agent, for whoever is above it too. */
  flipped(): void {
    const { domain } = this
    if (this.isRoot) domain.epoch++
    this.#presence = undefined
    domain.upheavals++
  }

  /** Changes the tools of this owner; tells whether something flips for its user by that. */
  changeTools(change: () => void): boolean {
    this.user?.presence() // what it was can be compared with only if it is known
    change()
    this.flipped()
    this.user?.members!.place(this)
    return this.user !== undefined && this.user.hasFlipped()
  }

  /**
   * Computes presence anew, and tells whether it is another, or may be: nobody knows what it was. Not private, since a
   * session asks its user, which may be of another copy of the kernel.
   */
  hasFlipped(): boolean {
    const { domain } = this
    if (this.#epoch === domain.epoch) {
      const before = this.#presence!
      const after = presenceOf(this)
      if (before === after) return false
      this.#presence = after
      this.#epoch = domain.epoch + 1
    }
    domain.epoch++
    return true
  }

  /** Has presence kept up to date from now on. */
  wake(): void {
    if (this.awake) return
    // Who changes the agent reaches an interaction through its session.
    let above: Presence | undefined
    for (const layer of this.lineage()) {
      above = layer.#presenceOn(above)
      if (!layer.awake) layer.#wakeHere(above)
    }
  }

  #wakeHere(presence: Presence): void {
    this.#baseline(presence)
    this.domain.note({ undone: () => this.#baseline(this.presence()) })
    this.registry.awake.add(this)
    if (this.type === 'session') (this.user!.awakeSessions ??= new Live()).add(this)
  }

  /** What the next events are told against. */
  #baseline(presence: Presence): void {
    this.#settled = { presence, force: forceOf(this) }
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
    if (before === undefined || this.ended) return none
    const presence = this.presence()
    const force = forceOf(this)
    if (presence === before.presence && force === before.force) return none
    const after = (this.#settled = { presence, force })
    this.renewCells()
    this.sync()
    return this.silent ? none : flips(this, before, after)
  }

  /** Adds the awake owners for whom presence may flip when this one changes. */
  reach(reached: Set<Party>): void {
    if (this.awake) reached.add(this)
    if (this.type === 'agent') return this.#reachUsers(reached) // and by them its sessions
    this.awakeSessions?.forEach((session) => session.reach(reached))
    for (const each of this.within()) if (each.awake) reached.add(each)
  }

  #reachUsers(reached: Set<Party>): void {
    const seen = new Set<Layer>()
    this.sessions?.forEach(({ user }) => {
      if (seen.has(user!)) return
      seen.add(user!)
      if (user!.awake || user!.awakeSessions !== undefined) user!.reach(reached)
    })
  }

  hears(event: string): boolean {
    return this.#emitter?.has(event) ?? false
  }

  emit(event: string, payload: unknown, failed: Failed): void {
    if (!this.ended) this.#emitter?.emit(event, payload, failed)
  }

  /** Calls the handler on each event of this owner. */
  on(event: string, handler: (payload: never) => void): Disposer {
    if (this.ended) return () => undefined
    const off = (this.#emitter ??= new Emitter()).on(event, handler)
    if (event === 'committed') return off // whoever commits to it holds it, and nothing flips for that
    this.wake()
    this.#holdWhileObserved()
    return () => {
      off()
      this.#holdWhileObserved()
    }
  }

  /** Whether anybody listens here or in an interaction. */
  get heard(): boolean {
    return !this.silent || this.within().some((each) => !each.silent)
  }

  /** Whether nobody hears anything but what is committed. */
  get silent(): boolean {
    return this.#emitter === undefined || this.#emitter.silent
  }

  #holdWhileObserved(): void {
    const session = sessionOf(this)
    if (session.type !== 'session') return
    const heard = session.heard && !session.ended
    for (const up of [session.user, session.agent]) {
      if (up === undefined) continue
      if (heard) (up.observed ??= new Set()).add(session)
      else up.observed?.delete(session)
    }
  }

  /** Captures the effective value of a field for everybody who watches it, before it changes. */
  capture(entry: Registration, index: number): void {
    if (this.observed === undefined && this.children === undefined && this.silent) return
    const changing: [Registration, number][] = [[entry, index]]
    for (const follower of this.registry.graph.followers(entry.key)) {
      const at = follower.shape!.fields.indexOf(entry.shape!.fields[index]!)
      if (at >= 0) changing.push([follower, at])
    }
    for (const owner of [this, ...(this.observed ?? none)]) {
      for (const layer of [owner, ...owner.within()])
        for (const [each, at] of changing) layer.captureHere(each, at, this.label)
    }
  }

  /** Captures the value that one field has here; not private, since a session may be of another copy of the kernel. */
  captureHere(entry: Registration, index: number, cause: string): void {
    if (this.silent || (!this.hears('changed') && !this.hears(`changed ${entry.key}`))) return
    const cell = this.cell(entry)
    this.domain.capture(cell, index, () => captureField(cell, index, cause))
  }

  /** The interactions in this owner, those in them included, each before what is in it. */
  within(): readonly Layer[] {
    if (this.children === undefined) return none
    const found = [...this.children]
    for (const each of found) for (const child of each.children ?? none) found.push(child)
    return found
  }

  /** Ends this owner and every interaction in it: nothing holds it any more, and it reacts to nothing. */
  end(): void {
    if (this.ended) return
    for (const { owner } of this.within().toReversed()) (owner as { end(): void }).end()
    this.ended = true
    const wasHeard = this.#emitter !== undefined
    this.#emitter = undefined
    if (this.#settled !== undefined) this.registry.awake.delete(this)
    if (this.type === 'interaction') {
      this.parent!.children?.delete(this)
      if (wasHeard) this.#holdWhileObserved()
    } else {
      for (const up of [this.user, this.agent]) if (up !== undefined) leave(up, this)
    }
    if (this.type === 'session' || hasOwn(this)) this.user!.membersChanged(this)
  }

  /**
   * Of a user: a session or an interaction with tools came or went, and with it what those tools request here. Where
   * the parent, or another session on the same agent, requests the same, nothing flips.
   */
  membersChanged(member: Layer): void {
    const members = (this.members ??= new Members())
    members.place(member)
    const { onUser } = forceOf(member)
    const above = member.type === 'interaction' ? forceOf(member.parent).onUser : none
    if (onUser.every((key) => above.includes(key)) || members.hasPeer(member) || !this.hasFlipped()) return
    if (!this.awake && this.awakeSessions === undefined) return
    this.domain.record({ reach: (reached) => this.reach(reached) })
  }
}

/** Lets a session go from its user or agent. */
export function leave(up: Layer, session: Layer): void {
  up.members?.remove(session)
  up.sessions?.delete(session)
  up.awakeSessions?.delete(session)
  up.observed?.delete(session)
}

/** Enters a session with its user or agent. */
export function join(up: Layer, session: Layer): void {
  if (session.ended) return // a batch that throws gives it its agent back, and nothing else
  if (up.type === 'user') (up.members ??= new Members()).place(session)
  else (up.sessions ??= new Live()).add(session)
  if (session.heard) (up.observed ??= new Set()).add(session)
}
