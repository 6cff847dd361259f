// The registry: who contributes what, by kind and type name. It holds definitions and nothing that lives; what
// lives hangs on the domain and the manager that belong to it. A child reads through to its parent.
import { Catalogue } from './catalogue.ts'
import { Claims, checkToolNames } from './claims.ts'
import { checkOnce, isKind, kindOf, registrationOf } from './contribution.ts'
import { Emitter, type Disposer } from './emitter.ts'
import { RetinueError } from './errors.ts'
import {
  configKind,
  contextKind,
  inEventOrder,
  ofKind,
  sectionKind,
  toolsetKind,
  type KindSpec,
} from './kind.ts'
import { Live } from './live.ts'
import { kindNameOf, normalise, type Key } from './name.ts'
import { Graph } from './needs.ts'
import { checkArgument, checkOptions, option, type OptionRule } from './options.ts'
import { complain } from './runtime.ts'
import type { SessionManager } from './manager.ts'
import type { Shape } from './shape.ts'
import type { Plugin, Toolset } from './tool.ts'
import { failing, type ObserverError } from './delivery.ts'
import { Domain, type Party } from './transaction.ts'
import type { ConfigTypes, ContextTypes, EntryClass, SectionTypes, ToolsetTypes } from './types.ts'
import { isObject } from './value.ts'

/** Where a definition comes from. */
export interface Origin {
  readonly package: string
  readonly version: string
  /** The file that defined the plugin, as far as the runtime tells. */
  readonly file: string | undefined
}

/** A registered definition. */
export interface Registration {
  readonly kind: KindSpec
  readonly type: string
  /** The property of a bag: the camelCase form of the type name. */
  readonly property: string
  /** `kind.type`: what needs, requests and `explain` call it. */
  readonly key: string
  readonly definition: EntryClass | Toolset
  readonly origin: Origin
  /** The keys of what it needs, the config that it follows included. */
  readonly needs: readonly string[]
  /** The derived form of a class; a toolset has none. */
  readonly shape: Shape | undefined
  /** Whether it stands in for that of another package. */
  readonly replaces: boolean
}

/** What a registry tells. */
export interface RegistryEvents {
  /** A handler threw; without a listener it goes to the console. */
  observerError: ObserverError
  /** A plugin was registered, or registered again. */
  registered: Plugin
  /** A registration was disposed of. */
  disposed: Plugin
}

/** A registry, with a catalogue for each kind. */
export class Registry {
  readonly configs: Catalogue<ConfigTypes>
  readonly contexts: Catalogue<ContextTypes>
  readonly sections: Catalogue<SectionTypes>
  readonly toolsets: Catalogue<ToolsetTypes>
  readonly parent: Registry | undefined
  /** The transactions of all owners that were made with this registry. */
  readonly domain: Domain
  /** The needs of what is registered. */
  readonly graph: Graph
  /** Everyone whose bags or handlers want to know when definitions change. */
  readonly awake = new Live<Party>()
  /** For the registry that it is a child of. */
  weak: WeakRef<this> | undefined
  /** Counts what changed in here or in a parent: derived things are kept for one version. */
  version = 0
  /** The default manager of sessions; made by the first session that needs it. */
  manager: SessionManager | undefined
  readonly #claims: Claims
  readonly #children = new Live<Registry>()
  readonly #emitter = new Emitter()
  #sealed = false

  constructor(parent?: Registry) {
    this.parent = parent
    this.#claims = new Claims(parent && parent.#claims)
    if (parent !== undefined) parent.#children.add(this)
    this.domain = new Domain((error) => this.#report(error))
    this.graph = new Graph(this)
    this.configs = new Catalogue(this, configKind)
    this.contexts = new Catalogue(this, contextKind)
    this.sections = new Catalogue(this, sectionKind)
    this.toolsets = new Catalogue(this, toolsetKind)
  }

  /** The kinds, in the order of events. */
  get kinds(): readonly KindSpec[] {
    return this.graph.memo('kinds', () => inEventOrder(this.#claims.kinds().values()))
  }

  /** The kind whose bag hangs on owners under that property. */
  kindOfBag(bag: string): KindSpec | undefined {
    return this.kinds.find((kind) => kind.bag === bag)
  }

  /** The catalogue of a kind, one that a plugin added included. */
  of(kind: string | KindSpec): Catalogue<Record<string, object>> {
    const name = typeof kind === 'string' ? kind : kind?.name
    const held = this.#claims.heldKinds().find((each) => each.name === name)
    if (held !== undefined) return new Catalogue(this, held)
    throw new RetinueError('RETINUE_TYPE_UNKNOWN', `No plugin has registered the kind '${name}'.`, {
      hint: 'Import the plugin that brings it.',
    })
  }

  /** What is registered under `kind.type`. */
  at(key: string): Registration | undefined {
    return this.all().get(key)
  }

  /** What a key of any spelling names; `undefined` where nothing does. */
  find(key: Key, kind: string): Registration | undefined {
    const named = typeof key === 'string' ? this.#named(kind).get(key) : undefined
    if (named !== undefined) return named
    const type = normalise(key, kind)
    return type === undefined ? undefined : this.at(`${kind}.${type}`)
  }

  /** The registrations of a kind by property and type name: the spellings that are looked up all the time. */
  #named(kind: string): ReadonlyMap<string, Registration> {
    return this.graph.memo(`named ${kind}`, () => {
      const entries = ofKind(this.all(), kind)
      return new Map(
        entries.flatMap((entry) => [[entry.type, entry] as const, [entry.property, entry] as const]),
      )
    })
  }

  /** Every registration, own and inherited, by key. */
  all(): ReadonlyMap<string, Registration> {
    return this.graph.memo('all', () => this.#claims.over(this.parent?.all()))
  }

  /**
   * Registers what a plugin contributes: all of it or nothing. Registering it again is quiet.
   * @returns what disposes of all of it, and only it.
   * @throws {RETINUE_TYPE_TAKEN} when another package, or another version of it, has one of the names.
   */
  register(plugin: Plugin): Disposer {
    checkArgument('register()', 'plugin', plugin, aPlugin, 'RETINUE_DEFINITION_INVALID')
    const contributes = [...new Set(plugin.contributes)]
    const kinds = contributes.map(kindOf)
    this.#claims.checkKinds(kinds)
    const entries = contributes.flatMap((each) => (isKind(each) ? [] : [registrationOf(plugin, each)]))
    checkOnce(plugin, entries)
    for (const entry of entries) this.#claims.checkName(entry)
    checkToolNames(new Map([...this.all(), ...entries.map((entry) => [entry.key, entry] as const)]))
    const claim = { entries, kinds, brought: contributes.filter(isKind).map(kindOf) }
    if (this.#claims.has(claim)) return () => undefined
    if (this.#sealed) {
      throw new RetinueError(
        'RETINUE_REGISTRY_SEALED',
        `The registry is sealed, so '${plugin.name}' can't be registered.`,
        { hint: 'Import plugins before seal() is called.' },
      )
    }
    const remove = this.#claims.add(claim)
    this.#changed('registered', plugin)
    return () => {
      if (remove()) this.#changed('disposed', plugin)
    }
  }

  /** Refuses every further registration: for applications that want to know what they run. */
  seal(): void {
    this.#sealed = true
  }

  /** Calls the handler on each event; returns what takes it off. */
  on<E extends keyof RegistryEvents>(event: E, handler: (payload: RegistryEvents[E]) => void): Disposer {
    return this.#emitter.on(event, handler)
  }

  #changed(event: 'registered' | 'disposed', plugin: Plugin): void {
    const moved = [...this.#moved()]
    for (const { awake, domain } of moved) {
      const reach = (reached: Set<Party>): void => {
        for (const party of awake) reached.add(party)
      }
      domain.record({ reach }) // no undo: a batch that throws leaves the registration
    }
    const report = (error: unknown): void => this.#report({ error, event, owner: undefined })
    this.#emitter.emit(event, plugin, failing(report))
  }

  /** Makes what is derived from this registry and those below it be derived anew; gives all of them. */
  *#moved(): Iterable<Registry> {
    this.version++
    this.domain.epoch++
    this.domain.upheavals++
    yield this
    for (const child of this.#children) yield* child.#moved()
  }

  #report(error: ObserverError): void {
    if (error.event !== 'observerError' && this.#emitter.has('observerError')) {
      this.#emitter.emit('observerError', error, failing(complain))
    } else {
      complain(error.error)
    }
  }
}

/**
 * Makes a registry of one's own, for a test or a tenant. With a parent it reads through to what that has.
 *
 * @example
 * const tenant = createRegistry({ parent: registry })
 * tenant.register(plugin)
 * new ChatUser({ id: 'ada', registry: tenant })
 */
export function createRegistry(options: { readonly parent?: Registry | undefined } = {}): Registry {
  checkOptions('A registry', options, { parent: aRegistry })
  const { parent } = options
  if (parent === undefined) return new Registry()
  const Kin = parent.constructor as typeof Registry // a child is of the copy of the kernel that made its parent
  return new Kin(parent)
}

const aPlugin: OptionRule = [
  'what definePlugin() gave',
  (plugin) => isObject(plugin) && option.list[1](plugin.contributes),
]

/** An option that is a registry. */
export const aRegistry: OptionRule = ['a registry', (value) => isObject(value) && 'domain' in value]

/** The kind that a key is of, or names as `sections.webSearch` does, and what it names of that. */
export function splitKey({ kinds }: Registry, key: Key): readonly [KindSpec | undefined, Key] {
  const dot = typeof key === 'string' ? key.search(/[.:]/) : -1
  const head = typeof key === 'string' ? key.slice(0, Math.max(dot, 0)) : kindNameOf(key, '')
  const kind = kinds.find(({ name, bag }) => name === head || bag === head)
  return [kind, typeof key === 'string' && kind !== undefined ? key.slice(dot + 1) : key]
}
