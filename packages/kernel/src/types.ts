// The types that plugins augment and the types of what they define. Declarations only: no code lives here.
// Each generic takes `P extends TProperties`: `I extends TSchema` would cost sixteen times the type-checking.
import type { Static, TObject, TProperties } from 'typebox'
import type { Disposer } from './emitter.ts'
import type { Committed } from './patch.ts'

/** Configs by property; plugins add theirs by `declare module '@retinue/kernel'`. */
export interface ConfigTypes {}
/** Contexts by property; plugins add theirs by `declare module '@retinue/kernel'`. */
export interface ContextTypes {}
/** Sections by property; plugins add theirs by `declare module '@retinue/kernel'`. */
export interface SectionTypes {}
/** Toolsets by property; plugins add theirs by `declare module '@retinue/kernel'`. */
export interface ToolsetTypes {}

/** A value as owners hold it: read-only to the ground. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

type OptionalKeys<P> = { [K in keyof P]: P[K] extends { '~optional': true } ? K : never }[keyof P]

/** What fits an object schema of those properties: `Static<TObject<P>>` would say the same at five times the cost. */
export type Values<P extends TProperties> = { [K in Exclude<keyof P, OptionalKeys<P>>]: Static<P[K]> } & {
  [K in OptionalKeys<P>]?: Static<P[K]>
}

/** The fields of a definition: each is replaced as a whole. */
export type Fields<P extends TProperties> = {
  [K in Exclude<keyof P, OptionalKeys<P>>]: Frozen<Static<P[K]>>
} & {
  [K in OptionalKeys<P>]?: Frozen<Static<P[K]>>
}

/** The layer that a value comes from. */
export type Source = 'interaction' | 'session' | 'user' | 'agent' | 'config' | 'registry'

/** What an observer of an item hears: the effective value of a field changed. */
export interface FieldChanged<F extends string = string> {
  readonly kind: string
  readonly type: string
  readonly field: F
  /** What was effective before the transaction, and what is since. */
  readonly from: unknown
  readonly to: unknown
  /** The layer that the value comes from now. */
  readonly layer: Source
  /** The stored change that led here: the label of the owner that was changed. */
  readonly cause: string
}

/** The kernel's members of every config, context and section. */
export interface Item<F> {
  /** The type name. */
  readonly $type: string
  /** Names the layer that a field's value comes from. */
  $source(field: keyof F & string): Source
  /** Drops this owner's value of a field, or of all: what lies below shows again. */
  $reset(...fields: readonly (keyof F & string)[]): void
  /** Copies what is effective now into this owner, so that it follows no longer. */
  $pin(): void
  /** Gives the effective values as a plain, frozen object; secrets stay references. */
  $values(): Readonly<F>
  /** Sets several fields as one transaction. */
  $patch(values: Partial<F>): void
  /** Calls the handler whenever the effective value of a field changed. */
  $on(event: 'changed', handler: (change: FieldChanged<keyof F & string>) => void): Disposer
}

/** The fields of an item as plain data, any of them. */
export type Data<T> = [T] extends [{ $values(): infer F }] ? Partial<F> : object

/** The class of a config, a context, a section, or an item of a kind that a plugin made. */
export interface EntryClass<K extends string = string, T = object, V = object> {
  new (values?: V): T
  readonly kind: K
  readonly type: string
  readonly schema: TObject
}

/** Anything that can be needed: a class, a toolset, or `'kind.type'` where importing it is not wanted. */
export type Need = EntryClass | { readonly kind: 'toolset'; readonly type: string } | `${string}.${string}`

/** What every definition may say beside its fields. */
export interface EntryOptions {
  /** The version of the saved fields. @default 1 */
  readonly version?: number
  /** One pure step from each earlier version to the next; it gets only the fields that one layer stored. */
  // oxlint-disable-next-line typescript/no-explicit-any -- an author destructures what an older version stored
  readonly upgrade?: Readonly<Record<number, (stored: any) => unknown>>
  /** A config whose same-named fields show through where no owner set them. */
  readonly follows?: EntryClass<'config'>
  /** What must be present wherever this is. */
  readonly needs?: readonly Need[]
}

/** Where a section stands in the prompt, among those of its stability. */
export type Slot = 'system' | 'before' | 'agent' | 'after' | 'tools' | 'end'

/** How often a section's text changes: never, by a commit of the session, or each turn. */
export type Stability = 'static' | 'session' | 'turn'

/** The forms to which a section shrinks when tokens run short. */
export type Form = 'full' | 'summary' | 'omit'

/** A bag as templates see it: what is absent is `undefined`. */
export type BagView<T> = { readonly [K in keyof T]?: Readonly<T[K]> }

/** What a template gets; it is read-only and creates nothing. Bags of kinds that plugins add stand beside these. */
export interface TemplateView<F = unknown> {
  /** What the session has. */
  readonly context: BagView<ContextTypes>
  readonly sections: BagView<SectionTypes>
  /** What the interaction has, and through it the session; without one, what the session has. */
  readonly interactionContext: {
    readonly id: string | undefined
    readonly input: unknown
    readonly context: BagView<ContextTypes>
    readonly sections: BagView<SectionTypes>
  }
  readonly session: {
    readonly id: string
    readonly agent: string | undefined
    readonly context: BagView<ContextTypes>
  }
  readonly user: { readonly id: string; readonly context: BagView<ContextTypes> }
  /** The section itself: its fields and getters. */
  readonly section: Readonly<F> & Readonly<Record<string, unknown>>
  /** The time of the prompt; who looks at it changes by the turn. */
  readonly now: Date
  /** Gives a value as JSON, for people to read. */
  readonly json: (value: unknown) => string
  /** Marks text from outside off, by a fence that it does not contain. */
  readonly fence: (content: unknown) => string
  /** Gives a line for each item. */
  readonly list: (items: unknown) => string
  readonly [bag: string]: unknown
}

/** A section's text: an Eta template, or a function where the runtime forbids code generation. */
export type Template<F = unknown> = string | ((view: TemplateView<F>) => string)

/** What a section may say beside its fields. */
export interface SectionOptions<F = unknown> extends EntryOptions {
  /** @default 'after' */
  readonly slot?: Slot
  /** @default 'session' */
  readonly stability?: Stability
  /** Its text. A section without one renders to nothing, unless its class has a `render` of its own. */
  readonly template?: Template<F>
  /** A shorter text, for the form `summary`. */
  readonly summary?: Template<F>
  /** Its place within its slot, lowest first. @default 0 */
  readonly order?: number
  /** What shrinks first when tokens run short: the lowest. @default 0 */
  readonly priority?: number
  /** The most tokens it may take before it shrinks. */
  readonly maxTokens?: number
  /** The forms it may take, longest first. @default ['full', 'summary' (where there is one), 'omit'] */
  readonly shrink?: readonly Form[]
  /** Whether a prompt without it is refused: it is never omitted, and its errors stop the run. @default false */
  readonly required?: boolean
  /** Keeps its slot's place whatever its stability, and reports what that costs the cache. @default false */
  readonly pinned?: boolean
}

/** A bag: dot access by property, and the kernel's members, which start with `$`. */
export type Bag<T> = { [K in keyof T]: T[K] } & BagMembers<T>

/** The kernel's members of a bag. */
export interface BagMembers<T> {
  /** Property access by class or by any spelling of the name. */
  $get<C extends EntryClass>(key: C): InstanceType<C>
  $get<S extends Spelling<T>>(key: S): Spelled<T, S>
  /** The item if it is present; creates nothing. */
  $peek<C extends EntryClass>(key: C): InstanceType<C> | undefined
  $peek<S extends Spelling<T>>(key: S): Spelled<T, S> | undefined
  /** Assigns plain data, in the place of all that is set here; in a session, that requests the item where it is absent. */
  $set<C extends EntryClass>(key: C, data: Data<InstanceType<C>>): InstanceType<C>
  $set<S extends Spelling<T>>(key: S, data: Data<Spelled<T, S>>): Spelled<T, S>
  /** Tells whether the item is present; creates nothing. */
  $has(key: string | EntryClass): boolean
  /** Drops this owner's values and its request. What is needed otherwise stays present. */
  $delete(key: string | EntryClass): void
  /** Type names whose values are kept here although nobody needs them now. */
  $parked(): readonly string[]
  /** Type names of what is present, in order of arrival. */
  $types(): readonly string[]
}

type Snake<S extends string> = S extends `${infer C}${infer R}`
  ? `${C extends Lowercase<C> ? C : `_${Lowercase<C>}`}${Snake<R>}`
  : ''

// One table of all spellings, made once: looking each spelling up in every key would cost their product.
type BySpelling<T> = { [K in keyof T & string as K | Capitalize<K> | Snake<K>]: T[K] }

/** Each spelling that the types know: `webSearch`, `WebSearch`, `web_search`. */
export type Spelling<T> = keyof BySpelling<T>

/** What a spelling names. */
export type Spelled<T, S extends Spelling<T>> = BySpelling<T>[S]

/** Something became present for an owner, or left. */
export interface PresenceChanged {
  /** The type name. */
  readonly type: string
}

/** A toolset came into force for an owner, or went out of it. */
export interface ToolsetChanged extends PresenceChanged {
  /** Its place in the list that has it; -1 where it is only needed by another toolset. */
  readonly index: number
}

/** A listed tool that can't be in force yet, and why. */
export interface UnresolvedTool {
  readonly type: string
  /** That of the error that a strict owner throws. */
  readonly code: string
  readonly reason: string
}

/** The events of owners. Plugins that add a kind or send events of their own augment it. */
export interface SessionEvents {
  configAdded: PresenceChanged
  configRemoved: PresenceChanged
  contextAdded: PresenceChanged
  contextRemoved: PresenceChanged
  sectionAdded: PresenceChanged
  sectionRemoved: PresenceChanged
  toolsetAdded: ToolsetChanged
  toolsetRemoved: ToolsetChanged
  toolsetUnresolved: UnresolvedTool
  /** The effective value of a field changed. */
  changed: FieldChanged
  /** A transaction stored changes on this owner. */
  committed: Committed
}
