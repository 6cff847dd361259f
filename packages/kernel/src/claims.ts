// Claims: which names and kinds the plugins of a registry hold, and what is refused because another holds it. Above them
// are those of the parent registry.
import { extendsClass } from './contribution.ts'
import { RetinueError } from './errors.ts'
import { configKind, contextKind, ofKind, sectionKind, toolsetKind, type KindSpec } from './kind.ts'
import type { Origin, Registration } from './registry.ts'
import { publishedName, type Toolset } from './tool.ts'
import { equal } from './value.ts'

const kernelKinds: readonly KindSpec[] = [configKind, contextKind, sectionKind, toolsetKind]

/** What a plugin claims: what is to be registered, the kinds that this is of, and the kinds that it brings. */
export interface Claim {
  readonly entries: readonly Registration[]
  readonly kinds: readonly KindSpec[]
  readonly brought: readonly KindSpec[]
}

/** What is claimed in one registry. */
export class Claims {
  readonly #above: Claims | undefined
  readonly #entries = new Map<string, readonly Registration[]>()
  /** Every kind that was ever registered here: what is saved under one keeps its place. */
  readonly #kinds = new Map<string, KindSpec>()
  /** The kinds that plugins brought, once for each that did. */
  readonly #brought: KindSpec[] = []

  constructor(above: Claims | undefined) {
    this.#above = above
    if (above === undefined) for (const kind of kernelKinds) this.#kinds.set(kind.name, kind)
  }

  /** Every kind that was ever registered here or above, by name. */
  kinds(): ReadonlyMap<string, KindSpec> {
    return this.#above === undefined ? this.#kinds : new Map([...this.#above.kinds(), ...this.#kinds])
  }

  /** The kinds that somebody who is registered brings or uses; any other may be defined anew. */
  heldKinds(): readonly KindSpec[] {
    const used = [...this.#entries.values()].flat().map(({ kind }) => kind)
    return [...(this.#above?.heldKinds() ?? kernelKinds), ...this.#brought, ...used]
  }

  /** What holds under each key that is claimed here, in front of what holds above. */
  over(above: ReadonlyMap<string, Registration> | undefined): ReadonlyMap<string, Registration> {
    const found = new Map(above)
    for (const key of this.#entries.keys()) {
      const claims = this.#claimsOf(key)
      found.set(key, claims.find(({ replaces }) => replaces) ?? claims[0]!)
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Whether all of it is claimed here already. */
  has({ entries, brought }: Claim): boolean {
    return (
      brought.every((kind) => this.#brought.includes(kind)) &&
      entries.every(({ key, definition }) =>
        this.#entries.get(key)?.some((claim) => claim.definition === definition),
      )
    )
  }

  /** Takes in what was checked, in the place of the same of before. Returns what lets go of it, and tells whether any was left. */
  add({ entries, kinds, brought }: Claim): () => boolean {
    for (const kind of kinds) this.#keepKind(kind)
    this.#brought.push(...brought)
    for (const entry of entries) {
      const others = (this.#entries.get(entry.key) ?? []).filter((claim) => !isAgain(claim, entry))
      this.#entries.set(entry.key, [...others, entry])
    }
    const left = [...brought]
    return () => this.#remove(entries, left.splice(0))
  }

  #remove(entries: readonly Registration[], brought: readonly KindSpec[]): boolean {
    for (const kind of brought) this.#brought.splice(this.#brought.indexOf(kind), 1)
    let gone = brought.length > 0
    for (const entry of entries) {
      const claims = this.#entries.get(entry.key) ?? []
      if (!claims.includes(entry)) continue // replaced since: not ours any more
      gone = true
      const left = claims.filter((claim) => claim !== entry)
      if (left.length > 0) this.#entries.set(entry.key, left)
      else this.#entries.delete(entry.key)
    }
    return gone
  }

  /** Keeps a kind for good, in the place of one of its name or bag that nobody holds any more. */
  #keepKind(kind: KindSpec): void {
    for (const { name, bag } of this.#kinds.values()) if (bag === kind.bag) this.#kinds.delete(name)
    this.#kinds.set(kind.name, kind)
  }

  /** Every claim to a key: those of this registry first. */
  #claimsOf(key: string): readonly Registration[] {
    const above = this.#above === undefined ? [] : this.#above.#claimsOf(key)
    return [...(this.#entries.get(key) ?? []), ...above]
  }

  /** Refuses kinds that share a name or bag with another. @throws {RETINUE_TYPE_TAKEN} */
  checkKinds(kinds: readonly KindSpec[]): void {
    const held = [...this.heldKinds(), ...kinds]
    for (const kind of kinds) {
      const rival = held.find(({ name, bag }) => name === kind.name || bag === kind.bag)
      // What only one of them says is of another version of the kernel.
      if (rival === undefined || equal({ ...kind, ...rival }, { ...rival, ...kind })) continue
      throw new RetinueError(
        'RETINUE_TYPE_TAKEN',
        `The kind '${kind.name}' (bag '${kind.bag}') is not the registered one.`,
        {
          hint: `Two packages define it, the other with the bag '${rival.bag}': rename one.`,
          details: { kind, taken: rival },
        },
      )
    }
  }

  /**
   * Refuses a name that is taken, unless one of the two replaces the other; what is evaluated again was checked before.
   * @throws {RETINUE_TYPE_TAKEN}
   */
  checkName(entry: Registration): void {
    const holders = this.#claimsOf(entry.key)
    if (holders.some((held) => isAgain(held, entry) && held.replaces === entry.replaces)) return
    for (const held of holders) {
      if (isAgain(held, entry)) continue
      const replaced = held.replaces !== entry.replaces
      const [over, base] = entry.replaces ? [entry, held] : [held, entry]
      if (replaced && extendsClass(over.definition, base.definition)) continue
      throw new RetinueError(
        'RETINUE_TYPE_TAKEN',
        `The ${entry.kind.name} '${entry.type}' of ${nameOf(entry.origin)} is taken by ${nameOf(held.origin)}.`,
        {
          hint: replaced
            ? 'What replaces a class must extend it: class Mine extends Theirs {}.'
            : held.origin.package === entry.origin.package
              ? `Keep one of the two: npm ls ${held.origin.package}, npm dedupe.`
              : 'Keep one of the two, or let one declare { replaces } and extend the other.',
          details: { kind: entry.kind.name, type: entry.type, origin: entry.origin, taken: held.origin },
        },
      )
    }
  }
}

/** Refuses toolsets that publish two tools under one name. @throws {RETINUE_TOOL_NAME_TAKEN} */
export function checkToolNames(entries: ReadonlyMap<string, Registration>): void {
  const names = new Map<string, Registration>()
  for (const entry of ofKind(entries, 'toolset')) {
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

/** An origin as people read it. */
function nameOf({ package: name, version, file }: Origin): string {
  return `${name}@${version}${file === undefined ? '' : ` (${file})`}`
}

/** Whether two claims come from one version of one package: it was evaluated again, or has two copies here. */
function isAgain({ origin }: Registration, again: Registration): boolean {
  return origin.package === again.origin.package && origin.version === again.origin.version
}
