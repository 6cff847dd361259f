// Reads one page of a text file, with line numbers. A file of any size can be paged through; only the count of all
// its lines is left out where the file is too large to be read to its end for a number.
import { linesOf, maxLineLength } from './lines.ts'
import { Page, type PageOptions } from './page.ts'
import type { Opened } from './opened.ts'
import type { Root } from './root.ts'
import { figure, shown, sized, type Answer } from './wording.ts'

/** How much of a line is shown, in characters. */
export const maxShownLength = 1000

/** How a file is read. */
export interface ReadOptions extends PageOptions {
  /** Up to which size all lines are counted, in bytes. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Gives a page of a file as text: a title that says how to go on, then the lines, each with its number and a tab.
 * @throws {RETINUE_WORKSPACE_BINARY} when it is no text, {RETINUE_WORKSPACE_INPUT} when the offset lies behind its end.
 */
export async function readPage(root: Root, path: string, options: ReadOptions): Promise<Answer> {
  await using file = await root.openFile(path)
  const page = new Page(options)
  const size = Number(file.stats.size)
  const isLarge = size > options.maxBytes
  const isCounted = await fill(page, file, isLarge, options.signal)
  const note = isLarge ? `; the file has ${sized(size)}: search in it, and read around what is found` : ''
  const title = page.seen === 0 ? 'empty' : page.title('line', isCounted) + note
  return { path: file.path, text: `${shown(file.path)}: ${title}${page.text}` }
}

/** Reads as much as the page needs, and unless the file is large, to its end. Tells whether it came to the end. */
async function fill(page: Page, file: Opened, isLarge: boolean, signal?: AbortSignal): Promise<boolean> {
  for await (const lines of linesOf(file, signal)) {
    for (const line of lines) {
      page.add((number) => `${number}\t${cut(line)}`)
      if (isLarge && page.hasMore) return false
    }
  }
  return true
}

function cut(line: string): string {
  if (line.length <= maxShownLength) return line
  const length = line.length < maxLineLength ? figure(line.length) : `more than ${figure(maxLineLength)}`
  return `${line.slice(0, maxShownLength).replace(/[\uD800-\uDBFF]$/, '')}… [cut: the line has ${length} characters]`
}
