import { expect, test } from 'vitest'
import { bases, findUnit, symbolOf } from '../src/units.ts'

test('prefixes go with the units that take them, a symbol with a symbol and a name with a name', () => {
  for (const name of [
    'km',
    'kilometre',
    'Kilometers',
    'µs',
    'mmol',
    'GHz',
    'kohm',
    'kΩ',
    'TB',
    'MiB',
    'mebibytes',
    'dal',
    'keV',
  ]) {
    expect(findUnit(name), name).toBeDefined()
  }
  for (const name of [
    'kmin',
    'kilom',
    'kmetre',
    'Mim',
    'kft',
    'k',
    'kilo',
    'mdegC',
    'x',
    '',
    'constructor',
  ]) {
    expect(findUnit(name), name).toBeUndefined()
  }
})

test('a name that can be read in two ways is the one that everybody means', () => {
  expect(findUnit('min')!.factor).toEqual(findUnit('minute')!.factor)
  expect(findUnit('cd')!.dimension).toEqual(findUnit('candela')!.dimension)
  expect(findUnit('Pa')!.dimension).toEqual(findUnit('pascal')!.dimension)
  expect(findUnit('h')!.factor).toEqual(findUnit('hour')!.factor)
})

test('a dimension without a name is written in base units', () => {
  const dimension = (text: Record<string, number>) => bases.map((base) => text[base] ?? 0)
  expect(symbolOf(dimension({ kg: 1, m: 1, s: -2 }))).toBe('N')
  expect(symbolOf(dimension({ kg: 1, m: 1, s: -1 }))).toBe('m*kg/s')
  expect(symbolOf(dimension({ m: -2, s: -1 }))).toBe('1/(m^2*s)')
})
