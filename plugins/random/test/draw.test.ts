import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sample, seeded, unforeseeable, whole } from '../src/draw.ts'

test('a sample has each item at most once, unless it is put back; and all of them make a shuffle', () => {
  const items = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(fc.integer(), items, fc.nat(), (seed, from, n) => {
      const count = (n % from.length) + 1
      const some = sample(seeded(seed), from, count, false)
      expect(new Set(some).size).toBe(count)
      expect(some.every((item) => from.includes(item))).toBe(true)
      const all = sample(seeded(seed), from, from.length, false)
      expect(new Set(all)).toEqual(new Set(from))
      expect(all).toHaveLength(from.length)
      expect(sample(seeded(seed), from, 100, true)).toHaveLength(100)
    }),
  )
})

test('each outcome is as likely as any other', () => {
  for (const source of [seeded(7), unforeseeable]) {
    const counts = new Map<string, number>()
    for (let i = 0; i < 12_000; i++) {
      const drawn = sample(source, ['a', 'b', 'c'], 2, false).join('')
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    // Six standard deviations of 2,000: less than once in 10^8 runs.
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(250)
  }
})

test('seeds that are alike begin with draws that are not', () => {
  const draws = (seed: number) => {
    const source = seeded(seed)
    return [whole(source, 1, 20), whole(source, 1, 20)] as const
  }
  const steps = [0, 1].map((draw) => {
    const counts = Array.from({ length: 20 }, () => 0)
    for (let seed = 0; seed < 4000; seed++) counts[(draws(seed + 1)[draw]! - draws(seed)[draw]! + 20) % 20]!++
    return counts
  })
  for (const count of steps.flat()) expect(Math.abs(count - 200)).toBeLessThan(80)
})

test('the largest ranges do, and empty ones are refused', () => {
  const { MIN_SAFE_INTEGER: min, MAX_SAFE_INTEGER: max } = Number
  const source = seeded(7)
  const drawn = Array.from({ length: 10_000 }, () => whole(source, min, max))
  expect(drawn.every(Number.isSafeInteger)).toBe(true)
  const odd = drawn.filter((number) => number % 2 !== 0).length
  expect(Math.abs(odd - 5000)).toBeLessThan(300)
  expect(whole(unforeseeable, 5, 5)).toBe(5)
  expect(() => whole(unforeseeable, 2, 1)).toThrow('[RETINUE_RANDOM_RANGE] There is no number from 2 to 1.')
  expect(() => sample(unforeseeable, ['a'], 2, false)).toThrow(
    "2 can't be drawn from 1. Draw fewer, or let them be put back",
  )
})
