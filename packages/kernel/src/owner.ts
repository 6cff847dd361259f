// What every owner has for people: bags, events, batches, patches. What it holds lies in its layer. The bag of a
// kind that a plugin added is found at the end of the prototype chain, where a property misses everything else.
import { apart } from './accessors.ts'
import { bagOf, fillBag, type BagContent } from './bag.ts'
import { once, type Disposer } from './emitter.ts'
import { RetinueError } from './errors.ts'
import { configKind, contextKind, sectionKind, type OwnerType } from './kind.ts'
import type { Quarantined } from './holdings.ts'
import { LAYER, type Layer } from './layers.ts'
import type { Registry } from './registry.ts'
import { checkOptions, option, type KnownOptions, type OptionRule } from './options.ts'
import { replay } from './replay.ts'
import { OwnerNotice } from './delivery.ts'
import type { Patch } from './patch.ts'
import type { Bag, ConfigTypes, ContextTypes, SectionTypes, SessionEvents } from './types.ts'

/** First content of an owner's bags. */
export interface BagContents {
  readonly config?: BagContent | undefined
  readonly context?: BagContent | undefined
  readonly sections?: BagContent | undefined
}

const firstBagOf = apart(bagOf)

const kernelEvents = /^(?:[a-z]+(?:Added|Removed)|toolsetUnresolved|changed|committed)$/

/** Finds the bag of a kind that a plugin added. */
let kindBag: (owner: object, property: string) => object | undefined

/** The end of the prototype chain, where a property arrives that is nothing else. */
const End = function () {} as unknown as new () => object
End.prototype = new Proxy(Object.prototype, {
  get(target, property, owner) {
    const bag = typeof property === 'string' ? kindBag(owner as object, property) : undefined
    return bag ?? Reflect.get(target, property, owner)
  },
})

/** What users, agents, sessions and interactions have in common. */
export abstract class Owner extends End {
  readonly #layer: Layer
  #config: object | undefined
  #context: object | undefined
  #sections: object | undefined

  protected constructor(makeLayer: (owner: Owner) => Layer) {
    super()
    this.#layer = makeLayer(this)
  }

  /** For the kernel's other rooms, and its other copies. */
  get [LAYER](): Layer {
    return this.#layer
  }

  /** The configs, as this owner has them. */
  get config(): Bag<ConfigTypes> {
    return (this.#config ??= firstBagOf(this.#layer, configKind)) as Bag<ConfigTypes>
  }

  /** The contexts, as this owner has them. */
  get context(): Bag<ContextTypes> {
    return (this.#context ??= firstBagOf(this.#layer, contextKind)) as Bag<ContextTypes>
  }

  /** The sections, as this owner has them. */
  get sections(): Bag<SectionTypes> {
    return (this.#sections ??= firstBagOf(this.#layer, sectionKind)) as Bag<SectionTypes>
  }

  /** The registry that what it has comes from. */
  get registry(): Registry {
    return this.#layer.registry
  }

  /** How many transactions have stored changes on this owner in this process. */
  get revision(): number {
    return this.#layer.revision
  }

  /** What did not survive loading, word for word: it is saved along until it is accepted. */
  get quarantine(): readonly Quarantined[] {
    this.#layer.settleStored()
    return [...this.#layer.quarantine]
  }

  /** Accepts that what is in quarantine is gone: these entries of it; without any, all. */
  acceptQuarantine(...entries: readonly Quarantined[]): void {
    const layer = this.#layer
    const left = layer.quarantine.filter((each) => entries.length > 0 && !entries.includes(each))
    if (left.length !== layer.quarantine.length) layer.setQuarantine(left)
  }

  /**
   * Calls the handler on each event of this owner, after the change; returns what takes it off. A session that somebody
   * listens to lives as long as its user and its agent do, but for `committed`: who could commit to it holds it anyway.
   * What a handler throws goes to the registry's `observerError`, never to whoever made the change. Plugins and
   * applications have events of their own, so a misspelt name is none that could be refused: the handler is never
   * called, and the compiler says `unknown` of its payload.
   */
  on<E extends keyof SessionEvents>(event: E, handler: (payload: SessionEvents[E]) => void): Disposer
  on(event: string, handler: (payload: unknown) => void): Disposer
  on(event: string, handler: (payload: never) => void): Disposer {
    return this.#layer.on(event, handler)
  }

  /** Calls the handler on the next event only. */
  once<E extends keyof SessionEvents>(event: E, handler: (payload: SessionEvents[E]) => void): Disposer
  once(event: string, handler: (payload: unknown) => void): Disposer
  once(event: string, handler: (payload: never) => void): Disposer {
    return once(this.#layer, event, handler)
  }

  /** Sends an event of a plugin's or application's own to whoever listens; the kernel's own names are refused. */
  emit(event: string, payload?: unknown): void {
    if (kernelEvents.test(event)) {
      throw new RetinueError('RETINUE_OWNER_INVALID', `The event '${event}' is the kernel's to send.`, {
        hint: 'Choose another name.',
      })
    }
    this.#layer.domain.announce(new OwnerNotice(this.#layer, event, payload))
  }

  /** Runs a synchronous function as one transaction over all owners of the registry: all of it or nothing. */
  batch<T>(change: () => T): T {
    return this.#layer.domain.batch(change)
  }

  /**
   * Replays patches of an owner of the same sort: on an equal start they give an equal end.
   * @throws {RETINUE_PATCH_INVALID} with nothing changed.
   */
  replay(patches: readonly Patch[]): void {
    this.batch(() => replay(this.#layer, patches))
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `${this.constructor.name} { ${this.#layer.label} }`
  }

  protected fill(contents: BagContents): void {
    for (const kind of [configKind, contextKind, sectionKind]) {
      const content = contents[kind.bag as keyof BagContents]
      if (content !== undefined) fillBag(this.#layer, kind, content)
    }
  }

  static {
    kindBag = (owner, property) => {
      if (!(#layer in owner)) return undefined
      const layer = owner.#layer
      const kind = layer.registry.kindOfBag(property)
      return kind?.owners.includes(layer.type) ? bagOf(layer, kind) : undefined
    }
  }
}

/** What every owner may be made of: the bags say themselves what they take. */
export const bagOptions: KnownOptions<BagContents> = {
  config: option.any,
  context: option.any,
  sections: option.any,
}

/** Refuses what an owner can't be made of. @throws {RETINUE_OWNER_INVALID} */
export function checkOwner<T extends object>(
  what: string,
  options: T,
  known: KnownOptions<T>,
  ...needed: readonly (keyof T & string)[]
): void {
  checkOptions(what, options, known, 'RETINUE_OWNER_INVALID', ...needed)
}

/** An option or argument that is an owner of a sort. */
export function anOwner(type: OwnerType, made: string): OptionRule {
  return [`one: new ${made}`, (value) => (value as Owner | null)?.[LAYER]?.type === type]
}
