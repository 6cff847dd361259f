// What a piece of Markdown looks like in a terminal. A library renders what holds no other blocks; lists and quotes are
// put around that here: the library takes all indentation out of an item, that of code and of lists below it too.
import { styleText } from 'node:util'
import truncated from 'fast-string-truncated-width'
import { lexer, type Token, type Tokens } from 'marked'

/** Renders Markdown source for a width. */
export type MarkdownRenderer = (source: string, width: number) => string

/** The tokens of a source; nothing where thousands of quotes or lists are within each other: the stack has no room. */
export function tokensOf(source: string): readonly Token[] | undefined {
  try {
    return lexer(source)
  } catch {
    return undefined
  }
}

/** The items of a list. */
export function itemsOf(list: Token): readonly Tokens.ListItem[] {
  return (list as Tokens.List).items
}

/** Renders a source for a width. */
export function renderBlocks(source: string, width: number, render: MarkdownRenderer): string {
  const tokens = tokensOf(source)
  // Each level takes columns, and many of them time in which nothing else goes on.
  if (tokens === undefined || isDeeper(tokens, mostLevels)) return source.trimEnd()
  return new Blocks(render, mostLevels).all(tokens, width, '\n\n')
}

class Blocks {
  readonly #render: MarkdownRenderer
  readonly #levels: number

  constructor(render: MarkdownRenderer, levels: number) {
    this.#render = render
    this.#levels = levels
  }

  /** Blocks one below the other. */
  all(tokens: readonly Token[], width: number, gap: string): string {
    return tokens
      .map((token) => this.#block(token, width).replace(/^\n+/, '').trimEnd())
      .filter((text) => text !== '')
      .join(gap)
  }

  #block(token: Token, width: number): string {
    switch (token.type) {
      case 'list':
        return this.#list(token as Tokens.List, width)
      case 'blockquote':
        return beside(bar, bar, this.all((token as Tokens.Blockquote).tokens, within(width, 2), '\n\n'))
      case 'code':
        return this.#render(fenced(token as Tokens.Code), width)
      case 'table':
        return this.#table(token as Tokens.Table, width)
      case 'html': // the renderer would leave it out
        return token.raw
      case 'text':
        return this.#text(token, width)
      default:
        return this.#render(withLinks(token), width)
    }
  }

  /** A text in a list. By itself, behind a box for example, it may be a block of another kind: with levels of its own. */
  #text(token: Token, width: number): string {
    const levels = this.#levels >> 1
    const tokens = tokensOf(token.raw)
    if (tokens === undefined || isDeeper(tokens, levels)) return token.raw
    const isText = tokens.every(({ type }) => type === 'paragraph' || type === 'text')
    return isText
      ? this.#render(withLinks(token), width)
      : new Blocks(this.#render, levels).all(tokens, width, '\n')
  }

  #list(list: Tokens.List, width: number): string {
    const gap = list.loose ? '\n\n' : '\n'
    return list.items
      .map(({ tokens, task, checked }, i) => {
        const box = checked === true ? '[x]' : '[ ]'
        const mark = task ? box : list.ordered ? `${Number(list.start) + i}.` : '-'
        const below = ' '.repeat(mark.length + 1)
        const text = this.all(task ? withoutBox(tokens) : tokens, within(width, below.length), gap)
        return beside(`${styleText('cyan', mark, always)} `, below, text)
      })
      .join(gap)
  }

  /** A table; one that has no room, or a word in it none in its column, becomes a list of its rows. */
  #table(table: Tokens.Table, width: number): string {
    const rendered = this.#render(withLinks(table), width)
    const lines = rendered.split('\n')
    const room = Math.min(width, lines[0]!.length) // the border is as wide as the columns
    const isTooWide = lines.some((line) => truncated(line, { limit: room }).truncated)
    return isTooWide ? this.all(lexer(rowsOf(table)), width, '\n\n') : rendered
  }
}

/** What stands in an item behind its box, which its mark shows. */
function withoutBox([first, ...others]: readonly Token[]): readonly Token[] {
  return first ? [{ ...first, raw: first.raw.replace(/^\[[ xX]\]\s*/, '') }, ...others] : []
}

/** What is left of a width; so much that a word has room, however deep it stands. */
function within(width: number, taken: number): number {
  return Math.max(12, width - taken)
}

/** Puts a mark before the first line of a text, and another before those below. */
function beside(first: string, below: string, text: string): string {
  return text
    .split('\n')
    .map((line, i) => `${i === 0 ? first : below}${line}`.trimEnd())
    .join('\n')
}

const always = { validateStream: false }
const bar = styleText('dim', '│ ', always)

/**
 * Code in a fence that is longer than any in it. The renderer trims what it is given, takes code of no language for text
 * where it looks like the definition of a link, and shows that of any other alike.
 */
function fenced({ text }: Tokens.Code): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}

/** What stands in a block, with links in place of images: the renderer would leave those out. */
function withLinks(token: Token): string {
  let at = 0
  let shown = ''
  for (const { type, raw } of leavesOf([token])) {
    const found = type === 'image' ? token.raw.indexOf(raw, at) : -1
    if (found < 0) continue
    shown += token.raw.slice(at, found) + raw.slice(1)
    at = found + raw.length
  }
  return shown + token.raw.slice(at)
}

/** The tokens that hold no others, in order. */
function leavesOf(tokens: readonly Token[]): readonly Token[] {
  return tokens.flatMap((token) => {
    const held = heldBy(token)
    return held === undefined ? [token] : leavesOf(held)
  })
}

function isDeeper(tokens: readonly Token[], levels: number): boolean {
  return tokens.some((token) => levels === 0 || isDeeper(heldBy(token) ?? [], levels - 1))
}

const mostLevels = 24

/** The tokens within one; nothing for an image, whose text stands in it. */
function heldBy(token: Token): readonly Token[] | undefined {
  if (token.type === 'image') return undefined
  if (token.type === 'list') return itemsOf(token).flatMap(({ tokens }) => tokens)
  if (token.type === 'table') {
    const { header, rows } = token as Tokens.Table
    return [header, ...rows].flat().flatMap(({ tokens }) => tokens)
  }
  return (token as Tokens.Generic).tokens
}

/** The rows of a table as a list: the first cell, and what belongs to it below. */
function rowsOf({ header, rows }: Tokens.Table): string {
  const told = rows.length === 0 ? [header] : rows
  return told
    .flatMap((cells) =>
      cells.map(({ text }, i) => {
        const name = cells === header ? '' : header[i]!.text
        return `${i === 0 ? '' : '  '}- ${name === '' ? '' : `${name}: `}${text}`
      }),
    )
    .join('\n')
}
