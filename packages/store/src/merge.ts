// What two processes have made of one item, or of the head of a user, brought together: what each of them changed is put over
// what the other stored, field by field.
import type { Json } from '@retinue/kernel'
import { isList, isObject, equalJson, type JsonObject } from './json.ts'
import type { Item } from './owner-state.ts'
import { listIn } from './user-records.ts'

/** Stands for two values that can't be brought together. */
export const clash: unique symbol = Symbol('clash')

/** What the schema of a value says of how two of them are brought together. */
export interface MergeSchema {
  /** Whether each key of an object, or each entry of a list, is changed by itself. */
  readonly merge?: boolean
  readonly default?: Json
  readonly properties?: { readonly [name: string]: MergeSchema }
}

/**
 * Brings together what was changed here and what somebody else has stored meanwhile: the fields, of each, that differ from
 * what was stored before. Which of `known` that was may be open, since a save may have gone without an answer: the last is
 * what surely was, and each other of them is taken for it wherever it is what is there. Two values for one field clash,
 * unless its schema has them merged.
 */
export function merge(
  key: string,
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema?: MergeSchema,
): Json | undefined | typeof clash {
  const one = theOne(known, there, here)
  if (one !== undefined) return one.value
  return key === '' ? mergeOwn(known, there, here) : mergeItem(known, there, here, schema)
}

/** What may have been stored before, the newest first. */
export type Known = readonly (Json | undefined)[]

/** What a value is if one alone has changed it, or both to the same. */
function theOne(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
): { readonly value: Json | undefined } | undefined {
  if ([here, ...known].some((each) => equalJson(each, there))) return { value: here }
  if (known.every((each) => equalJson(each, here))) return { value: there }
  return undefined
}

function mergeItem(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema: MergeSchema | undefined,
): Json | undefined | typeof clash {
  const [theirs, mine, ...before] = [there, here, ...known] as (Item | undefined)[]
  const versions = new Set([theirs, mine, ...before].flatMap((item) => item?.version ?? []))
  if (versions.size !== 1) return clash
  const were = before.map((item) => item?.values)
  const values = mergeKeys(were, theirs?.values, mine?.values, schema)
  if (values === clash) return clash
  return Object.keys(values).length === 0 ? undefined : { version: [...versions][0]!, values }
}

function mergeKeys(
  before: Known,
  there: JsonObject = {},
  here: JsonObject = {},
  schema?: MergeSchema,
): JsonObject | typeof clash {
  const was = before.map((each) => new Map(Object.entries(isObject(each) ? each : {}))) // whatever a key is called
  const values = new Map(Object.entries(there))
  const wanted = new Map(Object.entries(here))
  for (const name of new Set([...was, wanted].flatMap((each) => [...each.keys()]))) {
    const known = was.map((each) => each.get(name))
    const value = mergeValue(known, values.get(name), wanted.get(name), schema?.properties?.[name])
    if (value === clash) return clash
    if (value === undefined) values.delete(name)
    else values.set(name, value)
  }
  return Object.fromEntries(values)
}

function mergeValue(
  known: Known,
  there: Json | undefined,
  here: Json | undefined,
  schema: MergeSchema | undefined,
): Json | undefined | typeof clash {
  const one = theOne(known, there, here)
  if (one !== undefined) return one.value
  if (schema?.merge === true) {
    const before = known.map((each) => each ?? schema.default)
    if (isList(there) && isList(here)) return mergeList(before, there, here)
    if (isObject(there) && isObject(here)) return mergeKeys(before, there, here, schema)
  }
  return equalJson(known.at(-1), here) ? there : clash
}

/** What came and went here comes and goes there. */
function mergeList(before: Known, there: readonly Json[], here: readonly Json[]): Json[] {
  const [isThere, isHere, ...were] = [there, here, ...before].map((list) => {
    const texts = new Set((isList(list) ? list : []).map(textOf))
    return (each: Json) => texts.has(textOf(each))
  }) as [Has, Has, ...Has[]]
  const stays = there.filter((each) => isHere(each) || !were.some((wasIn) => wasIn(each)))
  return [...stays, ...here.filter((each) => !isThere(each) && !were.every((wasIn) => wasIn(each)))]
}

type Has = (each: Json) => boolean

/** One text for values that are equal as JSON. */
function textOf(json: Json): string {
  return JSON.stringify(json, (_, part: Json) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

/** Requests and quarantine are merged; of the rest, ours is taken. */
function mergeOwn(known: Known, there: Json | undefined, here: Json | undefined): Json {
  const merged: Record<string, Json> = { ...(there as JsonObject), ...(here as JsonObject) }
  for (const name of ['requested', 'quarantine'] as const) {
    const before = known.map((each) => listIn(each, name))
    const list = mergeList(before, listIn(there, name), listIn(here, name))
    if (list.length > 0 || name === 'requested') merged[name] = list
    else delete merged[name]
  }
  return merged
}
