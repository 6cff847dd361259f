// Views: what templates see of a session. They are read-only and create nothing; what is absent is `undefined`. What a
// view of one item shows is in `item-view`.
import { sessionOf } from './cells.ts'
import { factsOf, itemView, refuse } from './item-view.ts'
import { ofKind, type KindSpec } from './kind.ts'
import type { Layer } from './layers.ts'
import { reservedNames } from './name.ts'
import { ANYTIME, type From, type Pass, type Reads } from './pass.ts'
import type { Registration } from './registry.ts'
import { VIEW } from './filled-text.ts'
import type { Views } from './template.ts'
import type { Stability } from './types.ts'
import { plainCopy } from './value.ts'

/** The names that templates see, beside the helpers. */
export function viewNames(kinds: readonly KindSpec[]): string[] {
  const bags = kinds.filter((kind) => kind.view).map((kind) => kind.bag)
  return [...bags, 'interactionContext', 'session', 'user', 'section', 'now']
}

/** Makes what every template in a pass sees; to that comes the section's own view. */
export function viewsOf(pass: Pass): Views {
  const { layer } = pass
  const kinds = layer.registry.kinds.filter((kind) => kind.view)
  const bags = (from: From): Record<string, unknown> =>
    Object.fromEntries(
      kinds
        // What is rendered for a session may hold for its interactions: what they have must be looked at in both.
        .filter((kind) => from === self || kind.owners.includes(from(layer).type))
        .map((kind) => [kind.bag, bagView(pass, from, kind)]),
    )
  const views: object = {
    ...bags(sessionOf),
    interactionContext: ownerView(pass, bags(self), ofInteraction),
    session: ownerView(pass, bags(sessionOf), ofSession),
    user: ownerView(pass, bags(userOf), ofUser),
    now: timeView(pass),
  }
  return Object.freeze(views) as Views
}

/** Makes what the template of a section sees as `section`. */
export function sectionView(pass: Pass, section: Registration): object {
  return itemView(pass, self, section)
}

const self: From = (layer) => layer
const userOf: From = (layer) => layer.user!

/** A property that is read of a layer, and noted. */
function noted(name: string, stability: Stability, read: (layer: Layer) => unknown): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: { readonly [VIEW]: Pass }) {
      const { layer, reads } = this[VIEW]
      const value = read(layer)
      reads.note(ANYTIME, read, value, stability, name)
      return plainCopy(value, Object.freeze) // what is plain belongs to whoever passed it
    },
  }
}

// Made once for all sessions: an accessor of its own would give each view a shape of its own, and all that its function
// reaches would live as long as that shape, which is until the next full collection.
const ofInteraction = {
  id: noted('interactionContext.id', 'turn', (layer) => interactionOf(layer)?.name),
  input: noted('interactionContext.input', 'turn', (layer) => {
    return (interactionOf(layer)?.owner as { readonly input?: unknown } | undefined)?.input
  }),
}
const ofSession = {
  id: noted('session.id', 'session', (layer) => sessionOf(layer).name),
  agent: noted('session.agent', 'session', (layer) => sessionOf(layer).agent?.name),
}
const ofUser = { id: noted('user.id', 'session', (layer) => userOf(layer).name) }

function interactionOf(layer: Layer): Layer | undefined {
  return layer.type === 'interaction' ? layer : undefined
}

function ownerView(pass: Pass, bags: Record<string, unknown>, properties: PropertyDescriptorMap): object {
  return Object.freeze(Object.defineProperties(bags, { ...properties, [VIEW]: { value: pass } }))
}

/** What a property of a bag view names. */
interface Looked {
  readonly entry: Registration
  readonly view: object
  /** Who noted last whether it is present, and what it was: nothing changes while a section is rendered. */
  noted: Reads | undefined
  present: boolean
}

/** A bag as templates see it: any spelling, present items only. */
function bagView(pass: Pass, from: From, kind: KindSpec): object {
  const bag = new BagView(pass, from, kind)
  return new Proxy(bag, bag)
}

/** What is behind a bag view: the handler of its proxy, and its target. */
class BagView implements ProxyHandler<object> {
  readonly #pass: Pass
  readonly #from: From
  readonly #kind: KindSpec
  #known: Map<string, Looked | undefined> | undefined

  constructor(pass: Pass, from: From, kind: KindSpec) {
    this.#pass = pass
    this.#from = from
    this.#kind = kind
  }

  get(_target: object, property: string | symbol): object | undefined {
    if (typeof property === 'symbol') return undefined
    const known = (this.#known ??= new Map())
    if (!known.has(property)) known.set(property, this.#lookUp(property))
    const looked = known.get(property)
    if (looked === undefined) return undefined
    const { reads, layer } = this.#pass
    if (looked.noted !== reads) {
      const { entry } = looked
      const { isPresent } = factsOf(this.#from, entry)
      looked.noted = reads
      looked.present = isPresent(layer)
      const stability = presenceStability(this.#pass, this.#from, entry.key)
      reads.note(entry.key, isPresent, looked.present, stability, `whether ${entry.key} is present`)
    }
    return looked.present ? looked.view : undefined
  }

  #lookUp(property: string): Looked | undefined {
    const entry = reservedNames.has(property)
      ? undefined
      : this.#pass.layer.registry.find(property, this.#kind.name)
    return entry && { entry, view: itemView(this.#pass, this.#from, entry), noted: undefined, present: false }
  }

  has(target: object, property: string | symbol): boolean {
    return property === VIEW || this.get(target, property) !== undefined
  }

  ownKeys(): string[] {
    const [from, { bag, name }] = [this.#from, this.#kind]
    const { layer, reads } = this.#pass
    const read = namesIn(from, name)
    const names = read(layer)
    reads.note(ANYTIME, read, names, from === self ? 'turn' : 'session', `what is in ${bag}`)
    return names === '' ? [] : names.split(' ')
  }

  getOwnPropertyDescriptor(target: object, property: string | symbol): PropertyDescriptor | undefined {
    const value = this.get(target, property)
    return value && { value, enumerable: true, configurable: true, writable: false }
  }

  getPrototypeOf(): null {
    return null
  }
}

Object.assign(BagView.prototype, {
  set: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
  preventExtensions: () => false, // whoever freezes it would have it refuse to tell others what is in it
})

/**
 * Reads the names of what is present, as one text; it outlives the pass, and must not hold it. They are sorted: what came
 * first is another after a restart, and the prompt would be, too.
 */
function namesIn(from: From, kind: string): (layer: Layer) => string {
  return (layer) => {
    const shown = ofKind(from(layer).presence(), kind)
    return shown
      .map((entry) => entry.property)
      .sort()
      .join(' ')
  }
}

/** What the session has already is of the session, whoever looks. */
function presenceStability(pass: Pass, from: From, key: string): Stability {
  const { layer } = pass
  return from === self &&
    layer.type === 'interaction' &&
    layer.presence().has(key) !== sessionOf(layer).presence().has(key)
    ? 'turn'
    : 'session'
}

/** The time of the prompt: a Date that tells when it is looked at, and whose setters change but a copy. */
function timeView(pass: Pass): unknown {
  return new Proxy(Object.freeze(new Date(0)), {
    get(_date, property) {
      const date = new Date(pass.now) // a copy: its setters change nothing
      pass.reads.note(ANYTIME, (_layer, now) => now.getTime(), date.getTime(), 'turn', 'now')
      if (property === 'toJSON' || property === 'toString') return () => date.toISOString()
      if (property === Symbol.toPrimitive)
        return (hint: string) => (hint === 'number' ? date.getTime() : date.toISOString())
      const value: unknown = Reflect.get(date, property, date)
      return typeof value === 'function' ? (value as () => unknown).bind(date) : value
    },
    set: refuse,
  })
}
