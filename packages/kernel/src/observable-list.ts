// Observable lists: they are read as an array is, and each change is told with its true indexes. A list that stands alone has
// transactions of its own; those that hang on owners are in `owned-list`.
import { Emitter, once, type Disposer } from './emitter.ts'
import type { ListPatch } from './patch.ts'
import { complain } from './runtime.ts'
import type { Failed, Notice } from './delivery.ts'
import { Domain, type Change, type Party } from './transaction.ts'

/** One change of a list: at `index`, `removed` made room for `added`. */
export interface Splice<T> {
  readonly index: number
  readonly removed: readonly T[]
  readonly added: readonly T[]
}

/** What a list tells its observers. */
export interface ListEvents<T> {
  /** One item came in at `index`. */
  added: { readonly index: number; readonly value: T }
  /** One item left from `index`. */
  removed: { readonly index: number; readonly value: T }
  /** The list changed; once for each operation, after its `removed` and `added`. */
  changed: Splice<T>
}

/**
 * A list that tells of each change, with true indexes and old and new values. The usual reads of an array
 * are its own; `items` has the others.
 *
 * @example
 * const list = new ObservableList<string>(['a'])
 * list.on('added', ({ index, value }) => console.log(index, value))
 * list.push('b') // 1 b
 */
export class ObservableList<T, In = T> implements Iterable<T> {
  #items: T[]
  #frozen: readonly T[] | undefined
  #changes = 0
  #emitter: Emitter | undefined
  #domain: Domain | undefined

  constructor(items: Iterable<T> = []) {
    this.#items = [...items]
  }

  get length(): number {
    return this.#items.length
  }

  /** How often it has changed, what was taken back included: what is derived from it holds for one such number. */
  get changes(): number {
    return this.#changes
  }

  /** The items as they are now: a frozen array, the same until the list changes. */
  get items(): readonly T[] {
    return (this.#frozen ??= Object.freeze([...this.#items]))
  }

  at(index: number): T | undefined {
    return this.#items.at(index)
  }

  indexOf(item: In): number {
    return this.#items.indexOf(item as unknown as T)
  }

  has(item: In): boolean {
    return this.indexOf(item) >= 0
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]()
  }

  includes(item: In): boolean {
    return this.has(item)
  }

  map<R>(change: (item: T, index: number) => R): R[] {
    return this.#items.map((item, index) => change(item, index))
  }

  filter(fits: (item: T, index: number) => boolean): T[] {
    return this.#items.filter((item, index) => fits(item, index))
  }

  find(fits: (item: T, index: number) => boolean): T | undefined {
    return this.#items.find((item, index) => fits(item, index))
  }

  some(fits: (item: T, index: number) => boolean): boolean {
    return this.#items.some((item, index) => fits(item, index))
  }

  every(fits: (item: T, index: number) => boolean): boolean {
    return this.#items.every((item, index) => fits(item, index))
  }

  forEach(run: (item: T, index: number) => void): void {
    this.#items.forEach((item, index) => run(item, index))
  }

  slice(start?: number, end?: number): T[] {
    return this.#items.slice(start, end)
  }

  toJSON(): readonly T[] {
    return this.items
  }

  get [Symbol.for('nodejs.util.inspect.custom')](): () => readonly T[] {
    return () => this.items
  }

  /** Adds at the end; returns the new length. */
  push(...items: In[]): number {
    this.#splice(this.length, 0, items)
    return this.length
  }

  /** Adds before `index`. */
  insert(index: number, ...items: In[]): void {
    this.#splice(index, 0, items)
  }

  /** Puts `item` in the place of the one at `index`. */
  set(index: number, item: In): void {
    if (!(index in this.#items)) {
      throw new RangeError(`No item at ${index}: the list has ${this.length}. Use push or insert to add.`)
    }
    this.splice(index, 1, item)
  }

  /** Removes an item by value; tells whether it was there. */
  remove(item: In): boolean {
    const index = this.indexOf(item)
    if (index >= 0) this.splice(index, 1)
    return index >= 0
  }

  /** Removes the item at `index`, and returns it. */
  removeAt(index: number): T | undefined {
    return index in this.#items ? this.#splice(index, 1, [])[0] : undefined
  }

  /** Removes the last item, and returns it. */
  pop(): T | undefined {
    return this.removeAt(this.length - 1)
  }

  /** Removes `count` items from `index` and puts others there, as an array does; returns those removed. */
  splice(index: number, count = this.length, ...items: In[]): T[] {
    return this.#splice(index, count, items)
  }

  #splice(index: number, count: number, items: readonly In[]): T[] {
    const at = Math.trunc(index) || 0
    const start = at < 0 ? Math.max(0, this.length + at) : Math.min(at, this.length)
    const removed = this.#items.slice(start, start + Math.max(0, count))
    const added = this.admitAll(items, removed)
    if (removed.length === added.length && removed.every((item, i) => this.same(item, added[i]!))) return []
    const change = this.changeOf({ index: start, removed, added })
    change.apply()
    this.domain.record(change)
    return removed.slice() // patches hold the other
  }

  /** Puts other items in the place of all. */
  replace(items: Iterable<In>): void {
    this.#splice(0, this.length, [...items])
  }

  /** Removes all. */
  clear(): void {
    this.splice(0, this.length)
  }

  /** Calls the handler on each event; returns what takes it off. */
  on<E extends keyof ListEvents<T>>(event: E, handler: (change: ListEvents<T>[E]) => void): Disposer {
    this.#emitter ??= new Emitter()
    return this.#emitter.on(event, handler)
  }

  /** Calls the handler on the next event only. */
  once<E extends keyof ListEvents<T>>(event: E, handler: (change: ListEvents<T>[E]) => void): Disposer {
    return once(this as never, event, handler)
  }

  /** Puts a splice into effect without a word: that it is told is for whoever logs it. */
  apply({ index, removed, added }: Splice<T>): void {
    const items = this.#items
    this.#frozen = undefined
    this.#changes++
    // In place, which is short however long the list is; arguments are limited in number, so many come by another way.
    if (added.length < 1000) items.splice(index, removed.length, ...added)
    else this.#items = items.slice(0, index).concat([...added], items.slice(index + removed.length))
  }

  /** Whether anybody has ever listened. */
  get heard(): boolean {
    return this.#emitter !== undefined
  }

  /** Tells the observers of a splice, where anybody has ever listened; errors go to `failed`. */
  tell({ index, removed, added }: Splice<T>, failed: Failed): void {
    const emitter = this.#emitter!
    for (const value of removed) emitter.emit('removed', { index, value }, failed)
    added.forEach((value, i) => emitter.emit('added', { index: index + i, value }, failed))
    emitter.emit('changed', { index, removed, added }, failed)
  }

  /** Takes in what a splice adds; `removed` leaves at the same time. */
  protected admitAll(items: readonly In[], _removed: readonly T[]): readonly T[] {
    return items.map((item) => this.admit(item))
  }

  /** Checks and takes over an item, or refuses it by throwing. */
  protected admit(item: In): T {
    return item as unknown as T
  }

  /** Tells whether putting one in the place of the other changes nothing. */
  protected same(a: T, b: T): boolean {
    return Object.is(a, b)
  }

  /** The change that a splice is; throws where the list takes none. */
  protected changeOf(splice: Splice<T>): ListChange<T, In> {
    return new ListChange(this, splice)
  }

  /** Where its changes are transactions. What handlers throw goes to the console. */
  protected get domain(): Domain {
    return (this.#domain ??= new Domain(({ error }) => complain(error)))
  }
}

/** The change of a list, and its event. That of an owner's list has the owner and a name. */
export class ListChange<T, In> implements Change, Notice {
  readonly event = 'changed'
  readonly party: Party | undefined
  readonly #list: ObservableList<T, In>
  readonly #splice: Splice<T>
  readonly #name: string

  constructor(list: ObservableList<T, In>, splice: Splice<T>, party?: Party, name = '') {
    this.party = party
    this.#list = list
    this.#splice = splice
    this.#name = name
  }

  apply(): void {
    this.#list.apply(this.#splice)
  }

  undo(): void {
    const { index, removed, added } = this.#splice
    this.#list.apply({ index, removed: added, added: removed })
  }

  patch(): ListPatch {
    return { owner: this.party!.label, list: this.#name, ...this.#splice }
  }

  notice(): Notice | undefined {
    return this.#list.heard ? this : undefined
  }

  deliver(failed: Failed): void {
    this.#list.tell(this.#splice, failed)
  }
}
