// The units that the calculator knows, each an exact multiple of what the SI has: metres, kilograms, seconds, amperes,
// kelvins, moles, candelas, and bits beside them. Definitions are those of the SI and of the international yard and pound.
import type Fraction from 'fraction.js'
import { exact, multiply, type Scalar } from './scalar.ts'

/** Exponents of the base units, in the order of `bases`. */
export type Dimension = readonly number[]

/** The base units. */
export const bases = ['m', 'kg', 's', 'A', 'K', 'mol', 'cd', 'bit'] as const

/** A unit: how many of the base units it is; and for a scale of temperature, where its zero lies. */
export interface Unit {
  readonly factor: Scalar
  readonly dimension: Dimension
  /** In kelvins, of scales whose zero is not that of kelvins. */
  readonly zero?: Fraction
}

/** Finds a unit by symbol or name: `km`, `kilometres`, `MiB`; `undefined` where there is none. */
export function findUnit(name: string): Unit | undefined {
  return spelled(name, true) ?? (name.length > 3 ? spelled(name.toLowerCase(), false) : undefined)
}

/** A unit, or several of it. The capitals of a symbol mean something: an MOHM is no mohm. */
function spelled(text: string, takesSymbols: boolean): Unit | undefined {
  const single = text.length > 3 && text.endsWith('s') ? [text.slice(0, -1)] : []
  for (const each of [text, ...single]) {
    const found = units.get(each) ?? prefixed(each, takesSymbols)
    if (found !== undefined) return found
  }
  return undefined
}

/** The symbol of a coherent unit of that dimension: `N`, `kg·m/s`. */
export function symbolOf(dimension: Dimension): string {
  const known = [...coherent].find(([, each]) => isSame(each, dimension))
  if (known !== undefined) return known[0]
  const part = (sign: number): string[] =>
    dimension.flatMap((exponent, i) => {
      const size = exponent * sign
      return size <= 0 ? [] : [size === 1 ? bases[i]! : `${bases[i]}^${size}`]
    })
  const [over, under] = [part(1), part(-1)]
  const below = under.length > 1 ? `(${under.join('*')})` : under.join('')
  return `${over.join('*') || '1'}${below === '' ? '' : `/${below}`}`
}

/** Whether two dimensions are one. */
export function isSame(a: Dimension, b: Dimension): boolean {
  return a.every((exponent, i) => exponent === b[i])
}

/** No dimension: that of a plain number. */
export const none: Dimension = bases.map(() => 0)

const of = (dimension: Partial<Record<(typeof bases)[number], number>>): Dimension =>
  bases.map((base) => dimension[base] ?? 0)

// Each line: names, dimension, numerator, denominator. Those that take prefixes, by symbol and by name, come first.
type Line = readonly [
  names: string,
  dimension: Dimension,
  numerator?: bigint | number,
  denominator?: bigint | number,
]

const length = of({ m: 1 })
const mass = of({ kg: 1 })
const time = of({ s: 1 })
const area = of({ m: 2 })
const volume = of({ m: 3 })
const speed = of({ m: 1, s: -1 })
const force = of({ kg: 1, m: 1, s: -2 })
const pressure = of({ kg: 1, m: -1, s: -2 })
const energy = of({ kg: 1, m: 2, s: -2 })
const output = of({ kg: 1, m: 2, s: -3 })
const voltage = of({ kg: 1, m: 2, s: -3, A: -1 })
const data = of({ bit: 1 })

const prefixable: readonly Line[] = [
  ['m metre meter', length],
  ['g gram', mass, 1, 1000],
  ['s second', time],
  ['A ampere amp', of({ A: 1 })],
  ['K kelvin', of({ K: 1 })],
  ['mol mole', of({ mol: 1 })],
  ['cd candela', of({ cd: 1 })],
  ['Hz hertz', of({ s: -1 })],
  ['N newton', force],
  ['Pa pascal', pressure],
  ['J joule', energy],
  ['W watt', output],
  ['V volt', voltage],
  ['C coulomb', of({ A: 1, s: 1 })],
  ['F farad', of({ kg: -1, m: -2, s: 4, A: 2 })],
  ['ohm Ω', of({ kg: 1, m: 2, s: -3, A: -2 })],
  ['T tesla', of({ kg: 1, s: -2, A: -1 })],
  ['H henry', of({ kg: 1, m: 2, s: -2, A: -2 })],
  ['l L litre liter', volume, 1, 1000],
  ['t tonne', mass, 1000],
  ['bar', pressure, 100_000],
  ['eV', energy, 1_602_176_634n, 10n ** 28n],
  ['Wh', energy, 3600],
  ['cal calorie', energy, 4184, 1000],
  ['bit b', data],
  ['B byte', data, 8],
  ['bps', of({ bit: 1, s: -1 })],
  ['Bps', of({ bit: 1, s: -1 }), 8],
]

/** Those of which nobody means parts: an mb is a misspelt Mb, an mt a metric ton. */
const multiplied = new Set('t tonne bit b B byte bps Bps'.split(' '))

const plain: readonly Line[] = [
  ['sec', time],
  ['min minute', time, 60],
  ['h hr hrs hour', time, 3600],
  ['d day', time, 86_400],
  ['week', time, 604_800],
  ['year', time, 31_557_600],
  ['inch inches', length, 254, 10_000],
  ['ft foot feet', length, 3048, 10_000],
  ['yd yds yard', length, 9144, 10_000],
  ['mi mile', length, 1_609_344, 1000],
  ['nmi', length, 1852],
  ['ly lightyear', length, 9_460_730_472_580_800n],
  ['au', length, 149_597_870_700n],
  ['lb lbs pound', mass, 45_359_237, 100_000_000],
  ['oz ounce', mass, 45_359_237, 1_600_000_000],
  ['stone', mass, 635_029_318, 100_000_000],
  ['ha hectare', area, 10_000],
  ['acre', area, 40_468_564_224n, 10_000_000],
  ['gal gallon', volume, 3_785_411_784n, 10n ** 12n],
  ['quart', volume, 946_352_946n, 10n ** 12n],
  ['pint', volume, 473_176_473n, 10n ** 12n],
  ['cup', volume, 2_365_882_365n, 10n ** 13n],
  ['floz', volume, 295_735_295_625n, 10n ** 16n],
  ['tbsp tablespoon', volume, 1_478_676_478_125n, 10n ** 17n],
  ['tsp teaspoon', volume, 492_892_159_375n, 10n ** 17n],
  ['mph', speed, 44_704, 100_000],
  ['kph kmh', speed, 5, 18],
  ['kn knot', speed, 1852, 3600],
  ['lbf', force, 44_482_216_152_605n, 10n ** 13n],
  ['atm', pressure, 101_325],
  ['psi', pressure, 8_896_443_230_521n, 1_290_320_000n],
  ['hp horsepower', output, 37_284_993_579_113_511n, 5n * 10n ** 13n],
  ['BTU', energy, 105_505_585_262n, 10n ** 8n],
  ['rad radian', none],
]

const temperature = of({ K: 1 })
const scales: readonly (readonly [string, Unit])[] = [
  ['degC celsius °C ℃', { factor: exact(1), dimension: temperature, zero: exact(27_315, 100) }],
  ['degF fahrenheit °F ℉', { factor: exact(5, 9), dimension: temperature, zero: exact(45_967, 180) }],
]

const toUnit = ([, dimension, numerator = 1, denominator = 1]: Line): Unit => ({
  factor: exact(numerator, denominator),
  dimension,
})

const units = new Map<string, Unit>()
const takingPrefix = new Map<string, Unit>()
for (const line of [...prefixable, ...plain]) {
  for (const name of line[0].split(' ')) units.set(name, toUnit(line))
}
for (const [names, unit] of scales) for (const name of names.split(' ')) units.set(name, unit)
for (const name of ['deg', 'degree', '°']) units.set(name, { factor: Math.PI / 180, dimension: none })
for (const line of prefixable) for (const name of line[0].split(' ')) takingPrefix.set(name, toUnit(line))

const decimal =
  'q:quecto:-30 r:ronto:-27 y:yocto:-24 z:zepto:-21 a:atto:-18 f:femto:-15 p:pico:-12 n:nano:-9 µ:micro:-6 μ:micro:-6 u:micro:-6 m:milli:-3 c:centi:-2 d:deci:-1 da:deca:1 h:hecto:2 k:kilo:3 M:mega:6 G:giga:9 T:tera:12 P:peta:15 E:exa:18 Z:zetta:21 Y:yotta:24 R:ronna:27 Q:quetta:30'
const binary = 'Ki:kibi:10 Mi:mebi:20 Gi:gibi:30 Ti:tebi:40 Pi:pebi:50 Ei:exbi:60'

const prefixes: readonly {
  readonly symbol: string
  readonly name: string
  readonly factor: Fraction
  readonly isBinary: boolean
}[] = [
  ...decimal.split(' ').map((each) => prefix(each, 10n, false)),
  ...binary.split(' ').map((each) => prefix(each, 2n, true)),
]

function prefix(text: string, base: bigint, isBinary: boolean) {
  const [symbol = '', name = '', exponent = ''] = text.split(':')
  const size = base ** BigInt(Math.abs(Number(exponent)))
  return { symbol, name, isBinary, factor: Number(exponent) < 0 ? exact(1, size) : exact(size) }
}

/** A unit with a prefix: a symbol takes a symbol, a name a name, and binary prefixes are for bits and bytes. */
function prefixed(text: string, takesSymbols: boolean): Unit | undefined {
  for (const { symbol, name, factor, isBinary } of prefixes) {
    const isName = text.startsWith(name)
    if (!isName && !(takesSymbols && text.startsWith(symbol))) continue
    const rest = text.slice(isName ? name.length : symbol.length)
    const unit = takingPrefix.get(rest)
    // Of three letters, some are both: bit, bar, ohm.
    if (unit === undefined || (isName ? rest.length < 3 : rest.length > 3)) continue
    if (isBinary ? unit.dimension !== data : factor.n < factor.d && multiplied.has(rest)) continue
    return { ...unit, factor: multiply(unit.factor, factor) }
  }
  return undefined
}

/** The derived units of the SI, in which results are given where nobody asks for others. */
const coherent: ReadonlyMap<string, Dimension> = new Map([
  ['N', force],
  ['Pa', pressure],
  ['J', energy],
  ['W', output],
  ['V', voltage],
])
