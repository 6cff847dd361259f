// Searches the files below a folder, by glob, by text, or by both, and answers in pages. Files are searched one after
// the other in the order of the walk, so that a page begins where the one before it ended. What is not text is passed by.
import { posix } from 'node:path'
import { codeOf, failure } from './errors.ts'
import { createFinder, type Finder } from './finder.ts'
import { compileGlob } from './glob.ts'
import { Line } from './line.ts'
import { linesOf, maxLineLength } from './lines.ts'
import { Page, type PageOptions } from './page.ts'
import type { Root } from './root.ts'
import { walk } from './walk.ts'
import { clipped, counted, figure, shown } from './wording.ts'

/** What is searched for, and where. */
export interface Query {
  /** A folder, or a single file. @default the root */
  readonly path?: string | undefined
  /** Which files, as paths from that folder. @default all */
  readonly glob?: string | undefined
  /** What a line must have; without it the files themselves are the answer. */
  readonly text?: string | undefined
  /** Whether the text is a regular expression. @default false */
  readonly regex?: boolean | undefined
  /** @default false */
  readonly ignoreCase?: boolean | undefined
}

/** How a search is bounded. */
export interface SearchOptions extends PageOptions {
  /** After which time it answers with what it has found, in milliseconds. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Gives a page of matching lines (`path:line: text`), or of matching files, under a title that says how to go on.
 * @throws {RETINUE_WORKSPACE_INPUT} when the query asks for nothing, or its pattern is no good.
 */
export async function searchPage(root: Root, query: Query, options: SearchOptions): Promise<string> {
  if (query.text === undefined && query.glob === undefined) {
    throw failure(
      'RETINUE_WORKSPACE_INPUT',
      'There is nothing to search for.',
      'Give a text, a glob, or both.',
    )
  }
  const late = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late])
  const search = new Search(root, new Page(options), signal)
  try {
    await (query.regex ? line.work(signal, () => search.run(query)) : search.run(query))
  } catch (error) {
    if (error !== late.reason) throw error
    search.isLate = true
  }
  return search.answer(query.text === undefined ? 'file' : 'match')
}

/** Searches by regular expressions, each of which has a thread: so many that they leave room for the one they are in. */
const line = new Line(4)

/** How much of a matching line is shown, in characters. */
const maxExcerptLength = 240

/** One search under way: the page that it fills, and what it met on its way. */
class Search {
  isLate = false
  readonly #root: Root
  readonly #page: Page
  readonly #signal: AbortSignal
  #files = 0
  #binary = 0
  #unreadable = 0
  #cutLines = 0

  constructor(root: Root, page: Page, signal: AbortSignal) {
    this.#root = root
    this.#page = page
    this.#signal = signal
  }

  async run({ path = '', glob, text, regex, ignoreCase }: Query): Promise<void> {
    const start = await this.#root.locate(path)
    const fits = glob === undefined ? () => true : compileGlob(glob)
    await using finder =
      text === undefined ? undefined : await createFinder({ text, isRegex: regex, ignoreCase }, this.#signal)
    for await (const file of start.isFile ? [start.path] : this.#walk(start.path)) {
      if (!fits(start.isFile ? file : posix.relative(start.path, file))) continue
      this.#files++
      if (finder === undefined) this.#page.add(() => shown(file))
      else await this.#searchFile(file, finder, start.isFile)
      if (this.#page.hasMore) return
    }
  }

  answer(noun: string): string {
    const isCounted = !this.isLate && !this.#page.hasMore
    const title =
      this.#page.isEmpty && !(isCounted && this.#page.seen > 0)
        ? 'Nothing found'
        : this.#page.title(noun, isCounted)
    return [title, ...this.#notes()].join('; ') + this.#page.text
  }

  #walk(folder: string): AsyncGenerator<string> {
    return walk(this.#root, folder, { signal: this.#signal, onUnreadable: () => void this.#unreadable++ })
  }

  async #searchFile(path: string, finder: Finder, isAsked: boolean): Promise<void> {
    try {
      await using file = await this.#root.openFile(path)
      let before = 0
      for await (const lines of linesOf(file, this.#signal)) {
        for (const [index, at] of await finder.find(lines)) {
          this.#page.add(
            () => `${shown(path)}:${before + index + 1}: ${clipped(lines[index]!, maxExcerptLength, at)}`,
          )
          if (this.#page.hasMore) return
        }
        before += lines.length
        this.#cutLines += lines.filter((line) => line.length >= maxLineLength).length
      }
    } catch (error) {
      const code = codeOf(error)
      const isOfOneFile = code !== undefined && code !== 'RETINUE_WORKSPACE_INPUT' // that is: of the pattern
      if (isAsked || !isOfOneFile) throw error
      if (code === 'RETINUE_WORKSPACE_BINARY') this.#binary++
      else this.#unreadable++
    }
  }

  #notes(): string[] {
    const passedBy = [
      this.#binary > 0 && counted(this.#binary, 'binary file'),
      this.#unreadable > 0 && `${figure(this.#unreadable)} that could not be read`,
    ].filter((note) => note !== false)
    return [
      this.isLate && 'stopped before the end, since time was up: narrow the search by path or glob',
      this.#page.isEmpty && `${counted(this.#files, 'file')} searched`,
      passedBy.length > 0 && `passed by: ${passedBy.join(', ')}`,
      this.#cutLines > 0 &&
        `${counted(this.#cutLines, 'line')} searched only up to character ${figure(maxLineLength)}`,
    ].filter((note) => note !== false)
  }
}
