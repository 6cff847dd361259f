// How results are written: exactly where that is short, and else as a fraction, with what it is about.
import { type Quantity, written } from './quantity.ts'
import { approximate, isExact, type Scalar } from './scalar.ts'

/** The most digits of a number that is written out, and of a fraction's two. */
const maxDigits = 1000
const maxFractionDigits = 40
const maxPlaces = 30

/** A quantity in words: `5/6 (≈ 0.833333333333333)`, `7.62 cm`, `≈ 1.4142135623731`. */
export function answer(quantity: Quantity): string {
  const { amount, unit } = written(quantity)
  const text = isExact(amount) ? exactText(amount) : `≈ ${approximateText(amount)}`
  return unit === '' ? text : `${text} ${unit}`
}

function exactText(amount: Exclude<Scalar, number>): string {
  const sign = amount.s < 0n ? '-' : ''
  const places = placesOf(amount.d)
  if (places !== undefined && places <= maxPlaces) {
    const digits = ((amount.n * 10n ** BigInt(places)) / amount.d).toString().padStart(places + 1, '0')
    const whole = digits.slice(0, digits.length - places)
    if (digits.length <= maxDigits) return `${sign}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`
  }
  const about = `≈ ${aboutText(amount)}`
  const fraction = `${sign}${amount.n}/${amount.d}`
  return fraction.length <= maxFractionDigits ? `${fraction} (${about})` : about
}

/** How many decimal places a fraction with that denominator has; `undefined` where they never end. */
function placesOf(denominator: bigint): number | undefined {
  let [rest, twos, fives] = [denominator, 0, 0]
  for (; rest % 2n === 0n; rest /= 2n) twos++
  for (; rest % 5n === 0n; rest /= 5n) fives++
  return rest === 1n ? Math.max(twos, fives) : undefined
}

/** Fifteen digits, also of what is too large or too small for floating point. */
function aboutText(amount: Exclude<Scalar, number>): string {
  const magnitude = amount.n.toString().length - amount.d.toString().length
  if (Math.abs(magnitude) < 300) return approximateText(approximate(amount))
  const shift = BigInt(significant - magnitude)
  const scaled = shift >= 0n ? (amount.n * 10n ** shift) / amount.d : amount.n / (amount.d * 10n ** -shift)
  const digits = scaled.toString()
  const mantissa = `${digits[0]}.${digits.slice(1, significant)}`.replace(/\.?0+$/, '')
  const exponent = digits.length - 1 - Number(shift)
  return `${amount.s < 0n ? '-' : ''}${mantissa}e${exponent < 0 ? '' : '+'}${exponent}`
}

const significant = 15

/** Fifteen digits: those that floating point can be trusted with. */
function approximateText(value: number): string {
  return String(Number(value.toPrecision(significant)))
}
