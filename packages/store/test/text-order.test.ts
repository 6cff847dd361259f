import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prefixEnd } from '../src/index.ts'
import { compareText } from '../src/text-order.ts'

/** Where halves of pairs, and what stands beside them, begin and end. */
const edges = [
  '\0',
  'a',
  'b',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{103ff}',
  '\u{10400}',
  '\u{10ffff}',
]
const text = fc.array(fc.constantFrom(...edges), { maxLength: 3 }).map((characters) => characters.join(''))
const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

test('texts are in the order of their bytes in UTF-8', () => {
  const holds = fc.property(text, text, (a, b) => {
    expect(Math.sign(compareText(a, b))).toBe(bytes(a, b))
  })
  fc.assert(holds, { numRuns: 5000 })
})

test('all that begins with a prefix lies before its end, and nothing else from the prefix on', () => {
  const holds = fc.property(text, text, (prefix, other) => {
    const end = prefixEnd(prefix)
    const isWithin = bytes(other, prefix) >= 0 && (end === undefined || bytes(other, end) < 0)
    expect(isWithin).toBe(other.startsWith(prefix))
  })
  fc.assert(holds, { numRuns: 5000 })
})
