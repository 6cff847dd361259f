// The files that a thread has loaded, and its two answers: what is in a file, and what a statement gave. Each says which
// tables there are, in words that can be copied into the next statement.
import { bytesOf, assertUnchanged, kindOf, textOf, wholeOf } from './content.ts'
import { Database, type KnownTable } from './database.ts'
import { Problem } from './problem.ts'
import type { DataFile, Limits, Reply, Request, TableNote } from './request.ts'
import { lineOf, linesOf, shown } from './rows.ts'
import { quotedName } from './sql-text.ts'
import type { Table } from './table.ts'

/** How many rows are shown of a table that is looked at, and how many columns are told of. */
const sampleRows = 5
const maxToldColumns = 100
/** How many tables of a database are told of. */
const maxToldTables = 50
/** How much of a name of theirs is told, in characters. */
const maxNameLength = 200
/** How many notices on a file are told. */
const maxNotices = 10

/** A file in the database. */
interface Loaded {
  readonly file: DataFile
  readonly kind: string
  readonly tables: readonly KnownTable[]
  readonly notices: readonly string[]
}

/** Files that are loaded, as far as questions have wanted them by now. */
export class LoadedFiles {
  readonly #database: Database
  readonly #files: readonly Loaded[]

  private constructor(database: Database, files: readonly Loaded[]) {
    this.#database = database
    this.#files = files
  }

  /** Loads files, of most only what they hold. */
  static async load(files: readonly DataFile[], limits: Limits): Promise<LoadedFiles> {
    const database = await Database.open(limits.maxMemoryBytes)
    const loaded: Loaded[] = []
    for (const file of files) {
      const made = await load(database, file, limits)
      const namesake = loaded.find((each) => isSameName(each.file.path, file.path))
      loaded.push(
        namesake === undefined ? made : { ...made, notices: [nameNotice(made, namesake), ...made.notices] },
      )
    }
    return new LoadedFiles(database, loaded)
  }

  /** Answers a question about these files, which are open once more and unchanged. */
  async answer({ files, limits, sql, table }: Request): Promise<Extract<Reply, { text: string }>> {
    for (const [i, { file }] of this.#files.entries()) file.fd = files[i]!.fd
    if (sql === undefined) return lookAnswer(this.#database, this.#files[0]!, table, limits)
    return { text: await queryAnswer(this.#database, this.#files, sql, limits), tables: [] }
  }
}

async function load(database: Database, file: DataFile, { maxFileBytes }: Limits): Promise<Loaded> {
  const { path, size, wal, journal } = file
  const kind = kindOf(file)
  const name = tableNameFor(path)
  const total = size + (wal?.size ?? 0) + (journal?.size ?? 0)
  if (kind !== 'parquet' && total > maxFileBytes) {
    throw new Problem(
      'RETINUE_DATA_TOO_LARGE',
      `'${path}' has ${total} bytes, and ${maxFileBytes} can be loaded.`,
      'Ask for a part of it, or for it as Parquet, of which single columns are loaded.',
    )
  }
  if (kind === 'sqlite') {
    const copies = {
      main: wholeOf(file),
      wal: wal && wholeOf(wal),
      journal: journal && wholeOf(journal),
    }
    for (const each of [file, wal, journal]) if (each !== undefined) assertUnchanged(each)
    return { file, kind: 'a SQLite database', ...database.attach(path, name, copies) }
  }
  const table = await tableOf(file, kind, maxFileBytes)
  return { file, kind: table.kind, tables: [database.add(name, table)], notices: table.notices }
}

/** Reads a file as a table. What reads a kind is loaded when a file of that kind comes. */
async function tableOf(file: DataFile, kind: 'parquet' | 'json' | 'csv', maxBytes: number): Promise<Table> {
  const { path, size } = file
  if (kind === 'parquet') {
    const { parquetTable } = await import('./parquet.ts')
    return parquetTable(path, { size, read: (from, to) => bytesOf(file, from, to) }, maxBytes)
  }
  const text = textOf(file)
  if (kind === 'json') return (await import('./json.ts')).jsonTable(path, text)
  return (await import('./csv.ts')).csvTable(path, text)
}

/** The name of a file, as a name of a table. */
export function tableNameFor(path: string): string {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/(?<=.)\.[^.]*$/, '')
  const name = stem
    .normalize()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '')
  return /^\p{L}/u.test(name) ? name : `data_${name}`.replace(/_$/, '')
}

function isSameName(a: string, b: string): boolean {
  return tableNameFor(a).toLowerCase() === tableNameFor(b).toLowerCase()
}

/** Says what tables are called that had another name when their file was looked into alone. */
function nameNotice({ tables }: Loaded, { file }: Loaded): string {
  const names = namesOf(tables.slice(0, maxToldTables))
  return `Beside '${file.path}', which would be called the same, it is ${names}.`
}

async function queryAnswer(
  database: Database,
  files: readonly Loaded[],
  sql: string,
  { maxRows, maxChars }: Limits,
): Promise<string> {
  const { columns, rows, hasMore } = await database.query(sql, maxRows).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'RETINUE_DATA_STATEMENT') throw error
    throw new Problem(error.code, error.message, `${error.hint} ${listOf(database, files)}`)
  })
  const heading = lineOf(columns, maxChars / 2)
  const lines = linesOf(rows, maxChars - heading.length)
  const isCut = hasMore || lines.length < rows.length
  const title = isCut
    ? `The first ${lines.length} rows; there are more: aggregate, or read on with LIMIT and OFFSET.`
    : `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}.`
  const notices = files.flatMap(({ file, notices }) =>
    told(notices).map((notice) => `Note on '${file.path}': ${notice}`),
  )
  return [title, ...notices, heading, ...lines].join('\n')
}

/** Says which tables there are, for whoever got one wrong. */
function listOf(database: Database, files: readonly Loaded[]): string {
  const tables = files
    .flatMap(({ tables }) => tables)
    .map((table) => `${table.name} (${columnsOf(database, table)})`)
  const text = `There is: ${tables.join('; ')}.`
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}…`
}

async function lookAnswer(database: Database, loaded: Loaded, wanted: string | undefined, limits: Limits) {
  const { file, kind, tables, notices } = loaded
  const chosen = tables.length === 1 && wanted === undefined ? tables[0] : tableNamed(loaded, wanted)
  const notes: TableNote[] = []
  for (const table of tables.slice(0, maxToldTables)) {
    const rows = table.rows ?? (await countOf(database, table))
    notes.push({ name: brief(table.name), rows, columns: columnsOf(database, table) })
  }
  const lines = [`'${file.path}' is ${kind}${tables.length === 1 ? '' : ` of ${tables.length} tables`}.`]
  lines.push(...told(notices).map((notice) => `Note: ${notice}`))
  lines.push(...notes.map(({ name, rows, columns }) => `Table ${name}, ${rows} rows: ${columns}`))
  if (tables.length > notes.length) {
    lines.push(`Other tables: ${namesOf(tables.slice(notes.length, notes.length + 1000))}`)
  }
  if (chosen !== undefined) lines.push(...(await detailsOf(database, chosen, limits).catch(tooLarge)))
  else if (tables.length > 0) lines.push('Look at one of them by its name for its first rows.')
  return { text: lines.join('\n'), tables: notes }
}

function tableNamed({ file, tables }: Loaded, wanted: string | undefined): KnownTable | undefined {
  if (wanted === undefined) return undefined
  const found = tables.find(({ name }) => `.${bare(name)}`.endsWith(`.${bare(wanted)}`))
  if (found !== undefined) return found
  throw new Problem(
    'RETINUE_DATA_TABLE',
    `'${file.path}' has no table ${JSON.stringify(wanted)}.`,
    tables.length === 0 ? 'It has none.' : `It has: ${namesOf(tables.slice(0, maxToldTables))}.`,
  )
}

/** A name without what tells no two tables apart: its quotes, and upper case. */
function bare(name: string): string {
  return name.replaceAll('"', '').toLowerCase()
}

async function countOf(database: Database, { name }: KnownTable): Promise<number> {
  const { rows } = await database.query(`SELECT count(*) FROM ${name}`, 1)
  return Number(rows[0]![0])
}

/** Of what is too large to be loaded as a whole, the columns are told all the same: some of them may be read. */
function tooLarge(error: unknown): string[] {
  if (error instanceof Problem && error.code === 'RETINUE_DATA_TOO_LARGE')
    return [`${error.message} ${error.hint}`]
  throw error
}

/** What the columns range over, and the first rows. */
async function detailsOf(database: Database, table: KnownTable, { maxChars }: Limits): Promise<string[]> {
  const columns = table.columns.slice(0, maxToldColumns)
  const names = columns.map(({ name }) => quotedName(name))
  const sums = names.flatMap((name) => [`count(*) - count(${name})`, `min(${name})`, `max(${name})`])
  const { rows } = await database.query(`SELECT ${sums.join()} FROM ${table.name}`, 1)
  const ranges = columns.map(({ name }, i) => {
    const [missing, least, greatest] = rows[0]!.slice(i * 3)
    const empty = missing === 0 ? '' : `, ${Number(missing)} empty`
    return least === null
      ? `${brief(name)}: all empty`
      : `${brief(name)}: ${shown(least, 40)} to ${shown(greatest, 40)}${empty}`
  })
  const first = await database.query(
    `SELECT ${names.join()} FROM ${table.name} LIMIT ${sampleRows}`,
    sampleRows,
  )
  const sample = linesOf(first.rows, maxChars)
  const beyond = table.columns.length - columns.length
  return [
    `Ranges of ${brief(table.name)}:`,
    ...ranges,
    ...(beyond > 0 ? [`${beyond} more columns`] : []),
    sample.length === 0 ? 'There are no rows.' : 'First rows:',
    ...sample,
  ]
}

function namesOf(tables: readonly KnownTable[]): string {
  return tables.map(({ name }) => brief(name)).join(', ')
}

/** Notices as they are told: each of a thousand columns may give rise to one. */
function told(notices: readonly string[]): readonly string[] {
  if (notices.length <= maxNotices) return notices
  return [
    ...notices.slice(0, maxNotices),
    `There are ${notices.length - maxNotices} more notes of this kind.`,
  ]
}

/** A name as it is told; files may have names of any length. */
function brief(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength)}…`
}

function columnsOf(database: Database, { columns }: KnownTable): string {
  const told = columns
    .slice(0, maxToldColumns)
    .map(({ name, type }) => `${brief(database.named(name))} ${type}`)
  return told.join(', ') + (columns.length > maxToldColumns ? ', …' : '')
}
