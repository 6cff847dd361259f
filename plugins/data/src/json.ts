// A JSON file as a table: a list of objects, one value a line, or an object that holds such a list. What is nested
// stays JSON within its cell. Rows are handed on as they are written, which keeps long numbers exact.
import { partsOf } from './json-text.ts'
import { Problem } from './problem.ts'
import { shown } from './rows.ts'
import { type Column, type ColumnType, distinctNames, maxColumns, type Table } from './table.ts'
import { numberIn, WrittenColumn } from './written-value.ts'

/**
 * Reads the text of a JSON file.
 * @throws {RETINUE_DATA_DAMAGED} where it is no JSON.
 */
export function jsonTable(path: string, text: string): Table {
  const found = told(path, 'As a whole', () => listIn(text))
  const keys = new Map<string, KeyColumn>()
  let onlyObjects = true
  found.rows.forEach((row, index) => {
    const value = told(path, `${found.unit} ${index + 1}`, () => JSON.parse(row) as unknown)
    if (!isObject(value)) onlyObjects = false
    else for (const [key, each] of Object.entries(value)) note(keys, key, each)
  })
  if (keys.size > maxColumns) {
    throw new Problem(
      'RETINUE_DATA_TOO_LARGE',
      `The objects of '${path}' have ${keys.size} keys in all, and ${maxColumns} can be columns.`,
      'Ask for a file with fewer.',
    )
  }
  const names = distinctNames([...keys.keys()])
  const columns: Column[] = [...keys].map(([key, { type = 'any' }], i) => ({ name: names[i]!, key, type }))
  const isTable = onlyObjects && columns.length > 0
  return {
    kind: found.kind,
    columns: isTable ? columns : [{ name: 'value', type: 'any' }],
    rows: found.rows.length,
    notices: isTable
      ? [...keys.values()].flatMap((column, i) => noticesOn(names[i]!, column))
      : ["Its elements are not all objects: each is JSON in the one column 'value', to be read with ->>."],
    read(_, put) {
      for (const row of found.rows) put(isTable ? row : `[${row}]`)
    },
  }
}

/** What is known of the values of a key; `type` is missing where all are null. */
interface KeyColumn {
  type: ColumnType | undefined
  readonly written: WrittenColumn
  /** Whether it has a whole number between 63 and 64 bits, as hashes are: SQLite has no room for its sign. */
  isRounded: boolean
}

function noticesOn(name: string, { type, written, isRounded }: KeyColumn): string[] {
  const notice = written.notice(name, type)
  const rounded = `The column ${shown(name, 100)} has whole numbers from 2^63 on, whose last digits are lost.`
  return [...(notice === undefined ? [] : [notice]), ...(isRounded ? [rounded] : [])]
}

function note(keys: Map<string, KeyColumn>, key: string, value: unknown): void {
  let column = keys.get(key)
  if (column === undefined)
    keys.set(key, (column = { type: undefined, written: new WrittenColumn(), isRounded: false }))
  if (value === null) return
  column.type = joined(column.type, typeOf(value))
  if (typeof value === 'number' && value >= 2 ** 63 && value <= 2 ** 64) column.isRounded = true
  if (typeof value === 'string') column.written.count(numberIn(value.trim()), value)
  else column.written.count(typeof value === 'object' ? undefined : 'integer', '{…}')
}

interface Found {
  readonly kind: string
  /** What a row is, for messages. */
  readonly unit: string
  readonly rows: readonly string[]
}

/** Finds the list in a text. */
function listIn(text: string): Found {
  const trimmed = text.trim()
  const firstEnd = trimmed.indexOf('\n')
  if (firstEnd > 0 && isJson(trimmed.slice(0, firstEnd))) {
    const rows = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '')
    return { kind: 'JSON, one value a line', unit: 'Line', rows }
  }
  if (trimmed.startsWith('[')) return { kind: 'JSON', unit: 'Element', rows: [...partsOf(trimmed)] }
  if (!trimmed.startsWith('{')) return { kind: 'JSON', unit: 'Value', rows: [trimmed] }
  const members = [...partsOf(trimmed)].map(memberOf)
  const list = members.find(({ value }) => /^\[\s*\{/.test(value))
  if (list === undefined) return { kind: 'JSON, one object', unit: 'Value', rows: [trimmed] }
  const others = members.filter((each) => each !== list).map(({ key }) => key)
  const beside = others.length === 0 ? '' : `; what else it holds is left out: ${others.join(', ')}`
  const kind = `JSON, the list under ${list.key}${beside.length <= 500 ? beside : `${beside.slice(0, 500)}…`}`
  return { kind, unit: 'Element', rows: [...partsOf(list.value)] }
}

/** A member of an object, its key in quotes. */
function memberOf(member: string): { key: string; value: string } {
  const [head = '', key = ''] = /^("(?:[^"\\]|\\.)*")\s*:\s*/.exec(member) ?? []
  return { key, value: member.slice(head.length) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The type of a column that has values of one type, and now one of another. */
function joined(type: ColumnType | undefined, own: ColumnType): ColumnType {
  if (type === undefined || type === own) return own
  return type !== 'text' && own !== 'text' && type !== 'any' ? 'real' : 'any'
}

function typeOf(value: unknown): ColumnType {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'real'
  return typeof value === 'boolean' ? 'integer' : 'text'
}

function told<T>(path: string, where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Problem(
      'RETINUE_DATA_DAMAGED',
      `'${path}' is no JSON. ${where}: ${error.message}.`,
      'It may be cut off: ask for the whole file.',
    )
  }
}
