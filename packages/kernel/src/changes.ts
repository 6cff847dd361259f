// Changes of an owner itself: what it is on, and what code asked it for. Those of fields stand with their cells, those
// of lists with their lists.
import type { Layer } from './layers.ts'
import type { Change, Party } from './transaction.ts'
import type { Patch } from './patch.ts'

/** Something of the owner itself was set: its agent, its model, its quarantine. */
export class OwnerChange<T> implements Change {
  readonly party: Layer
  readonly #field: string
  readonly #from: T
  readonly #to: T
  readonly #set: (value: T) => void
  readonly #show: (value: T) => unknown

  constructor(
    layer: Layer,
    field: string,
    from: T,
    to: T,
    set: (value: T) => void,
    show: (value: T) => unknown = (x) => x,
  ) {
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
    this.party.domain.record(this)
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
    return {
      owner: this.party.label,
      field: this.#field,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    }
  }
}

/** Code asked for an item, or gave it up. */
export class RequestChange implements Change {
  readonly party: Layer
  readonly #key: string
  readonly #requested: boolean
  readonly #before: readonly string[]

  constructor(layer: Layer, key: string, requested: boolean) {
    this.party = layer
    this.#key = key
    this.#requested = requested
    this.#before = [...(layer.requested ?? [])]
  }

  apply(): void {
    const requested = (this.party.requested ??= new Set())
    if (this.#requested) requested.add(this.#key)
    else requested.delete(this.#key)
    this.party.flipped()
  }

  undo(): void {
    this.party.requested = new Set(this.#before)
    this.party.flipped()
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
