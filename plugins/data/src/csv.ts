// A CSV file as a table. What separates its cells is found out, and so are the types of its columns. It is read twice:
// once to know them, and once to give the rows, so that it is never held in pieces as a whole.
import Papa from 'papaparse'
import { Problem } from './problem.ts'
import { distinctNames, maxColumns, type Table } from './table.ts'
import { cellAsJson, numberIn, WrittenColumn } from './written-value.ts'

/**
 * Reads the text of a CSV file.
 * @throws {RETINUE_DATA_DAMAGED} where a quote is not closed, or closed within a cell.
 */
export function csvTable(path: string, text: string): Table {
  const { names, hasHeader, delimiter } = headOf(path, text)
  const columns = names.map(() => new WrittenColumn())
  let rows = 0
  const uneven = { rows: 0, first: '' }
  eachRow(path, text, delimiter, (cells, number) => {
    if (number === 1 && hasHeader) return
    rows++
    for (let i = 0; i < columns.length; i++) columns[i]!.add(cells[i] ?? '')
    if (cells.length === columns.length) return
    if (uneven.rows++ === 0) uneven.first = `row ${number} has ${cells.length}`
  })
  const notices = columns.flatMap((column, i) => column.notice(names[i]!) ?? [])
  if (!hasHeader) notices.unshift('The first row holds no names, so the columns are numbered.')
  if (uneven.rows > 0) {
    notices.unshift(
      `${uneven.rows} of ${rows} rows do not have the ${columns.length} cells of the first: ${uneven.first}. What is missing is NULL, and what is beyond is left out.`,
    )
  }
  return {
    kind: `CSV, separated by ${separators[delimiter] ?? JSON.stringify(delimiter)}`,
    columns: names.map((name, i) => ({ name, type: columns[i]!.type })),
    rows,
    notices,
    read(wanted, put) {
      const types = columns.map(({ type }) => type)
      eachRow(path, text, delimiter, (cells, number) => {
        if (number === 1 && hasHeader) return
        put(`[${wanted.map((i) => cellAsJson(cells[i] ?? '', types[i]!)).join()}]`)
      })
    },
  }
}

const separators: Readonly<Record<string, string>> = { '\t': 'tabs', ',': 'commas', ';': 'semicolons' }

function headOf(path: string, text: string) {
  const { data, meta } = Papa.parse<string[]>(text, { preview: 1, skipEmptyLines: true })
  const cells = data[0] ?? []
  if (cells.length > maxColumns) {
    throw new Problem(
      'RETINUE_DATA_TOO_LARGE',
      `'${path}' has ${cells.length} columns, and ${maxColumns} can be read.`,
      'Ask for a file with fewer columns.',
    )
  }
  const hasHeader = !cells.every((cell) => numberIn(cell.trim()) !== undefined)
  const names = distinctNames(hasHeader ? cells : cells.map(() => ''))
  return { names, hasHeader, delimiter: meta.delimiter }
}

/** Gives every row that is not blank, with its number in the file. */
function eachRow(
  path: string,
  text: string,
  delimiter: string,
  each: (cells: string[], number: number) => void,
): void {
  let number = 0
  Papa.parse<string[]>(text, {
    delimiter,
    skipEmptyLines: true,
    step({ data, errors }) {
      number++
      const quotes = errors.find(({ type }) => type === 'Quotes')
      if (quotes === undefined) return each(data, number)
      const what =
        quotes.code === 'MissingQuotes' ? 'opens a quote that nothing closes' : 'has a quote within a cell'
      throw new Problem(
        'RETINUE_DATA_DAMAGED',
        `'${path}' ${what}, in row ${number}.`,
        'Have it mended there: a cell with quotes stands in quotes, and those within it are doubled.',
      )
    },
  })
}
