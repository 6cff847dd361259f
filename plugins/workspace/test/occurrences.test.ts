import fc from 'fast-check'
import { expect, test } from 'vitest'
import { occurrences } from '../src/occurrences.ts'

test('every place is found, in order, as indexOf finds them', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 30 })
  const wanted = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(text, wanted, (within, each) => {
      const places: number[] = []
      for (let at = within.indexOf(each); at >= 0; at = within.indexOf(each, at + 1)) places.push(at)
      expect([...occurrences(within, each)]).toEqual(places)
    }),
    { numRuns: 10_000 },
  )
})
