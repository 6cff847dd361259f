// Arrangements: what a bag shows, in the order in which it first came; what comes back takes its old place. Bags that
// went through the same have the same arrangement, so that a change above thousands of them is thought through once.
import { Combined } from './combined.ts'
import { ofKind, type KindSpec } from './kind.ts'
import type { Presence } from './presence.ts'
import type { Registration } from './registry.ts'

/** What a bag shows, and what was ever shown in it. */
export class Arrangement {
  readonly kind: KindSpec
  readonly shown: readonly Registration[]
  readonly #arrived: ReadonlySet<string>

  private constructor(kind: KindSpec, shown: readonly Registration[], arrived: ReadonlySet<string>) {
    this.kind = kind
    this.shown = shown
    this.#arrived = arrived
  }

  /** What a bag of that kind shows before anything came. */
  static empty(kind: KindSpec): Arrangement {
    return (empty.at([kind]).result ??= new Arrangement(kind, [], new Set()))
  }

  /** What is to be shown once that is present. */
  after(presence: Presence): Arrangement {
    return (next.at([this.#arrived, presence]).result ??= this.#after(presence))
  }

  #after(presence: Presence): Arrangement {
    const arrived = this.#arrivedWith(presence)
    const shown = [...arrived].flatMap((key) => presence.get(key) ?? [])
    return new Arrangement(this.kind, shown, arrived)
  }

  /** The very set where nothing is new: what comes and goes for ever leads through the same few arrangements. */
  #arrivedWith(presence: Presence): ReadonlySet<string> {
    const added = ofKind(presence, this.kind.name).filter(({ key }) => !this.#arrived.has(key))
    return added.length === 0 ? this.#arrived : new Set([...this.#arrived, ...added.map(({ key }) => key)])
  }
}

const empty = new Combined<Arrangement>()
const next = new Combined<Arrangement>()
