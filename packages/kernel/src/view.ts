// Views: what templates see of a session. They are read-only and create nothing; what is absent is `undefined`. What a
// view of one item shows is in `item-view`.
import { sessionOf } from './cells.ts'
import { itemView, refuse } from './item-view.ts'
import type { KindSpec } from './kind.ts'
import type { Layer } from './layers.ts'
import { reservedNames } from './name.ts'
import { ANYTIME, type From, type Pass, type Reads } from './pass.ts'
import type { Registration } from './registry.ts'
import { VIEW, type Shared } from './template.ts'
import type { Stability } from './types.ts'

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
      pass.reads.note(ANYTIME, read, value, stability, name)
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
  return itemView(pass, self, section)
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
  /** Who noted last whether it is present, and what it was: nothing changes while a section is rendered. */
  noted: Reads | undefined
  present: boolean
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
        noted: undefined,
        present: false,
      }
    )
  }
  const look = (property: string | symbol): object | undefined => {
    if (typeof property === 'symbol') return undefined
    if (!known.has(property)) known.set(property, lookUp(property))
    const looked = known.get(property)
    if (looked === undefined) return undefined
    const { reads } = pass
    if (looked.noted !== reads) {
      const { entry, isPresent, what } = looked
      looked.noted = reads
      looked.present = isPresent(pass.layer)
      reads.note(entry.key, isPresent, looked.present, presenceStability(pass, from, entry.key), what)
    }
    return looked.present ? looked.view : undefined
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
        ANYTIME,
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

/** The time of the prompt: a Date that tells when it is looked at, and whose setters change but a copy. */
function clock(pass: Pass): unknown {
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
