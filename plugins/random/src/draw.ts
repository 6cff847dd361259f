// Draws whole numbers and samples, from whatever source of random bits.
import { uniformBigInt } from 'pure-rand/distribution/uniformBigInt'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { failure } from './errors.ts'

/** A source of random bits. */
export type Source = RandomGenerator

/** The runtime's own source, which nobody can foresee or repeat. */
export const unforeseeable: Source = {
  next: () => crypto.getRandomValues(new Int32Array(1))[0]!,
  clone: () => unforeseeable,
  getState: () => [],
}

/** The source of a seed. It is mixed, since seeds that are alike would begin with draws that are alike. */
export function seeded(seed: number): Source {
  return xoroshiro128plusFromState([1, 2, 3, 4].map((place) => mixed(seed + place * 0x9e3779b9)))
}

/** The end of MurmurHash3: each bit of the number may change each bit of the result. */
function mixed(number: number): number {
  const once = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

/** A whole number between two, both included, each as likely as any other. @throws {RETINUE_RANDOM_RANGE} */
export function whole(source: Source, min: number, max: number): number {
  if (max - min > Number.MAX_SAFE_INTEGER) return Number(uniformBigInt(source, BigInt(min), BigInt(max)))
  if (min <= max) return uniformInt(source, min, max)
  throw failure(
    'RETINUE_RANDOM_RANGE',
    `There is no number from ${min} to ${max}.`,
    'Give the smaller one as min.',
  )
}

/** So many of the items, in the order in which they were drawn; each at most once, unless they are put back. @throws {RETINUE_RANDOM_RANGE} */
export function sample<T>(source: Source, items: readonly T[], count: number, putBack: boolean): T[] {
  if (putBack) return Array.from({ length: count }, () => items[whole(source, 0, items.length - 1)]!)
  if (count > items.length) {
    throw failure(
      'RETINUE_RANDOM_RANGE',
      `${count} can't be drawn from ${items.length}.`,
      'Draw fewer, or let them be put back with repeat.',
    )
  }
  const left = [...items]
  for (let i = 0; i < count; i++) {
    const at = whole(source, i, left.length - 1)
    ;[left[i], left[at]] = [left[at]!, left[i]!]
  }
  return left.slice(0, count)
}
