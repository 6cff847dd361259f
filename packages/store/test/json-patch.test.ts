import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patchBetween, patched } from '../src/json-patch.ts'

const asText = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('what is made of a value by a change is the other, to the letter, whatever the two are', () => {
  const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, 1, 'x', 'y'),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(name, tie('value'), { noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [before, after] = [asText(one), asText(other)] as never[]
      const text = JSON.stringify(before)
      const patch = patchBetween(before!, after!)
      const made = patch === undefined ? before : patched(before!, asText(patch) as never)
      expect(JSON.stringify(made)).toBe(JSON.stringify(after))
      expect(JSON.stringify(before)).toBe(text)
    }),
    { numRuns: 1000 },
  )
})

test('a change says what changed and no more', () => {
  const before = { talks: { a: { messages: [{ text: 'one' }] }, b: { messages: [] } }, gone: 1 }
  const after = { talks: { ...before.talks, a: { messages: [{ text: 'one' }, { text: 'two' }] } } }
  expect(patchBetween(before, after)).toEqual({
    of: { talks: { of: { a: { of: { messages: { at: 1, removed: 0, added: [{ text: 'two' }] } } } } } },
    without: ['gone'],
  })
  expect(patchBetween(before, structuredClone(before))).toBeUndefined()
})
