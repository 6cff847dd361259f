// Weakly held members that can be walked: whoever drops a session without closing it must not keep it in memory.
// Those that came in the job that runs are held until it is over, as the runtime does with every new weak reference;
// so what comes and goes within a job costs none. Dead references are swept as the set grows.
import { afterThisJob } from './runtime.ts'

/** What can be held weakly: by one reference that all share, since each is one more for the collector to look at. */
export interface Mortal {
  /** `undefined` until somebody holds it so: no set has that. */
  weak: WeakRef<this> | undefined
}

/** The weak reference to something, made for whoever wants it first. */
export function weakTo<T extends Mortal>(mortal: T): WeakRef<T> {
  return (mortal.weak ??= new WeakRef(mortal))
}

/** A set that does not keep its members alive beyond the job in which they came. */
export class Live<T extends Mortal> implements Iterable<T> {
  #fresh = new Set<T>()
  readonly #refs = new Set<WeakRef<T>>()
  #scheduled = false
  #sweepAt = firstSweep

  add(member: T): void {
    if (this.#refs.has(member.weak!)) return
    this.#fresh.add(member)
    if (this.#scheduled) return
    this.#scheduled = true
    afterThisJob(() => this.#weaken())
  }

  delete(member: T): void {
    if (!this.#fresh.delete(member)) this.#refs.delete(member.weak!)
  }

  get isEmpty(): boolean {
    for (const ref of this.#refs) if (ref.deref() !== undefined) return false
    return this.#fresh.size === 0
  }

  /** A loop over it, in short: for many members a generator would cost more than what is done with them. */
  forEach(run: (member: T) => void): void {
    for (const ref of this.#refs) {
      const member = ref.deref()
      if (member === undefined) this.#refs.delete(ref)
      else run(member)
    }
    this.#fresh.forEach(run)
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const ref of this.#refs) {
      const member = ref.deref()
      if (member === undefined) this.#refs.delete(ref)
      else yield member
    }
    yield* this.#fresh
  }

  #weaken(): void {
    this.#scheduled = false
    for (const member of this.#fresh) this.#refs.add(weakTo(member))
    this.#fresh = new Set() // one that is cleared leads on, for the collector, to all that come after
    this.#sweepAt = sweep(this.#refs, this.#sweepAt)
  }
}

/** References that are kept by themselves, or by a key. */
interface Refs<K> {
  readonly size: number
  forEach(run: (ref: WeakRef<object>, key: K) => void): void
  delete(key: K): boolean
}

/** How many references a table has before dead ones are looked for. */
export const firstSweep = 64

/** Drops dead references where there are `at` of them; gives how many are to be there for the next time. */
export function sweep<K>(refs: Refs<K>, at: number): number {
  if (refs.size < at) return at
  refs.forEach((ref, key) => {
    if (ref.deref() === undefined) refs.delete(key)
  })
  return Math.max(firstSweep, refs.size * 2)
}
