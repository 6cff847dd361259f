// What a cell of text says: nothing, a number, or a text. A column holds numbers only where every cell of it does, so
// that no value becomes another one by being read: `007`, forty digits and `n/a` stay what they are.
import { shown } from './rows.ts'
import type { ColumnType } from './table.ts'

/** Says which number a cell writes, if it does: whole ones that SQLite keeps exactly, and others. */
export function numberIn(cell: string): 'integer' | 'real' | undefined {
  if (cell.charCodeAt(0) > nine) return undefined // most texts, sooner than by a pattern
  if (/^[+-]?(?:0|[1-9]\d{0,18})$/.test(cell) && isInRange(cell)) return 'integer'
  const isReal = /^[+-]?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(cell)
  return isReal && Number.isFinite(Number(cell)) ? 'real' : undefined
}

const nine = '9'.charCodeAt(0)

function isInRange(digits: string): boolean {
  return digits.length < 19 || BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)
}

/** A number as people write it: with a comma, thousands apart, a currency. SQL would compute with its beginning. */
const figure = /^(?=.{1,40}$)(?=.*[,'$€£¥%])[-+$€£¥\s]*\d[\d.,'\s]*[$€£¥%]?$/

/** A number whose dot may stand between thousands. */
const dotted = /^[+-]?[1-9]\d{0,2}\.\d{3}$/

/** A number that is written with a zero at its end, as prices are, and versions: 1.10. */
const padded = /^[+-]?\d*\.\d+0$/

/** Writes a cell as JSON; what is empty is null. */
export function cellAsJson(cell: string, type: ColumnType): string {
  const text = cell.trim()
  if (text === '') return 'null'
  if (type === 'integer') return text.startsWith('+') ? text.slice(1) : text
  return type === 'real' ? String(Number(text)) : JSON.stringify(cell)
}

/** Finds out the type of a column from its cells, and what is odd about it. */
export class WrittenColumn {
  #values = 0
  #integers = 0
  #reals = 0
  #dotted = 0
  #padded = ''
  #leastPlaces = Infinity
  #figures = 0
  #text: string | undefined
  #isOneText = true

  add(cell: string): void {
    const text = cell.trim()
    if (text !== '') this.count(numberIn(text), text)
  }

  /** Counts a value of which it is known whether it is a number. */
  count(number: 'integer' | 'real' | undefined, text: string): void {
    this.#values++
    if (number === 'integer') this.#integers++
    else if (number === 'real') {
      this.#reals++
      if (dotted.test(text)) this.#dotted++
      const places = placesOf(text)
      if (places > placesOf(this.#padded) && padded.test(text)) this.#padded = text
      this.#leastPlaces = Math.min(this.#leastPlaces, places)
    } else {
      this.#text ??= text
      this.#isOneText &&= text === this.#text
      if (figure.test(text)) this.#figures++
    }
  }

  get type(): ColumnType {
    if (this.#text !== undefined || this.#values === 0) return 'text'
    return this.#reals > 0 ? 'real' : 'integer'
  }

  /** Says that its dots may stand between thousands, where all of them might. */
  dotNotice(name: string): string | undefined {
    if (this.#text !== undefined || this.#reals === 0 || this.#dotted < this.#reals) return undefined
    return `The dots in the column ${shown(name, 100)} are read as decimal points, and may stand between thousands.`
  }

  /** Says that what it holds may be versions, of which two would be one: numbers have as many places each, or no zeros at their end. */
  versionNotice(name: string): string | undefined {
    if (this.#text !== undefined || placesOf(this.#padded) <= this.#leastPlaces) return undefined
    return `The column ${shown(name, 100)} is read as numbers, so ${this.#padded} is ${Number(this.#padded)}: where they are versions or the like, two of them may have become one.`
  }

  /**
   * Says what would be computed wrongly without a word: a sum takes for 0 or for its beginning what is no number where
   * most are, or where all else is one word for what is missing; and texts of numbers compare as texts, 9.5 above 12.
   */
  notice(name: string, type: ColumnType = this.type): string | undefined {
    const column = `The column ${shown(name, 100)}`
    const numbers = this.#integers + this.#reals
    if (this.#text === undefined) {
      const hasTexts = type === 'text' ? this.#reals > 0 : type === 'any' && numbers > 0
      return hasTexts ? `${column} has numbers that are texts: CAST them to compare them.` : undefined
    }
    if ((numbers + this.#figures) * 2 < this.#values && !(numbers > 0 && this.#isOneText)) return undefined
    const is = type === 'any' ? 'mixed' : 'text'
    const example = JSON.stringify(this.#text.slice(0, 40))
    return `${column} is ${is}: ${this.#values - numbers} of its ${this.#values} values are no numbers, such as ${example}.`
  }
}

/** How many characters stand behind the dot of a number. */
function placesOf(number: string): number {
  const dot = number.indexOf('.')
  return dot < 0 ? 0 : number.length - dot - 1
}
