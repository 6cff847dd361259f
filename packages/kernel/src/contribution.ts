// Contributions: what may be registered. Here they are looked over, and made what the registry will hold: what they are,
// what they need, whether their class can be instantiated, and whether the fields that follow a config fit it.
import { CELL } from './accessors.ts'
import { isEntryClass } from './entry.ts'
import { misdefined, reasonOf } from './errors.ts'
import { Cell, handleOf } from './handle.ts'
import { KIND, type KindSpec } from './kind.ts'
import { normalise, partsOfKey, propertyName, type Key } from './name.ts'
import type { Registration } from './registry.ts'
import { shapeOf, type DefinedClass } from './shape.ts'
import type { Contribution, Plugin, Toolset } from './tool.ts'
import type { EntryClass, EntryOptions, Need } from './types.ts'
import { equal, shownValue } from './value.ts'

/** The kind that a contribution is of; one that is a kind is of its own. @throws {RETINUE_DEFINITION_INVALID} */
export function kindOf(contribution: Contribution): KindSpec {
  const kind = (contribution as { [KIND]?: KindSpec } | undefined)?.[KIND]
  if (kind !== undefined) return kind
  throw misdefined(
    `A contribution is ${shownValue(contribution)}.`,
    'Contribute what Config(), Context(), Section(), defineToolset() or defineKind() made.',
  )
}

/** Tells a kind from what is of one. */
export function isKind(contribution: Contribution): contribution is KindSpec {
  return 'bag' in contribution
}

/** What a definition will be registered as. @throws {RETINUE_DEFINITION_INVALID} */
export function registrationOf(plugin: Plugin, definition: EntryClass | Toolset): Registration {
  const kind = kindOf(definition)
  const { type } = definition
  const key = `${kind.name}.${type}`
  const made = isEntryClass(definition) ? definition : undefined
  if (made !== undefined) {
    checkClass(made)
    checkFollows(made)
  }
  const { needs = [], follows }: EntryOptions = made?.options ?? (definition as Toolset)
  const needed = follows === undefined ? needs : [...needs, follows]
  return Object.freeze({
    kind,
    type,
    property: propertyName(type),
    key,
    definition,
    origin: Object.freeze({ package: plugin.name, version: plugin.version, file: plugin.file }),
    needs: Object.freeze(needed.map((need) => keyOfNeed(need, key))),
    shape: made && shapeOf(made),
    replaces: plugin.replaces.some((each) => each === key || normalise(each, kind.name) === type),
  })
}

/** Refuses a plugin that contributes one thing twice. */
export function checkOnce(plugin: Plugin, entries: readonly Registration[]): void {
  const keys = entries.map(({ key }) => key)
  const twice = entries.find(({ key }, i) => keys.indexOf(key) < i)
  if (twice === undefined) return
  throw misdefined(`'${plugin.name}' contributes two definitions of ${twice.key}.`, 'Keep one of them.')
}

/** The key of a need, however it was written. */
function keyOfNeed(need: Need | undefined, of: string): string {
  const [kind, key] = typeof need === 'string' ? partsOfKey(need) : [need?.kind, need]
  const type = kind ? normalise(key as Key, kind) : undefined
  if (type !== undefined) return `${kind}.${type}`
  throw misdefined(
    `${of} needs something that can't be named: ${shownValue(need)}.`,
    "Need a class, a toolset or 'kind.type'; of two files that import each other one gets undefined.",
  )
}

/** Makes one instance, which finds class fields and constructors of the author's. */
function checkClass(definition: DefinedClass): void {
  const cell = new Cell(shapeOf(definition))
  let handle: object
  try {
    handle = handleOf(definition, cell)
  } catch (error) {
    return refuse(
      definition,
      `can't be instantiated: ${reasonOf(error)}`,
      'Make a class field a field of the schema, a getter, or a method.',
    )
  }
  if (handle[CELL as never] !== cell)
    refuse(definition, 'keeps what its constructor is given', 'Pass it on: super(values).')
}

/** Compares the fields that follow a config with those of that config. */
function checkFollows(definition: DefinedClass): void {
  const { follows } = definition.options
  if (follows === undefined) return
  if (follows.kind !== 'config')
    refuse(definition, `follows the ${follows.kind} '${follows.type}'`, 'Only configs are followed.')
  if (definition.kind === 'config')
    refuse(definition, 'is a config and follows another', 'Configs follow nothing.')
  const config = shapeOf(follows as DefinedClass)
  const [mine, theirs] = [definition.schema.properties, follows.schema.properties]
  for (const field of Object.keys(mine).filter((each) => each in theirs)) {
    if (config.secret(config.index(field)) !== undefined)
      refuse(definition, `follows the secret '${field}'`, 'Choose another name.')
    if (!equal(plainSchema(mine[field]), plainSchema(theirs[field]))) {
      refuse(
        definition,
        `follows '${follows.type}', whose field '${field}' has another schema`,
        'Use one schema for both.',
      )
    }
  }
}

function refuse({ kind, type }: DefinedClass, why: string, hint: string): never {
  throw misdefined(`The ${kind} '${type}' ${why}.`, hint, { kind, type })
}

function plainSchema(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema))
}

/** Tells whether a class may stand in for another; toolsets always may. */
export function extendsClass(over: EntryClass | Toolset, base: EntryClass | Toolset): boolean {
  return !isEntryClass(over) || base === over || Object.prototype.isPrototypeOf.call(base, over)
}
