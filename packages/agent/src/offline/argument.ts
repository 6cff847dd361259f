// What an argument may be filled with. For texts the property's name tells what it takes: a path, a glob, an address,
// something to look for, something to store. Each thing that a clause holds is used once, and how well the arguments
// are founded is counted: a tool that uses what the message names beats one that does not.
import type { Clause } from './clause.ts'
import type { OfflineTool, Schema } from './offline-tool.ts'
import {
  identifierIn,
  linesIn,
  objectIn,
  termIn,
  thingIn,
  valueBehind,
  withoutCommand,
  withoutQuestion,
} from './phrase.ts'
import { keywordsOf, wordsOf } from './vocabulary.ts'

/** What a clause holds, less what has been used. */
export class Evidence {
  readonly #clause: Clause
  readonly #quotes: string[]
  readonly paths: string[]
  readonly #globs: string[]
  readonly #urls: string[]
  readonly #numbers: number[]
  readonly #names: string[]
  readonly #proper: string[]
  readonly #tool: OfflineTool
  /** What stands behind the names of the tool's properties. */
  readonly #named: ReadonlyMap<string, string>
  /** What was used of the running text. */
  readonly #said = new Set<string>()
  /** How well the arguments so far are founded. */
  weight = 0
  readonly #chosen = new Set<unknown>()
  readonly #lines: { from: number; count: number } | undefined

  constructor(clause: Clause, tool: OfflineTool) {
    this.#clause = clause
    this.#tool = tool
    this.#quotes = [...clause.quotes]
    this.paths = [...clause.paths]
    this.#globs = [...clause.globs]
    this.#urls = [...clause.urls]
    this.#numbers = [...clause.numbers]
    this.#names = [...clause.names]
    this.#proper = [...clause.proper]
    this.#lines = linesIn(clause.plain)
    this.#named = new Map(
      Object.entries(tool.schema.properties ?? {})
        .filter(([name, { type }]) => type !== 'array' && !['path', 'glob', 'url'].includes(roleOf(name)))
        .flatMap(([name]) => {
          const value = valueBehind(name, clause)
          for (const each of [this.#quotes, this.paths, this.#proper]) remove(each, value)
          return value === undefined ? [] : [[name, value] as const]
        }),
    )
  }

  /** What the clause names and no argument has used. */
  get unused(): number {
    return this.#quotes.length + this.paths.length + this.#urls.length
  }

  /** Gives an argument for a property; `undefined` where nothing founds one. */
  argument(name: string, schema: Schema, isRequired: boolean): unknown {
    const choices = choicesOf(schema)
    if (choices !== undefined)
      return this.#choice(name, choices, schema, isRequired && !this.#tool.isChanging)
    const { type } = schema
    if (type === 'string') {
      const text = this.#text(name, isRequired)
      return text !== undefined && matches(text, schema) ? text : undefined
    }
    if (type === 'number' || type === 'integer') return this.#number(name, isRequired)
    if (type === 'boolean') return this.#boolean(name, schema, isRequired)
    if (type === 'array') return schema.items?.type === 'string' ? this.#texts(name) : undefined
    const isFree = type === 'object' && (schema.required ?? []).length === 0
    return isFree && isRequired ? {} : undefined
  }

  #text(name: string, isRequired: boolean): string | undefined {
    const { folder, theme, text } = this.#clause
    const { deeds } = this.#tool
    const role = roleOf(name, this.#tool)
    if (role === 'path') {
      if (deeds.has('list')) return this.#take(2, folder ?? this.#folderPath())
      return this.#take(2, isRequired ? this.#path() : (folder ?? this.#path()))
    }
    if (role === 'glob') {
      const isSearch = deeds.has('search') && this.weight === 0
      return this.#take(2, this.#globs.shift() ?? (isSearch ? this.#pathAsGlob() : undefined))
    }
    if (role === 'url') return this.#take(2, this.#urls.shift())

    const meant = this.#named.get(name) ?? this.#quote() ?? this.#once(this.#meant(name, role))
    if (meant !== undefined) return this.#take(2, meant)
    const { required = [], properties = {} } = this.#tool.schema
    const isOpen = isRequired && !this.#tool.isChanging
    // Where a tool needs nothing, what it may be given is all that it can be about.
    const isAbout = isOpen || (required.length === 0 && !this.#tool.isChanging)
    const likely = isAbout || role !== 'thing' ? this.#once(this.#likely(role)) : undefined
    if (likely !== undefined) return this.#take(1, likely)
    if (role === 'query' || role === 'pattern')
      return isRequired ? this.#once(withoutQuestion(text)) : undefined
    if (!isOpen) return undefined
    if (role === 'sum') return this.#once(termIn(text, this.#tool))
    if (role !== 'thing')
      return this.#once((role === 'content' ? theme : undefined) ?? withoutCommand(text, this.#tool))
    // All that is said is one thing where the tool needs no other, but for choices.
    const isOnly = required.every((each) => each === name || choicesOf(properties[each] ?? {}) !== undefined)
    return isOnly ? this.#once(thingIn(text, this.#tool)) : undefined
  }

  /** What the clause gives for a text of that role, plainly. */
  #meant(name: string, role: Role): string | undefined {
    const { rest, sum, emails } = this.#clause
    if (role === 'query') return undefined
    if (role === 'pattern') return this.#names.shift()
    if (role === 'sum' && sum !== undefined) return sum
    const words = role === 'thing' ? wordsOf(name) : []
    if (words.some((word) => /^(?:e?mail|to|recipients?|address)$/.test(word))) return emails[0] ?? rest
    const isId = /^(?:id|number|no|code)$/.test(words.at(-1)!)
    const id = isId ? identifierIn(this.#clause, words) : undefined
    remove(this.#numbers, Number(id))
    return id ?? rest
  }

  /** What the clause gives for it, likely. */
  #likely(role: Role): string | undefined {
    const { topic, theme, told, plain } = this.#clause
    if (role === 'pattern') return topic
    if (role === 'query') return theme ?? told ?? this.#names.shift()
    if (role !== 'thing') return undefined
    return this.#proper.shift() ?? topic ?? objectIn(plain)
  }

  /** What is said can be used for one argument. */
  #once(text: string | undefined): string | undefined {
    if (text === undefined || this.#said.has(text)) return undefined
    this.#said.add(text)
    remove(this.paths, text) // as `Europe/Berlin` and `acme/api` look
    return text
  }

  #quote(): string | undefined {
    const quote = this.#quotes.shift()
    remove(this.paths, quote)
    return quote
  }

  /** A path; a quote that is a path is used up as both. */
  #path(): string | undefined {
    const path = this.paths.shift()
    remove(this.#quotes, path)
    return path
  }

  #folderPath(): string | undefined {
    const last = this.paths[0]?.split('/').at(-1)
    return last === undefined || /\.\w+$/.test(last) ? undefined : this.#path()
  }

  #pathAsGlob(): string | undefined {
    const path = this.#path()
    return path === undefined || path.includes('/') ? path : `**/${path}`
  }

  #texts(name: string): string[] | undefined {
    const role = roleOf(name)
    const from = role === 'path' ? this.paths : role === 'url' ? this.#urls : this.#quotes
    return from.length === 0 ? undefined : this.#take(2, from.splice(0))
  }

  #number(name: string, isRequired: boolean): number | undefined {
    const words = wordsOf(name)
    const is = (...names: string[]): boolean => words.some((word) => names.includes(word))
    const most = /\b(?:first|top|last|only|most)\s+(\d+)\b/i.exec(this.#clause.plain)?.[1]
    if (is('offset', 'start', 'from', 'line', 'begin', 'first')) return this.#take(1, this.#lines?.from)
    if (is('end', 'to', 'last') && this.#lines) return this.#take(1, this.#lines.from + this.#lines.count - 1)
    if (is('limit', 'count', 'max', 'top', 'n', 'size', 'number')) {
      const limit = this.#lines?.count ?? (most === undefined ? undefined : Number(most))
      if (limit !== undefined && Number.isFinite(limit)) return this.#take(1, limit)
    }
    return isRequired ? this.#take(1, this.#numbers.shift()) : undefined
  }

  #boolean(name: string, schema: Schema, isRequired: boolean): boolean | undefined {
    const words = keywordsOf(name)
    if (words.length > 0 && words.every((word) => this.#clause.keywords.has(word))) return this.#take(1, true)
    return isRequired ? schema.default === true : undefined
  }

  #choice(name: string, choices: readonly unknown[], schema: Schema, isRequired: boolean): unknown {
    const mentioned = choices.find((choice) => {
      const words = keywordsOf(String(choice))
      const isMentioned = words.length > 0 && words.every((word) => this.#clause.keywords.has(word))
      return isMentioned && !this.#chosen.has(choice)
    })
    const named = this.#choiceAfter(name, choices) ?? mentioned
    this.#chosen.add(named)
    return this.#take(1, named) ?? (isRequired ? (schema.default ?? choices[0]) : undefined)
  }

  /** The choice that follows the name of its property, in quotes or not: "from mi to km". */
  #choiceAfter(name: string, choices: readonly unknown[]): unknown {
    const words = this.#clause.text.split(/\s+/).map((word) => word.replace(/^["'`(]+|["'`),.;:!?]+$/g, ''))
    const after = words.filter((_word, i) => words[i - 1]?.toLowerCase() === name.toLowerCase())
    return choices.find((choice) => after.includes(String(choice)))
  }

  #take<T>(weight: number, value: T | undefined): T | undefined {
    if (value !== undefined) this.weight += weight
    return value
  }
}

function remove<T>(items: T[], item: T | undefined): void {
  const index = item === undefined ? -1 : items.indexOf(item)
  if (index >= 0) items.splice(index, 1)
}

/** What a text stands for. */
type Role = 'path' | 'glob' | 'url' | 'query' | 'pattern' | 'sum' | 'content' | 'thing'

const roles: readonly (readonly [Role, RegExp])[] = [
  ['glob', /^globs?$/],
  ['path', /^(paths?|files?|filenames?|filepath|dir|directory|folder)$/],
  ['url', /^(urls?|uri|link|href)$/],
  ['query', /^(query|queries|q|search|terms?|keywords?|topic|question)$/],
  ['pattern', /^(phrase|needle|pattern|regex)$/],
  ['sum', /^(expression|formula|equation)$/],
  ['content', /^(texts?|contents?|body|message|thought|note|task|prompt|input|title|description)$/],
]

function roleOf(name: string, tool?: OfflineTool): Role {
  const words = wordsOf(name)
  const role = roles.find(([, pattern]) => words.some((word) => pattern.test(word)))?.[0] ?? 'thing'
  return role === 'content' && tool?.deeds.has('search') === true && !tool.isChanging ? 'pattern' : role
}

/** Whether a text has the form that its schema asks for; one that can't be read asks for none. */
function matches(text: string, { pattern }: Schema): boolean {
  if (pattern === undefined) return true
  try {
    return new RegExp(pattern, 'u').test(text)
  } catch {
    return true
  }
}

function choicesOf(schema: Schema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum
  if (schema.const !== undefined) return [schema.const]
  const choices = schema.anyOf?.flatMap((each) => choicesOf(each))
  return choices?.every((choice) => choice !== undefined) === true ? choices : undefined
}
