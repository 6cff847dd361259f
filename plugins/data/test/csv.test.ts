import fc from 'fast-check'
import Papa from 'papaparse'
import { expect, test } from 'vitest'
import { csvTable } from '../src/csv.ts'

/** All rows of a table, as the database gets them. */
function rowsOf(text: string, wanted?: readonly number[]): unknown[] {
  const table = csvTable('a.csv', text)
  const rows: unknown[] = []
  void table.read(wanted ?? table.columns.map((_, i) => i), (row) => void rows.push(JSON.parse(row)))
  return rows
}
const typesOf = (text: string) => csvTable('a.csv', text).columns.map(({ name, type }) => `${name} ${type}`)

test('a column is of numbers only where all its cells are; what is empty is no value', () => {
  const text =
    'id,price,zip,when,long,none\n1,0.5,00501,2024-01-01,12345678901234567890,\n-2, +3 ,10001,n/a,1,\n3,1e3,1,,2,\n'
  expect(typesOf(text)).toEqual([
    'id integer',
    'price real',
    'zip text',
    'when text',
    'long text',
    'none text',
  ])
  expect(rowsOf(text)).toEqual([
    [1, 0.5, '00501', '2024-01-01', '12345678901234567890', null],
    [-2, 3, '10001', 'n/a', '1', null],
    [3, 1000, '1', null, '2', null],
  ])
})

test('whole numbers reach the database digit by digit', () => {
  const rows: string[] = []
  void csvTable('a.csv', 'id\n9223372036854775807\n').read([0], (row) => void rows.push(row))
  expect(rows).toEqual(['[9223372036854775807]'])
})

test.each([
  ['a;b\n1,5;2\n', 'semicolons', [['1,5', 2]]],
  ['a\tb\n"x\ty"\t2\n', 'tabs', [['x\ty', 2]]],
  ['a|b\r\n"two\r\nlines"|2\r\n', '"|"', [['two\r\nlines', 2]]],
  ['a\n1\n', 'commas', [[1]]],
  ['sep=;\r\na,b\r\n1,2\r\n', 'semicolons', [['1,2']]],
  ['\nSEP=\t\n\na\tb\n1\t2\n', 'tabs', [[1, 2]]],
])('%j is read as what it is separated by', (text, separator, rows) => {
  expect(csvTable('a.csv', text).kind).toBe(`CSV, separated by ${separator}`)
  expect(rowsOf(text)).toEqual(rows)
})

test('rows may end differently within a file; blank lines above and among them are none', () => {
  const rows = [
    [1, 'x'],
    [2, 'y\nz\r\nw'],
    [3, 'y'],
    [4, null],
  ]
  for (const ends of [
    ['\n', '\n', '\n', '\n'],
    ['\r\n', '\r\n', '\r\n', '\r\n'],
    ['\r\n', '\n', '\n', '\n'],
    ['\n', '\r\n', '\r\n', '\r\n'],
    ['\n', '\r\n', '\n', '\r\n\r\n\n'],
  ]) {
    const lines = ['a,b', '1,x', '2,"y\nz\r\nw"', '3,"y"'].map((line, i) => line + ends[i])
    expect(rowsOf(`\r\n \n${lines.join('')}4,\n`), JSON.stringify(ends)).toEqual(rows)
  }
  expect(rowsOf('a,b\r1,x\r2,"y\nz"\r')).toEqual([
    [1, 'x'],
    [2, 'y\nz'],
  ])
  expect(typesOf('""\n1\n')).toEqual(['column_1 integer'])
  expect(() => csvTable('a.csv', '\n \r\n\n')).toThrow("'a.csv' holds nothing but blanks.")
})

test('only the wanted columns are given', () => {
  expect(rowsOf('a,b,c\n1,2,3\n4,5,6\n', [2, 0])).toEqual([
    [3, 1],
    [6, 4],
  ])
  expect(rowsOf('a,b\n1,2\n3,4\n', [])).toEqual([[], []])
})

test('names of columns are there, and unlike each other; without any they are numbered, and it is said', () => {
  expect(typesOf('id,,ID, two\nwords \nx,y,z,w\n')).toEqual([
    'id text',
    'column_2 text',
    'ID_2 text',
    'two text',
  ])
  const { columns, rows, notices } = csvTable('a.csv', '1,2\n3,4\n')
  expect([columns.map(({ name }) => name), rows]).toEqual([['column_1', 'column_2'], 2])
  expect(notices).toEqual(['The first row holds no names, so the columns are numbered.'])
})

test('a first row that may be one of values is told of', () => {
  const notices = (text: string) => csvTable('a.csv', text).notices
  expect(notices('5.1,3.5,setosa\n4.9,3.0,setosa\n')).toEqual([
    'The first row is read as names of columns. With "5.1", "3.5" in it, it may be one of values.',
  ])
  expect(notices('region,2025,2026\nnorth,1,2\n')).toEqual([])
  expect(notices('who,7\nann,x\n')).toEqual([])
})

test('a column is named as a model writes it, however an ü of it is put together', () => {
  expect(typesOf('Größe,ü\n1,2\n'.normalize('NFD'))).toEqual(['Größe integer', 'ü integer'])
})

test('rows with more or fewer cells are kept and told of; blank lines are none', () => {
  const text = 'a,b\n1,2\n\n3\n4,5,6\n'
  expect(rowsOf(text)).toEqual([
    [1, 2, null],
    [3, null, null],
    [4, 5, 6],
  ])
  expect(csvTable('a.csv', text).notices).toEqual([
    '2 of 3 rows do not have the 2 cells of the first: row 3 has 1. What is missing is NULL, and what is beyond stands from column_3 on.',
  ])
  expect(typesOf('Sales of 2026\n\nregion,total\nnorth,10\n')).toEqual([
    'Sales of 2026 text',
    'column_2 text',
  ])
  expect(typesOf('a,b\n1,2,, \n')).toEqual(['a integer', 'b integer']) // there is nothing in what is beyond
})

test('a column of numbers with something else among them says so', () => {
  expect(csvTable('a.csv', 'hp\n1\n2\nNA\n').notices).toEqual([
    'The column "hp" is text: 1 of its 3 values are no numbers, such as "NA".',
  ])
  expect(csvTable('a.csv', 'hp\nNA\nNA\n3\n').notices[0]).toContain('2 of its 3 values are no numbers')
  expect(csvTable('a.csv', 'name\nann\nbob\n3\n').notices).toEqual([])
  for (const cell of ['1.234,50', '1,234.50', "1'234.50", '-0,5', '$5', '$ 1,234', '5,00 €', '10%']) {
    expect(csvTable('a.csv', `sum\n"${cell}"\n`).notices, cell).toEqual([
      `The column "sum" is text: 1 of its 1 values are no numbers, such as "${cell}".`,
    ])
  }
  for (const cell of [
    '2026-01-02',
    '01.02.2026',
    '12:30',
    '192.168.1.1',
    '+49 30 1234',
    '00501',
    '5, Main St',
  ])
    expect(csvTable('a.csv', `text\n"${cell}"\n`).notices, cell).toEqual([])
})

test('dots that may stand between thousands are told of where commas are decimal', () => {
  const notices = (text: string) => csvTable('a.csv', text).notices
  expect(notices('who;sum\nann;1.234\nbob;950\n')).toEqual([
    'The dots in the column "sum" are read as decimal points, and may stand between thousands.',
  ])
  expect(notices('who;sum\nann;1.234\nbob;9.5\n')).toEqual([])
  expect(notices('who;sum\nann;0.234\nbob;1.234\n')).toEqual([])
  expect(notices('who,sum\nann,1.234\n')).toEqual([])
})

test('numbers that may be versions, of which 1.1 and 1.10 would be one, are told of', () => {
  const notices = (...cells: string[]) => csvTable('a.csv', `v\n${cells.join('\n')}\n`).notices
  expect(notices('1.1', '1.9', '1.10')).toEqual([
    'The column "v" is read as numbers, so 1.10 is 1.1: where they are versions or the like, two of them may have become one.',
  ])
  expect(notices('1.10', '12.00', '3')).toEqual([])
  expect(notices('1.5', '2.0', '0.25', '1e-10', '1.5e-10')).toEqual([])
})

test('a quote that is not closed, or within a cell, is refused with its row', () => {
  const read = (text: string) => () => csvTable('a.csv', text)
  expect(read('a,b\n1,2\n3,"4\n5,6\n')).toThrow("'a.csv' opens a quote that nothing closes, in row 3.")
  expect(read('a,b\n1,"x"y,2\n')).toThrow("'a.csv' has a quote within a cell, in row 2.")
})

test('more columns than SQLite takes are refused', () => {
  expect(() => csvTable('a.csv', `${'x,'.repeat(2000)}x\n`)).toThrow(
    "'a.csv' has 2001 columns, and 2000 can be read.",
  )
  expect(() => csvTable('a.csv', `x\n${'1,'.repeat(2000)}1\n`)).toThrow('has 2001 columns')
})

test('whatever stands in cells comes back as it was', () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => `x${text.replaceAll('\0', '')}x`)
  const table = fc
    .integer({ min: 1, max: 5 })
    .chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
    )
  fc.assert(
    fc.property(table, fc.constantFrom(',', ';', '\t'), (rows, delimiter) => {
      const header = rows[0]!.map((_, i) => `c${i}`)
      expect(rowsOf(Papa.unparse([header, ...rows], { delimiter, quotes: true }))).toEqual(rows)
    }),
    { numRuns: 200 },
  )
})
