// What the running words of a clause give an argument: what stands behind the name of a property, behind a preposition
// or a verb, which lines or which number of a thing are meant.
import { type Clause, courtesies, properName, quoteMark } from './clause.ts'
import type { OfflineTool } from './offline-tool.ts'
import { keyword, keywordsOf, wordsOf } from './vocabulary.ts'

/** What stands right behind the name of a property: a text in quotes, an e-mail address, a name with a capital. */
export function valueBehind(name: string, { marked, quotes }: Clause): string | undefined {
  const words = wordsOf(name).map((word) => `[${word[0]}${word[0]!.toUpperCase()}]${word.slice(1)}`)
  if (words.length === 0) return undefined
  const is = '(?:(?:is|of|as|to) )?'
  const value = `[\\s:=]{0,3}${is}${quoteMark}(\\d+) |\\s${is}(\\S+@[\\w.-]*\\w|${properName})`
  const found = new RegExp(`(?<![\\p{L}\\p{N}])${words.join('[\\s_-]?')}(?:${value})`, 'u').exec(marked)
  return found?.[1] === undefined ? found?.[2] : quotes[Number(found[1])]
}

/** "order 1234" for an `orderId`; or the one number that there is. */
export function identifierIn({ plain, numbers }: Clause, words: readonly string[]): string | undefined {
  const thing = words.slice(0, -1).join('\\s+')
  const found = new RegExp(
    `(?<![\\p{L}\\p{N}])${thing}\\s+(?:(?:id|number|no\\.?) )?#?([\\w-]*\\d[\\w-]*)`,
    'iu',
  ).exec(plain)
  if (thing !== '' && found !== null) return found[1]
  return numbers.length === 1 ? numbers[0]!.toString() : undefined
}

/** "the capital of peru": what stands behind a preposition. */
export function objectIn(plain: string): string | undefined {
  const found =
    /\s(?:in|of|on|at|from)\s+(?:(?:the|a|an)\s+)?([^.?!,;]+?)(?=\s+(?:in|on|at|from|for)\s|[.?!,;]|$)/i.exec(
      plain,
    )
  return found !== null && keywordsOf(found[1]!).length > 0 ? found[1] : undefined
}

/** What is said beside the verb that the tool is called by. */
export function withoutCommand(text: string, { deeds }: OfflineTool): string {
  const [, verb, rest] = /^(\p{L}+)\s+([^]+)$/u.exec(text.replace(courtesies, '')) ?? []
  const isCommand =
    verb !== undefined && deeds.has(keyword(verb.toLowerCase())) && keywordsOf(rest!).length > 0
  return isCommand ? rest!.replace(/[?.!\s]+$/, '') : text
}

/** "what is sqrt(16) + 2?": what is to be calculated, without the asking. */
export function termIn(text: string, tool: OfflineTool): string {
  return withoutCommand(text, tool).replace(
    /^(?:what(?:'s| is)|how (?:much|many) (?:is|are))\s+|[?.\s]+$/gi,
    '',
  )
}

/**
 * "load the skill release-notes": what is said beside words that say nothing, and those of the tool itself. What has
 * digits, as "2d6", is no such word, even where the tool gives it as an example.
 */
export function thingIn(text: string, { weights }: OfflineTool): string | undefined {
  const words = text.replace(/[?.!\s]+$/, '').split(/\s+/)
  const isThing = (word: string): boolean => /\d/.test(word) || !weights.has(word)
  const first = words.findIndex((word) => keywordsOf(word).some(isThing))
  return first < 0 ? undefined : words.slice(first).join(' ')
}

/** What is asked for, without the asking. */
export function withoutQuestion(text: string): string {
  return text
    .replace(
      /^(?:please\s+)?(?:search|look up|find|google|tell me|show me)\s+(?:the web\s+)?(?:for|about)?\s*/i,
      '',
    )
    .replace(/[?.!\s]+$/, '')
}

/** "lines 10 to 20", "lines 10-20", "from line 10", "the first 5 lines". */
export function linesIn(plain: string): { from: number; count: number } | undefined {
  const range = /\blines?\s+(\d+)\s*(?:-|–|to|through|until)\s*(\d+)/i.exec(plain)
  if (range !== null)
    return { from: Number(range[1]), count: Math.max(1, Number(range[2]) - Number(range[1]) + 1) }
  const first = /\bfirst\s+(\d+)\s+lines\b/i.exec(plain)
  if (first !== null) return { from: 1, count: Number(first[1]) }
  const one = /\bline\s+(\d+)\b/i.exec(plain)
  return one === null
    ? undefined
    : { from: Number(one[1]), count: /\bfrom\s+line\b/i.test(plain) ? Infinity : 1 }
}
