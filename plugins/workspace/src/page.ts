// One page of an answer: the entries from an offset on, up to a number of them and a number of characters, under a
// title that says which they are and how to go on. Reading, listing and searching all answer in pages.
import { failure } from './errors.ts'
import { counted, figure, plural } from './wording.ts'

/** The most characters of one page; the entry that passes it is the last. */
export const maxPageLength = 50_000

/** Which entries are asked for. */
export interface PageOptions {
  /** The number of the first entry, counted from 1. @default 1 */
  readonly offset?: number | undefined
  /** How many entries. */
  readonly limit: number
}

/** Collects the entries of one page. */
export class Page {
  readonly #from: number
  readonly #limit: number
  readonly #entries: string[] = []
  #length = 0
  #seen = 0

  constructor({ offset = 1, limit }: PageOptions) {
    this.#from = offset
    this.#limit = limit
  }

  /** Counts an entry; its text is made only where it belongs to the page. */
  add(text: (number: number) => string): void {
    this.#seen++
    if (this.#seen < this.#from || this.isFull) return
    const entry = text(this.#seen)
    this.#entries.push(entry)
    this.#length += entry.length
  }

  /** Whether nothing more will be kept. */
  get isFull(): boolean {
    return this.#entries.length >= this.#limit || this.#length >= maxPageLength
  }

  /** Whether an entry beyond the page was seen. */
  get hasMore(): boolean {
    return this.#seen >= this.#from + this.#entries.length
  }

  /** Whether nothing was kept. */
  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** How many entries were seen, on the page or not. */
  get seen(): number {
    return this.#seen
  }

  /** The kept entries, a line each. */
  get text(): string {
    return this.#entries.map((entry) => `\n${entry}`).join('')
  }

  /**
   * Says what the page shows: `'12 lines'`, `'lines 1–200 of 1,234; continue with offset 201'`.
   * @param isCounted whether all entries there are were seen.
   * @throws {RETINUE_WORKSPACE_INPUT} when the offset lies behind the last entry.
   */
  title(noun: string, isCounted: boolean): string {
    const last = this.#from + this.#entries.length - 1
    if (isCounted && this.#from > Math.max(this.#seen, 1)) {
      throw failure(
        'RETINUE_WORKSPACE_INPUT',
        `There ${this.#seen === 1 ? 'is' : 'are'} only ${counted(this.#seen, noun)}.`,
        `The offset ${figure(this.#from)} lies behind the last.`,
      )
    }
    if (isCounted && this.#entries.length === this.#seen) return counted(this.#seen, noun)
    const range = `${plural(noun)} ${figure(this.#from)}–${figure(last)}`
    const of = isCounted ? ` of ${figure(this.#seen)}` : ''
    return this.hasMore ? `${range}${of}; continue with offset ${last + 1}` : range + of
  }
}
