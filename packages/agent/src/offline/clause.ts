// What a clause of a message holds that a tool could use: quoted texts, paths, globs, addresses, numbers, names. A
// message is taken apart once; what is in quotes is data and is never read as words of the request.
import { impliedConcepts, isConcept, keyword, keywordsOf } from './vocabulary.ts'

/** One clause of a message, taken apart. */
export interface Clause {
  readonly text: string
  /** The text without what stands in quotes. */
  readonly plain: string
  /** The text with the number of each quote in its place, behind `quoteMark`. */
  readonly marked: string
  readonly keywords: ReadonlySet<string>
  /** The concept of the verb that the clause begins with: what it tells somebody to do. */
  readonly command: string | undefined
  /** Texts in quotes, backticks or fences, in order. */
  readonly quotes: readonly string[]
  readonly paths: readonly string[]
  /** A folder that is named by `in` or `under`. */
  readonly folder: string | undefined
  readonly globs: readonly string[]
  readonly urls: readonly string[]
  readonly emails: readonly string[]
  readonly numbers: readonly number[]
  /** Names as code writes them: `ChatSession`, `max_steps`, `MAX_SIZE`. */
  readonly names: readonly string[]
  /** Names as people write them: `New York`. */
  readonly proper: readonly string[]
  /** What follows `about`, `for` or the like, up to a place. */
  readonly topic: string | undefined
  /** The same, to the end of the sentence. */
  readonly theme: string | undefined
  /** What is to be calculated: `2 * (3 + 4)`. */
  readonly sum: string | undefined
  /** What follows a colon. */
  readonly told: string | undefined
  /** What follows a colon, or `that`. */
  readonly rest: string | undefined
}

/** Takes a message apart into clauses: a new one begins where a new command or question does. */
export function clausesOf(message: string): Clause[] {
  const masked = mask(message)
  const starts = [0]
  for (const { index, 0: gap } of masked.matchAll(
    /[.!?]+\s+|;\s*|\n+|,?\s+(?:and\s+)?then\s+|,?\s+and\s+/g,
  )) {
    const start = index + gap.length
    const isSentence = /^[.!?;\n]/.test(gap)
    if (
      isSentence ||
      commandOf(masked.slice(start)) !== undefined ||
      /^(what|which|where)\b/i.test(masked.slice(start))
    ) {
      starts.push(start)
    }
  }
  return starts
    .map((start, i) => message.slice(start, starts[i + 1]).trim())
    .filter((text) => text !== '')
    .map(clauseOf)
}

/** A sign that nobody writes. */
export const quoteMark = '\uE000'

const quotePattern =
  /```[^\n]*\n([^]*?)```|`([^`]+)`|"([^"]+)"|“([^”]+)”|«([^»]+)»|‘([^’]+)’|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/gu

/** A name with capitals, of several words where they follow each other. */
export const properName = "(?!I\\b)\\p{Lu}[\\p{L}\\p{N}'’/_-]*(?: \\p{Lu}[\\p{L}\\p{N}'’/_-]*)*"

function clauseOf(text: string): Clause {
  const quotes = [...text.matchAll(quotePattern)].map(([, ...groups]) =>
    groups.find((group) => group !== undefined)!,
  )
  const plain = text.replace(quotePattern, ' ')
  let next = 0
  const tokens = tokensOf(plain)
  const urls = tokens.filter((token) => /^https?:\/\//i.test(token))
  const kinds = kindsOfFiles(plain)
  const globs = [...tokens.filter((token) => token.includes('*')), ...kinds]
  const paths = [...tokens.filter(isPath), ...quotes.filter(isPath), ...wellKnown(plain)]
  const isKind = (token: string): boolean =>
    wellKnownFiles.has(token.toLowerCase()) || (kinds.length > 0 && languages.has(token.toLowerCase()))
  const names = tokens.filter((token) => isName(token) && !isPath(token) && !isKind(token))
  const data = new Set([...urls, ...globs, ...paths, ...names])
  return {
    text,
    plain,
    marked: text.replace(quotePattern, () => `${quoteMark}${next++} `),
    keywords: new Set([
      ...keywordsOf(tokens.filter((token) => !data.has(token)).join(' ')),
      ...impliedConcepts(plain),
    ]),
    command: commandOf(plain),
    quotes,
    paths: [...new Set(paths)],
    folder: folderOf(plain),
    globs,
    urls,
    emails: tokens.filter((token) => /^\S+@[\w.-]+\w$/.test(token)),
    // "2+2" is two, but a range, a date or a fraction is none.
    numbers: tokens
      .flatMap((token) => token.split(/(?<=\d)[+*×÷^](?=\d)/))
      .filter((token) => /^-?\d+(\.\d+)?$/.test(token))
      .map(Number),
    names,
    proper: plain.match(new RegExp(`(?<=[\\p{L}\\p{N},:]\\s)${properName}`, 'gu')) ?? [],
    topic: topicOf(plain, /\s+(?:in|on|at|under|from)\s+|[.?!,;]/i),
    theme: topicOf(plain, /[?!;\n]|\.(?:\s|$)/),
    sum: sumPattern.exec(plain)?.[0],
    told: /:\s+([^]+)$/.exec(text)?.[1]?.trim(),
    rest: /(?::|\bthat)\s+([^]+)$/.exec(text)?.[1]?.trim(),
  }
}

/** Numbers with signs between them, and no part of more that is to be calculated: `sqrt(16) + 2`, `2 km + 3 m`, `5 * 15%`. */
const sumPattern =
  /(?=[(\d-])(?<![\p{L}\d.]|[-+*/^×÷%(,]\s*)[(-]*\d+(?:\.\d+)?\)*(?:\s*(?:\*\*|[-+*/^×÷%])\s*[(-]*\d+(?:\.\d+)?\)*)+(?![\p{L}\d]|\s*[-+*/^×÷%(])/u

function tokensOf(plain: string): string[] {
  return plain.split(/\s+/).map((token) => token.replace(/^[("[]+|[)\].,;:!?"]+$/g, ''))
}

/** Puts blanks of the same length in the place of what is quoted. */
function mask(text: string): string {
  return text.replace(quotePattern, (quoted) => '_'.repeat(quoted.length))
}

/** How a request begins that is polite. */
export const courtesies =
  /^(?:(?:please|kindly|now|also|first|next|finally|can you|could you|would you|will you|i want you to|i would like you to|i'd like you to|let's|and|,)\s+)+/i

/** The concept of the verb that a text begins with, courtesies left aside. */
function commandOf(text: string): string | undefined {
  const bare = text.trimStart().replace(courtesies, '')
  const first = /^[\p{L}]+(?![\p{L}']|\s*\()/u.exec(bare)?.[0]
  const concept = first === undefined ? undefined : keyword(first.toLowerCase())
  return concept !== undefined && isConcept(concept) && !/^(where|about)$/i.test(first!) ? concept : undefined
}

function isPath(token: string): boolean {
  if (token.length > 400 || /[\s*?<>|]/.test(token) || token.includes('://')) return false
  if (/^(\.{0,2}\/)?[\w@.+-]+(\/[\w@.+-]+)+\/?$/.test(token))
    return !/^(and\/or|either\/or|yes\/no|\d+\/\d+)$/i.test(token)
  return /^\.?[\w+-][\w+.-]*\.[A-Za-z][A-Za-z\d]{0,7}$/.test(token) && !/^(e\.g|i\.e|a\.k\.a)$/i.test(token)
}

const wellKnownFiles = new Map([
  ['readme', 'README.md'],
  ['changelog', 'CHANGELOG.md'],
  ['contributing', 'CONTRIBUTING.md'],
  ['license', 'LICENSE'],
  ['licence', 'LICENSE'],
  ['makefile', 'Makefile'],
  ['dockerfile', 'Dockerfile'],
])

function wellKnown(plain: string): string[] {
  // What files mention is a word, and none of them.
  const rest = plain.replace(
    /\b(?:grep|mention(?:s|ing)?|contain(?:s|ing)?)\s+(?:(?!\b(?:in|of|from)\b).)*/gi,
    ' ',
  )
  const named = tokensOf(rest).flatMap((token) => wellKnownFiles.get(token.toLowerCase()) ?? [])
  const asksForAll =
    /\b(?:what|about|describe|explain|summari[sz]e)\b.*\bthis (?:project|repo|repository|codebase|workspace)\b/i
  return named.length === 0 && asksForAll.test(plain) ? ['README.md'] : named
}

const languages = new Map([
  ['typescript', '*.ts'],
  ['javascript', '*.js'],
  ['markdown', '*.md'],
  ['json', '*.json'],
  ['yaml', '*.yaml'],
  ['python', '*.py'],
  ['css', '*.css'],
  ['html', '*.html'],
])

/** Globs for files that are named by kind: "TypeScript files", ".ts files". */
function kindsOfFiles(plain: string): string[] {
  return [...plain.matchAll(/(\.?[A-Za-z]\w*)\s+files?\b/g)].flatMap(([, kind]) =>
    kind!.startsWith('.') ? `*${kind}` : (languages.get(kind!.toLowerCase()) ?? []),
  )
}

const usualFolders =
  /^(src|lib|test|tests|docs|doc|packages|plugins|examples|scripts|bin|dist|app|public|benchmarks)$/

function folderOf(plain: string): string | undefined {
  for (const [, before, name, after] of plain.matchAll(
    /\b(?:in|under|below|inside|within|of)\s+(?:the\s+)?((?:folder|directory)\s+)?([\w./@-]*\w\/?)(\s+(?:folder|directory))?/gi,
  )) {
    const bare = name!.replace(/\/$/, '')
    if (isFile(bare) || /^(this|that|my|our|your|a|which|what)$/i.test(bare)) continue
    if (before !== undefined || after !== undefined || bare.includes('/') || usualFolders.test(bare))
      return bare
  }
  const listed = /^(?:list|ls)\s+(?:the\s+)?(\w+)\/?[.?!]*$/i.exec(plain.trim())?.[1]
  return listed !== undefined && usualFolders.test(listed) ? listed : undefined
}

function isFile(name: string): boolean {
  return !name.includes('/') && isPath(name)
}

function isName(token: string): boolean {
  return (
    /^[A-Za-z_$][\w$]*$/.test(token) && (/[a-z\d][A-Z]|_/.test(token) || /^[A-Z][A-Z\d]{2,}$/.test(token))
  )
}

/** What follows `about` or the like, up to what ends it. */
function topicOf(plain: string, end: RegExp): string | undefined {
  const found =
    /\b(?:about|for|grep|mention(?:s|ing)?|contain(?:s|ing)?|word|phrase|called|named)\s+([^]+)$/i.exec(plain)
  const topic = found?.[1]
    ?.split(end)[0]!
    .replace(/^(?:(?:the|a|an|any|word|phrase|text|term|string)\s+)+/i, '')
    .trim()
  return topic !== undefined && keywordsOf(topic).length > 0 ? topic : undefined
}
