// Reads an expression and works it out on the way. There is no program in it: numbers, units, four operations, powers,
// a fixed list of functions, and at the end, perhaps, the unit to give it in.
import { failure } from './errors.ts'
import { call, constants, functions } from './functions.ts'
import {
  converted,
  negative,
  numberOf,
  plain,
  product,
  type Quantity,
  quantityOf,
  quotient,
  raised,
  remainder,
  sum,
} from './quantity.ts'
import { compare, exact, factorial, type Scalar } from './scalar.ts'
import { tokensOf, type Token } from './tokens.ts'
import { findUnit, isSame, none } from './units.ts'

/** The longest expression, in characters, and the deepest nesting of parentheses. */
export const maxLength = 2000
const maxDepth = 100
const maxExponent = 1000

/**
 * Works an expression out.
 * @throws {RETINUE_MATH_SYNTAX}, {RETINUE_MATH_NAME}, {RETINUE_MATH_UNITS}, {RETINUE_MATH_DOMAIN}, {RETINUE_MATH_LIMIT}
 *
 * @example
 * evaluate('(2 km + 300 m) / 20 min to km/h')
 */
export function evaluate(text: string): Quantity {
  if (text.length > maxLength) {
    throw failure(
      'RETINUE_MATH_LIMIT',
      `An expression has at most ${maxLength} characters.`,
      'Work it out in parts.',
    )
  }
  return new Parser(tokensOf(text)).whole()
}

/** What was read, and whether it was a bare number, a number with its unit or a percentage, where these need telling apart. */
interface Factor {
  readonly quantity: Quantity
  readonly form: 'number' | 'measured' | 'percent' | 'other'
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Quantity {
    const result = this.#conversion()
    if (this.#next.kind !== 'end') throw this.#unexpected()
    return result
  }

  #conversion(): Quantity {
    let result = this.#sum()
    while (this.#takesName('to') || this.#takesName('in')) {
      const from = this.#at
      if (this.#next.kind !== 'name' || isWord(this.#next))
        throw this.#unexpected('the name of a unit (inches are written inch)')
      const target = this.#sum()
      const text = this.#tokens
        .slice(from, this.#at)
        .map((token) => token.text)
        .join('')
      result = converted(result, target, text)
    }
    return result
  }

  #sum(): Quantity {
    let left = this.#product()
    for (;;) {
      const isMinus = this.#takes('-')
      if (!isMinus && !this.#takes('+')) return left.quantity
      const right = this.#product()
      if (right.form === 'percent') refuseOnTop(left)
      const quantity = sum(left.quantity, isMinus ? negative(right.quantity) : right.quantity)
      left = { quantity, form: right.form === 'percent' ? left.form : 'other' }
    }
  }

  #product(): Factor {
    let left = this.#signed()
    for (;;) {
      if (this.#takes('*')) left = other(product(left.quantity, this.#signed().quantity))
      else if (this.#takes('/')) left = this.#quotient(left)
      else if (this.#takesName('mod')) left = other(remainder(left.quantity, this.#signed().quantity))
      else return left
    }
  }

  #quotient(left: Factor): Factor {
    const right = this.#signed()
    if (left.form === 'number' && right.form === 'measured') {
      throw failure(
        'RETINUE_MATH_SYNTAX',
        'A number divided by a number with a unit can be read in two ways.',
        'Write (1/2) kg for half a kilogram, 1/(2 kg) for the other.',
      )
    }
    return other(quotient(left.quantity, right.quantity))
  }

  #signed(): Factor {
    if (this.#takes('+')) return this.#nested(() => this.#signed())
    if (!this.#takes('-')) return this.#power()
    const { quantity, form } = this.#nested(() => this.#signed())
    return { quantity: negative(quantity), form }
  }

  #power(): Factor {
    const base = this.#postfix()
    if (!this.#takes('^')) return base
    const exponent = this.#nested(() => this.#signed())
    return other(raised(base.quantity, exponent.quantity))
  }

  #postfix(): Factor {
    let result = this.#primary()
    for (;;) {
      if (this.#takes('!')) result = this.#factorial(result)
      else if (this.#takes('%'))
        result = { quantity: quotient(result.quantity, numberOf(exact(100))), form: 'percent' }
      else return result
    }
  }

  #factorial({ quantity }: Factor): Factor {
    if (this.#next.text === '!') {
      throw failure(
        'RETINUE_MATH_SYNTAX',
        'Two factorials behind one another can be read in two ways.',
        'Write (5!)! for the factorial of a factorial, 5 * 3 * 1 for the other.',
      )
    }
    return other(numberOf(factorial(plain(quantity))))
  }

  #primary(): Factor {
    const token = this.#next
    if (token.kind === 'number') return this.#measured(numberFrom(this.#take().text))
    if (token.kind === 'name') return this.#named(this.#take().text)
    const inner = this.#enclosed()
    // A unit may follow: (1/2) kg. Anything else wants a sign before it.
    return isUnit(this.#next) ? other(product(inner, this.#units())) : other(inner)
  }

  /** A number, and the units behind it: '5 kg m' or '9.81 m', whose '/s^2' is an operation like any other. */
  #measured(value: Scalar): Factor {
    const token = this.#next
    if (!isUnit(token)) return { quantity: numberOf(value), form: 'number' }
    const unit = findUnit(token.text)!
    if (unit.zero === undefined)
      return { quantity: product(numberOf(value), this.#units()), form: 'measured' }
    return { quantity: quantityOf(value, unit, this.#take().text), form: 'measured' }
  }

  #units(): Quantity {
    let result: Quantity | undefined
    while (isUnit(this.#next)) {
      const unit = this.#unit(this.#take().text)
      const raisedUnit = this.#takes('^') ? raised(unit, this.#exponent()) : unit
      result = result === undefined ? raisedUnit : product(result, raisedUnit)
    }
    return result!
  }

  /** The exponent of a unit: what stands behind it is the next unit, as in kg m^2 s^-2. */
  #exponent(): Quantity {
    if (this.#takes('-')) return negative(this.#nested(() => this.#exponent()))
    if (this.#next.kind === 'number') return numberOf(numberFrom(this.#take().text))
    return this.#enclosed()
  }

  #enclosed(): Quantity {
    if (!this.#takes('(')) throw this.#unexpected()
    const inner = this.#nested(() => this.#conversion())
    if (!this.#takes(')')) throw this.#unexpected("a ')'")
    return inner
  }

  #named(name: string): Factor {
    if (this.#takes('('))
      return other(
        call(
          name,
          this.#nested(() => this.#arguments()),
        ),
      )
    if (Object.hasOwn(constants, name)) return other(numberOf(constants[name]!))
    return other(this.#unit(name))
  }

  #unit(name: string): Quantity {
    const unit = findUnit(name)
    if (unit !== undefined) return quantityOf(exact(1), unit, name)
    const hint = functions.has(name)
      ? `It is a function: write ${name}(…).`
      : 'Units are written as in 5 km, 2 kWh, 100 Mbit, 30 degC; constants are pi, tau and e.'
    throw failure('RETINUE_MATH_NAME', `'${name}' is no unit or constant that is known.`, hint)
  }

  #arguments(): Quantity[] {
    const args: Quantity[] = []
    if (this.#takes(')')) return args
    do args.push(this.#conversion())
    while (this.#takes(','))
    if (!this.#takes(')')) throw this.#unexpected("a ',' or a ')'")
    return args
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) {
      throw failure(
        'RETINUE_MATH_LIMIT',
        `Parentheses and signs are nested ${maxDepth} deep at most.`,
        'Work it out in parts.',
      )
    }
    const result = read()
    this.#depth--
    return result
  }

  get #next(): Token {
    return this.#tokens[this.#at]!
  }

  #take(): Token {
    return this.#tokens[this.#at++]!
  }

  #takes(sign: string): boolean {
    if (this.#next.kind !== 'sign' || this.#next.text !== sign) return false
    this.#at++
    return true
  }

  #takesName(name: string): boolean {
    if (this.#next.kind !== 'name' || this.#next.text !== name) return false
    this.#at++
    return true
  }

  #unexpected(wanted = 'a number, a unit or a parenthesis'): Error {
    const { text, kind } = this.#next
    if (kind === 'name' && !isWord(this.#next) && !Object.hasOwn(constants, text)) this.#unit(text) // it may be unknown
    const before = this.#tokens[this.#at - 1]
    const isValue =
      before !== undefined &&
      (before.kind === 'number' ||
        (before.kind === 'name' && !isWord(before)) ||
        [')', '%', '!'].includes(before.text))
    const found = kind === 'end' ? 'the end' : `'${text}'`
    return isValue && kind !== 'end'
      ? failure(
          'RETINUE_MATH_SYNTAX',
          `${found} can't follow '${before.text}'.`,
          'Put a sign between: * for a product. Thousands have no separator.',
        )
      : failure(
          'RETINUE_MATH_SYNTAX',
          `Where ${wanted} is wanted, there is ${found}.`,
          'Check the expression there.',
        )
  }
}

function other(quantity: Quantity): Factor {
  return { quantity, form: 'other' }
}

/** 200 + 10% is 220 to some and 200.1 to others; of 1 it is the same to both. */
function refuseOnTop({ quantity, form }: Factor): void {
  const isOne = isSame(quantity.dimension, none) && compare(quantity.value, exact(1)) === 0
  if (form === 'percent' || isOne) return
  throw failure(
    'RETINUE_MATH_SYNTAX',
    'A percentage that is added or taken away can be read in two ways.',
    'Write 200 * (1 + 10%) for a tenth more, 200 + (10%) for the other.',
  )
}

/** Names behind a number are units, but for the words of the grammar. */
function isUnit(token: Token): boolean {
  return token.kind === 'name' && !isWord(token) && findUnit(token.text) !== undefined
}

function isWord({ text }: Token): boolean {
  return text === 'to' || text === 'in' || text === 'mod'
}

/** The number that a text writes, exactly. @throws {RETINUE_MATH_LIMIT} */
function numberFrom(text: string): Scalar {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', places = ''] = mantissa.split('.')
  const shift = Number(exponent) - places.length
  if (Math.abs(shift) > maxExponent + maxLength) {
    throw failure(
      'RETINUE_MATH_LIMIT',
      `${text} is too large or too small.`,
      `Exponents go to ${maxExponent}.`,
    )
  }
  const digits = BigInt(whole + places || '0')
  const size = 10n ** BigInt(Math.abs(shift))
  return shift < 0 ? exact(digits, size) : exact(digits * size)
}
