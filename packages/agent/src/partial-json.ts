// The object that a text of JSON stands for while it is being written: what is complete counts, and a string as far as
// it goes. Each character is looked at once; the text as far as it can be closed goes to the engine's own parser, which
// is why this is no library: those parse all of it by hand each time, and take `__proto__` for a prototype.

/** Follows the text of one object, which may stand in a fence. */
export class PartialJson {
  /** The text from the first brace on. */
  #text = ''
  /** How far it can be closed. */
  #end = 0
  /** What closes what is open, the outermost first. */
  readonly #open: ('}' | ']')[] = []
  #place: Place = 'before'
  /** Whether the next string is a key. */
  #isKey = false
  /** An escape in a string that is not complete, or half a pair of them. */
  #escape = ''
  /** What stands before the object. */
  #before = ''
  /** How far it has to go before it is read again. */
  #due = 0

  /** Whether no more is to come: the object is complete, or this is none. */
  get isOver(): boolean {
    return this.#place === 'over'
  }

  /** Whether more is to come of an object that has begun. */
  get isOpen(): boolean {
    return this.#end > 0 && !this.isOver
  }

  /** Whether it has grown enough to be read again: all of it is read each time, so of a long one not so often. */
  isDue(): boolean {
    if (this.#end < this.#due && !this.isOver) return false
    this.#due = this.#end * (1 + growth)
    return true
  }

  /** Takes in the next piece of the text. */
  add(piece: string): void {
    let from = 0
    for (; this.#place === 'before' && from < piece.length; from++) this.#lead(piece[from]!)
    const base = this.#text.length - from
    if (this.#place === 'before' || this.#place === 'over') return
    this.#text += piece.slice(from)
    for (let i = from; i < piece.length && !this.isOver; i++) this.#take(piece[i]!, base + i)
  }

  /** Gives the object as far as it goes; `undefined` where it has not begun, or what is there is no JSON. */
  value(): unknown {
    if (this.#end === 0) return undefined
    const quote = this.#place === 'string' && !this.#isKey ? '"' : ''
    try {
      return JSON.parse(this.#text.slice(0, this.#end) + quote + this.#open.toReversed().join(''))
    } catch {
      this.#place = 'over'
      return undefined
    }
  }

  #lead(char: string): void {
    if (char !== '{') {
      this.#before = (this.#before + char).trimStart()
      if (this.#before.length > longestFence) this.#place = 'over'
    } else if (/^(?:```(?:json)?\s*)?$/.test(this.#before)) {
      this.#text = char
      this.#begin('}')
      this.#end = 1
    } else this.#place = 'over'
  }

  /** Looks at the character at an index of the text. */
  #take(char: string, at: number): void {
    if (this.#place === 'string') return this.#takeInString(char, at)
    if (this.#place === 'scalar') {
      if (!/[\s,\]}]/.test(char)) return
      this.#end = at
      this.#place = 'between'
    }
    switch (char) {
      case '{':
      case '[':
        this.#begin(char === '{' ? '}' : ']')
        this.#end = at + 1
        return
      case '}':
      case ']':
        this.#open.pop()
        this.#end = at + 1
        if (this.#open.length === 0) this.#place = 'over'
        return
      case ',':
        this.#isKey = this.#open.at(-1) === '}'
        return
      case ':':
        this.#isKey = false
        return
      case '"':
        this.#place = 'string'
        if (!this.#isKey) this.#end = at + 1
        return
      default:
        if (!/\s/.test(char)) this.#place = 'scalar'
    }
  }

  #begin(closing: '}' | ']'): void {
    this.#open.push(closing)
    this.#isKey = closing === '}'
    this.#place = 'between'
  }

  #takeInString(char: string, at: number): void {
    if (this.#escape !== '' || char === '\\') {
      this.#escape += char
      if (!/^\\(?:[^u]|u.{4})$/s.test(this.#escape)) return
      const isHalf = /^\\ud[89ab]/i.test(this.#escape)
      this.#escape = ''
      if (isHalf) return
    } else if (char === '"') {
      this.#place = 'between'
    } else if (char >= '\ud800' && char <= '\udbff') return
    if (!this.#isKey) this.#end = at + 1
  }
}

/** Where the next character stands. */
type Place = 'before' | 'between' | 'string' | 'scalar' | 'over'

/** By what share a text has to grow before it is read again. */
const growth = 1 / 64

/** What a fence takes, with some space behind it. */
const longestFence = 16
