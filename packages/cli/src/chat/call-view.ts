// Tool calls as a person sees them: what runs now in the live row, and each call with the beginning of its result when
// it is over. Calls of runs within tools stand further in.
import type { ToolOutput } from '@retinue/kernel'
import { counted, duration } from '../figures.ts'
import { safeLine, safeText } from '../terminal/safe-text.ts'
import type { Screen } from '../terminal/screen.ts'

/** Which call is meant: ids are unique within a run, and runs are within runs. */
export interface CallPlace {
  readonly run: string
  readonly depth: number
  readonly toolCallId: string
}

/** Shows calls as they begin, tell something, and end. */
export class CallView {
  readonly #screen: Screen
  /** The calls that have no result yet, in the order in which they came. */
  readonly #open = new Map<string, OpenCall>()

  constructor(screen: Screen) {
    this.#screen = screen
  }

  begin(place: CallPlace, toolName: string, input: unknown): void {
    this.#open.set(keyOf(place), { title: callTitle(toolName, input), since: Date.now(), news: '' })
    this.showOpen()
  }

  /** A person is asked, perhaps about a call of an earlier run: how long they take is nobody's business. */
  ask(place: CallPlace, toolName: string, input: unknown): void {
    const title = callTitle(toolName, input)
    this.#open.set(keyOf(place), { title, since: undefined, news: '' })
  }

  progress(place: CallPlace, data: unknown): void {
    const call = this.#open.get(keyOf(place))
    if (call !== undefined) call.news = typeof data === 'string' ? data : JSON.stringify(data)
    this.showOpen()
  }

  end(place: CallPlace, toolName: string, output: ToolOutput): void {
    const { style } = this.#screen
    const call = this.#open.get(keyOf(place))
    this.#open.delete(keyOf(place))
    const failed = output.type.startsWith('error')
    const indent = '  '.repeat(place.depth)
    const sign = failed ? style.red('✗') : style.green('✓')
    const took = call?.since === undefined ? '' : style.dim(` ${duration(Date.now() - call.since)}`)
    const title = this.#screen.fit(call?.title ?? safeLine(toolName), indent.length + 12)
    const lines = [`${indent}${sign} ${title}${took}`]
    // What went wrong is worth more rows than what went well.
    const shape = (line: string): string =>
      failed ? style.red(line) : style.dim(this.#screen.fit(line, indent.length + 4))
    for (const line of excerptOf(output)) lines.push(`${indent}  ${shape(line)}`)
    this.#screen.note(lines.join('\n'))
    this.showOpen()
  }

  /** Forgets what is open: the run is over. */
  clear(): void {
    this.#open.clear()
  }

  /** Says what runs now; nothing does while the model is waited for. */
  showOpen(): void {
    const calls = [...this.#open.values()]
    const last = calls.at(-1)
    if (last === undefined) return this.#screen.live(waiting)
    const others = calls.length > 1 ? ` (and ${calls.length - 1} more)` : ''
    this.#screen.live(`… ${last.title}${others}${last.news === '' ? '' : `: ${last.news}`}`)
  }
}

interface OpenCall {
  readonly title: string
  readonly since: number | undefined
  /** The last that the tool sent. */
  news: string
}

/** What goes on where nothing else does. */
export const waiting = '… waiting for the model'

const shownLines = 4
const mostOfField = 500

/** A call on one line. */
export function callTitle(toolName: string, input: unknown): string {
  const fields = typeof input === 'object' && input !== null ? Object.entries(input) : []
  const values = fields.map(([name, value]) => `${name}: ${JSON.stringify(value)?.slice(0, mostOfField)}`)
  return safeLine(`${toolName} ${values.join(', ')}`)
}

/** The beginning of what a tool gave: a few lines, and of each what a person can take in. */
export function excerptOf(output: ToolOutput): string[] {
  const lines = safeText(outputText(output)).trimEnd().split('\n')
  const shown = lines
    .slice(0, shownLines)
    .map((line) => (line.length > mostOfField ? `${line.slice(0, mostOfField)}…` : line))
  return lines.length > shownLines
    ? [...shown, `… ${counted(lines.length - shownLines, 'more line')}`]
    : shown
}

function keyOf({ run, toolCallId }: CallPlace): string {
  return `${run} ${toolCallId}`
}

function outputText(output: ToolOutput): string {
  if (typeof output.value === 'string') return output.value
  if (output.type !== 'content') return JSON.stringify(output.value, undefined, 2)
  return output.value.map((part) => (part.type === 'text' ? part.text : `[a ${part.mediaType}]`)).join('\n')
}
