// What a cell of text says: nothing, a number, or a text. A column holds numbers only where every cell of it does, so
// that no value becomes another one by being read: `007`, twenty digits and `n/a` stay what they are.
import { shown } from './rows.ts'
import type { ColumnType } from './table.ts'

/** Says which number a cell writes, if it does: whole ones that SQLite keeps exactly, and others. */
export function numberIn(cell: string): 'integer' | 'real' | undefined {
  if (cell.charCodeAt(0) > nine) return undefined // most texts, sooner than by a pattern
  if (/^[+-]?(?:0|[1-9]\d{0,17})$/.test(cell)) return 'integer'
  const isReal = /^[+-]?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(cell)
  return isReal && Number.isFinite(Number(cell)) ? 'real' : undefined
}

const nine = '9'.charCodeAt(0)

/** A number as people write it: with a comma, thousands apart, a currency. SQL would compute with its beginning. */
const figure = /^(?=.{1,40}$)(?=.*[,'$€£¥%])[-+$€£¥\s]*\d[\d.,'\s]*[$€£¥%]?$/

/** Writes a cell as JSON; what is empty is null. */
export function cellAsJson(cell: string, type: ColumnType): string {
  const text = cell.trim()
  if (text === '') return 'null'
  if (type === 'integer') return text.startsWith('+') ? text.slice(1) : text
  return type === 'real' ? String(Number(text)) : JSON.stringify(cell)
}

/** Finds out the type of a column from its cells. */
export class WrittenColumn {
  #values = 0
  #integers = 0
  #reals = 0
  #figures = 0
  #text: string | undefined

  add(cell: string): void {
    const text = cell.trim()
    if (text === '') return
    this.#values++
    const number = numberIn(text)
    if (number === 'integer') this.#integers++
    else if (number === 'real') this.#reals++
    else {
      this.#text ??= text
      if (figure.test(text)) this.#figures++
    }
  }

  get type(): ColumnType {
    if (this.#text !== undefined || this.#values === 0) return 'text'
    return this.#reals > 0 ? 'real' : 'integer'
  }

  /** Says that most are numbers where some are not, since a sum would take these for 0 or for their beginning. */
  notice(name: string): string | undefined {
    const numbers = this.#integers + this.#reals
    if (this.#text === undefined || (numbers + this.#figures) * 2 < this.#values) return undefined
    const example = JSON.stringify(this.#text.slice(0, 40))
    return `The column ${shown(name, 100)} is text: ${this.#values - numbers} of its ${this.#values} values are no numbers, such as ${example}.`
  }
}
