// Bags: dot access to what is present. A bag's present items are own properties, which cost what a property costs;
// only a miss reaches the proxy at the end of its prototype chain, which asks for the item and returns it.
// The kernel's own members start with `$`; the dot namespace belongs to plugins.
import { heldGetter } from './accessors.ts'
import { Arrangement } from './arrangement.ts'
import { onceForEach } from './combined.ts'
import { assign, handleOf, isHandle, misfitOf, ownValues, withoutFields } from './handle.ts'
import { RetinueError } from './errors.ts'
import type { KindSpec } from './kind.ts'
import type { Layer, ShownBag } from './layers.ts'
import { normalise, partsOfKey, probedNames, type Key } from './name.ts'
import type { Presence } from './presence.ts'
import type { Registration } from './registry.ts'
import type { EntryClass } from './types.ts'
import { unknownType } from './unknown-type.ts'

/** What a bag accepts as its first content. */
export type BagContent = Readonly<Record<string, object>> | readonly (string | EntryClass | object)[] | object

/** The property of a bag that holds its core; shared by all copies of the kernel. */
const CORE: unique symbol = Symbol.for('@retinue/kernel/bag') as never

/** The bag of an owner, made on first access. */
export function bagOf(layer: Layer, kind: KindSpec): object {
  return (layer.bag(kind.name, () => new BagCore(layer, kind)) as BagCore).bag
}

/** Fills a bag with its first content: data by name, instances, names or classes, or another bag. */
export function fillBag(layer: Layer, kind: KindSpec, content: BagContent): void {
  const core = coreOf(bagOf(layer, kind))
  const listed = CORE in Object(content) ? coreOf(content).handles() : content
  if (Array.isArray(listed)) {
    for (const each of listed as readonly (string | EntryClass | object)[]) {
      if (isHandle(each)) core.set(each, each)
      else core.get(each as Key)
    }
    return
  }
  const what = withoutFields(content)
  if (what !== undefined) {
    throw new RetinueError('RETINUE_TYPE_MISMATCH', `The bag '${kind.bag}' can't be filled with ${what}.`, {
      hint: 'Give data by name, a list, or another bag.',
    })
  }
  for (const [name, data] of Object.entries(content)) core.set(name, data as object)
}

class BagCore implements ShownBag {
  readonly bag: object
  readonly layer: Layer
  readonly kind: KindSpec
  /** Handles by key; made on first access, one for the owner's life. */
  readonly #handles = new Map<string, object>()
  #arrangement: Arrangement

  constructor(layer: Layer, kind: KindSpec) {
    this.layer = layer
    this.kind = kind
    this.#arrangement = Arrangement.empty(kind)
    this.bag = Object.create(members, { [CORE]: { value: this } }) as object
  }

  /** A copy by a test runner keeps this core, as that of a handle keeps its cell. */
  get [Symbol.toStringTag](): string {
    return ''
  }

  /**
   * What stands after the first difference is taken off, last first, and put on again: so bags with the same items keep
   * one hidden class, where a property that is deleted out of turn would make a slow dictionary of the bag.
   */
  show(presence: Presence): void {
    const before = this.#arrangement.shown
    this.#arrangement = this.#arrangement.after(presence)
    const { shown } = this.#arrangement
    if (shown === before) return
    let kept = 0
    while (kept < shown.length && shown[kept] === before[kept]) kept++
    for (let i = before.length - 1; i >= kept; i--) this.#hide(before[i]!)
    for (let i = kept; i < shown.length; i++) this.#reveal(shown[i]!)
  }

  /** Property access: asks for the item where it is absent, and returns its handle. */
  get(key: Key): object {
    let entry = this.entry(key)
    if (!this.layer.presence().has(entry.key)) {
      this.layer.request(entry)
      entry = this.entry(key) // who heard of it may have registered its class anew
    } else if (this.#shows(entry) && !Object.hasOwn(this.bag, entry.property)) {
      this.#reveal(entry) // `delete` took the property: only $delete deletes
    }
    return this.handle(entry)
  }

  has(key: Key): boolean {
    const entry = this.layer.registry.find(key, this.kind.name)
    return entry !== undefined && this.layer.presence().has(entry.key)
  }

  peek(key: Key): object | undefined {
    return this.has(key) ? this.handle(this.entry(key)) : undefined
  }

  /** Puts data, or an instance's own values, in the place of what was set here. */
  set(key: Key, data: object): object {
    const entry = this.entry(key)
    const what = misfitOf(entry.shape!, data)
    if (what !== undefined) {
      throw new RetinueError(
        'RETINUE_TYPE_MISMATCH',
        `The ${entry.kind.name} '${entry.type}' can't be set to ${what}.`,
        { hint: 'Give an object with its fields, or an instance of it; only $delete deletes.' },
      )
    }
    return this.layer.domain.batch(() => {
      const cell = this.layer.cell(entry)
      const values = ownValues(data)
      for (const [index, field] of entry.shape!.fields.entries())
        if (!(field in values)) cell.write(index, undefined)
      assign(cell, values)
      if (!this.has(key)) this.layer.request(entry) // on a user or an agent the values themselves may be a request
      return this.handle(entry)
    })
  }

  delete(key: Key): void {
    const type = normalise(key, this.kind.name)
    const { layer } = this
    layer.refuseEnded()
    if (type === undefined) return
    const name = `${this.kind.name}.${type}`
    layer.settleStored()
    layer.domain.batch(() => {
      layer.setRequest(name, false)
      layer.keepStored((key) => key !== name)
      const cell = layer.cells.get(name)
      for (const index of cell?.shape.fields.keys() ?? []) cell!.write(index, undefined)
    })
  }

  parked(): string[] {
    const keys = this.layer.parked().map(partsOfKey)
    return keys.flatMap(([kind, type]) => (kind === this.kind.name ? [type] : []))
  }

  types(): string[] {
    return this.#arrangement.shown.map(({ type }) => type)
  }

  /** The handles of what is shown. */
  handles(): object[] {
    return this.#arrangement.shown.map((entry) => this.handle(entry))
  }

  /** @throws {RETINUE_TYPE_UNKNOWN} */
  entry(key: Key): Registration {
    const entry = this.layer.registry.find(key, this.kind.name)
    if (entry === undefined) throw unknownType(this.layer.registry, key, this.kind.name)
    return entry
  }

  handle(entry: Registration): object {
    let handle = this.#handles.get(entry.key)
    if (handle?.constructor !== entry.definition) {
      handle = handleOf(entry.definition as EntryClass, this.layer.cell(entry))
      this.#handles.set(entry.key, handle)
    }
    if (this.#shows(entry)) Reflect.set(this.bag, propertiesOf(entry).held, handle)
    return handle
  }

  #shows(entry: Registration): boolean {
    return this.#arrangement.shown.includes(entry)
  }

  #reveal(entry: Registration): void {
    const { shown, alias, held, spellings } = propertiesOf(entry)
    // Reflect does not throw: who freezes a bag must not stop a transaction half way.
    Reflect.defineProperty(this.bag, held, { configurable: true, writable: true })
    Reflect.defineProperty(this.bag, entry.property, shown)
    for (const spelling of spellings) Reflect.defineProperty(this.bag, spelling, alias)
  }

  #hide(entry: Registration): void {
    const { held, spellings } = propertiesOf(entry)
    for (const property of [held, entry.property, ...spellings].reverse()) {
      Reflect.deleteProperty(this.bag, property)
    }
  }
}

function coreOf(bag: object): BagCore {
  return (bag as { [CORE]: BagCore })[CORE]
}

/** What a present item puts on a bag: its property, the same under other spellings, and where its handle is held. */
interface Properties {
  readonly shown: PropertyDescriptor
  readonly alias: PropertyDescriptor
  readonly held: symbol
  /** Other ways to write the property, hidden: JavaScript asks a bag for them by `in` without telling which bag. */
  readonly spellings: readonly string[]
}

/** The properties of an item; the same functions serve every bag, so that all bags have one hidden class. */
const propertiesOf = onceForEach((entry: Registration): Properties => {
  const held = Symbol(entry.property)
  const shown = {
    configurable: true,
    enumerable: true,
    get: heldGetter(held, (bag) => coreOf(bag).handle(entry)),
    set(this: object, data: object) {
      coreOf(this).set(entry.type, data)
    },
  }
  const { property, type } = entry
  const pascal = property[0]!.toUpperCase() + property.slice(1)
  const others = [
    type,
    type.replaceAll('_', '-'),
    ...(normalise(pascal, entry.kind.name) === type ? [pascal] : []),
  ]
  const spellings = [...new Set(others)].filter((each) => each !== property)
  return { shown, alias: { ...shown, enumerable: false }, held, spellings }
})

/** Where property access ends that found nothing: the item is asked for. */
const miss: object = new Proxy(Object.create(null) as object, {
  get(_target, property, bag) {
    if (typeof property === 'symbol' || probedNames.has(property)) return undefined
    const core = (bag as { [CORE]?: BagCore })[CORE]
    // What a test runner made of a bag, to show it, asks for nothing.
    const asks = core?.bag === (bag as object) && normalise(property, core.kind.name) !== undefined
    return asks ? core.get(property) : undefined
  },
  set(_target, property, data: object, bag) {
    if (typeof property === 'symbol') return false
    coreOf(bag as object).set(property, data)
    return true
  },
  has: () => false,
})

const members: object = Object.create(
  miss,
  Object.getOwnPropertyDescriptors({
    $get(this: object, key: Key): object {
      return coreOf(this).get(key)
    },
    $peek(this: object, key: Key): object | undefined {
      return coreOf(this).peek(key)
    },
    $set(this: object, key: Key, data: object): object {
      return coreOf(this).set(key, data)
    },
    $has(this: object, key: Key): boolean {
      return coreOf(this).has(key)
    },
    $delete(this: object, key: Key): void {
      coreOf(this).delete(key)
    },
    $parked(this: object): readonly string[] {
      return coreOf(this).parked()
    },
    $types(this: object): readonly string[] {
      return coreOf(this).types()
    },
    [Symbol.toPrimitive](this: object): string {
      const { layer, kind } = coreOf(this)
      return `[${kind.bag} of ${layer.label}]`
    },
    [Symbol.for('nodejs.util.inspect.custom')](this: object): object {
      return { ...this }
    },
  }),
) as object
for (const name of Object.keys(members)) Object.defineProperty(members, name, { enumerable: false }) // for…in sees items
Object.freeze(members)
