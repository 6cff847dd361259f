// Numbers: fractions of whole numbers for as long as they can be exact, floating point from where they can't. Each
// operation bounds what it makes, so that no chain of them takes long.
import Fraction from 'fraction.js'
import { failure } from './errors.ts'

/** A number, exact or approximate. */
export type Scalar = Fraction | number

/** How large numerator and denominator may be, in bits: some twelve hundred digits. */
const maxBits = 4000
/** Up to so many bits, whole numbers are in the range of floating point. */
const shiftAbove = 1000

const zero = new Fraction(0n, 1n)

/** Tells whether a number is exact. */
export function isExact(value: Scalar): value is Fraction {
  return typeof value !== 'number'
}

/** Makes an exact number. */
export function exact(numerator: bigint | number, denominator: bigint | number = 1): Fraction {
  return new Fraction(BigInt(numerator), BigInt(denominator))
}

/** The nearest floating point number. @throws {RETINUE_MATH_LIMIT} */
export function approximate(value: Scalar): number {
  if (!isExact(value)) return value
  const excess = BigInt(Math.max(0, Math.max(bitsOf(value.n), bitsOf(value.d)) - shiftAbove))
  return finite((Number(value.s) * Number(value.n >> excess)) / Number(value.d >> excess), value.n === 0n)
}

export function add(a: Scalar, b: Scalar): Scalar {
  return isExact(a) && isExact(b) ? bounded(a.add(b)) : finite(approximate(a) + approximate(b))
}

export function multiply(a: Scalar, b: Scalar): Scalar {
  return isExact(a) && isExact(b) ? bounded(a.mul(b)) : finite(approximate(a) * approximate(b))
}

/** @throws {RETINUE_MATH_DOMAIN} where the divisor is zero. */
export function divide(a: Scalar, b: Scalar): Scalar {
  refuseZero(b)
  return isExact(a) && isExact(b) ? bounded(a.div(b)) : finite(approximate(a) / approximate(b))
}

/** What is left of a division, with the sign of the divisor: -7 mod 3 is 2. */
export function modulo(a: Scalar, b: Scalar): Scalar {
  refuseZero(b)
  if (isExact(a) && isExact(b)) return bounded(a.sub(a.div(b).floor().mul(b)))
  const [x, y] = [approximate(a), approximate(b)]
  return finite(x - Math.floor(x / y) * y)
}

export function negate(a: Scalar): Scalar {
  return isExact(a) ? a.neg() : -a
}

/** Whether a number is below, equal to or above another one: -1, 0, 1. */
export function compare(a: Scalar, b: Scalar): number {
  return isExact(a) && isExact(b) ? a.compare(b) : Math.sign(approximate(a) - approximate(b))
}

/** A power; exact where the exponent is whole. @throws {RETINUE_MATH_DOMAIN}, {RETINUE_MATH_LIMIT} */
export function power(base: Scalar, exponent: Scalar): Scalar {
  if (isExact(exponent) && exponent.d === 2n && exponent.n === 1n && exponent.s === 1n) return root(base)
  if (compare(exponent, zero) < 0) refuseZero(base)
  if (!isExact(base) || !isExact(exponent) || exponent.d !== 1n) {
    const result = approximate(base) ** approximate(exponent)
    if (Number.isNaN(result)) throw undefinedHere('A power of what is negative has a whole exponent.')
    return finite(result, compare(base, zero) === 0)
  }
  const size = wholePower(exponent.s < 0n ? base.inverse() : base, exponent.n)
  return base.s < 0n && exponent.n % 2n === 1n ? negate(size) : size
}

/** The power of a number's size: by squaring, exact as long as it is short enough, then to some 250 bits. */
function wholePower(base: Fraction, exponent: bigint): Scalar {
  let { n, d } = base
  if (n + d <= 2n) return exponent === 0n ? exact(1) : exact(n) // 0 and 1 take any exponent
  if (Math.abs(Math.log2(approximate(base.abs()))) * Number(exponent) > maxBits) throw tooLarge()
  const isLong = BigInt(Math.max(bitsOf(n), bitsOf(d))) * exponent > BigInt(maxBits)
  let [top, bottom] = [1n, 1n]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) [top, bottom] = [top * n, bottom * d]
    ;[n, d] = [n * n, d * d]
    if (!isLong) continue
    ;[top, bottom] = shortened(top, bottom)
    ;[n, d] = shortened(n, d)
  }
  const result = new Fraction(top, bottom)
  return isLong ? approximate(result) : result
}

/** Drops the bits of both parts of a fraction that its first 250 don't need. */
function shortened(n: bigint, d: bigint): [n: bigint, d: bigint] {
  const shift = BigInt(Math.max(0, Math.min(bitsOf(n), bitsOf(d)) - 256))
  return [n >> shift, d >> shift]
}

/** A square root; exact where there is one. @throws {RETINUE_MATH_DOMAIN} */
export function root(value: Scalar): Scalar {
  if (compare(value, zero) < 0) throw undefinedHere('There is no real root of what is negative.')
  if (!isExact(value)) return Math.sqrt(value)
  const [n, d] = [wholeRoot(value.n), wholeRoot(value.d)]
  return n * n === value.n && d * d === value.d ? new Fraction(n, d) : Math.sqrt(approximate(value))
}

/** The product of the whole numbers up to one. @throws {RETINUE_MATH_DOMAIN}, {RETINUE_MATH_LIMIT} */
export function factorial(value: Scalar): Scalar {
  if (!isExact(value) || value.d !== 1n || value.s < 0n) {
    throw undefinedHere('A factorial is that of a whole number from 0.')
  }
  if (value.n > 450n) throw tooLarge()
  let product = 1n
  for (let i = 2n; i <= value.n; i++) product *= i
  return new Fraction(product, 1n)
}

/** Refuses what floating point can't hold; what came out as zero may be one. @throws {RETINUE_MATH_LIMIT} */
export function finite(value: number, mayBeZero = true): number {
  if (Number.isFinite(value) && (value !== 0 || mayBeZero)) return value
  throw tooLarge()
}

export function undefinedHere(hint: string): Error {
  return failure('RETINUE_MATH_DOMAIN', 'There is no such number.', hint)
}

function tooLarge(): Error {
  return failure(
    'RETINUE_MATH_LIMIT',
    'A number becomes too large, or too small.',
    'Work with logarithms, or with smaller parts.',
  )
}

/** What is too long to stay exact goes on as floating point. */
function bounded(value: Fraction): Scalar {
  return bitsOf(value.n) <= maxBits && bitsOf(value.d) <= maxBits ? value : approximate(value)
}

function refuseZero(value: Scalar): void {
  if (compare(value, zero) === 0) throw undefinedHere('Nothing can be divided by zero.')
}

function bitsOf(value: bigint): number {
  return value.toString(16).length * 4
}

/** The whole part of a square root, by Newton. */
function wholeRoot(value: bigint): bigint {
  if (value < 2n) return value
  let x = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (x + value / x) >> 1n
    if (next >= x) return x
    x = next
  }
}
