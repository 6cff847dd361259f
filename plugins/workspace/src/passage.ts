// Replaces a passage of a text by another, exactly. What is not clear from the text alone is not guessed: the passage
// must be there, and once unless all its places are meant. Line ends are the one leniency, for a model sees no `\r`.
import { failure } from './errors.ts'
import { occurrences } from './occurrences.ts'
import { counted, figure, quoted } from './wording.ts'

/** What is replaced by what. */
export interface Replacement {
  readonly old: string
  readonly new: string
  /** Whether every place is meant. @default false */
  readonly all?: boolean | undefined
}

/** A text after a replacement, and the numbers of the lines in which the passages began. */
export interface Replaced {
  readonly text: string
  readonly lines: readonly number[]
}

/** How many line numbers an answer names. */
export const maxShownLines = 20

/**
 * Replaces a passage. A line break in `old` fits `\n` and `\r\n` alike; one in `new` becomes what the text uses there.
 * @param file names the text and says how long the result may be, in bytes of UTF-8.
 * @throws {RETINUE_WORKSPACE_INPUT} when the passage is not there, or more than once, or would stay as it is.
 *
 * @example
 * const file = { path: 'a.txt', maxBytes: 100 }
 * replacePassage(file, 'one\r\ntwo\r\n', { old: 'one\ntwo', new: '1\n2' }).text // '1\r\n2\r\n'
 */
export function replacePassage(
  file: { readonly path: string; readonly maxBytes: number },
  text: string,
  { old, new: next, all = false }: Replacement,
): Replaced {
  if (old === next)
    throw failure('RETINUE_WORKSPACE_INPUT', 'old and new are equal.', 'Say what is to change.')
  if (old === '')
    throw failure('RETINUE_WORKSPACE_INPUT', 'old is empty.', 'Give a passage, or write the whole file.')
  const places = placesOf(old, text, all)
  const lines = places.map(({ line }) => line)
  if (places.length === 0) throw notThere(file.path, text, old)
  if (places.length > 1 && !all) throw notOnce(file.path, lines)
  const put = { '\n': next.replaceAll('\r\n', '\n'), '\r\n': next.replace(/\r?\n/g, '\r\n') }
  const bytes = { '\n': Buffer.byteLength(put['\n']), '\r\n': Buffer.byteLength(put['\r\n']) }
  let size = Buffer.byteLength(text)
  for (const { at, end, lineEnd } of places) size += bytes[lineEnd] - Buffer.byteLength(text.slice(at, end))
  if (size > file.maxBytes) {
    throw failure(
      'RETINUE_WORKSPACE_TOO_LARGE',
      `${quoted(file.path)} would grow beyond ${counted(file.maxBytes, 'byte')}.`,
      'Replace less.',
    )
  }
  let result = ''
  let from = 0
  for (const { at, end, lineEnd } of places) {
    result += text.slice(from, at) + put[lineEnd]
    from = end
  }
  return { text: result + text.slice(from), lines }
}

interface Place {
  readonly at: number
  readonly end: number
  /** The number of the line in which it begins. */
  readonly line: number
  /** The line end in use there. */
  readonly lineEnd: '\n' | '\r\n'
}

/** Finds the passage: where all are meant, side by side; else also overlapping ones, since each could be meant. */
function placesOf(old: string, text: string, all: boolean): Place[] {
  const wanted = old.replaceAll('\r\n', '\n')
  const [start, stop] = [walkerOf(text), walkerOf(text)]
  const places: Place[] = []
  let free = 0
  for (const at of occurrences(text.replaceAll('\r\n', '\n'), wanted)) {
    if (all && at < free) continue
    free = at + wanted.length
    places.push({ ...start(at), end: stop(free).at })
    if (!all && places.length > maxShownLines) break
  }
  return places
}

/** Says of places in a text whose `\r\n` were made `\n`, each behind the one before, where they are in the text itself. */
function walkerOf(text: string): (at: number) => Omit<Place, 'end'> {
  const returns = (end: number): number => (text[end - 1] === '\r' ? 1 : 0)
  let line = 1
  let dropped = 0
  let above = -1
  let below = text.indexOf('\n')
  return (at) => {
    for (; below >= 0 && below - dropped - returns(below) < at; line++) {
      dropped += returns(below)
      above = below
      below = text.indexOf('\n', below + 1)
    }
    const isReturned = returns(below < 0 ? above : below) === 1 // the last line does as the one above it
    return { at: at + dropped, line, lineEnd: isReturned ? '\r\n' : '\n' }
  }
}

function notOnce(path: string, lines: readonly number[]): Error {
  const places =
    lines.length > maxShownLines ? `more than ${maxShownLines} times` : counted(lines.length, 'time')
  return failure(
    'RETINUE_WORKSPACE_INPUT',
    `old stands in ${quoted(path)} ${places} (lines ${linesShown(lines)}).`,
    'Add lines around it until it is unique, or set all: true.',
  )
}

function notThere(path: string, text: string, old: string): Error {
  return failure('RETINUE_WORKSPACE_INPUT', `old is not in ${quoted(path)}.`, adviceFor(text, old))
}

/** Looks for what the passage was probably meant to be. */
function adviceFor(text: string, old: string): string {
  const wanted = old.trim().split('\n')
  if (wanted.every((line) => /^ *\d+\t/.test(line))) return 'Leave out the line numbers that reading adds.'
  const lines = withoutSpace(text.split('\n'))
  const same = lineOf(lines, withoutSpace(wanted))
  if (same > 0) return `With other white space it stands at line ${figure(same)}: copy it from there.`
  const first = lineOf(lines, withoutSpace(wanted.slice(0, 1)))
  return first > 0
    ? `Its first line stands at line ${figure(first)}, but what follows differs: read on from there.`
    : 'Read the file again and copy the passage as it is there.'
}

function withoutSpace(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/\s/g, '')).join('\n')
}

/** The number of the line from which on the wanted lines stand; 0 where they do not, or are blank. */
function lineOf(lines: string, wanted: string): number {
  if (wanted === '') return 0
  for (const at of occurrences(`\n${lines}\n`, `\n${wanted}\n`)) return lines.slice(0, at).split('\n').length
  return 0
}

/** Lists line numbers, the first ones where they are many. */
export function linesShown(lines: readonly number[]): string {
  const more = lines.length > maxShownLines ? ', …' : ''
  return lines.slice(0, maxShownLines).map(figure).join(', ') + more
}
