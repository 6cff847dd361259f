import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsOf } from '../src/json-text.ts'
import { jsonTable } from '../src/json.ts'

function read(text: string) {
  const { kind, columns, rows, notices, ...table } = jsonTable('a.json', text)
  const texts: string[] = []
  void table.read([], (row) => void texts.push(row))
  return { kind, columns: columns.map(({ name, type }) => `${name} ${type}`), rows, texts, notices }
}

test('a list of objects is a table of all their keys; nested values stay JSON', () => {
  expect(read('[{"id": 1, "at": {"x": 1}}, {"id": 2.5, "ok": true, "no": null}]')).toEqual({
    kind: 'JSON',
    columns: ['id real', 'at text', 'ok integer', 'no any'],
    rows: 2,
    texts: ['{"id": 1, "at": {"x": 1}}', '{"id": 2.5, "ok": true, "no": null}'],
    notices: [],
  })
  expect(read('[{"a": null}, {"a": "x"}, {"A": 1}]').columns).toEqual(['a text', 'A_2 integer'])
  expect(read('[{"a": 1}, {"a": "x"}]').columns).toEqual(['a any'])
})

test('one object a line, a list within an object, and one object are tables, too', () => {
  expect(read('{"id": 1}\r\n\n{"id": 2}\n')).toMatchObject({ kind: 'JSON, one value a line', rows: 2 })
  expect(read('{"n": [1], "data": [{"id": 1}, {"id": 2}], "x": 1}')).toMatchObject({
    kind: 'JSON, the list under "data"; what else it holds is left out: "n", "x"',
    columns: ['id integer'],
    texts: ['{"id": 1}', '{"id": 2}'],
  })
  expect(read('{"data": [{"id": 1}]}').kind).toBe('JSON, the list under "data"')
  expect(read('{"id": 1,\n"x": "y"}')).toMatchObject({ kind: 'JSON, one object', rows: 1 })
})

test('a column of which sums or comparisons would go wrong without a word says so', () => {
  expect(read('[{"v": 1}, {"v": "n/a"}, {"v": 3}]').notices).toEqual([
    'The column "v" is mixed: 1 of its 3 values are no numbers, such as "n/a".',
  ])
  expect(read('[{"v": 1}, {"v": ""}]').notices[0]).toContain('such as "".')
  expect(read('[{"v": "1,234.50"}]').notices[0]).toContain('The column "v" is text: 1 of its 1 values')
  const asTexts = ['The column "v" has numbers that are texts: CAST them to compare them.']
  expect(read('[{"v": "9.50"}, {"v": "12.00"}]').notices).toEqual(asTexts)
  expect(read('[{"v": 9}, {"v": "12"}]').notices).toEqual(asTexts)
  expect(read('[{"v": "17", "w": null, "x": [1], "y": "z"}, {"v": "5", "x": {}, "y": ""}]').notices).toEqual(
    [],
  )
})

test('whole numbers that SQLite rounds are told of', () => {
  expect(read('[{"hash": 1}, {"hash": 18446744073709551615}]').notices).toEqual([
    'The column "hash" has whole numbers from 2^63 on, whose last digits are lost.',
  ])
  expect(read('[{"id": 9223372036854774784, "far": 1e300, "low": -9223372036854775808}]').notices).toEqual([])
})

test('elements that are no objects are one column of JSON, and it is said', () => {
  const { columns, texts, notices } = read('[1, "x", [2, 3]]')
  expect([columns, texts]).toEqual([['value any'], ['[1]', '["x"]', '[[2, 3]]']])
  expect(notices[0]).toContain("the one column 'value'")
  expect(read('[]')).toMatchObject({ columns: ['value any'], rows: 0 })
  expect(read('17')).toMatchObject({ rows: 1, texts: ['[17]'] })
  expect(read('["Name", "Score"]\n["Ann", 24]\n').texts).toEqual(['[["Name", "Score"]]', '[["Ann", 24]]'])
})

test('long numbers stay as they are written', () => {
  expect(read('[{"id": 900719925474099311}]').texts).toEqual(['{"id": 900719925474099311}'])
})

test.each([
  ['[{"a": 1}, {"a": 2', 'As a whole: it ends in the middle.'],
  ['[{"a": 1}, {"a": "2}]', 'As a whole: it ends within a text.'],
  ['[{"a": 1}}', 'As a whole: it begins with one bracket and ends with another.'],
  ['[{"a": 1}] x', 'As a whole: it goes on behind its end.'],
  ['[{"a": 1}, {"a" 2}]', 'Element 2: '],
  ['[{"a": 1},, {"a": 2}]', 'Element 2: '],
  ['{"a": 1}\n{"a": 2\n', 'Line 2: '],
  ['hello', 'Value 1: '],
  ['', 'Value 1: '],
])('%j is refused, with the place', (text, where) => {
  expect(() => jsonTable('a.json', text)).toThrow(`'a.json' is no JSON. ${where}`)
})

test('the parts of any list are its elements', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (list, indent) => {
      expect([...partsOf(JSON.stringify(list, undefined, indent))].map((part) => JSON.parse(part))).toEqual(
        JSON.parse(JSON.stringify(list)),
      )
    }),
  )
})

test('no text, cut anywhere, is taken for whole', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (list, at) => {
      const text = JSON.stringify(list)
      expect(() => jsonTable('a.json', text.slice(0, at % text.length))).toThrow("'a.json' is no JSON.")
    }),
  )
})
