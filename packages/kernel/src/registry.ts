// The registry: who contributes what, by kind and type name. It holds definitions and nothing that lives; what
// lives hangs on the domain and the manager that belong to it. A child reads through to its parent.
import { Catalogue } from './catalogue.ts'
import { CELL, isEntryClass, type Cell } from './entry.ts'
import { RetinueError, reasonOf, type ErrorCode } from './errors.ts'
import { configKind, contextKind, inEventOrder, KIND, sectionKind, toolsetKind, type KindSpec } from './kind.ts'
import { Live } from './live.ts'
import { normalise, propertyName, suggestion, type Key } from './name.ts'
import { Graph } from './needs.ts'
import { Emitter, type Disposer } from './observable.ts'
import { complain } from './runtime.ts'
import type { SessionManager } from './manager.ts'
import { shapeOf, type DefinedClass, type Shape } from './shape.ts'
import { publishedName, type Contribution, type Plugin, type Toolset } from './tool.ts'
import { Domain, type Notice, type ObserverError, type Party } from './transaction.ts'
import type { ConfigTypes, ContextTypes, EntryClass, Need, SectionTypes, ToolsetTypes } from './types.ts'
import { equal } from './value.ts'

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
  /** Its index in the bags of its kind; the same for all that ever bear its name. */
  readonly slot: number
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
  /** Counts what changed in here or in a parent: derived things are kept for one version. */
  version = 0
  /** The default manager of sessions; made by the first session that needs it. */
  manager: SessionManager | undefined
  readonly #claims = new Map<string, Registration[]>()
  readonly #kinds = new Map<string, KindSpec>()
  readonly #replacing = new Map<Registration, boolean>()
  readonly #slots: Map<string, number>
  readonly #children = new Live<Registry>()
  readonly #emitter = new Emitter()
  #sealed = false

  constructor(parent?: Registry) {
    this.parent = parent
    this.#slots = parent === undefined ? new Map() : parent.#slots
    if (parent !== undefined) parent.#children.add(new WeakRef(this))
    else for (const kind of [configKind, contextKind, sectionKind, toolsetKind]) this.#kinds.set(kind.name, kind)
    this.domain = new Domain((error) => this.#report(error))
    this.graph = new Graph(this)
    this.configs = new Catalogue(this, configKind)
    this.contexts = new Catalogue(this, contextKind)
    this.sections = new Catalogue(this, sectionKind)
    this.toolsets = new Catalogue(this, toolsetKind)
  }

  /** The kinds, in the order of events. */
  get kinds(): readonly KindSpec[] {
    return this.graph.memo('kinds', () => inEventOrder(this.#allKinds().values()))
  }

  /** The kind whose bag hangs on owners under that property. */
  kindOfBag(bag: string): KindSpec | undefined {
    return this.kinds.find((kind) => kind.bag === bag)
  }

  /** The catalogue of a kind, one that a plugin added included. */
  of(kind: string | KindSpec): Catalogue<Record<string, object>> {
    const name = typeof kind === 'string' ? kind : kind.name
    const known = this.#allKinds().get(name)
    if (known !== undefined) return new Catalogue(this, known)
    throw new RetinueError('RETINUE_TYPE_UNKNOWN', `No plugin has registered the kind '${name}'.`)
  }

  /** What is registered under `kind.type`. */
  at(key: string): Registration | undefined {
    const claims = this.#claims.get(key)
    if (claims === undefined) return this.parent?.at(key)
    return claims.find((claim) => this.#replacing.get(claim)) ?? claims[0]
  }

  /** What a key of any spelling names; `undefined` where nothing does. */
  find(key: Key, kind: string): Registration | undefined {
    const type = normalise(key, kind)
    return type === undefined ? undefined : this.at(`${kind}.${type}`)
  }

  /** Every registration, own and inherited, by key. */
  all(): ReadonlyMap<string, Registration> {
    return this.graph.memo('all', () => {
      const found = new Map(this.parent?.all())
      for (const key of this.#claims.keys()) found.set(key, this.at(key)!)
      return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
    })
  }

  /**
   * Registers what a plugin contributes: all of it or nothing. Registering it again is quiet.
   * @returns what disposes of all of it, and only it.
   * @throws {RETINUE_TYPE_TAKEN} when another package, or another version of it, has one of the names.
   */
  register(plugin: Plugin): Disposer {
    if (this.#sealed) {
      throw new RetinueError('RETINUE_REGISTRY_SEALED', `The registry is sealed, so '${plugin.name}' can't be registered.`, {
        hint: 'Import plugins before seal() is called.',
      })
    }
    const kinds = plugin.contributes.map((each) => this.#kindOf(each))
    const entries = plugin.contributes.flatMap((each, i) => (isKind(each) ? [] : [this.#plan(plugin, each, kinds[i]!)]))
    const replaces = entries.map((entry) => this.#checkClaim(plugin, entry))
    this.#checkToolNames(entries)
    if (entries.every((entry) => this.at(entry.key)?.definition === entry.definition)) return () => undefined
    for (const kind of kinds) if (!this.#allKinds().has(kind.name)) this.#kinds.set(kind.name, kind)
    entries.forEach((entry, i) => {
      this.#replacing.set(entry, replaces[i]!)
      const others = (this.#claims.get(entry.key) ?? []).filter((claim) => claim.origin.package !== plugin.name)
      this.#claims.set(entry.key, [...others, entry])
    })
    this.#changed('registered', plugin)
    return () => this.#dispose(plugin, entries)
  }

  /** Refuses every further registration: for applications that want to know what they run. */
  seal(): void {
    this.#sealed = true
  }

  /** Calls the handler on each event; returns what takes it off. */
  on<E extends keyof RegistryEvents>(event: E, handler: (payload: RegistryEvents[E]) => void): Disposer {
    return this.#emitter.on(event, handler as (payload: never) => void)
  }

  /** Makes the error for a name that nothing is registered under. */
  unknown(key: Key, kind: string): RetinueError {
    const type = normalise(key, kind) ?? String(key)
    const types = [...this.all().values()].filter((entry) => entry.kind.name === kind).map((entry) => entry.type)
    const near = suggestion(type, types)
    const package_ = near === undefined ? undefined : this.at(`${kind}.${near}`)?.origin.package
    const wanted = package_ ?? `@retinue/plugin-${type.replaceAll('_', '-')}`
    const meant = near === undefined ? '' : `Did you mean '${near}'? `
    return new RetinueError('RETINUE_TYPE_UNKNOWN', `No plugin has registered the ${kind} '${type}'.`, {
      hint:
        `${meant}Import the plugin that brings it for its effect, such as import '${wanted}': ` +
        'a type-only import, or a bundler that drops the bare import, registers nothing. Or register() the plugin yourself.',
      details: { kind, type, suggestion: near, known: types },
    })
  }

  #allKinds(): ReadonlyMap<string, KindSpec> {
    return this.parent === undefined ? this.#kinds : new Map([...this.parent.#allKinds(), ...this.#kinds])
  }

  #kindOf(contribution: Contribution): KindSpec {
    const kind = (contribution as { [KIND]?: KindSpec } | undefined)?.[KIND]
    if (kind === undefined) {
      throw new RetinueError('RETINUE_DEFINITION_INVALID', `A contribution is no class, toolset or kind: ${String(contribution)}.`, {
        hint: 'Contribute what Config(), Context(), Section(), defineToolset() or defineKind() made.',
      })
    }
    const known = this.#allKinds().get(kind.name)
    const bag = [...this.#allKinds().values()].find((each) => each.bag === kind.bag)
    if ((known === undefined && bag === undefined) || (known !== undefined && equal({ ...known }, { ...kind }))) return kind
    throw new RetinueError('RETINUE_TYPE_TAKEN', `The kind '${kind.name}' (bag '${kind.bag}') is not the one that is registered.`, {
      hint: 'Two packages define a kind of that name or bag: rename one.',
    })
  }

  #plan(plugin: Plugin, definition: EntryClass | Toolset, kind: KindSpec): Registration {
    const { type } = definition
    const key = `${kind.name}.${type}`
    const entry = isEntryClass(definition) ? definition : undefined
    const follows = entry?.options.follows
    const needs = [...(entry?.options.needs ?? (definition as Toolset).needs ?? []), ...(follows ? [follows] : [])]
    if (entry !== undefined) checkClass(entry)
    return Object.freeze({
      kind,
      type,
      property: propertyName(type),
      key,
      definition,
      origin: Object.freeze({ package: plugin.name, version: plugin.version, file: plugin.file }),
      needs: Object.freeze(needs.map(keyOfNeed)),
      shape: entry && shapeOf(entry),
      slot: this.#slot(kind.name, key),
    })
  }

  #slot(kind: string, key: string): number {
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = this.#slots.get(kind) ?? 0
      this.#slots.set(kind, slot + 1)
      this.#slots.set(key, slot)
    }
    return slot
  }

  /** Tells whether the plugin replaces a type of another package; refuses a name that is taken. */
  #checkClaim(plugin: Plugin, entry: Registration): boolean {
    const replaces = plugin.replaces.some((key) => normalise(key, entry.kind.name) === entry.type)
    const holders = this.#claims.get(entry.key) ?? [this.at(entry.key)].filter((held) => held !== undefined)
    for (const held of holders) {
      if (held.origin.package === plugin.name && held.origin.version === plugin.version) continue
      const replaced = held.origin.package !== plugin.name && replaces !== (this.#replacing.get(held) ?? false)
      const [over, base] = replaces ? [entry, held] : [held, entry]
      if (replaced && extendsClass(over.definition, base.definition)) continue
      throw new RetinueError(
        'RETINUE_TYPE_TAKEN',
        `The ${entry.kind.name} '${entry.type}' of ${nameOf(entry.origin)} is taken by ${nameOf(held.origin)}.`,
        {
          hint: replaced
            ? 'What replaces a class must extend it: class Mine extends Theirs {}.'
            : 'Keep one of the two, or let one declare { replaces } and extend the class that it replaces.',
          details: { kind: entry.kind.name, type: entry.type, origin: entry.origin, taken: held.origin },
        },
      )
    }
    return replaces
  }

  #checkToolNames(entries: readonly Registration[]): void {
    const own = new Map(entries.map((entry) => [entry.key, entry]))
    const names = new Map<string, Registration>()
    for (const entry of [...[...this.all().values()].filter(({ key }) => !own.has(key)), ...entries]) {
      if (entry.kind.name !== 'toolset') continue
      for (const tool of Object.keys((entry.definition as Toolset).tools)) {
        const name = publishedName(entry.type, tool)
        const other = names.get(name)
        names.set(name, entry)
        if (other === undefined) continue
        throw new RetinueError(
          'RETINUE_TOOL_NAME_TAKEN',
          `The toolsets '${other.type}' of ${nameOf(other.origin)} and '${entry.type}' of ${nameOf(entry.origin)} both publish '${name}'.`,
          { hint: 'Rename the tool or the toolset.', details: { name } },
        )
      }
    }
  }

  #dispose(plugin: Plugin, entries: readonly Registration[]): void {
    let gone = false
    for (const entry of entries) {
      const claims = this.#claims.get(entry.key) ?? []
      if (!claims.includes(entry)) continue // replaced since: not ours any more
      gone = true
      this.#replacing.delete(entry)
      const left = claims.filter((claim) => claim !== entry)
      if (left.length > 0) this.#claims.set(entry.key, left)
      else this.#claims.delete(entry.key)
    }
    if (gone) this.#changed('disposed', plugin)
  }

  #changed(event: 'registered' | 'disposed', plugin: Plugin): void {
    this.#moved()
    this.#emitter.emit(event, plugin, (error) => this.#report({ error, event, owner: undefined }))
  }

  #moved(): void {
    this.version++
    this.domain.epoch++
    const notices: Notice[] = []
    for (const party of [...this.awake].sort((a, b) => a.rank - b.rank)) notices.push(...party.settle())
    this.domain.announce(notices)
    for (const child of this.#children) child.#moved()
  }

  #report(error: ObserverError): void {
    if (error.event !== 'observerError' && this.#emitter.has('observerError')) {
      this.#emitter.emit('observerError', error, complain)
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
export function createRegistry(options: { readonly parent?: Registry } = {}): Registry {
  return new Registry(options.parent)
}

/** The key of a need, however it was written. */
export function keyOfNeed(need: Need): string {
  if (typeof need !== 'string') return `${need.kind}.${need.type}`
  const dot = need.indexOf('.')
  const kind = need.slice(0, dot)
  return `${kind}.${normalise(need.slice(dot + 1), kind) ?? need.slice(dot + 1)}`
}

/** An origin as people read it. */
export function nameOf({ package: name, version, file }: Origin): string {
  return `${name}@${version}${file === undefined ? '' : ` (${file})`}`
}

function isKind(contribution: Contribution): contribution is KindSpec {
  return 'bag' in contribution
}

/** Makes one instance, which finds class fields, and compares the fields that follow a config. */
function checkClass(definition: DefinedClass): void {
  const refuse = (why: string, hint: string, code: ErrorCode = 'RETINUE_DEFINITION_INVALID'): never => {
    throw new RetinueError(code, `The ${definition.kind} '${definition.type}' ${why}.`, {
      hint,
      details: { kind: definition.kind, type: definition.type },
    })
  }
  let cell: Cell
  try {
    cell = (new definition() as { [CELL]: Cell })[CELL]
  } catch (error) {
    return refuse(
      `can't be instantiated: ${reasonOf(error)}`,
      'A class field would bypass validation: make it a field of the schema, a getter, or a method.',
    )
  }
  const { follows } = definition.options
  if (follows === undefined) return
  if (follows.kind !== 'config') refuse(`follows the ${follows.kind} '${follows.type}'`, 'Only configs are followed.')
  if (definition.kind === 'config') refuse('is a config and follows another', 'Configs follow nothing.')
  const config = shapeOf(follows as DefinedClass)
  for (const field of cell.shape.fields.filter((each) => config.fields.includes(each))) {
    const [mine, theirs] = [definition.schema.properties[field], follows.schema.properties[field]]
    if (config.secret(config.index(field)) !== undefined) refuse(`follows the secret '${field}'`, 'Name the field otherwise.')
    if (!equal(plainSchema(mine), plainSchema(theirs))) {
      refuse(`follows '${follows.type}', whose field '${field}' has another schema`, 'Use one schema for both.')
    }
  }
}

function plainSchema(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema))
}

function extendsClass(over: EntryClass | Toolset, base: EntryClass | Toolset): boolean {
  return !isEntryClass(over) || base === over || Object.prototype.isPrototypeOf.call(base, over)
}
