// The functions and constants of the calculator. Each takes quantities and gives one; nothing else can be called.
import { failure } from './errors.ts'
import {
  compared,
  negative,
  numberOf,
  plain,
  type Quantity,
  quotient,
  raised,
  sum,
  withAmount,
  written,
} from './quantity.ts'
import {
  approximate,
  divide,
  exact,
  finite,
  isExact,
  multiply,
  power,
  type Scalar,
  undefinedHere,
} from './scalar.ts'

/** What a name stands for. */
export const constants: Readonly<Record<string, Scalar>> = {
  pi: Math.PI,
  π: Math.PI,
  tau: 2 * Math.PI,
  e: Math.E,
}

interface Callable {
  /** How many arguments it takes, at least and at most. */
  readonly arity: readonly [least: number, most: number]
  call(...args: Quantity[]): Quantity
}

const many = 100

const onNumbers = (arity: Callable['arity'], call: (...args: Scalar[]) => Scalar): Callable => ({
  arity,
  call: (...args) => numberOf(call(...args.map(plain))),
})
const onReals = (call: (x: number, y?: number) => number, most = 1): Callable =>
  onNumbers([1, most], (x, y) => {
    const result = call(approximate(x!), y === undefined ? undefined : approximate(y))
    if (Number.isNaN(result)) throw undefinedHere('The function is not defined there.')
    return finite(result)
  })
/** Works on the number in front of the unit. */
const rounding = (name: 'round' | 'floor' | 'ceil'): Callable => ({
  arity: [1, 2],
  call(x, places = numberOf(exact(0))) {
    const digits = approximate(plain(places))
    if (!Number.isInteger(digits) || Math.abs(digits) > many)
      throw undefinedHere('Round to -100 to 100 places.')
    const scale = power(exact(10), exact(digits))
    const scaled = multiply(written(x!).amount, scale)
    if (!isExact(scaled) && Math.abs(scaled) >= 1e15) return x! // the digits that are known end before that place
    const kept = exactly(scaled)
    return withAmount(x!, divide(isExact(kept) ? rounded(kept, name) : kept, scale))
  },
})
const extreme = (sign: number): Callable => ({
  arity: [1, many],
  call: (first, ...rest) =>
    rest.reduce((best, each) => (compared(each, best) * sign > 0 ? each : best), first!),
})
/** The size of a whole number. */
const whole = (value: Scalar): bigint => {
  if (isExact(value) && value.d === 1n) return value.n
  throw undefinedHere('Give whole numbers.')
}
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

/** The functions by name. */
export const functions: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['sqrt', { arity: [1, 1], call: (x) => raised(x!, numberOf(exact(1, 2))) }],
  [
    'abs',
    {
      arity: [1, 1],
      call: (x) => (compared(x!, { ...x!, value: exact(0) }) < 0 ? negative(x!) : x!),
    },
  ],
  ['round', rounding('round')],
  ['floor', rounding('floor')],
  ['ceil', rounding('ceil')],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  ['sum', { arity: [1, many], call: (...all) => all.reduce(sum) }],
  ['mean', { arity: [1, many], call: (...all) => quotient(all.reduce(sum), numberOf(exact(all.length))) }],
  ['gcd', onNumbers([2, many], (...all) => exact(all.map(whole).reduce(gcd)))],
  [
    'lcm',
    onNumbers([2, many], (...all) =>
      all.reduce((a, b) => {
        const divisor = gcd(whole(a), whole(b))
        return divisor === 0n ? exact(0) : multiply(exact(whole(a) / divisor), exact(whole(b)))
      }),
    ),
  ],
  ['cbrt', onReals(Math.cbrt)],
  ['exp', onReals(Math.exp)],
  ['ln', onReals(logarithm)],
  ['log', onReals(logarithmTo, 2)],
  ['log10', onReals((x) => (logarithm(x), Math.log10(x)))],
  ['log2', onReals((x) => (logarithm(x), Math.log2(x)))],
  ['sin', onReals(Math.sin)],
  ['cos', onReals(Math.cos)],
  ['tan', onReals(Math.tan)],
  ['asin', onReals(Math.asin)],
  ['acos', onReals(Math.acos)],
  ['atan', onReals(Math.atan)],
])

/** Calls a function by its name. @throws {RETINUE_MATH_NAME}, {RETINUE_MATH_SYNTAX} */
export function call(name: string, args: readonly Quantity[]): Quantity {
  const found = functions.get(name)
  if (found === undefined) {
    throw failure(
      'RETINUE_MATH_NAME',
      `There is no function '${name}'.`,
      `The functions are: ${[...functions.keys()].join(', ')}.`,
    )
  }
  const [least, most] = found.arity
  if (args.length >= least && args.length <= most) return found.call(...args)
  throw failure(
    'RETINUE_MATH_SYNTAX',
    `${name} takes ${least === most ? least : `${least} to ${most}`} of them, not ${args.length}.`,
    'Separate them by commas.',
  )
}

function logarithm(x: number): number {
  if (x > 0) return Math.log(x)
  throw undefinedHere('Logarithms are those of what is positive.')
}

/** Without a base it is that of ten to calculators, and the natural one to programs. */
function logarithmTo(x: number, base?: number): number {
  if (base !== undefined) return logarithm(x) / logarithm(base)
  throw failure(
    'RETINUE_MATH_SYNTAX',
    'A log without its base can be read in two ways.',
    'Write log10(x) or ln(x), or the base behind: log(8, 2).',
  )
}

/** Halves are rounded away from zero. */
function rounded(value: Extract<Scalar, object>, name: 'round' | 'floor' | 'ceil'): Scalar {
  if (name !== 'round') return value[name](0)
  const size = value.abs().round(0)
  return value.s < 0n ? size.neg() : size
}

/** A floating point number as the decimal of fifteen digits that is known of it: log(1000, 10) is 3. */
function exactly(value: Scalar): Scalar {
  if (isExact(value)) return value
  const [digits = '', exponent] = value.toExponential(14).split('e')
  return multiply(exact(BigInt(digits.replace('.', ''))), power(exact(10), exact(Number(exponent) - 14)))
}
