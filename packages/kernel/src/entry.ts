// Class makers. `class X extends Context('x', { … }) {}` is a type, a key and a default at once. What a maker makes is
// checked here; nothing is registered by it.
import { defineAccessors } from './accessors.ts'
import { misdefined } from './errors.ts'
import { Handle, SectionHandle } from './handle.ts'
import {
  completeKind,
  configKind,
  contextKind,
  KIND,
  sectionKind,
  type KindOptions,
  type KindSpec,
} from './kind.ts'
import { definedName, reservedNames } from './name.ts'
import { checkDefinition, option, type KnownOptions } from './options.ts'
import { slots, volatility } from './pass.ts'
import { SECRET, secretOptions } from './secret.ts'
import { Type, type TProperties } from './schema.ts'
import { CLOCK, type DefinedClass } from './shape.ts'
import type { EntryClass, EntryOptions, Fields, Form, Item, SectionOptions } from './types.ts'
import { isObject, shownValue } from './value.ts'

/** A maker of classes of one kind. */
export interface Kind<N extends string = string> extends KindSpec<N> {
  <P extends TProperties>(
    type: string,
    properties: P,
    options?: EntryOptions,
  ): EntryClass<N, Fields<P> & Item<Fields<P>>, Partial<Fields<P>>>
}

/** The maker of sections: their options say more, and their instances render. */
export interface SectionKind extends KindSpec<'section'> {
  <P extends TProperties>(
    type: string,
    properties: P,
    options?: SectionOptions<Fields<P>>,
  ): EntryClass<'section', Fields<P> & Item<Fields<P>> & { render(): string }, Partial<Fields<P>>>
}

/** Tells whether something is a class that a maker made. */
export function isEntryClass(value: unknown): value is DefinedClass & { readonly [KIND]: KindSpec } {
  return typeof value === 'function' && KIND in value
}

const entryOptions: KnownOptions<EntryOptions> = {
  version: option.whole(1),
  upgrade: option.object,
  follows: option.function,
  needs: option.list,
}

const template = option.either(option.text, option.function)
const anyNumber = option.number()
const forms: readonly Form[] = ['full', 'summary', 'omit']

const sectionOptions: KnownOptions<SectionOptions> = {
  ...entryOptions,
  slot: option.oneOf(...slots),
  stability: option.oneOf(...Object.keys(volatility)),
  template,
  summary: template,
  order: anyNumber,
  priority: anyNumber,
  maxTokens: option.number(0),
  shrink: [
    `a list of ${forms.join(', ')}`,
    (value) => Array.isArray(value) && value.every((form) => forms.includes(form as Form)),
  ],
  required: option.flag,
  pinned: option.flag,
}

/**
 * Makes a kind: a maker of classes whose items hang in a bag of their own on the owners it names.
 *
 * @example
 * const Machine = defineKind({ name: 'machine', bag: 'machines', after: 'section', owners: ['session'] })
 * class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}
 * // once registered: session.machines.door.state
 */
export function defineKind<N extends string>(options: KindOptions<N>): Kind<N> {
  return makerOf(completeKind(options), Handle) as Kind<N>
}

/** Makes the class of a config: what a tool is set up by. Requested on the user, never seen by templates. */
export const Config: Kind<'config'> = makerOf(configKind, Handle) as Kind<'config'>

/**
 * Makes the class of a context: what a session knows.
 *
 * @example
 * class SearchResults extends Context('search_results', { query: Type.String({ default: '' }) }) {}
 */
export const Context: Kind<'context'> = makerOf(contextKind, Handle) as Kind<'context'>

/** Makes the class of a section: what a prompt says. */
export const Section: SectionKind = makerOf(sectionKind, SectionHandle, sectionOptions) as SectionKind

function makerOf(
  kind: KindSpec,
  Base: typeof Handle,
  known: KnownOptions<EntryOptions> = entryOptions,
): unknown {
  const make = (type: string, properties: TProperties, options: EntryOptions = {}): unknown => {
    definedName(type, kind.name)
    const what = `The ${kind.name} '${type}'`
    checkDefinition(what, options, known)
    if (!isObject(properties)) {
      throw misdefined(`${what} has no fields.`, 'Give {} for none.')
    }
    const fields = Object.keys(properties)
    for (const field of fields) checkField(kind.name, type, field, properties[field]!, fields)
    const Made = class extends Base {}
    const statics = Object.freeze({
      kind: kind.name,
      type,
      schema: Type.Object({ ...properties }), // a copy: who goes on with theirs changes no definition
      options: { ...options },
      [KIND]: kind,
      [CLOCK]: { writes: 0 },
    })
    Object.defineProperties(Made, Object.getOwnPropertyDescriptors(statics))
    defineAccessors(Made.prototype, fields)
    return Made
  }
  return Object.defineProperties(make, Object.getOwnPropertyDescriptors({ ...kind, [KIND]: kind }))
}

function checkField(
  kind: string,
  type: string,
  field: string,
  schema: object,
  fields: readonly string[],
): void {
  const refuse = (why: string, hint: string): never => {
    throw misdefined(`The field '${field}' of the ${kind} '${type}' ${why}.`, hint, { kind, type, field })
  }
  const [wanted, fits] = option.schema
  if (!fits(schema)) refuse(`is ${shownValue(schema)}`, `Give ${wanted}: Type.String({ default: '' }).`)
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field))
    refuse('has no name that can follow a dot', 'Name it in camelCase.')
  if (reservedNames.has(field)) refuse('has a reserved name', 'Choose another name.')
  if ((schema as { default?: unknown }).default === undefined && !Type.IsOptional(schema)) {
    refuse('has neither a default nor is it optional', 'Add { default: … }, or wrap it in Type.Optional(…).')
  }
  const { sentTo } = secretOptions(schema) ?? {}
  if (sentTo?.some((name) => !fields.includes(name)))
    refuse(`is sent to ${sentTo.join(', ')}`, 'Let sentTo list fields of the same class.')
  if (!(SECRET in schema) && JSON.stringify(schema).includes(`"${SECRET}"`)) {
    refuse('hides a secret inside', 'Make the secret a field of its own.')
  }
}
