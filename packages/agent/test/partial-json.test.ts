import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PartialJson } from '../src/partial-json.ts'

/** What can be read of a text that came in these pieces. */
function read(...pieces: string[]): unknown {
  const json = new PartialJson()
  for (const piece of pieces) json.add(piece)
  return json.value()
}

describe('an object that is being written', () => {
  test.each([
    ['', undefined],
    ['  ', undefined],
    ['{', {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":"', { a: '' }],
    ['{"a":"x', { a: 'x' }],
    ['{"a":"x\\', { a: 'x' }],
    ['{"a":"x\\u00e', { a: 'x' }],
    ['{"a":"x\\u00e9', { a: 'xé' }],
    ['{"a":"x\\ud83d', { a: 'x' }],
    ['{"a":"x\\ud83d\\ude0', { a: 'x' }],
    ['{"a":"x\\ud83d\\ude00', { a: 'x😀' }],
    ['{"a":"x\ud83d', { a: 'x' }],
    ['{"a":"say \\"hi\\" \\\\', { a: 'say "hi" \\' }],
    ['{"a":"x","b', { a: 'x' }],
    ['{"a":12', {}],
    ['{"a":12,', { a: 12 }],
    ['{"a":12 ', { a: 12 }],
    ['{"a":tru', {}],
    ['{"a":true}', { a: true }],
    ['{"a":[', { a: [] }],
    ['{"a":[1,2', { a: [1] }],
    ['{"a":[{"b":"c"},{', { a: [{ b: 'c' }, {}] }],
    ['{"a":{"b":[]},"', { a: { b: [] } }],
    ['```json\n{"a":1}\n```', { a: 1 }],
    ['```\n{"a":1', {}],
    ['{"a":1} and more {"b":2}', { a: 1 }],
    ['Here it is: {"a":1}', undefined],
    ['{"a" 1,', undefined],
    ['{"a":1]', undefined],
    ['[1]', undefined],
  ])('%j is read as %j (SPEC 56)', (text, value) => {
    expect(read(text)).toEqual(value)
    expect(read(...text.split(''))).toEqual(value)
  })

  test('takes no key for a prototype (SPEC 52)', () => {
    const value = read('{"__proto__":{"polluted":true},"a":1}') as object
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect((value as { polluted?: true }).polluted).toBeUndefined()
  })

  test('is due to be read when it has grown by a 64th: a long one is read some hundred times (SPEC 56)', () => {
    const json = new PartialJson()
    json.add('{"a":"')
    let reads = 0
    for (let i = 0; i < 10_000; i++) {
      json.add('x')
      if (json.isDue()) reads++
    }
    expect(reads).toBeGreaterThan(100)
    expect(reads).toBeLessThan(600)
  })

  test('can be read wherever it is cut, and is whole at its end (SPEC 56)', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
    const layout = fc.constantFrom(undefined, 2)
    fc.assert(
      fc.property(object, layout, fc.integer({ min: 1, max: 5 }), (whole, space, size) => {
        const text = JSON.stringify(whole, undefined, space)
        const json = new PartialJson()
        for (let at = 0; at < text.length; at += size) {
          json.add(text.slice(at, at + size))
          expect(json.value()).toBeTypeOf('object')
        }
        expect(json.isOver).toBe(true)
        expect(json.isDue()).toBe(true)
        expect(json.value()).toEqual(JSON.parse(text))
      }),
    )
  })
})
