// The lists that hang on owners: their change is part of a transaction and a patch of the owner.
import type { Layer } from './layers.ts'
import { ListChange, ObservableList, type Splice } from './observable-list.ts'
import type { Domain, Party } from './transaction.ts'
import { equal } from './value.ts'

/** A list that an owner has. */
export class OwnedList<T, In = T> extends ObservableList<T, In> {
  readonly #layer: Layer
  readonly #name: string
  readonly #admit: (item: In) => T
  readonly #Change: typeof ListChange<T, In>

  constructor(layer: Layer, name: string, admit: (item: In) => T, Change = ListChange<T, In>) {
    super()
    this.#layer = layer
    this.#name = name
    this.#admit = admit
    this.#Change = Change
  }

  protected override admit(item: In): T {
    this.#layer.refuseEnded()
    return this.#admit(item)
  }

  protected override same(a: T, b: T): boolean {
    return equal(a, b)
  }

  protected override changeOf(splice: Splice<T>): ListChange<T, In> {
    this.#layer.refuseEnded()
    return new this.#Change(this, splice, this.#layer, this.#name)
  }

  protected override get domain(): Domain {
    return this.#layer.domain
  }
}

/** The change of a list that presence depends on. */
export class ReachingChange<T, In> extends ListChange<T, In> {
  declare readonly party: Layer
  #flipsUser = false

  override apply(): void {
    if (this.party.changeTools(() => super.apply())) this.#flipsUser = true
  }

  override undo(): void {
    if (this.party.changeTools(() => super.undo())) this.#flipsUser = true
  }

  reach(reached: Set<Party>): void {
    this.party.reach(reached)
    if (this.#flipsUser) this.party.user?.reach(reached)
  }
}
