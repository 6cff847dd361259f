import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answer } from '../src/answer.ts'
import { evaluate } from '../src/expression.ts'

const worked = (text: string): string => answer(evaluate(text))

test.each([
  // exact for as long as that can be
  ['0.1 + 0.2', '0.3'],
  ['1/3 + 1/6', '0.5'],
  ['1/3 + 0.25', '7/12 (≈ 0.583333333333333)'],
  ['2^100', '1267650600228229401496703205376'],
  ['2^-2', '0.25'],
  ['(-2)^-3', '-0.125'],
  ['(-1)^(10^50)', '1'],
  ['0^0', '1'],
  ['sqrt(4/9)', '2/3 (≈ 0.666666666666667)'],
  ['20!', '2432902008176640000'],
  ['-1e-400', '≈ -1e-400'],
  ['450!', '≈ 1.73336873311263e+1000'],
  // and about, where not
  ['sqrt(2)', '≈ 1.4142135623731'],
  ['2 * pi', '≈ 6.28318530717959'],
  ['8^(1/3)', '≈ 2'],
  ['sin(30 deg)', '≈ 0.5'],
  ['log(8, 2)', '≈ 3'],
  ['(1 + 0.04/12)^360', '≈ 3.31349801460685'],
  ['1/7^50', '≈ 5.56029712163857e-43'],
  // order of operations
  ['-2^2', '-4'],
  ['2^3^2', '512'],
  ['10 - 2 - 3', '5'],
  ['6/2/3', '1'],
  ['3 - -2', '5'],
  ['2 ** 3 × 4 ÷ 2 − 1', '15'],
  ['100 * 15%', '15'],
  ['1 + 5% - 1', '0.05'],
  ['10% + 5% - 1%', '0.14'],
  ['200 + (10%)', '200.1'],
  ['200 * (1 - 10%)', '180'],
  ['-7 mod 3', '2'],
  // functions
  ['round(2.567, 2)', '2.57'],
  ['round(-5.5)', '-6'],
  ['round(1234.5, -2)', '1200'],
  ['round(pi, 4)', '3.1416'],
  ['round(pi, 20)', '≈ 3.14159265358979'],
  ['floor(exp(50))', '≈ 5.18470552858707e+21'],
  ['round(3.456 km, 1)', '3.5 km'],
  ['floor(-3.5)', '-4'],
  ['ceil(7/2)', '4'],
  ['abs(-3 m)', '3 m'],
  ['abs(5) + abs(-pi)', '≈ 8.14159265358979'],
  ['round(98.6 degF to degC, 1)', '37 degC'],
  ['floor(-3.5 degC)', '-4 degC'],
  ['max(1 m, 2 ft)', '1 m'],
  ['min(1 m, 2 ft)', '2 ft'],
  ['mean(1, 2, 3, 4)', '2.5'],
  ['sum(1 km, 300 m)', '1.3 km'],
  ['gcd(12, 18)', '6'],
  ['lcm(-4, 6)', '12'],
  ['floor(log(1000, 10))', '3'],
  ['ceil(sqrt(2)^2)', '2'],
  ['(3!)!', '720'],
  // units
  ['3 inch to cm', '7.62 cm'],
  ['60 mile/hour in km/hour', '96.56064 km/hour'],
  ['(2 km + 300 m) / 20 min to km/h', '6.9 km/h'],
  ['100 km / 2 h to km/h', '50 km/h'],
  ['9.81 m/s^2 * 70 kg', '686.7 N'],
  ['72 kg / (1.8 m)^2', '200/9 (≈ 22.2222222222222) kg/m^2'],
  ['1 kg + 2 lb', '1.90718474 kg'],
  ['3 kWh to MJ', '10.8 MJ'],
  ['2 GiB to MB', '2147.483648 MB'],
  ['4 kilometres to Metres', '4000 Metres'],
  ['3 µm to nm', '3000 nm'],
  ['1 N m to J', '1 J'],
  ['10 m² * 2 s⁻¹ + 3² * 1 m² Hz', '29 m^2/s'],
  ['5 kg m^2 s^-2 to J', '5 J'],
  ['5 kg m^(2) s^-(1 + 1) to J', '5 J'],
  ['150 lbs to kg', '68.0388555 kg'],
  ['2 hrs + 30 secs to min', '120.5 min'],
  ['100 Mbps to MB/s', '12.5 MB/s'],
  ['100 megabits/s to MBps', '12.5 MBps'],
  ['1000 millibars to Pa', '100000 Pa'],
  ['sqrt(16 m^2)', '4 m'],
  ['(1/2) kg', '0.5 kg'],
  ['5 km mod 300 m', '0.2 km'],
  ['kg/m^3', '1 kg/m^3'],
  ['3 m * 2 s', '6 m*s'],
  ['1/(4 s)', '0.25 1/s'],
  ['20 degC to degF', '68 degF'],
  ['-40 degC to °F', '-40 °F'],
  ['20 K to degC', '-253.15 degC'],
  ['(20 degC to K) + 5 K', '298.15 K'],
])('%s is %s', (text, result) => {
  expect(worked(text)).toBe(result)
})

test.each([
  ['', 'SYNTAX', 'there is the end'],
  ['((1)', 'SYNTAX', "Where a ')' is wanted, there is the end."],
  [
    '1,000 + 1',
    'SYNTAX',
    "',' can't follow '1'. Put a sign between: * for a product. Thousands have no separator.",
  ],
  ['2 (3 + 4)', 'SYNTAX', "'(' can't follow '2'"],
  ['2 pi', 'SYNTAX', "'pi' can't follow '2'"],
  ['10 % 3', 'SYNTAX', "'3' can't follow '%'"],
  ['200 + 10%', 'SYNTAX', 'can be read in two ways. Write 200 * (1 + 10%)'],
  ['5 kg - 10%', 'SYNTAX', 'can be read in two ways'],
  ['log(100)', 'SYNTAX', 'can be read in two ways. Write log10(x) or ln(x)'],
  ['5!!', 'SYNTAX', 'can be read in two ways. Write (5!)!'],
  ['1..2', 'SYNTAX', "can't follow"],
  ['1 / 2 kg', 'SYNTAX', 'can be read in two ways. Write (1/2) kg'],
  ['12 in to cm', 'SYNTAX', 'inches are written inch'],
  ['5 km to', 'SYNTAX', 'the name of a unit'],
  ['5 km to 3 m', 'SYNTAX', 'the name of a unit'],
  ['gcd(1)', 'SYNTAX', 'gcd takes 2 to 100 of them, not 1.'],
  ['process.exit()', 'SYNTAX', "'.' means nothing here."],
  ['x = 5', 'SYNTAX', "'=' means nothing here."],
  ['constructor', 'NAME', "'constructor' is no unit or constant that is known."],
  ['__proto__ + 1', 'NAME', 'is no unit'],
  ['toString(1)', 'NAME', "There is no function 'toString'. The functions are: sqrt,"],
  ['sin + 1', 'NAME', 'It is a function: write sin(…).'],
  ['100 MBit to MB', 'NAME', "'MBit' is no unit"],
  ['20 mbps', 'NAME', "'mbps' is no unit"],
  ['1 MOHM', 'NAME', "'MOHM' is no unit"],
  ['1200 rpm to rad/s', 'NAME', "'rpm' is no unit"],
  ['1 USD to EUR', 'NAME', "'USD' is no unit"],
  ['5 m + 2 s', 'UNITS', "m and s can't be added or compared."],
  ['5 m + 2', 'UNITS', "m and a plain number can't be added"],
  ['5 m to s', 'UNITS', "m and s can't be converted."],
  ['20 C to F', 'UNITS', "C and F can't be converted. Check the units. Temperatures are written degC"],
  ['sqrt(2 m)', 'UNITS', 'There is no such power of m.'],
  ['2^(1 m)', 'UNITS', 'A plain number is wanted, not one of m.'],
  ['20 degC + 5 degC', 'UNITS', 'Convert it to K first: (20 degC to K) + 5 K.'],
  ['abs(-5 degC)', 'UNITS', 'Convert it to K first'],
  ['1/0', 'DOMAIN', 'Nothing can be divided by zero.'],
  ['0^-1', 'DOMAIN', 'zero'],
  ['sqrt(-1)', 'DOMAIN', 'There is no real root'],
  ['(-8)^(1/3)', 'DOMAIN', 'whole exponent'],
  ['ln(0)', 'DOMAIN', 'positive'],
  ['asin(2)', 'DOMAIN', 'not defined'],
  ['(1/2)!', 'DOMAIN', 'whole number'],
  ['gcd(1.5, 2)', 'DOMAIN', 'whole numbers'],
  ['round(1, 1000)', 'DOMAIN', 'places'],
  ['9^9^9', 'LIMIT', 'too large'],
  ['2^-100000', 'LIMIT', 'too small'],
  ['451!', 'LIMIT', 'too large'],
  ['lcm(450!, 450! - 1)', 'LIMIT', 'too large'],
  ['1e99999', 'LIMIT', 'Exponents go to 1000.'],
  ['exp(1000)', 'LIMIT', 'too large'],
  ['('.repeat(500), 'LIMIT', 'nested 100 deep at most'],
  ['-'.repeat(500), 'LIMIT', 'nested 100 deep at most'],
  ['1'.repeat(2001), 'LIMIT', 'at most 2000 characters'],
])('%s is refused, and the message says why', (text, code, message) => {
  expect(() => worked(text)).toThrow(`[RETINUE_MATH_${code}]`)
  expect(() => worked(text)).toThrow(message)
})

test('fractions are exact: what is added and taken away again leaves nothing', () => {
  const whole = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
  const part = fc.bigInt({ min: 1n, max: 10n ** 30n })
  fc.assert(
    fc.property(whole, part, whole, part, (a, b, c, d) => {
      const [x, y] = [`(${a})/${b}`, `(${c})/${d}`]
      expect(worked(`${x} + ${y} - ${x} - ${y}`)).toBe('0')
      expect(worked(`(${x}) * ${b} - (${a})`)).toBe('0')
      expect(worked(`(${a}) mod ${b}`)).toBe(String(((a % b) + b) % b))
    }),
    { numRuns: 300 },
  )
})

test('a unit that is converted there and back is what it was, exactly', () => {
  const groups = [
    ['m', 'km', 'inch', 'mi', 'ly', 'nmi', 'yd'],
    ['kg', 'mg', 'lb', 'oz', 't', 'stone'],
    ['K', 'degC', 'degF'],
    ['J', 'kWh', 'eV', 'kcal', 'BTU'],
    ['Pa', 'bar', 'psi', 'atm'],
    ['l', 'm^3', 'gal', 'tsp', 'floz'],
    ['B', 'bit', 'MiB', 'GB'],
  ]
  const pairs = fc
    .constantFrom(...groups)
    .chain((group) => fc.tuple(fc.constantFrom(...group), fc.constantFrom(...group)))
  fc.assert(
    fc.property(pairs, fc.integer({ min: -1000, max: 1000 }), ([from, to], amount) => {
      expect(worked(`${amount} ${from} to ${to} to ${from}`)).toBe(`${amount} ${from}`)
    }),
  )
})

test('whatever is written, it is worked out or refused with a reason, and never takes long', () => {
  const pieces = fc.constantFrom(
    '1',
    '0',
    '7.5',
    '1e300',
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    '^',
    '!',
    '%',
    ',',
    ' ',
    'km',
    's',
    'degC',
    'pi',
    'to',
    'in',
    'mod',
    'sqrt(',
    'round(',
    'lcm(',
    'log(',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 60 }).map((each) => each.join('')),
        fc.string(),
      ),
      (text) => {
        const refusal = refusalOf(text)
        expect(refusal === undefined || refusal.startsWith('[RETINUE_MATH_')).toBe(true)
      },
    ),
    { numRuns: 3000 },
  )
})

test('the worst that fits into an expression is done in a moment', () => {
  const sums = Array.from({ length: 220 }, (_, i) => `1/${430 - i}!`).join('+')
  const begun = process.cpuUsage().user
  expect(worked(sums)).toMatch(/^≈ /)
  expect(process.cpuUsage().user - begun).toBeLessThan(3_000_000) // microseconds
})

function refusalOf(text: string): string | undefined {
  try {
    worked(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
