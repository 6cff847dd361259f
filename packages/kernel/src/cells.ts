// Cells of owners: one owner's part of one item. A write checks, takes over, and is recorded as a change of the owner;
// a read goes through the chain, then the followed config, then the default.
import type { Disposer } from './emitter.ts'
import { Cell } from './handle.ts'
import type { Layer } from './layers.ts'
import type { Registration } from './registry.ts'
import { OwnerNotice } from './delivery.ts'
import type { Capture, Change, Party } from './transaction.ts'
import type { Patch } from './patch.ts'
import type { FieldChanged, Source } from './types.ts'
import { equal } from './value.ts'

/** What a session had of a field: what was set on it, and what showed. */
interface Base {
  readonly own: unknown
  readonly value: unknown
}

/** One owner's part of one item. */
export class LayerCell extends Cell {
  readonly layer: Layer
  readonly entry: Registration
  /** In an interaction: what the session had when a field was first set here. */
  base: (Base | undefined)[] | undefined
  /** The cell that has taken this one's place since its class was registered anew: handles of old go on by it. */
  successor: LayerCell | undefined

  constructor(layer: Layer, entry: Registration) {
    super(entry.shape!)
    this.layer = layer
    this.entry = entry
  }

  override read(index: number): unknown {
    const { successor } = this
    return successor === undefined
      ? super.read(index)
      : successor.read(successor.shape.fields.indexOf(this.shape.fields[index]!))
  }

  /** Not where the clock of its class does not tell of everything: what is followed has one of its own. */
  override gather(): readonly unknown[] | undefined {
    return this.successor === undefined && this.shape.options.follows === undefined
      ? super.gather()
      : undefined
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

  override isOpen(index: number): boolean {
    return this.shape.isSetBy(index, this.layer.type)
  }

  override write(index: number, value: unknown): void {
    const { layer, successor } = this
    if (successor !== undefined)
      return successor.write(successor.shape.index(this.shape.fields[index]!), value)
    if (layer.ended) layer.refuseEnded()
    const from = this.own[index]
    if (from === value) return
    const to = value === undefined ? undefined : this.shape.accept(index, value, layer.type)
    if (typeof to === 'object' && equal(from, to)) return
    layer.capture(this.entry, index)
    if (layer.type === 'interaction' && from === undefined) this.#keepBase(index)
    const { valued } = this
    this.put(index, to)
    const { domain } = layer
    if (valued !== this.valued && layer.isRoot) {
      domain.record(new RequestingChange(this, index, from, to))
    } else if (domain.quiet) {
      domain.commitAlone(layer, layer.hears('committed') ? fieldPatch(this, index, from, to) : undefined)
    } else domain.record(new FieldChange(this, index, from, to))
  }

  override put(index: number, value: unknown): void {
    super.put(index, value)
    this.#handOn()
  }

  override adopt(own: readonly unknown[]): void {
    super.adopt(own)
    this.#handOn()
  }

  /** A batch that throws takes back what was set here before the class was registered anew in it. */
  #handOn(): void {
    if (this.successor !== undefined) this.layer.inherit(this.successor, this)
  }

  override together(writes: () => void): void {
    this.layer.domain.batch(writes)
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
    const base = (this.base ??= [])
    const before = base[index]
    base[index] = { own: session.own[index], value: session.read(index) }
    this.layer.domain.note({ undo: () => void (base[index] = before) })
  }
}

/** The session that an interaction belongs to; a session is its own. */
export function sessionOf(layer: Layer): Layer {
  let at = layer
  while (at.parent !== undefined) at = at.parent
  return at
}

/** How a section of an owner is rendered: the prompt's room sets it, since it stands above this one. */
let renderCell: (cell: LayerCell) => string
export function setRenderer(render: (cell: LayerCell) => string): void {
  renderCell = render
}

function fieldPatch({ layer, shape }: LayerCell, index: number, from: unknown, to: unknown): Patch {
  const { kind, type, fields } = shape
  const field = fields[index]!
  const { label: owner } = layer
  if (from === undefined) return { owner, kind, type, field, to }
  return to === undefined ? { owner, kind, type, field, from } : { owner, kind, type, field, from, to }
}

/** A field of an item was set or dropped. */
class FieldChange implements Change {
  readonly party: Layer
  readonly cell: LayerCell
  readonly index: number
  readonly from: unknown
  readonly to: unknown

  constructor(cell: LayerCell, index: number, from: unknown, to: unknown) {
    this.party = cell.layer
    this.cell = cell
    this.index = index
    this.from = from
    this.to = to
  }

  undo(): void {
    this.cell.put(this.index, this.from)
  }

  patch(): Patch {
    return fieldPatch(this.cell, this.index, this.from, this.to)
  }
}

/** On a user or agent own values are a request: their first and their last one flip presence. */
class RequestingChange extends FieldChange {
  constructor(cell: LayerCell, index: number, from: unknown, to: unknown) {
    super(cell, index, from, to)
    this.party.domain.epoch++
  }

  override undo(): void {
    super.undo()
    this.party.domain.epoch++
  }

  reach(reached: Set<Party>): void {
    this.party.reach(reached)
  }
}

/** Captures a watched field: says what changed of it once the transaction is over. */
export function captureField(cell: LayerCell, index: number, cause: string): Capture {
  const from = readable(cell, index)
  return () => {
    const { layer, entry, shape } = cell
    const to = readable(cell, index)
    if (equal(from, to)) return []
    const change: FieldChanged = {
      kind: entry.kind.name,
      type: entry.type,
      field: shape.fields[index]!,
      from,
      to,
      layer: cell.source(index),
      cause,
    }
    const events = [`changed ${entry.key}`, 'changed'].filter((event) => layer.hears(event))
    return events.map((event) => new OwnerNotice(layer, event, change))
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
