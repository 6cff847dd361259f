// A CSV file as a table. What separates its cells and rows is found out, and so are the types of its columns. It is read
// twice: once to know them, and once to give the rows, so that it is never held in pieces as a whole.
import Papa from 'papaparse'
import { Problem } from './problem.ts'
import { shown } from './rows.ts'
import { distinctNames, maxColumns, type Table } from './table.ts'
import { cellAsJson, numberIn, WrittenColumn } from './written-value.ts'

/**
 * Reads the text of a CSV file.
 * @throws {RETINUE_DATA_DAMAGED} where a quote is not closed, or closed within a cell, or there is nothing but blanks.
 */
export function csvTable(path: string, whole: string): Table {
  // Blank lines may stand above the names, and the line by which Excel is told what separates cells.
  const [above, told] = /^(?:[ \r\n]*[\r\n])?(?:sep=(.)[\r\n]+)?/i.exec(whole)!
  const text = whole.slice(above.length)
  const { head, hasHeader, separated } = headOf(path, text, told)
  const { delimiter } = separated
  const columns: WrittenColumn[] = []
  const widen = (width: number): void => {
    if (width > maxColumns) throw tooWide(path, width)
    while (columns.length < width) columns.push(new WrittenColumn())
  }
  widen(head.length)
  let rows = 0
  const uneven = { rows: 0, first: '' }
  eachRow(path, text, separated, (cells, number) => {
    if (number === 1 && hasHeader) return
    rows++
    widen(cells.findLastIndex((cell) => cell.trim() !== '') + 1)
    cells.forEach((cell, i) => columns[i]?.add(cell))
    if (cells.length === head.length) return
    if (uneven.rows++ === 0) uneven.first = `row ${number} has ${cells.length}`
  })
  const names = distinctNames(columns.map((_, i) => (hasHeader && head[i]) || ''))
  const notices = columns.flatMap(
    (column, i) => column.notice(names[i]!) ?? column.versionNotice(names[i]!) ?? [],
  )
  // Semicolons separate cells where commas are in numbers.
  if (delimiter === ';') notices.push(...columns.flatMap((column, i) => column.dotNotice(names[i]!) ?? []))
  notices.unshift(...headNotice(head, hasHeader, columns))
  if (uneven.rows > 0) {
    const beyond = names[head.length]
    notices.unshift(
      `${uneven.rows} of ${rows} rows do not have the ${head.length} cells of the first: ${uneven.first}. What is missing is NULL${beyond === undefined ? '' : `, and what is beyond stands from ${beyond} on`}.`,
    )
  }
  return {
    kind: `CSV, separated by ${separators[delimiter] ?? JSON.stringify(delimiter)}`,
    columns: names.map((name, i) => ({ name, type: columns[i]!.type })),
    rows,
    notices,
    read(wanted, put) {
      const types = columns.map(({ type }) => type)
      eachRow(path, text, separated, (cells, number) => {
        if (number === 1 && hasHeader) return
        put(`[${wanted.map((i) => cellAsJson(cells[i] ?? '', types[i]!)).join()}]`)
      })
    },
  }
}

const separators: Readonly<Record<string, string>> = { '\t': 'tabs', ',': 'commas', ';': 'semicolons' }

/** What separates cells and rows. */
interface Separated {
  readonly delimiter: string
  readonly newline: '\n' | '\r\n' | '\r'
}

function headOf(path: string, text: string, told: string | undefined) {
  if (text.trim() === '')
    throw new Problem(
      'RETINUE_DATA_DAMAGED',
      `'${path}' holds nothing but blanks.`,
      'Ask for the whole file.',
    )
  const { data, meta } = Papa.parse<string[]>(text, {
    preview: 1,
    skipEmptyLines: true,
    ...(told !== undefined && { delimiter: told }),
  })
  const head = data[0] ?? ['0'] // one cell that is empty, in quotes: a blank row, and no name
  return {
    head,
    hasHeader: !head.every(isNumber),
    separated: { delimiter: meta.delimiter, newline: newlineOf(text, meta.linebreak) },
  }
}

/** Says that the first row holds no names, or may hold none: years may be names, and other numbers above numbers values. */
function headNotice(
  head: readonly string[],
  hasHeader: boolean,
  columns: readonly WrittenColumn[],
): string[] {
  if (!hasHeader) return ['The first row holds no names, so the columns are numbered.']
  const odd = head.filter(
    (cell, i) => columns[i]!.type !== 'text' && isNumber(cell) && !year.test(cell.trim()),
  )
  if (odd.length === 0) return []
  const told = odd.slice(0, 3).map((cell) => shown(cell, 40))
  return [
    `The first row is read as names of columns. With ${told.join(', ')} in it, it may be one of values.`,
  ]
}

const year = /^[12]\d{3}$/

function isNumber(cell: string): boolean {
  return numberIn(cell.trim()) !== undefined
}

function tooWide(path: string, width: number): Problem {
  return new Problem(
    'RETINUE_DATA_TOO_LARGE',
    `'${path}' has ${width} columns, and ${maxColumns} can be read.`,
    'Ask for a file with fewer columns.',
  )
}

/** Where some rows end in `\r\n` and others in `\n`, as where a program has added to the file of another, in `\n`. */
function newlineOf(text: string, guessed: string): Separated['newline'] {
  if (guessed !== '\r\n') return guessed === '\r' ? '\r' : '\n'
  let at = text.indexOf('\n')
  while (at > 0 && text[at - 1] === '\r') at = text.indexOf('\n', at + 1)
  return at < 0 ? '\r\n' : '\n'
}

/** Gives every row that is not blank, with its number among those. */
function eachRow(
  path: string,
  text: string,
  separated: Separated,
  each: (cells: string[], number: number) => void,
): void {
  let number = 0
  Papa.parse<string[]>(text, {
    ...separated,
    skipEmptyLines: true,
    step({ data, errors }) {
      const last = data.at(-1)!
      if (separated.newline === '\n' && last.endsWith('\r')) data[data.length - 1] = last.slice(0, -1)
      if (data.length === 1 && data[0] === '') return
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
