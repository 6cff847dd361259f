// Quantities: a number and what it counts. They are kept in the units of the SI, and remember the unit they were
// written in for as long as it makes sense.
import { failure } from './errors.ts'
import {
  add,
  compare,
  divide,
  exact,
  isExact,
  modulo,
  multiply,
  negate,
  power,
  type Scalar,
} from './scalar.ts'
import { type Dimension, isSame, none, symbolOf, type Unit } from './units.ts'

/** A number of units; of a scale of temperature, the degrees that were written. */
export interface Quantity {
  /** In the units of the SI. */
  readonly value: Scalar
  readonly dimension: Dimension
  /** How to write it: the text of a unit, and how many of the SI's it is. */
  readonly shown?: { readonly text: string; readonly factor: Scalar }
  /** Set where it is a point on a scale, which can be converted and no more. */
  readonly scale?: { readonly unit: Unit; readonly degrees: Scalar }
}

/** A plain number. */
export function numberOf(value: Scalar): Quantity {
  return { value, dimension: none }
}

/** So many of a unit. */
export function quantityOf(amount: Scalar, unit: Unit, text: string): Quantity {
  const { factor, dimension, zero } = unit
  const value = multiply(amount, factor)
  const shown = { text, factor }
  if (zero === undefined) return { value, dimension, shown }
  return { value: add(value, zero), dimension, shown, scale: { unit, degrees: amount } }
}

export function sum(a: Quantity, b: Quantity): Quantity {
  calculable(a, b)
  requireSame(a, b, 'added or compared')
  return { ...a, value: add(a.value, b.value) }
}

export function negative(a: Quantity): Quantity {
  if (a.scale !== undefined) return quantityOf(negate(a.scale.degrees), a.scale.unit, a.shown!.text)
  return { ...a, value: negate(a.value) }
}

export function product(a: Quantity, b: Quantity): Quantity {
  calculable(a, b)
  return combined(a, b, multiply(a.value, b.value), 1)
}

export function quotient(a: Quantity, b: Quantity): Quantity {
  calculable(a, b)
  return combined(a, b, divide(a.value, b.value), -1)
}

export function remainder(a: Quantity, b: Quantity): Quantity {
  calculable(a, b)
  requireSame(a, b, 'divided with a remainder')
  return { ...a, value: modulo(a.value, b.value) }
}

/** A power; that of a unit has a whole exponent, or is a root that comes out even. */
export function raised(a: Quantity, b: Quantity): Quantity {
  calculable(a, b)
  const exponent = plain(b)
  const value = power(a.value, exponent)
  if (isSame(a.dimension, none)) return numberOf(value)
  const dimension = a.dimension.map((each) => multiply(exact(each), exponent))
  if (dimension.some((each) => !isExact(each) || each.d !== 1n)) {
    throw failure(
      'RETINUE_MATH_UNITS',
      `There is no such power of ${unitText(a)}.`,
      'Convert it to a number first.',
    )
  }
  return { value, dimension: dimension.map(Number) }
}

/** The quantity written in another unit. */
export function converted(a: Quantity, target: Quantity, text: string): Quantity {
  requireSame(a, target, 'converted')
  const { value, dimension } = a
  return {
    value,
    dimension,
    shown: { text, factor: target.value },
    ...(target.scale && { scale: scaled(a, target.scale.unit) }),
  }
}

/** A number without a unit. @throws {RETINUE_MATH_UNITS} */
export function plain(a: Quantity): Scalar {
  if (isSame(a.dimension, none)) return a.value
  throw failure(
    'RETINUE_MATH_UNITS',
    `A plain number is wanted, not one of ${unitText(a)}.`,
    'Divide by a unit first.',
  )
}

/** Whether a quantity is below, equal to or above another one: -1, 0, 1. */
export function compared(a: Quantity, b: Quantity): number {
  calculable(a, b)
  requireSame(a, b, 'added or compared')
  return compare(a.value, b.value)
}

/** The number in front of the unit, and the unit. */
export function written(a: Quantity): { readonly amount: Scalar; readonly unit: string } {
  if (a.scale !== undefined) return { amount: a.scale.degrees, unit: a.shown!.text }
  if (a.shown !== undefined) return { amount: divide(a.value, a.shown.factor), unit: a.shown.text }
  return { amount: a.value, unit: isSame(a.dimension, none) ? '' : symbolOf(a.dimension) }
}

/** The quantity with another number in front of its unit. */
export function withAmount(a: Quantity, amount: Scalar): Quantity {
  if (a.scale !== undefined) return quantityOf(amount, a.scale.unit, a.shown!.text)
  return { ...a, value: multiply(amount, a.shown?.factor ?? exact(1)) }
}

function scaled(a: Quantity, unit: Unit): NonNullable<Quantity['scale']> {
  return { unit, degrees: divide(add(a.value, negate(unit.zero!)), unit.factor) }
}

/** A product or quotient: it keeps the unit of its first part where the other one has none. */
function combined(a: Quantity, b: Quantity, value: Scalar, sign: 1 | -1): Quantity {
  const dimension = a.dimension.map((exponent, i) => exponent + sign * b.dimension[i]!)
  const kept = isSame(b.dimension, none)
    ? a.shown
    : isSame(a.dimension, none) && sign === 1
      ? b.shown
      : undefined
  return { value, dimension, ...(kept !== undefined && { shown: kept }) }
}

/** Refuses points on a scale of temperature: 20 °C and 5 °C make neither 25 °C nor 571 K. */
function calculable(...quantities: readonly Quantity[]): void {
  const point = quantities.find(({ scale }) => scale !== undefined)
  if (point === undefined) return
  throw failure(
    'RETINUE_MATH_UNITS',
    `Nothing can be calculated with ${point.shown!.text}, whose zero is not nothing.`,
    'Convert it to K first: (20 degC to K) + 5 K.',
  )
}

function requireSame(a: Quantity, b: Quantity, what: string): void {
  if (isSame(a.dimension, b.dimension)) return
  throw failure(
    'RETINUE_MATH_UNITS',
    `${unitText(a)} and ${unitText(b)} can't be ${what}.`,
    'Check the units. Temperatures are written degC, degF and K.',
  )
}

function unitText(a: Quantity): string {
  const text = written(a).unit
  return text === '' ? 'a plain number' : text
}
