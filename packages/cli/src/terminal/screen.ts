// What is written where. What a model says goes to the standard output; all else goes there too while a person looks
// on, and to the standard error otherwise, so that a pipe gets the answer and nothing but the answer. A terminal has one
// live row below everything: it says what goes on, and is gone when it is over. One row never wraps, so it can be
// taken back whatever the width.
import truncated from 'fast-string-truncated-width'
import { loadMarkdown, MarkdownStream } from './markdown.ts'
import { safeLine, SafeStream } from './safe-text.ts'
import { type Style, styleFor } from './style.ts'
import { wrapped } from './wrapped.ts'

/** The streams that a screen writes to; a process has them. */
export interface Streams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** Where this program writes. */
export class Screen {
  /** The stream of everything that is not an answer. */
  readonly notes: NodeJS.WriteStream
  readonly style: Style
  readonly #out: NodeJS.WriteStream
  readonly #markdown: MarkdownStream | undefined
  readonly #plain = new SafeStream()
  #row = ''
  #endsLine = true
  /** What waits until a question is answered. */
  #held: (() => void)[] | undefined

  /** Opens a screen; in a chat its notes go to the person who reads the answers, where that is one. */
  static async open(purpose: 'chat' | 'script', { stdout, stderr }: Streams = process): Promise<Screen> {
    const render = stdout.isTTY && styleFor(stdout).isOn ? await loadMarkdown() : undefined
    const markdown = render && new MarkdownStream(render, () => widthOf(stdout))
    return new Screen(stdout, purpose === 'chat' && stdout.isTTY ? stdout : stderr, markdown)
  }

  private constructor(
    out: NodeJS.WriteStream,
    notes: NodeJS.WriteStream,
    markdown: MarkdownStream | undefined,
  ) {
    this.#out = out
    this.notes = notes
    this.style = styleFor(notes)
    this.#markdown = markdown
  }

  /** The columns of what notes are written to. */
  get width(): number {
    return widthOf(this.notes)
  }

  /** Cuts a line so that it fits, with room for so many columns beside it. */
  fit(line: string, room: number): string {
    return this.notes.isTTY ? clip(line, this.width - room, 'start') : line
  }

  /** Writes more of an answer. Markdown appears block by block; what is not complete yet shows in the live row. */
  answer(delta: string): void {
    if (this.#holds(() => this.answer(delta))) return
    if (this.#markdown === undefined) return this.#writeAnswer(this.#plain.push(delta))
    this.#writeAnswer(this.#markdown.push(delta))
    const end = this.#endOf(this.#markdown.pending).trimEnd()
    this.live(end.slice(end.lastIndexOf('\n') + 1), 'end')
  }

  /** Ends a block of an answer: what comes next begins a line. */
  endAnswer(): void {
    if (this.#holds(() => this.endAnswer())) return
    this.#writeAnswer((this.#markdown ?? this.#plain).end())
    this.live('')
    if (!this.#endsLine) this.#writeAnswer('\n')
  }

  /** Writes a line, or several, that are no part of an answer. They have to be harmless. */
  note(text: string): void {
    if (this.#holds(() => this.note(text))) return
    this.#clearRow()
    // An answer that is on the same terminal is not finished yet.
    if (!this.#endsLine && this.#out.isTTY && this.notes.isTTY) this.#writeAnswer('\n')
    this.notes.write(`${wrapped(text, this.notes)}\n`)
    this.showRow()
  }

  /** Writes a remark: set in, and set off. */
  aside(text: string, tone: 'dim' | 'yellow' = 'dim'): void {
    this.note(`  ${this.style[tone](text)}`)
  }

  /** Says in the live row what goes on; nothing takes the row away. Of what is too long, its end may matter more. */
  live(text: string, keep: 'start' | 'end' = 'start'): void {
    if (!canTakeBack(this.notes) || this.#holds(() => this.live(text, keep))) return
    this.#clearRow()
    this.#row = clip(safeLine(keep === 'end' ? this.#endOf(text) : text), this.width - 1, keep)
    this.showRow()
  }

  /** As much of the end of a text as a row can show: to look at all of it for each word would take ever longer. */
  #endOf(text: string): string {
    return text.slice(-4 * this.width)
  }

  /** Writes nothing while a person answers a question; what came meanwhile is written afterwards. */
  async during<T>(question: () => Promise<T>): Promise<T> {
    const row = this.#row
    this.live('')
    const held: (() => void)[] = (this.#held = [])
    try {
      return await question()
    } finally {
      this.#held = undefined
      this.live(row) // what was asked about may take long
      for (const write of held) write()
    }
  }

  #holds(write: () => void): boolean {
    this.#held?.push(write)
    return this.#held !== undefined
  }

  #writeAnswer(text: string): void {
    if (text === '') return
    this.#clearRow()
    this.#out.write(text)
    this.#endsLine = text.endsWith('\n')
    this.showRow()
  }

  #clearRow(): void {
    if (this.#row !== '') this.notes.write('\r\u001B[K')
  }

  /** Draws the live row where the cursor is: something else has written to the terminal. */
  showRow(): void {
    if (this.#row === '') return
    // A row below an answer that goes on would cut it in two.
    if (this.#endsLine) this.notes.write(wrapOff + this.style.dim(this.#row) + wrapOn)
    else this.#row = ''
  }
}

// Terminals do not agree on the width of emoji: one that finds the row too long must not begin another.
const wrapOff = '\u001B[?7l'
const wrapOn = '\u001B[?7h'

/** Whether a row can be taken back: a terminal that calls itself dumb shows the sequence for it as text. */
function canTakeBack(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && process.env['TERM'] !== 'dumb'
}

function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max(20, Math.min(stream.columns || 80, 120))
}

/** Cuts a line to a width, in columns. */
function clip(line: string, width: number, keep: 'start' | 'end'): string {
  if (keep === 'start') {
    const { truncated: isCut, index } = truncated(line, { limit: width, ellipsis: '…' })
    return isCut ? `${line.slice(0, index)}…` : line
  }
  // No library measures from the end: an eighth goes until the rest fits.
  let characters = Array.from(line)
  while (truncated(characters.join(''), { limit: width }).truncated)
    characters = characters.slice(Math.max(1, characters.length >> 3))
  return characters.join('')
}
