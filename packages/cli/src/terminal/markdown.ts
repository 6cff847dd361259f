// Markdown for a terminal, block by block as it is written. A block is rendered once, when the one after it has begun,
// and is never drawn again: what scrolled away stays as it was. Rendering wants markdansi, which wants Node 22; without
// it, Markdown is shown as it is written.
import truncated from 'fast-string-truncated-width'
import { lexer, type Token, type Tokens } from 'marked'
import { safeText, SafeStream } from './safe-text.ts'

/** Renders Markdown source for a width. */
export type MarkdownRenderer = (source: string, width: number) => string

/**
 * Loads the renderer, if it is installed. The source must have passed `safeText`; what comes out holds no escape
 * sequence but those of colour.
 */
export async function loadMarkdown(): Promise<MarkdownRenderer | undefined> {
  try {
    const { render } = await import('markdansi')
    // Hyperlinks would hide where they lead; boxes around code and breaks in it would be copied along; what is cut off a
    // table would be lost.
    const options = {
      wrap: true,
      color: true,
      hyperlinks: false,
      codeBox: false,
      codeWrap: false,
      tableTruncate: false,
    }
    return (source, width) =>
      safeRendering(render(source.replace(numericEntity, namedEntity), { ...options, width }))
  } catch {
    return undefined
  }
}

/** Says what rendering wants, where it can't be loaded: npm on an older Node leaves markdansi out. */
export function wantedForMarkdown(node = process.versions.node): string {
  return Number.parseInt(node) < 22
    ? 'rendering it wants Node 22 or newer.'
    : 'markdansi, which renders it, is not installed. `npm i markdansi`, or install retinue again.'
}

/** Collects Markdown that comes in pieces, and gives each block, rendered, as soon as it is complete. */
export class MarkdownStream {
  readonly #safe = new SafeStream()
  readonly #render: MarkdownRenderer
  readonly #width: () => number
  #pending = ''
  #isFirst = true
  #wasItem = false

  constructor(render: MarkdownRenderer, width: () => number) {
    this.#render = render
    this.#width = width
  }

  /** What was written and is not complete. */
  get pending(): string {
    return this.#pending
  }

  /** Takes more of the source; gives the blocks that it completes. */
  push(delta: string): string {
    this.#pending += this.#safe.push(delta)
    // Blocks end with lines: within one there is nothing new to find.
    return delta.includes('\n') ? this.#take(false) : ''
  }

  /** Gives the rest. */
  end(): string {
    this.#pending += this.#safe.end()
    const rest = this.#take(true)
    this.#isFirst = true
    return rest
  }

  #take(isLast: boolean): string {
    const blocks = blocksOf(this.#pending)
    const complete = isLast ? blocks : blocks.slice(0, -1)
    // Blanks before the first block may set it in: they are kept until it comes.
    if (isLast) this.#pending = ''
    else if (blocks.length > 0) this.#pending = blocks.at(-1)!.source
    return complete.map((block) => this.#show(block)).join('')
  }

  #show({ source, isItem, isLoose }: Block): string {
    const rendered = this.#rendered(source).replace(/^\n+/, '').trimEnd()
    if (rendered === '') return ''
    const isTight = this.#wasItem && isItem && !isLoose
    const gap = this.#isFirst || isTight ? '' : '\n'
    this.#isFirst = false
    this.#wasItem = isItem
    return `${gap}${rendered}\n`
  }

  /** Renders a block; a table that is wider than the terminal becomes a list of its rows. */
  #rendered(written: string): string {
    const width = this.#width()
    const tokens = lexed(written)
    // To render a hundred quotes within each other takes seconds, in which nothing else goes on.
    if (tokens === undefined || tokens[0]?.type === 'html' || isDeeper(tokens, mostLevels)) return written
    const source = withAll(written, tokens)
    const [token] = lexer(source)
    // The renderer trims what it is given, and with that takes the first line out of code that is set in.
    if (token?.type === 'code' && token.codeBlockStyle === 'indented')
      return this.#render(fenced(token.text as string), width)
    const rendered = this.#render(source, width)
    const isWide = (line: string): boolean => truncated(line, { limit: width }).truncated
    if (token?.type !== 'table' || !rendered.split('\n').some(isWide)) return rendered
    return this.#render(rowsOf(token as Tokens.Table), width)
  }
}

/** Has the renderer show what it would leave out: an image as a link, HTML that is a block within a list as text. */
function withAll(source: string, tokens: readonly Token[]): string {
  let at = 0
  let shown = ''
  for (const token of leavesOf(tokens)) {
    // What is set in stands in its token without that: its lines are found, where the whole might not be.
    for (const line of token.raw.split('\n')) {
      const found = source.indexOf(line, at)
      if (found < 0) continue
      shown += source.slice(at, found) + shownLine(line, token)
      at = found + line.length
    }
  }
  return shown + source.slice(at)
}

function shownLine(line: string, token: Token): string {
  if (token.type === 'image') return line.replace('!', '')
  return token.type === 'html' && token.block === true ? line.replaceAll('<', '\\<') : line
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

function fenced(code: string): string {
  const longest = Math.max(2, ...Array.from(code.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${code}\n${fence}`
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

interface Block {
  /** With the empty lines that follow it. */
  readonly source: string
  readonly isItem: boolean
  readonly isLoose: boolean
}

/** The tokens of a source; nothing where thousands of quotes or lists are within each other: the stack has no room. */
function lexed(source: string): readonly Token[] | undefined {
  try {
    return lexer(source)
  } catch {
    return undefined
  }
}

/** The blocks of a source; a list is as many blocks as it has items, since lists are long. */
function blocksOf(source: string): Block[] {
  const tokens = lexed(source)
  if (tokens === undefined) return [{ source, isItem: false, isLoose: false }]
  const starts: (Omit<Block, 'source'> & { readonly at: number })[] = []
  let from = 0
  const begin = (raw: string, isItem: boolean, isLoose: boolean): void => {
    const found = source.indexOf(raw, from)
    const at = found < 0 ? from : found
    starts.push({ at, isItem, isLoose })
    from = at + raw.length
  }
  for (const token of tokens) {
    if (token.type === 'list') for (const { raw, loose } of itemsOf(token)) begin(raw, true, loose)
    else if (token.type !== 'space') begin(token.raw, false, false)
  }
  return starts.map(({ at, isItem, isLoose }, i) => ({
    source: source.slice(at, starts[i + 1]?.at),
    isItem,
    isLoose,
  }))
}

function itemsOf(list: Token): readonly Tokens.ListItem[] {
  return (list as Tokens.List).items
}

/** Numeric references are resolved while rendering, so what they stand for has to be harmless before. */
const numericEntity = /&#(?:[xX]([0-9a-fA-F]+)|(\d+));?/g

function namedEntity(entity: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  if (!(code <= 0x10ffff)) return entity
  const character = String.fromCodePoint(code)
  const safe = safeText(character)
  return safe === character ? entity : safe
}

// oxlint-disable-next-line no-control-regex -- the one sequence that a renderer has to write
const colour = /(\u001B\[[0-9;]*m)/

function safeRendering(rendered: string): string {
  return rendered
    .split(colour)
    .map((piece, i) => (i % 2 === 1 ? piece : safeText(piece)))
    .join('')
}
