// Patches: what a transaction stored, as JSON. Stores, replicas and undo live on them.

/** One stored change, as JSON. A missing `to` means that the owner sets the field no longer. */
export type Patch = FieldPatch | ListPatch | RequestPatch | OwnerPatch

/** An owner set or dropped a field of an item. */
export interface FieldPatch {
  /** The label of the owner: `session:` and its id, `agent:` and its name. */
  readonly owner: string
  readonly kind: string
  readonly type: string
  readonly field: string
  readonly from?: unknown
  readonly to?: unknown
}

/** A list of an owner changed: its tools, its exclusions, its messages. */
export interface ListPatch {
  readonly owner: string
  /** `tools`, `excluded` or `messages`. */
  readonly list: string
  readonly index: number
  readonly removed: readonly unknown[]
  readonly added: readonly unknown[]
}

/** Code asked an owner for an item, or gave it up. */
export interface RequestPatch {
  readonly owner: string
  readonly kind: string
  readonly type: string
  readonly requested: boolean
}

/** Something of the owner itself changed: its agent, model, instructions, quarantine. */
export interface OwnerPatch {
  readonly owner: string
  /** `agent`, `model`, `instructions`, `quarantine`, or `stored`: the keys of what nobody has registered. */
  readonly field: string
  readonly from?: unknown
  readonly to?: unknown
}

/** What an owner is told of a transaction. */
export interface Committed {
  /** Common to all owners that the transaction changed. */
  readonly id: number
  /** The owner's own count of transactions, one more each time. */
  readonly revision: number
  readonly patches: readonly Patch[]
}
