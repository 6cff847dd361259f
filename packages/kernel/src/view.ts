// Views: what templates see. They are read-only and create nothing; what is absent is `undefined`. Each read is
// noted with a way to read it again, so that a section is rendered anew only when something that it read changed,
// and with how often it may change, so that a section's claim of stability can be held against it.
import { isEntryClass } from './entry.ts'
import { RetinueError } from './errors.ts'
import type { KindSpec } from './kind.ts'
import { sessionOf } from './cells.ts'
import type { Layer } from './layers.ts'
import { reservedNames } from './name.ts'
import type { Registration } from './registry.ts'
import { VIEW } from './template.ts'
import type { Shared } from './template.ts'
import type { Stability } from './types.ts'

/** From which owner something is read: the one the prompt is for, its session, or its user. */
type From = (layer: Layer) => Layer

/** Something that was read, and what it was. */
export interface Read {
  readonly again: (layer: Layer, now: Date) => unknown
  readonly value: unknown
}

/** Notes what one section reads. */
export class Reads {
  readonly list: Read[] = []
  /** The items that were read: while none of them is written to, only `loose` reads can have changed. */
  readonly keys = new Set<string>()
  /** Whether something was read that changes without a write to an item. */
  loose = false
  /** The least stable thing that was read, and its name. */
  stability: Stability = 'static'
  least = ''

  /** Notes a read of an item, or of something else where there is no key. */
  note(
    key: string | undefined,
    again: Read['again'],
    value: unknown,
    stability: Stability,
    what: string,
  ): void {
    this.list.push({ again, value })
    if (key === undefined) this.loose = true
    else this.keys.add(key)
    if (order[stability] <= order[this.stability]) return
    this.stability = stability
    this.least = what
  }

  /** Takes over what a section read that was rendered within this one. */
  include(other: Reads): void {
    this.list.push(...other.list)
    for (const key of other.keys) this.keys.add(key)
    this.loose ||= other.loose
    if (order[other.stability] > order[this.stability])
      [this.stability, this.least] = [other.stability, other.least]
  }
}

/** Where sections are rendered: the layer, and for the one under way its reads and what renders another within it. */
export interface Pass {
  readonly layer: Layer
  /** The time that the prompt is for. */
  now: Date
  reads: Reads
  place: (entry: Registration) => string
  /** The views that sections have of themselves. */
  readonly sections: Map<Registration, object>
}

/** Stabilities by how often things change. */
export const order: Readonly<Record<Stability, number>> = { static: 0, session: 1, turn: 2 }

/** The names that templates see, beside the helpers. */
export function viewNames(kinds: readonly KindSpec[]): string[] {
  const bags = kinds.filter((kind) => kind.view).map((kind) => kind.bag)
  return [...bags, 'interactionContext', 'session', 'user', 'section', 'now']
}

/** Makes what every template in a pass sees; to that comes the section's own view. */
export function viewsOf(pass: Pass): Shared {
  const { layer } = pass
  const kinds = layer.registry.kinds.filter((kind) => kind.view)
  const bags = (from: From): Record<string, unknown> =>
    Object.fromEntries(
      kinds
        .filter((kind) => kind.owners.includes(from(layer).type))
        .map((kind) => [kind.bag, bagView(pass, from, kind)]),
    )
  const noted = (name: string, stability: Stability, read: (layer: Layer) => unknown) => ({
    enumerable: true,
    get: (): unknown => {
      const value = read(layer)
      pass.reads.note(undefined, read, value, stability, name)
      return frozenCopy(value)
    },
  })
  const views: object = {
    ...bags(sessionOf),
    interactionContext: frozenView(bags(self), {
      id: noted('interactionContext.id', 'turn', interactionId),
      input: noted('interactionContext.input', 'turn', interactionInput),
    }),
    session: frozenView(bags(sessionOf), {
      id: noted('session.id', 'session', (at) => sessionOf(at).name),
      agent: noted('session.agent', 'session', (at) => sessionOf(at).agent?.name),
    }),
    user: frozenView(bags(userOf), { id: noted('user.id', 'session', (at) => userOf(at).name) }),
    now: clock(pass),
  }
  return Object.freeze(views) as Shared
}

/** Makes what the template of a section sees as `section`. */
export function sectionView(pass: Pass, section: Registration): object {
  let view = pass.sections.get(section)
  if (view === undefined) pass.sections.set(section, (view = itemView(pass, self, section)))
  return view
}

const self: From = (layer) => layer
const userOf: From = (layer) => layer.user!

function interactionId(layer: Layer): unknown {
  return layer.type === 'interaction' ? layer.name : undefined
}

function interactionInput(layer: Layer): unknown {
  return layer.type === 'interaction' ? (layer.owner as { readonly input?: unknown }).input : undefined
}

/** A frozen copy of plain data, which belongs to whoever passed it; what is not plain is shown as it is. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, each]) => [key, frozenCopy(each)])),
  )
}

function frozenView(bags: Readonly<Record<string, unknown>>, more: PropertyDescriptorMap): object {
  return Object.freeze(Object.defineProperties({ ...bags, [VIEW]: true }, more))
}

/** What a property of a bag view names. */
interface Looked {
  readonly entry: Registration
  readonly view: object
  readonly isPresent: (layer: Layer) => boolean
  readonly what: string
}

/** A bag as templates see it: any spelling, present items only. */
function bagView(pass: Pass, from: From, kind: KindSpec): object {
  const { registry } = pass.layer
  const known = new Map<string, Looked | undefined>()
  const lookUp = (property: string): Looked | undefined => {
    const entry = reservedNames.has(property) ? undefined : registry.find(property, kind.name)
    return (
      entry && {
        entry,
        view: itemView(pass, from, entry),
        isPresent: (layer) => from(layer).presence().has(entry.key),
        what: `whether ${entry.key} is present`,
      }
    )
  }
  const look = (property: string | symbol): object | undefined => {
    if (typeof property === 'symbol') return undefined
    if (!known.has(property)) known.set(property, lookUp(property))
    const looked = known.get(property)
    if (looked === undefined) return undefined
    const { entry, view, isPresent, what } = looked
    const present = isPresent(pass.layer)
    pass.reads.note(entry.key, isPresent, present, presenceStability(pass, from, entry.key), what)
    return present ? view : undefined
  }
  const properties = (layer: Layer): string => {
    const shown = [...from(layer).presence().values()].filter((entry) => entry.kind.name === kind.name)
    return shown.map((entry) => entry.property).join(' ')
  }
  return new Proxy(Object.create(null) as object, {
    get: (_target, property) => look(property),
    has: (_target, property) => property === VIEW || look(property) !== undefined,
    ownKeys: () => {
      const names = properties(pass.layer)
      pass.reads.note(
        undefined,
        properties,
        names,
        from === self ? 'turn' : 'session',
        `what is in ${kind.bag}`,
      )
      return names === '' ? [] : names.split(' ')
    },
    getOwnPropertyDescriptor: (_target, property) => {
      const value = look(property)
      return value && { value, enumerable: true, configurable: true, writable: false }
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  })
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

/** An item as templates see it: its fields, and the getters of its class. */
function itemView(pass: Pass, from: From, entry: Registration): object {
  const View = viewClass(entry)
  return new View(pass, from, entry)
}

class ItemView {
  readonly #pass: Pass
  readonly #from: From
  readonly #entry: Registration
  readonly #again: readonly Read['again'][]
  readonly #names: readonly string[]

  constructor(pass: Pass, from: From, entry: Registration) {
    this.#pass = pass
    this.#from = from
    this.#entry = entry
    this.#again = entry.shape!.fields.map((_field, index) => (layer) => from(layer).cell(entry).read(index))
    this.#names = entry.shape!.fields.map((field) => `${entry.key} ${field}`)
    Object.freeze(this)
  }

  toJSON(): object {
    const shape = this.#entry.shape!
    const shown = shape.fields.filter((_field, index) => shape.secret(index) === undefined)
    return Object.fromEntries(
      shown.map((field) => [field, (this as unknown as Record<string, unknown>)[field]]),
    )
  }

  /** Reads a field and notes it. */
  static read(view: ItemView, index: number): unknown {
    const pass = view.#pass
    const { key, shape } = view.#entry
    const what = view.#names[index]!
    if (shape!.secret(index) !== undefined) {
      throw new RetinueError('RETINUE_SECRET_REFUSED', `A template reads the secret ${what}.`, {
        hint: 'Secrets are for tools and providers, never for prompts.',
      })
    }
    const cell = view.#from(pass.layer).cell(view.#entry)
    const value = cell.read(index)
    const source = cell.source(index)
    const stability =
      source === 'interaction' ? 'turn' : source === 'registry' || source === 'agent' ? 'static' : 'session'
    const { reads } = pass
    reads.note(key, view.#again[index]!, value, stability, what)
    const { follows } = shape!.options
    if (follows !== undefined) reads.keys.add(`config.${follows.type}`)
    return value
  }

  static place(view: ItemView): string {
    return view.#pass.place(view.#entry)
  }
}

Object.defineProperty(ItemView.prototype, VIEW, { value: true })

const viewClasses = new WeakMap<object, typeof ItemView>()

/** The view class of a definition: made once, with an accessor for each field and each getter of the author's. */
function viewClass({ definition, shape, kind }: Registration): typeof ItemView {
  const known = viewClasses.get(definition)
  if (known !== undefined) return known
  const View = class extends ItemView {}
  shape!.fields.forEach((field, index) => {
    define(View.prototype, field, function (this: ItemView) {
      return ItemView.read(this, index)
    })
  })
  const getters = [...gettersOf(definition as unknown as { prototype: object })]
  for (const [name, get] of getters.reverse()) define(View.prototype, name, get)
  if (kind.name === 'section') {
    Object.defineProperty(View.prototype, 'render', {
      value(this: ItemView) {
        return ItemView.place(this)
      },
    })
  }
  viewClasses.set(definition, View)
  return View
}

function define(prototype: object, name: string, get: (this: never) => unknown): void {
  Object.defineProperty(prototype, name, { get, set: refuse, enumerable: true, configurable: true })
}

/** The getters that the author's classes add to the fields, those of the last subclass first. */
function* gettersOf({ prototype }: { prototype: object }): Iterable<readonly [string, () => unknown]> {
  for (let at: object = prototype; ; at = Object.getPrototypeOf(at) as object) {
    const { constructor } = at
    if (!isEntryClass(constructor) || Object.hasOwn(constructor, 'schema')) return
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined) yield [name, get]
    }
  }
}

/** The time of the prompt: a Date that tells when it is looked at, and whose setters change but a copy. */
function clock(pass: Pass): unknown {
  return new Proxy(Object.freeze(new Date(0)), {
    get(_date, property) {
      const date = new Date(pass.now) // a copy: its setters change nothing
      pass.reads.note(undefined, (_layer, now) => now.getTime(), date.getTime(), 'turn', 'now')
      if (property === 'toJSON' || property === 'toString') return () => date.toISOString()
      if (property === Symbol.toPrimitive)
        return (hint: string) => (hint === 'number' ? date.getTime() : date.toISOString())
      const value: unknown = Reflect.get(date, property, date)
      return typeof value === 'function' ? (value as () => unknown).bind(date) : value
    },
    set: refuse,
  })
}

function refuse(): never {
  throw new RetinueError('RETINUE_VALUE_REFUSED', 'A template tried to change something.', {
    hint: 'Templates only look: make changes in code.',
  })
}
