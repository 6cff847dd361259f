// Type names: the saved and shown names of everything that is registered.
// One grammar, one linear scanner for every spelling (a regular expression here is a denial of service),
// and the list of names that JavaScript, its tools and its matchers probe, which nobody may register.
import { RetinueError } from './errors.ts'
import { shortened, shownValue } from './value.ts'

/** The longest type name, in characters. */
export const maxNameLength = 64

/** Whatever names a type: any spelling of its name, its class, an instance, a toolset. */
export type Key = string | { readonly type: string } | { readonly $type: string }

/** Names that answer `undefined` on a bag, whoever asks: they are probed by the language, by tools, by matchers. */
export const reservedNames = words(
  'then catch finally toJSON constructor prototype __proto__ __defineGetter__ __defineSetter__ ' +
    '__lookupGetter__ __lookupSetter__ nodeType nodeName tagName hasAttribute asymmetricMatch valueOf toString ' +
    'toLocaleString hasOwnProperty isPrototypeOf propertyIsEnumerable inspect _isMockFunction ' +
    'arguments caller callee render',
)

/** Those, and what Node's `inspect` asks everything for: no name of a type, but a field may have it. */
export const probedNames: ReadonlySet<string> = new Set([...reservedNames, 'href'])

/** The words of a text. */
export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/**
 * Scans any spelling into a type name: `'HTTPServer'`, `'http-server'` and `'http.server'` give `'http_server'`.
 * Linear in the length of the text; `undefined` where the text can't name a type.
 */
export function scanName(text: string): string | undefined {
  let name = ''
  let last = SEPARATOR
  for (let i = 0; i < text.length; i++) {
    const sort = sortOf(text.charCodeAt(i))
    if (sort === OTHER) return undefined
    if (sort === SEPARATOR) {
      if (i === 0 || i === text.length - 1) return undefined
    } else {
      const starts = last === SEPARATOR || (sort === UPPER && startsWord(text, i, last))
      if (starts && sort === DIGIT) return undefined
      if (starts && name !== '') name += '_'
      name += text[i]!
    }
    last = sort
  }
  return name === '' ? undefined : name.toLowerCase()
}

/** Gives the property of a type name, as `Object.keys` of a bag shows it: `'web_search'` gives `'webSearch'`. */
export function propertyName(type: string): string {
  let property = ''
  for (let i = 0; i < type.length; i++) {
    property += type[i] === '_' ? type[++i]!.toUpperCase() : type[i]!
  }
  return property
}

/** The kind and the type of a key such as `'context.search_results'`; what has no dot is of no kind. */
export function partsOfKey(key: string): readonly [kind: string, type: string] {
  const dot = key.indexOf('.')
  return [key.slice(0, Math.max(dot, 0)), key.slice(dot + 1)]
}

/**
 * Gives the type name that a key of any spelling stands for, without the suffix of its kind
 * (`'WebSearchConfig'` and `'web_search'` are one config); `undefined` where it can't name a type.
 */
export function normalise(key: Key, kind: string): string | undefined {
  if (kindNameOf(key, kind) !== kind) return undefined
  const type = scanName(spellingOf(key))
  if (type === undefined) return undefined
  const bare = withoutSuffix(type, kind)
  return bare.length > maxNameLength ? undefined : bare
}

/**
 * Gives the type name of a key.
 * @throws {RETINUE_NAME_INVALID} when the key can't name a type.
 * @throws {RETINUE_TYPE_MISMATCH} when it is a class, an instance or a toolset of another kind.
 */
export function typeName(key: Key, kind: string): string {
  const type = normalise(key, kind)
  if (type !== undefined) return definedName(type, kind)
  const text = spellingOf(key)
  const own = kindNameOf(key, kind)
  if (own !== kind) {
    throw new RetinueError('RETINUE_TYPE_MISMATCH', `The ${own} '${text}' is no ${kind}.`, {
      hint: `Name a ${kind}, or use it where a ${own} is wanted.`,
      details: { kind: own, type: text, wanted: kind },
    })
  }
  return typeof key === 'string' ? invalid(key) : invalid(text || key, `it is no ${kind}`)
}

/**
 * Checks the type name of a definition, which must already be of the grammar, and returns it.
 * @throws {RETINUE_NAME_INVALID}
 */
export function definedName(type: string, kind: string): string {
  if (typeof type !== 'string') return invalid(type, 'it is no text')
  if (!isTypeName(type)) return invalid(type)
  if (withoutSuffix(type, kind) !== type) {
    return invalid(type, `a ${kind} is named without '_${kind}', which is added and removed by itself`)
  }
  return type
}

/** Tells whether stored data may use the text as a key: it must be a type name already, and one that can be registered. */
export function isTypeName(text: string): boolean {
  return flawOf(text) === undefined
}

/** Gives the known name that looks most like the given one, or `undefined` where none does. */
export function suggestion(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const far = distance(name.slice(0, maxNameLength), candidate, least)
    if (far < least) [best, least] = [candidate, far]
  }
  return best
}

const LOWER = 0
const UPPER = 1
const DIGIT = 2
const SEPARATOR = 3
const OTHER = 4

function sortOf(code: number): number {
  if (code >= 97 && code <= 122) return LOWER
  if (code >= 65 && code <= 90) return UPPER
  if (code >= 48 && code <= 57) return DIGIT
  return code === 95 || code === 45 || code === 46 || code === 47 || code === 32 ? SEPARATOR : OTHER
}

/** A capital starts a word after a small letter or digit, and where it ends an acronym: `HTTP|Server`. */
function startsWord(text: string, i: number, last: number): boolean {
  return last !== UPPER || sortOf(text.charCodeAt(i + 1)) === LOWER
}

/** Whether a type is named by its property: `x_y_z` is not, because `xYZ` names `x_yz`. */
function scansBack(type: string): boolean {
  return scanName(propertyName(type)) === type
}

function withoutSuffix(type: string, kind: string): string {
  const suffix = `_${kind}`
  let bare = type
  while (bare.length > suffix.length && bare.endsWith(suffix)) bare = bare.slice(0, -suffix.length)
  return bare
}

function spellingOf(key: Key): string {
  if (typeof key === 'string') return key
  const type = isInstance(key) ? key.$type : (key as { readonly type?: unknown } | null | undefined)?.type
  return typeof type === 'string' ? type : ''
}

/** The kind that a class, an instance or a toolset is of; a text is of the one that is wanted. */
export function kindNameOf(key: Key, wanted: string): string {
  const named = isInstance(key) ? key.constructor : key
  const { kind } = Object(named) as { kind?: unknown }
  return typeof kind === 'string' ? kind : wanted
}

function isInstance(key: Key): key is { readonly $type: string } {
  return typeof key === 'object' && key !== null && '$type' in key
}

/** Says why a text is no type name, and no spelling of one; `undefined` where it is one. */
function flawOf(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if (text.length > maxNameLength) return `it is longer than ${maxNameLength} characters`
  if (scanName(text) !== text) return 'it is not snake_case ASCII'
  if (!scansBack(text)) return `its property '${propertyName(text)}' does not scan back to it`
  return reservedTypes.has(text) ? 'JavaScript and tools probe it' : undefined
}

function invalid(name: unknown, why = flawOf(name as string)): never {
  throw new RetinueError('RETINUE_NAME_INVALID', `${shownValue(name)} can't be a type name: ${why}.`, {
    hint: "Use snake_case ASCII such as 'web_search', each word starting with a letter, or give a class or a toolset.",
    details: { name: typeof name === 'string' ? shortened(name) : shownValue(name) },
  })
}

const reservedTypes: ReadonlySet<string> = new Set([...probedNames].map((name) => scanName(name) ?? name))

/** The Levenshtein distance of two short texts, given up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
