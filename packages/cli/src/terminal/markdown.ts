// Markdown for a terminal, block by block as it is written. A block is rendered once, when the one after it has begun,
// and is never drawn again: what scrolled away stays as it was. Rendering wants markdansi, which wants Node 22; without
// it, Markdown is shown as it is written.
import type { Tokens } from 'marked'
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

/** Collects Markdown that comes in pieces, and gives each block, rendered, as soon as it is complete, and of code each line. */
export class MarkdownStream {
  readonly #safe = new SafeStream()
  readonly #render: MarkdownRenderer
  readonly #width: () => number
  #pending = ''
  /** What begins the code that is being written, of which lines were given. */
  #opening = ''
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
    const blocks = blocksOf(this.#opening + this.#pending)
    // Blanks before the first block may set it in: they are kept until it comes.
    const last = isLast ? undefined : blocks.pop()
    const shown = blocks.map((block) => this.#show(block)).join('')
    if (isLast) this.#pending = ''
    if (last === undefined) return shown
    const { opening, lines, rest } = linesOf(last)
    const more = lines === '' ? '' : this.#show({ ...last, source: opening + lines })
    if (lines !== '') this.#opening = opening
    this.#pending = lines === '' ? last.source.slice(this.#opening.length) : rest
    return shown + more
  }

  /** Shows a block; of code of which lines were given, those that follow. */
  #show(block: Block): string {
    const opening = this.#opening
    this.#opening = ''
    const rendered = renderBlocks(block.source, this.#width(), this.#render)
    if (rendered === '') return ''
    const before = this.#before
    this.#before = block
    if (opening !== '') {
      const [code] = tokensOf(block.source) as [Tokens.Code]
      return `${/^\n*/.exec(code.text)![0]}${rendered}\n` // rendering takes empty lines away
    }
    const isTight = before?.isItem && block.isItem && !/\n[ \t]*\n[ \t]*$/.test(before.source)
    return `${before === undefined || isTight ? '' : '\n'}${rendered}\n`
  }
}

interface Block {
  /** With the empty lines that follow it. */
  readonly source: string
  readonly isItem: boolean
  /** Whether it is code between fences. */
  readonly isCode: boolean
}

/** What can be shown of code before it is complete: its lines, up to the last that is none of blanks. */
function linesOf({ source, isCode }: Block): { opening: string; lines: string; rest: string } {
  const none = { opening: '', lines: '', rest: source }
  const [opening, fence] = (isCode && /^ {0,3}(`{3,}|~{3,})[^\n]*\n/.exec(source)) || []
  if (opening === undefined) return none
  const code = source.slice(opening.length)
  const whole = code.slice(0, code.lastIndexOf('\n') + 1)
  if (new RegExp(`^ {0,3}${fence}[~\`]* *$`, 'm').test(whole)) return none
  const end = whole.indexOf('\n', whole.trimEnd().length) + 1
  return whole.trim() === '' ? none : { opening, lines: whole.slice(0, end), rest: code.slice(end) }
}

/** The blocks of a source; a list is as many blocks as it has items, since lists are long. */
function blocksOf(source: string): Block[] {
  const tokens = tokensOf(source)
  if (tokens === undefined) return [{ source, isItem: false, isCode: false }]
  const starts: (Omit<Block, 'source'> & { readonly at: number })[] = []
  let from = 0
  const begin = (raw: string, isItem: boolean, isCode: boolean): void => {
    const found = source.indexOf(raw, from)
    const at = found < 0 ? from : found
    starts.push({ at, isItem, isCode })
    from = at + raw.length
  }
  for (const token of tokens) {
    if (token.type === 'list') for (const { raw } of itemsOf(token)) begin(raw, true, false)
    else if (token.type !== 'space')
      begin(token.raw, false, token.type === 'code' && token.codeBlockStyle !== 'indented')
  }
  return starts.map(({ at, ...kind }, i) => ({
    source: source.slice(at, starts[i + 1]?.at),
    ...kind,
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
