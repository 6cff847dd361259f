// Globs without regular expressions: `*`, `?`, `[a-z]`, `{a,b}` within a name, `**` for any number of folders.
// A pattern comes from a model or a config. Turned into a regular expression it could be made to run for hours;
// here two pointers and one step back decide, in time that grows with pattern times path.
import { failure } from './errors.ts'

/** How many patterns the braces of one may stand for. */
export const maxAlternatives = 256

/** How long a pattern may be, in characters. */
export const maxGlobLength = 1000

/**
 * Compiles a glob into a test of paths with `/`. A pattern without a slash fits the last name at any depth;
 * one with a slash fits from the top. An `ä` fits however it is put together, as a Mac and other systems differ there.
 * @throws {RETINUE_WORKSPACE_INPUT} when the pattern is too long or has too many alternatives.
 *
 * @example
 * const isTest = compileGlob('*.test.{ts,js}')
 * isTest('src/deep/a.test.ts') // true
 */
export function compileGlob(
  pattern: string,
  options: { readonly ignoreCase?: boolean } = {},
): (path: string) => boolean {
  if (pattern.length > maxGlobLength) throw tooMuch(`is longer than ${maxGlobLength} characters`)
  const fold = (text: string): string => (options.ignoreCase ? text.toLowerCase() : text).normalize()
  const alternatives = withoutBraces(fold(pattern)).map(compileAlternative)
  return (path) => {
    const names = fold(path)
      .split('/')
      .map((name) => Array.from(name))
    return alternatives.some((steps) => fits(steps, names, fitsName))
  }
}

/** `'**'`, or the parts of a name; a part is `'*'` or a test of one character. */
type Step = '**' | readonly Part[]
type Part = '*' | ((character: string) => boolean)

function compileAlternative(pattern: string): Step[] {
  const names = pattern.replace(/^\.\//, '').split('/')
  const anchored = names.length > 1 && names.slice(1).some((name) => name !== '')
  const steps = names
    .filter((name) => name !== '')
    .map((name): Step => (name === '**' ? '**' : [...partsOf(Array.from(name))]))
  return anchored || pattern.startsWith('/') ? steps : ['**', ...steps]
}

function fitsName(step: Step, name: readonly string[]): boolean {
  return step !== '**' && fits(step, name, (part, character) => part !== '*' && part(character))
}

/** The one rule for both levels: a wildcard takes as little as it can, and more whenever the rest does not fit. */
function fits<P, I>(pattern: readonly P[], items: readonly I[], one: (part: P, item: I) => boolean): boolean {
  const isWild = (index: number): boolean => pattern[index] === '*' || pattern[index] === '**'
  let at = 0
  let wild = -1
  let taken = 0
  for (let item = 0; item < items.length;) {
    if (isWild(at)) [wild, taken] = [at++, item]
    else if (at < pattern.length && one(pattern[at]!, items[item]!)) [at, item] = [at + 1, item + 1]
    else if (wild >= 0) [at, item] = [wild + 1, ++taken]
    else return false
  }
  while (isWild(at)) at++
  return at === pattern.length
}

function* partsOf(characters: readonly string[]): Generator<Part> {
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    const end = character === '[' ? characters.indexOf(']', i + 2) : -1
    if (character === '*') yield '*'
    else if (character === '?') yield () => true
    else if (end > 0) {
      yield classOf(characters.slice(i + 1, end))
      i = end
    } else if (character === '\\' && i + 1 < characters.length) yield same(characters[++i]!)
    else yield same(character)
  }
}

function same(wanted: string): Part {
  return (character) => character === wanted
}

function classOf(characters: readonly string[]): Part {
  const negated = characters[0] === '!' || characters[0] === '^'
  const ranges: [string, string][] = []
  for (let i = negated ? 1 : 0; i < characters.length; i++) {
    const from = characters[i]!
    const isRange = characters[i + 1] === '-' && i + 2 < characters.length
    if (isRange) i += 2
    ranges.push([from, characters[i]!])
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated
}

/** Spells out braces: `a.{ts,js}` gives `a.ts` and `a.js`. What is unbalanced or has no comma stays as it is. */
function withoutBraces(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  while (open.length > 0) {
    const next = open.pop()!
    const choice = innermostChoice(next)
    if (choice === undefined) done.push(next)
    else for (const each of choice.texts) open.push(next.slice(0, choice.from) + each + next.slice(choice.to))
    if (done.length + open.length > maxAlternatives)
      throw tooMuch(`has more than ${maxAlternatives} alternatives`)
  }
  return done
}

function innermostChoice(pattern: string): { from: number; to: number; texts: string[] } | undefined {
  const found = /\{([^{},]*(?:,[^{},]*)+)\}/.exec(pattern)
  if (found === null) return undefined
  return { from: found.index, to: found.index + found[0].length, texts: found[1]!.split(',') }
}

function tooMuch(what: string): Error {
  return failure('RETINUE_WORKSPACE_INPUT', `The glob ${what}.`, 'Use a simpler one, such as **/*.ts.')
}
