// Markdown for a terminal, block by block as it is written. A block is rendered once, when the one after it has begun,
// and is never drawn again: what scrolled away stays as it was. Rendering wants markdansi, which wants Node 22; without
// it, Markdown is shown as it is written.
import { itemsOf, type MarkdownRenderer, renderBlocks, tokensOf } from './markdown-blocks.ts'
import { safeText, SafeStream } from './safe-text.ts'

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
  /** The block before, with the empty lines that follow it. */
  #before: Block | undefined

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
    this.#before = undefined
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

  #show(block: Block): string {
    const rendered = renderBlocks(block.source, this.#width(), this.#render)
    if (rendered === '') return ''
    const before = this.#before
    const isTight = before?.isItem && block.isItem && !/\n[ \t]*\n[ \t]*$/.test(before.source)
    this.#before = block
    return `${before === undefined || isTight ? '' : '\n'}${rendered}\n`
  }
}

interface Block {
  /** With the empty lines that follow it. */
  readonly source: string
  readonly isItem: boolean
}

/** The blocks of a source; a list is as many blocks as it has items, since lists are long. */
function blocksOf(source: string): Block[] {
  const tokens = tokensOf(source)
  if (tokens === undefined) return [{ source, isItem: false }]
  const starts: (Omit<Block, 'source'> & { readonly at: number })[] = []
  let from = 0
  const begin = (raw: string, isItem: boolean): void => {
    const found = source.indexOf(raw, from)
    const at = found < 0 ? from : found
    starts.push({ at, isItem })
    from = at + raw.length
  }
  for (const token of tokens) {
    if (token.type === 'list') for (const { raw } of itemsOf(token)) begin(raw, true)
    else if (token.type !== 'space') begin(token.raw, false)
  }
  return starts.map(({ at, isItem }, i) => ({
    source: source.slice(at, starts[i + 1]?.at),
    isItem,
  }))
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
