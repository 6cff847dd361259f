// Holdings: what an owner has stored, whatever is present. Own values by type, saved items that nobody has registered
// yet, what was set aside while loading, and what code asked for.
import { LayerCell } from './cells.ts'
import { changeOwner, changeRequest } from './changes.ts'
import type { Cell } from './handle.ts'
import { RetinueError } from './errors.ts'
import { isSaved, type KindSpec, type OwnerType } from './kind.ts'
import type { Layer } from './layers.ts'
import type { Message } from './message.ts'
import { isTypeName, normalise } from './name.ts'
import type { ObservableList } from './observable-list.ts'
import type { Registration, Registry } from './registry.ts'
import { isSecretRef } from './secret.ts'
import type { StoredItem } from './shape.ts'
import type { ToolKey, ToolList } from './tool-list.ts'
import type { Domain } from './transaction.ts'
import { isObject } from './value.ts'

/** Something that did not survive loading: kept word for word until somebody accepts that it is gone. */
export interface Quarantined {
  /** `context.search_results`, `messages`, `requested`, … */
  readonly at: string
  readonly field?: string
  /** Its place in a list, such as that of the messages. */
  readonly index?: number
  /** Of an item, or a field of one: the version that it was saved in, or brought up to. */
  readonly version?: number
  /** Word for word. */
  readonly value: unknown
  /** Of a field that an upgrade gave: all that was stored before it. */
  readonly original?: StoredItem
  readonly code: string
  readonly reason: string
}

const noCells: ReadonlyMap<string, LayerCell> = new Map()

/** What one owner has stored, and where it stands among the others. */
export abstract class Holdings {
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
  /** Of a session or interaction: the interactions that are under way in it. */
  children: Set<Layer> | undefined
  #cells: Map<string, LayerCell> | undefined
  /** Cells whose place others have taken, by their shape: where their class comes back, so do they, since they are in chains. */
  #ceded: WeakMap<object, LayerCell> | undefined
  #label: string | undefined
  #storedVersion = -1
  #renewedVersion = -1

  constructor(
    type: OwnerType,
    name: string,
    owner: object,
    registry: Registry,
    up: { user?: Layer; parent?: Layer } = {},
  ) {
    this.type = type
    this.name = name
    this.owner = owner
    this.registry = registry
    this.user = up.user
    this.parent = up.parent
  }

  /** For people and patches: `session:` and its id. */
  get label(): string {
    return (this.#label ??= `${this.type}:${this.name}`)
  }

  /** Whether it is a user or an agent, whom sessions stand on. */
  get isRoot(): boolean {
    return this.user === undefined
  }

  /**
   * The session of an interaction, the interactions that it is in, and the interaction: a loop over them is what a
   * recursion would be, but they may be nested deeper than the stack allows.
   */
  lineage(): readonly Layer[] {
    const found = [this.self]
    for (let up = this.parent; up !== undefined; up = up.parent) found.push(up)
    return found.reverse()
  }

  /** The cells of the types that were asked for, by key. */
  get cells(): ReadonlyMap<string, LayerCell> {
    return this.#cells ?? noCells
  }

  /** Where its transactions happen. */
  get domain(): Domain {
    return this.registry.domain
  }

  /** This, as the layer that it is. */
  protected abstract get self(): Layer

  /** The cell of a type, made or renewed on first use. */
  cell(entry: Registration): LayerCell {
    const known = this.cells.get(entry.key)
    if (known !== undefined && known.shape === entry.shape) return known
    const cell = this.#ceded?.get(entry.shape!) ?? new LayerCell(this.self, entry)
    cell.chain = this.chainOf(cell)
    if (known !== undefined) {
      const { base, shape } = known
      cell.successor = undefined
      this.inherit(cell, known)
      cell.base = base && cell.shape.fields.map((field) => base[shape.fields.indexOf(field)])
      ;(this.#ceded ??= new WeakMap()).set(shape, known)
      known.successor = cell
      shape.clock.writes++
    }
    ;(this.#cells ??= new Map()).set(entry.key, cell)
    this.settleStored()
    return cell
  }

  /** Has a cell hold what the one before it holds, as far as it fits. */
  inherit(cell: LayerCell, old: LayerCell): void {
    this.#adopt(cell, old.shape.save(old.own), old)
  }

  /** The cells that a read of a cell asks, nearest first. */
  chainOf(cell: LayerCell): readonly Cell[] {
    const { entry } = cell
    if (this.type === 'interaction') {
      for (const layer of this.parent!.lineage()) layer.cell(entry)
      return [cell, ...this.parent!.cell(entry).chain]
    }
    if (this.type !== 'session') return [cell]
    const user = this.user!.cell(entry)
    return this.agent === undefined ? [cell, user] : [cell, user, this.agent.cell(entry)]
  }

  /** Links every cell anew, those of interactions included: for a session that got another agent. */
  relink(): void {
    this.domain.upheavals++
    for (const layer of [this.self, ...this.self.within()]) layer.relinkCells()
  }

  relinkCells(): void {
    for (const { entry } of this.cells.values()) {
      const cell = this.cell(this.registry.at(entry.key) ?? entry)
      cell.chain = this.chainOf(cell)
      cell.shape.clock.writes++
    }
  }

  /** Renews the cells of classes that were registered anew: handles of old are to see what owners above set since. */
  renewCells(): void {
    if (this.#renewedVersion === this.registry.version) return
    this.#renewedVersion = this.registry.version
    for (const { entry } of this.cells.values()) this.cell(this.registry.at(entry.key) ?? entry)
  }

  /** The keys of items that have own values here. */
  valued(): string[] {
    this.settleStored()
    return [...this.cells.values()].filter(({ valued }) => valued).map((cell) => cell.entry.key)
  }

  /** Gives life to saved items whose types have been registered meanwhile. */
  settleStored(): void {
    if (this.#storedVersion === this.registry.version) return
    this.#storedVersion = this.registry.version
    for (const [bag, data] of this.strays ?? none) {
      const kind = this.registry.kindOfBag(bag)
      if (kind === undefined || !isSaved(kind, this.type)) continue
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
    if (!isObject(bag)) {
      this.setAside({ at: kind.bag, value: bag }, 'A bag is an object of items.')
      return
    }
    for (const [type, stored] of Object.entries(bag)) {
      const at = `${kind.name}.${type}`
      const isName = isTypeName(type) && normalise(type, kind.name) === type
      const reason = isName ? storedProblem(stored) : 'That is no type name.'
      const entry = this.registry.at(at)
      if (reason !== undefined) this.setAside({ at, value: stored }, reason)
      else if (entry?.shape !== undefined) this.load(entry, stored as StoredItem)
      else (this.stored ??= new Map()).set(at, stored)
    }
  }

  /** Loads saved fields of one item; what does not survive is quarantined. */
  load(entry: Registration, stored: StoredItem): void {
    const more = Object.entries(stored).filter(([key]) => key !== 'version' && key !== 'values')
    if (more.length > 0) {
      const value = Object.fromEntries(more)
      this.setAside({ at: entry.key, value }, 'An item has a version and values, and nothing else.')
    }
    this.#adopt(this.cell(entry), stored)
  }

  /** Takes over what another owner of the same sort holds; what is held is immutable, and so shared. */
  copy(from: Layer): void {
    for (const { entry, own, valued } of from.cells.values()) if (valued) this.cell(entry).adopt(own.slice())
    this.stored = new Map(from.stored)
    this.strays = new Map(from.strays)
    this.requested = new Set(from.requested)
    this.quarantine = [...from.quarantine]
    this.secrets = from.secrets
    const { domain } = this
    domain.upheavals++
    domain.epoch++
  }

  /** Puts in quarantine what is not of the form that is read. */
  setAside(what: Pick<Quarantined, 'at' | 'index' | 'value'>, reason: string): void {
    this.quarantine.push({ ...what, code: 'RETINUE_SNAPSHOT_INVALID', reason })
  }

  #adopt(cell: LayerCell, stored: StoredItem, old?: LayerCell): void {
    const { own, rejected } = cell.shape.load(stored, this.type, this.secrets)
    const kept = [...own]
    // What is saved of a reference is not what was granted with it: a renewed cell takes those of the old one.
    old?.shape.fields.forEach((field, i) => {
      const at = cell.shape.fields.indexOf(field)
      if (at >= 0 && isSecretRef(old.own[i]) && cell.shape.secret(at) !== undefined) kept[at] = old.own[i]
    })
    cell.adopt(cell.shape.own(kept))
    for (const each of rejected) this.quarantine.push({ at: cell.entry.key, ...each })
  }

  /** Drops what is saved of types that nobody has registered, but for some. */
  keepStored(keeps: (key: string) => boolean): void {
    const stored = new Map(this.stored)
    const less = new Map([...stored].filter(([key]) => keeps(key)))
    if (less.size === stored.size) return
    const set = (value: Map<string, unknown>): void => void (this.stored = value)
    changeOwner(this.self, 'stored', stored, less, set, (value) => [...value.keys()])
  }

  /** Puts other entries in the place of those in quarantine. */
  setQuarantine(entries: readonly Quarantined[]): void {
    const set = (value: readonly Quarantined[]): void => void (this.quarantine = [...value])
    changeOwner(this.self, 'quarantine', [...this.quarantine], entries, set)
  }

  /** Asks for an item on this owner until it is deleted or the owner ends. */
  request(entry: Registration): void {
    this.refuseEnded()
    const { problem } = this.registry.graph.closure(entry.key)
    if (problem !== undefined) throw problem
    this.setRequest(entry.key, true)
  }

  /** Adds or drops a request; no change where it is so already. */
  setRequest(key: string, requested: boolean): void {
    if ((this.requested?.has(key) ?? false) !== requested) changeRequest(this.self, key, requested)
  }

  /** @throws {RETINUE_OWNER_ENDED} */
  refuseEnded(): void {
    if (!this.ended) return
    throw new RetinueError('RETINUE_OWNER_ENDED', `The ${this.label} has ended: it takes no more changes.`, {
      hint: 'Write before the end, or to an owner that goes on.',
      details: { owner: this.label },
    })
  }
}

const none: readonly never[] = []
const noSecrets: ReadonlySet<string> = new Set()

function storedProblem(stored: unknown): string | undefined {
  const { version, values } = (stored ?? {}) as Partial<StoredItem>
  if (!Number.isInteger(version) || version! < 1) return 'An item has a version: 1 or more.'
  return isObject(values) ? undefined : 'An item has values: an object.'
}
