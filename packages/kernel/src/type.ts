// TypeBox's builders, without the engine that computes types from types, which would be a third of the kernel.
// The few of its services that definitions need (records, parts of objects) are written here in their plain form;
// for the rest import `typebox` itself: schemas of both go together.
import { Object as ObjectType, Optional as OptionalType, type TObject, type TOptional } from 'typebox'
import type { TInteger, TNumber, TProperties, TRecord, TSchema, TString } from 'typebox'

export {
  Any,
  Array,
  Boolean,
  Cyclic,
  Enum,
  Integer,
  Intersect,
  IsOptional,
  Literal,
  Never,
  Null,
  Number,
  Object,
  Optional,
  Readonly,
  Ref,
  Refine,
  String,
  Tuple,
  Union,
  Unknown,
  Unsafe,
} from 'typebox'
export type {
  Static,
  TAny,
  TArray,
  TBoolean,
  TCyclic,
  TEnum,
  TInteger,
  TIntersect,
  TLiteral,
  TNever,
  TNull,
  TNumber,
  TObject,
  TOptional,
  TProperties,
  TReadonly,
  TRecord,
  TRef,
  TRefine,
  TSchema,
  TString,
  TTuple,
  TUnion,
  TUnknown,
  TUnsafe,
} from 'typebox'

/** An object of any number of keys; a string key may have a pattern. */
export function Record<V extends TSchema>(
  key: TString | TInteger | TNumber,
  value: V,
  options: object = {},
): TRecord<'^.*$', V> {
  const { type, pattern } = key as { readonly type: string; readonly pattern?: string }
  const keys =
    pattern ??
    { integer: '^-?(?:0|[1-9][0-9]*)$', number: '^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?$' }[type] ??
    '^.*$'
  const record = { type: 'object', patternProperties: { [keys]: value }, ...options }
  // TypeBox's marks are properties that JSON does not show.
  return globalThis.Object.defineProperty(record, '~kind', {
    value: 'Record',
    configurable: true,
    writable: true,
  }) as never
}

/** The same object, every property optional. */
export function Partial<P extends TProperties>(
  object: TObject<P>,
): TObject<{ [K in keyof P]: TOptional<P[K]> }> {
  return mapped(object, (schema) => OptionalType(schema)) as never
}

/** The same object, no property optional. */
export function Required<P extends TProperties>(
  object: TObject<P>,
): TObject<{ [K in keyof P]: P[K] extends TOptional<infer S> ? S : P[K] }> {
  return mapped(object, required) as never
}

/** Only the named properties of an object. */
export function Pick<P extends TProperties, K extends keyof P & string>(
  object: TObject<P>,
  keys: readonly K[],
): TObject<{ [N in K]: P[N] }> {
  return filtered(object, (key) => keys.includes(key as K)) as never
}

/** All but the named properties of an object. */
export function Omit<P extends TProperties, K extends keyof P & string>(
  object: TObject<P>,
  keys: readonly K[],
): TObject<{ [N in Exclude<keyof P, K>]: P[N] }> {
  return filtered(object, (key) => !keys.includes(key as K)) as never
}

function mapped({ properties }: TObject, map: (schema: TSchema) => TSchema): TObject {
  const entries = globalThis.Object.entries(properties)
  return ObjectType(globalThis.Object.fromEntries(entries.map(([key, schema]) => [key, map(schema)])))
}

function filtered({ properties }: TObject, keeps: (key: string) => boolean): TObject {
  const entries = globalThis.Object.entries(properties)
  return ObjectType(globalThis.Object.fromEntries(entries.filter(([key]) => keeps(key))))
}

function required(schema: TSchema): TSchema {
  const { '~optional': _mark, ...rest } = globalThis.Object.getOwnPropertyDescriptors(schema) as {
    readonly [key: string]: PropertyDescriptor
  }
  return globalThis.Object.defineProperties({}, rest)
}
