// Layers: what one owner holds, and the chain in which owners are asked. A layer stores by type only what was set
// on it; what is present is somebody else's question (`presence`). Cells are one owner's part of one item.
import { Cell } from './entry.ts'
import { RetinueError } from './errors.ts'
import type { KindSpec, OwnerType } from './kind.ts'
import { Live } from './live.ts'
import { isTypeName, normalise } from './name.ts'
import { Emitter, type Disposer, type ObservableList } from './observable.ts'
import type { Message } from './message.ts'
import { forceOf, presenceOf, flips, type Force, type Presence } from './presence.ts'
import type { Registration, Registry } from './registry.ts'
import type { StoredItem } from './shape.ts'
import type { ToolKey, ToolList } from './tool-list.ts'
import { OwnerNotice, type Change, type Effect, type Notice, type Party, type Patch } from './transaction.ts'
import type { FieldChanged, Source } from './types.ts'
import { equal } from './value.ts'

/** The property of an owner that holds its layer; shared by all copies of the kernel. */
export const LAYER: unique symbol = Symbol.for('@retinue/kernel/layer') as never

/** Something that did not survive loading: kept word for word until somebody accepts that it is gone. */
export interface Quarantined {
  /** `context.search_results`, `messages`, `requested`, … */
  readonly at: string
  readonly field?: string
  readonly index?: number
  readonly version?: number
  readonly value: unknown
  /** Of a field that an upgrade gave: all that was stored before it. */
  readonly original?: StoredItem
  readonly code: string
  readonly reason: string
}

/** A bag, as far as its layer knows it. */
export interface ShownBag {
  show(presence: Presence): void
}

const ranks: Readonly<Record<OwnerType, number>> = { user: 0, agent: 1, session: 2, interaction: 3 }

/** What one owner holds. */
export class Layer implements Party {
  readonly type: OwnerType
  readonly name: string
  readonly registry: Registry
  /** The user, agent, session or interaction that people see. */
  readonly owner: object
  /** Of a session: its user. Of an interaction: its session's. */
  readonly user: Layer | undefined
  /** Of an interaction: its parent interaction, or its session. */
  readonly parent: Layer | undefined
  agent: Layer | undefined
  revision = 0
  ended = false
  tools: ToolList | undefined
  excluded: ObservableList<string, ToolKey> | undefined
  requested: Set<string> | undefined
  /** Of a session: its messages. */
  messages: ObservableList<Message> | undefined
  /** Saved items of types that nobody has registered yet. */
  stored: Map<string, unknown> | undefined
  /** Saved bags of kinds that nobody has registered yet, by their property. */
  strays: Map<string, unknown> | undefined
  quarantine: Quarantined[] = []
  /** Names of the secret references that this owner's saved data may use. */
  secrets: ReadonlySet<string> = noSecrets
  /** Of a user or agent: its sessions. */
  sessions: Live<Layer> | undefined
  /** Of a user or agent: those of its sessions that have bags or are observed. */
  awakeSessions: Live<Layer> | undefined
  /** Of a user or agent: its observed sessions, which must live as long as somebody listens. */
  observed: Set<Layer> | undefined
  /** Of a session or interaction: the interactions that are under way in it. */
  children: Set<Layer> | undefined
  readonly cells = new Map<string, LayerCell>()
  #ref: WeakRef<Layer> | undefined
  #emitter: Emitter | undefined
  #watchers: Set<object> | undefined
  #label: string | undefined
  #bags: Map<string, ShownBag> | undefined
  #presence: Presence | undefined
  #epoch = -1
  #settled: { readonly presence: Presence; readonly force: Force } | undefined
  #storedVersion = -1

  constructor(type: OwnerType, name: string, owner: object, registry: Registry, up: { user?: Layer; parent?: Layer } = {}) {
    this.type = type
    this.name = name
    this.owner = owner
    this.registry = registry
    this.user = up.user
    this.parent = up.parent
  }

  get label(): string {
    return (this.#label ??= `${this.type}:${this.name}`)
  }

  get rank(): number {
    return ranks[this.type]
  }

  get ref(): WeakRef<Layer> {
    return (this.#ref ??= new WeakRef(this))
  }

  /** Whether somebody looks: through bags, which must be kept up to date, or by handlers. */
  get awake(): boolean {
    return this.#settled !== undefined
  }

  /** The agent in force: an interaction's is its session's. */
  get agentInForce(): Layer | undefined {
    return this.type === 'interaction' ? this.parent?.agentInForce : this.agent
  }

  // -- values

  /** The cell of a type, made or renewed on first use. */
  cell(entry: Registration): LayerCell {
    const known = this.cells.get(entry.key)
    if (known !== undefined && known.shape === entry.shape) return known
    const cell = new LayerCell(this, entry)
    if (known !== undefined) {
      this.#adopt(cell, known.shape.save(known.own), known)
      known.successor = cell
    }
    this.cells.set(entry.key, cell)
    this.settleStored()
    return cell
  }

  /** The cells that a read of a cell asks, nearest first. */
  chainOf(cell: LayerCell): readonly Cell[] {
    const { entry } = cell
    if (this.type === 'interaction') return [cell, ...this.parent!.cell(entry).chain]
    if (this.type !== 'session') return [cell]
    const user = this.user!.cell(entry)
    return this.agent === undefined ? [cell, user] : [cell, user, this.agent.cell(entry)]
  }

  /** Links every cell anew, those of interactions included: for a session that got another agent. */
  relink(): void {
    this.registry.domain.wrote('*')
    for (const { entry } of this.cells.values()) {
      const cell = this.cell(this.registry.at(entry.key) ?? entry) // its class may have been registered anew
      cell.chain = this.chainOf(cell)
    }
    for (const child of this.children ?? []) child.relink()
  }

  /** The keys of items that have own values here. */
  valued(): string[] {
    this.settleStored()
    return [...this.cells.values()].filter((cell) => cell.own !== cell.shape.empty).map((cell) => cell.entry.key)
  }

  /** Gives life to saved items whose types have been registered meanwhile. */
  settleStored(): void {
    if (this.#storedVersion === this.registry.version) return
    this.#storedVersion = this.registry.version
    for (const [bag, data] of this.strays ?? none) {
      const kind = this.registry.kindOfBag(bag)
      if (!kind?.snapshot || !kind.owners.includes(this.type)) continue
      this.strays!.delete(bag)
      this.loadBag(kind, data)
    }
    for (const [key, data] of this.stored ?? none) {
      const entry = this.registry.at(key)
      if (entry?.shape === undefined) continue
      this.stored!.delete(key)
      this.load(entry, data as StoredItem)
    }
  }

  /** Loads the saved items of one kind: what nobody has registered is kept, what is damaged is quarantined. */
  loadBag(kind: KindSpec, bag: unknown): void {
    if (typeof bag !== 'object' || bag === null || Array.isArray(bag)) {
      this.setAside({ at: kind.bag, value: bag, code: 'RETINUE_SNAPSHOT_INVALID', reason: 'A bag is an object of items.' })
      return
    }
    for (const [type, stored] of Object.entries(bag)) {
      const at = `${kind.name}.${type}`
      const entry = isTypeName(type) ? this.registry.at(at) : undefined
      const isName = isTypeName(type) && normalise(type, kind.name) === type
      const reason = isName ? storedProblem(stored) : 'That is no type name.'
      if (reason !== undefined) this.setAside({ at, value: stored, code: 'RETINUE_SNAPSHOT_INVALID', reason })
      else if (entry?.shape !== undefined) this.load(entry, stored as StoredItem)
      else (this.stored ??= new Map()).set(at, stored)
    }
  }

  /** Loads saved fields of one item; what does not survive is quarantined. */
  load(entry: Registration, stored: StoredItem): void {
    this.#adopt(this.cell(entry), stored)
  }

  /** Takes over what another owner of the same sort holds; what is held is immutable, and so shared. */
  copy(from: Layer): void {
    for (const { entry, own } of from.cells.values()) this.cell(entry).own = own
    this.stored = new Map(from.stored)
    this.strays = new Map(from.strays)
    this.requested = new Set(from.requested)
    this.quarantine = [...from.quarantine]
    this.secrets = from.secrets
    const { domain } = this.registry
    domain.wrote('*')
    domain.epoch++
  }

  /** Puts something in quarantine. */
  setAside(...entries: readonly Quarantined[]): void {
    for (const entry of entries) this.quarantine.push(entry)
  }

  #adopt(cell: LayerCell, stored: StoredItem, old?: LayerCell): void {
    const { own, rejected } = cell.shape.load(stored, this.type, this.secrets)
    const kept = [...own]
    // Secrets that live in memory are not in what is saved: a renewed cell takes them from the old one.
    old?.shape.fields.forEach((field, i) => {
      const at = cell.shape.fields.indexOf(field)
      if (at >= 0 && kept[at] === undefined && cell.shape.secret(at) !== undefined) kept[at] = old.own[i]
    })
    cell.own = kept.some((value) => value !== undefined) ? kept : cell.shape.empty
    this.registry.domain.wrote('*')
    this.setAside(...rejected.map((each): Quarantined => ({ at: cell.entry.key, ...each })))
  }

  /** Drops what is saved of types that nobody has registered, but for some. */
  keepStored(keys: readonly string[]): void {
    const stored = this.stored ?? new Map<string, unknown>()
    const less = new Map([...stored].filter(([key]) => keys.includes(key)))
    if (less.size === stored.size) return
    const set = (value: Map<string, unknown>): void => void (this.stored = value)
    new OwnerChange(this, 'stored', stored, less, set, (value) => [...value.keys()]).commit()
  }

  /** Puts other entries in the place of those in quarantine. */
  setQuarantine(entries: readonly Quarantined[]): void {
    const set = (value: readonly Quarantined[]): void => void (this.quarantine = [...value])
    new OwnerChange(this, 'quarantine', [...this.quarantine], entries, set).commit()
  }

  // -- requests

  /** Asks for an item on this owner until it is deleted or the owner ends. */
  request(entry: Registration): void {
    this.refuseEnded()
    const { problem } = this.registry.graph.closure(entry.key)
    if (problem !== undefined) throw problem
    this.setRequest(entry.key, true)
  }

  /** Adds or drops a request; no change where it is so already. */
  setRequest(key: string, requested: boolean): void {
    if ((this.requested?.has(key) ?? false) === requested) return
    const change = new RequestChange(this, key, requested)
    change.apply()
    this.registry.domain.record(change)
  }

  /** @throws {RETINUE_OWNER_ENDED} */
  refuseEnded(): void {
    if (!this.ended) return
    throw new RetinueError('RETINUE_OWNER_ENDED', `The ${this.label} has ended: it takes no more changes.`, {
      hint: 'Make the change before the end, or on the session, user or agent that goes on.',
      details: { owner: this.label },
    })
  }

  // -- presence

  /** What is present for this owner, by key, in order of arrival. */
  presence(): Presence {
    const { epoch } = this.registry.domain
    if (this.#presence === undefined || this.#epoch !== epoch) {
      this.#presence = presenceOf(this)
      this.#epoch = epoch
    }
    return this.#presence
  }

  /** Has presence kept up to date from now on. */
  wake(): void {
    if (this.awake) return
    if (this.type === 'interaction') this.parent!.wake() // who changes the agent reaches it through its session
    this.#baseline()
    this.registry.domain.note({ party: undefined, undone: () => this.#baseline() })
    this.registry.awake.add(this.ref)
    if (this.type === 'session') for (const up of [this.user!, this.agent]) up?.awakeLive().add(this.ref)
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

  // -- events

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
  get #watching(): boolean {
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
    if (this.observed === undefined && this.children === undefined && !this.#watching) return
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
    if (!this.#watching || (!this.hears('changed') && !this.hears(`changed ${entry.key}`))) return
    const cell = this.cell(entry)
    this.registry.domain.capture(cell, index, () => new FieldEffect(cell, index, readable(cell, index), cause))
  }

  // -- the end

  /** Ends this owner and every interaction in it: nothing holds it any more, and it reacts to nothing. */
  end(): void {
    if (this.ended) return
    for (const child of this.children ?? none) (child.owner as { end(): void }).end()
    this.ended = true
    this.#emitter = undefined
    if (this.#settled !== undefined) this.registry.awake.delete(this.ref)
    if (this.type === 'interaction') {
      this.parent!.children?.delete(this)
      this.parent!.#holdWhileObserved()
    } else {
      for (const up of [this.user, this.agent]) if (up !== undefined) leave(up, this)
    }
    if (this.type === 'session' || this.tools?.length) this.user!.membersChanged()
  }

  /** Of a user: a session or an interaction with tools came or went, and with it what those tools request here. */
  membersChanged(): void {
    const { domain } = this.registry
    domain.epoch++
    if (!this.awake && this.awakeSessions === undefined) return
    domain.record({ party: undefined, reach: (reached) => this.reach(reached) })
  }
}

function storedProblem(stored: unknown): string | undefined {
  const { version, values } = (stored ?? {}) as Partial<StoredItem>
  if (!Number.isInteger(version) || version! < 1) return 'An item has a version: 1 or more.'
  return typeof values === 'object' && values !== null && !Array.isArray(values) ? undefined : 'An item has values: an object.'
}

/** Lets a session go from its user or agent. */
export function leave(up: Layer, session: Layer): void {
  up.sessions?.delete(session.ref)
  up.awakeSessions?.delete(session.ref)
  up.observed?.delete(session)
}

/** Enters a session with its user or agent. */
export function join(up: Layer, session: Layer): void {
  up.sessionsLive().add(session.ref)
  if (session.awake) up.awakeLive().add(session.ref)
  if (session.heard) (up.observed ??= new Set()).add(session)
}

const none: readonly never[] = []
const noSecrets: ReadonlySet<string> = new Set()

/** One owner's part of one item. */
export class LayerCell extends Cell {
  readonly layer: Layer
  readonly entry: Registration
  /** In an interaction: what the session had when a field was first set here. */
  base: unknown[] | undefined
  /** The cell that has taken this one's place since its class was registered anew: handles of old go on by it. */
  successor: LayerCell | undefined

  constructor(layer: Layer, entry: Registration) {
    super(entry.shape!, layer.registry.domain)
    this.layer = layer
    this.entry = entry
    this.chain = layer.chainOf(this)
  }

  override read(index: number): unknown {
    const { successor } = this
    return successor === undefined ? super.read(index) : successor.read(successor.shape.index(this.shape.fields[index]!))
  }

  override fallback(index: number): unknown {
    const followed = this.#followed(index)
    return followed === undefined ? this.shape.defaults[index] : followed.cell.read(followed.at)
  }

  override source(index: number): Source {
    const { successor } = this
    if (successor !== undefined) return successor.source(successor.shape.index(this.shape.fields[index]!))
    for (const cell of this.chain as readonly LayerCell[]) {
      if (cell.own[index] !== undefined) return cell.layer.type
    }
    const followed = this.#followed(index)
    return followed === undefined || followed.cell.source(followed.at) === 'registry' ? 'registry' : 'config'
  }

  override write(index: number, value: unknown): void {
    const { layer, own, successor } = this
    if (successor !== undefined) return successor.write(successor.shape.index(this.shape.fields[index]!), value)
    layer.refuseEnded()
    const from = own[index]
    if (Object.is(from, value)) return
    const to = value === undefined ? undefined : this.shape.accept(index, value, layer.type)
    if (from !== undefined && equal(from, to)) return
    layer.capture(this.entry, index)
    if (layer.type === 'interaction' && from === undefined) this.#keepBase(index)
    const next = own.slice()
    next[index] = to
    this.own = to === undefined && next.every((each) => each === undefined) ? this.shape.empty : next
    layer.registry.domain.wrote(this.entry.key)
    const requests = (layer.type === 'user' || layer.type === 'agent') && (own === this.shape.empty) !== (this.own === this.shape.empty)
    layer.registry.domain.record(new (requests ? RequestingChange : FieldChange)(this, index, own))
  }

  override together(writes: () => void): void {
    this.layer.registry.domain.batch(writes)
  }

  override watch(handler: (change: FieldChanged) => void): Disposer {
    return this.layer.on(`changed ${this.entry.key}`, handler)
  }

  override render(): string {
    return renderCell(this)
  }

  /** The field of a config that a field follows, as far as that config is registered. */
  #followed(index: number): { readonly cell: LayerCell; readonly at: number } | undefined {
    const { follows } = this.shape.options
    const config = follows && this.layer.registry.at(`config.${follows.type}`)
    const at = config?.shape?.fields.indexOf(this.shape.fields[index]!) ?? -1
    return at < 0 ? undefined : { cell: this.layer.cell(config!), at }
  }

  #keepBase(index: number): void {
    const session = sessionOf(this.layer).cell(this.entry)
    this.base ??= []
    this.base[index] = session.read(index)
  }
}

/** The session that an interaction belongs to; a session is its own. */
export function sessionOf(layer: Layer): Layer {
  return layer.type === 'interaction' ? sessionOf(layer.parent!) : layer
}

/** How a section of an owner is rendered: the prompt's room sets it, since it stands above this one. */
let renderCell: (cell: LayerCell) => string = () => ''
export function setRenderer(render: (cell: LayerCell) => string): void {
  renderCell = render
}

/** A field of an item was set or dropped. */
class FieldChange implements Change {
  readonly party: Layer
  readonly cell: LayerCell
  readonly #index: number
  readonly #before: readonly unknown[]
  readonly #to: unknown

  constructor(cell: LayerCell, index: number, before: readonly unknown[]) {
    this.party = cell.layer
    this.cell = cell
    this.#index = index
    this.#before = before
    this.#to = cell.own[index]
  }

  undo(): void {
    this.cell.own = this.#before
    this.party.registry.domain.wrote(this.cell.entry.key)
  }

  patch(): Patch {
    const { shape } = this.cell
    const field = shape.fields[this.#index]!
    const from = this.#before[this.#index]
    const to = this.#to
    const { label: owner } = this.party
    const { kind, type } = shape
    if (from === undefined) return { owner, kind, type, field, to }
    return to === undefined ? { owner, kind, type, field, from } : { owner, kind, type, field, from, to }
  }
}

/** On a user or agent own values are a request: their first and their last one flip presence. */
class RequestingChange extends FieldChange {
  constructor(cell: LayerCell, index: number, before: readonly unknown[]) {
    super(cell, index, before)
    this.party.registry.domain.epoch++
  }

  override undo(): void {
    super.undo()
    this.party.registry.domain.epoch++
  }

  reach(reached: Set<Party>): void {
    this.party.reach(reached)
  }
}

/** Something of the owner itself was set: its agent, its model, its quarantine. */
export class OwnerChange<T> implements Change {
  readonly party: Layer
  readonly #field: string
  readonly #from: T
  readonly #to: T
  readonly #set: (value: T) => void
  readonly #show: (value: T) => unknown

  constructor(layer: Layer, field: string, from: T, to: T, set: (value: T) => void, show: (value: T) => unknown = (x) => x) {
    this.party = layer
    this.#field = field
    this.#from = from
    this.#to = to
    this.#set = set
    this.#show = show
  }

  /** Puts the change into effect as a transaction of its own, or as part of the open one. */
  commit(): void {
    this.party.refuseEnded()
    this.#set(this.#to)
    this.party.registry.domain.record(this)
  }

  undo(): void {
    this.#set(this.#from)
  }

  reach(reached: Set<Party>): void {
    this.party.reachWithUser(reached)
  }

  patch(): Patch {
    const from = this.#show(this.#from)
    const to = this.#show(this.#to)
    return { owner: this.party.label, field: this.#field, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  }
}

/** Code asked for an item, or gave it up. */
class RequestChange implements Change {
  readonly party: Layer
  readonly #key: string
  readonly #requested: boolean
  readonly #before: readonly string[]

  constructor(layer: Layer, key: string, requested: boolean) {
    this.party = layer
    this.#key = key
    this.#requested = requested
    this.#before = [...(layer.requested ?? none)]
  }

  apply(): void {
    const requested = (this.party.requested ??= new Set())
    if (this.#requested) requested.add(this.#key)
    else requested.delete(this.#key)
    this.party.registry.domain.epoch++
  }

  undo(): void {
    this.party.requested = new Set(this.#before)
    this.party.registry.domain.epoch++
  }

  reach(reached: Set<Party>): void {
    this.party.reach(reached)
  }

  patch(): Patch {
    const dot = this.#key.indexOf('.')
    return {
      owner: this.party.label,
      kind: this.#key.slice(0, dot),
      type: this.#key.slice(dot + 1),
      requested: this.#requested,
    }
  }
}

/** The effective value; none where it is a default that can't be had, which must not stop a commit. */
function readable(cell: LayerCell, index: number): unknown {
  try {
    return cell.read(index)
  } catch {
    return undefined
  }
}

/** A watched field: says what changed once the transaction is over. */
class FieldEffect implements Effect {
  readonly #cell: LayerCell
  readonly #index: number
  readonly #from: unknown
  readonly #cause: string

  constructor(cell: LayerCell, index: number, from: unknown, cause: string) {
    this.#cell = cell
    this.#index = index
    this.#from = from
    this.#cause = cause
  }

  notices(): readonly Notice[] {
    const { layer, entry, shape } = this.#cell
    const to = readable(this.#cell, this.#index)
    if (equal(this.#from, to)) return none
    const change: FieldChanged = {
      kind: entry.kind.name,
      type: entry.type,
      field: shape.fields[this.#index]!,
      from: this.#from,
      to,
      layer: this.#cell.source(this.#index),
      cause: this.#cause,
    }
    const events = [`changed ${entry.key}`, 'changed'].filter((event) => layer.hears(event))
    return events.map((event) => new OwnerNotice(layer, event, change))
  }
}
