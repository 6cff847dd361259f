import fc from 'fast-check'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { expect, test } from 'vitest'
import { roll } from '../src/dice.ts'
import { unforeseeable } from '../src/draw.ts'

test('each die is told, those that do not count in parentheses, and the sum is that of the others', () => {
  const count = fc.integer({ min: 1, max: 20 })
  const sides = fc.integer({ min: 1, max: 100 })
  const kept = fc.integer({ min: 1, max: 25 })
  fc.assert(
    fc.property(
      fc.integer(),
      count,
      sides,
      fc.constantFrom('h', 'l'),
      kept,
      (seed, dice, faces, end, keep) => {
        const [, told = '', total] = /^\d+d\d+k[hl]\d+: (.*); -3 = (-?\d+)$/.exec(
          roll(xoroshiro128plus(seed), `${dice}d${faces}k${end}${keep} - 3`),
        )!
        const each = told.split(', ')
        const counting = each.filter((die) => !die.startsWith('(')).map(Number)
        const rest = each.filter((die) => die.startsWith('(')).map((die) => Number(die.slice(1, -1)))
        expect(each).toHaveLength(dice)
        expect(counting).toHaveLength(Math.min(dice, keep))
        expect([...counting, ...rest].every((die) => die >= 1 && die <= faces)).toBe(true)
        const sign = end === 'h' ? 1 : -1
        expect(rest.every((die) => counting.every((other) => sign * other >= sign * die))).toBe(true)
        expect(counting.reduce((sum, die) => sum + die, 0) - 3).toBe(Number(total))
      },
    ),
  )
})

test('dice may be written as players write them', () => {
  const source = xoroshiro128plus(1)
  expect(roll(source, 'd20')).toMatch(/^1d20: \d+ = \d+$/)
  expect(roll(source, ' 2D6 + 1d4 - 2 ')).toMatch(/^2d6: \d, \d; 1d4: \d; -2 = -?\d+$/)
  expect(roll(source, 'd%')).toMatch(/^1d%: \d+ = \d+$/)
  expect(roll(source, '10 - d1')).toBe('+10; -1d1: 1 = 9')
  expect(roll(unforeseeable, '3d1kl1')).toBe('3d1kl1: 1, (1), (1) = 1')
})

test.each(['', ' ', '5', 'd', '2d', '2d6 3', '2d6++1', '0d6', '2d0', 'd20d20', '2x6', '4d6k3', '-', '2d6+'])(
  '%j is no dice',
  (notation) => {
    expect(() => roll(unforeseeable, notation)).toThrow(
      `[RETINUE_RANDOM_DICE] '${notation}' is no notation of dice.`,
    )
  },
)

test.each(['1001d6', '500d6+501d6', '999999999d6', 'd1000000001'])('%s is too much', (notation) => {
  expect(() => roll(unforeseeable, notation)).toThrow('is too much: a roll has at most 1000 dice')
})
