// Options: what constructors, functions and definitions may be told. One that nobody knows, or that says what it can't,
// would be taken for the default, or for nothing at all, in silence: a limit that is none, a version that no step leads
// to, a section in no slot. So every package checks what it is given here, before anything is done with it.
import { RetinueError, type ErrorCode } from './errors.ts'
import { suggestion } from './name.ts'
import { classOf, isForeignSchema, isObject, maxValueDepth, shownValue } from './value.ts'

/** What an option may be: in words that follow 'Give', and as a test. */
export type OptionRule = readonly [wanted: string, fits: (value: unknown) => boolean]

/** Every option that something takes, with what it may be. */
export type KnownOptions<T> = Readonly<Record<keyof T & string, OptionRule>>

/**
 * Refuses options that are no object, that nobody knows, that say what they can't, or that leave out what is needed; one
 * that is there as `undefined` says nothing, and what an instance of a class has beside them is its own. For packages
 * that take options.
 *
 * @example
 * const known: KnownOptions<{ ttlMs?: number }> = { ttlMs: option.number(0) }
 * checkOptions('A cache', options, known) // of { ttl: 5 }: A cache has no option 'ttl'. Did you mean 'ttlMs'?
 * @throws {RETINUE_OPTION_INVALID} unless another code is given.
 */
export function checkOptions<T extends object>(
  what: string,
  options: T,
  known: KnownOptions<T>,
  code: ErrorCode = 'RETINUE_OPTION_INVALID',
  ...needed: readonly (keyof T & string)[]
): void {
  const refuse = (why: string, hint: string): never => {
    throw new RetinueError(code, `${what} ${why}.`, { hint })
  }
  if (!isObject(options)) return refuse(`takes options, not ${shownValue(options)}`, 'Give an object.')
  for (const name in options) {
    if (!Object.hasOwn(known, name)) {
      if (classOf(options) !== undefined) continue
      const names = Object.keys(known)
      const near = suggestion(name, names)
      refuse(
        `has no option '${name}'`,
        near === undefined ? `It has ${names.join(', ')}.` : `Did you mean '${near}'?`,
      )
    }
    const [wanted, fits] = known[name as never] as OptionRule
    const value: unknown = options[name]
    if (value !== undefined && !fits(value))
      refuse(`can't have ${shownValue(value)} as ${name}`, `Give ${wanted}.`)
  }
  for (const name of needed)
    if (options[name] === undefined) refuse(`has no ${name}`, `Give ${known[name][0]}.`)
}

/** Refuses options of a definition. @throws {RETINUE_DEFINITION_INVALID} */
export function checkDefinition<T extends object>(
  what: string,
  options: T,
  known: KnownOptions<T>,
  ...needed: readonly (keyof T & string)[]
): void {
  checkOptions(what, options, known, 'RETINUE_DEFINITION_INVALID', ...needed)
}

/** Refuses an argument that is missing or not of its kind, by its name in the words of an error. */
export function checkArgument(
  of: string,
  name: string,
  value: unknown,
  rule: OptionRule,
  code?: ErrorCode,
): void {
  checkOptions<Record<string, unknown>>(of, { [name]: value }, { [name]: rule }, code, name)
}

/** What an option may be, for most options: rules, and makers of rules. */
export interface OptionRules extends Readonly<
  Record<'any' | 'text' | 'name' | 'flag' | 'function' | 'object' | 'schema' | 'list' | 'signal', OptionRule>
> {
  /** A number, not below `least`; `Infinity` is one, `NaN` is none. */
  number(least?: number): OptionRule
  /** A whole number, not below `least`. */
  whole(least: number): OptionRule
  oneOf(...values: readonly unknown[]): OptionRule
  either(one: OptionRule, other: OptionRule): OptionRule
}

const typed =
  (type: string) =>
  (value: unknown): boolean =>
    typeof value === type

/** Tells whether a value can't be a schema of ours: it is one of another library, holds one, or has no end. */
function isForeign(value: unknown, depth = 0): boolean {
  return (
    value === Object(value) &&
    (depth > maxValueDepth ||
      isForeignSchema(value as object) ||
      Object.values(value as object).some((each) => isForeign(each, depth + 1)))
  )
}

/** The rules. */
export const option: OptionRules = {
  any: ['anything', () => true],
  text: ['a text', typed('string')],
  name: ['a text that is not empty', (value) => typeof value === 'string' && value !== ''],
  flag: ['true or false', typed('boolean')],
  function: ['a function', typed('function')],
  object: ['an object', isObject],
  schema: ['a schema of Type, from @retinue/kernel', (value) => isObject(value) && !isForeign(value)],
  list: ['a list', Array.isArray],
  signal: ['an AbortSignal', (value) => isObject(value) && 'aborted' in value],
  number: (least = -Infinity) => [
    `a number${least > -Infinity ? ` from ${least} on` : ''}`,
    (value) => typeof value === 'number' && value >= least,
  ],
  whole: (least) => [
    `a whole number from ${least} on`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
  ],
  oneOf: (...values) => [values.map(shownValue).join(' or '), (value) => values.includes(value)],
  either: ([wanted, fits], [or, alsoFits]) => [
    `${wanted}, or ${or}`,
    (value) => fits(value) || alsoFits(value),
  ],
}
