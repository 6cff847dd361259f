// The one database in which every file is a table, or a schema of tables. It lives in the memory of WebAssembly: there are
// no files in it but copies that were put there, and no network. A statement is prepared before any row is loaded,
// which tells the columns that it reads; then only those are.
import init, {
  type Database as Connection,
  type PreparedStatement,
  type SqlValue,
} from '@sqlite.org/sqlite-wasm'
import { addFunctions } from './functions.ts'
import { Problem } from './problem.ts'
import type { Cell } from './rows.ts'
import { affinityOf, flawOf, isNamed, quotedName, quotedText } from './sql-text.ts'
import type { Column, Table } from './table.ts'

type Sqlite = Awaited<ReturnType<typeof init>>

/** A table as statements name it. */
export interface KnownTable {
  /** As it stands in SQL, in quotes where it has to. */
  readonly name: string
  /** The columns with their types, as they stand in SQL. */
  readonly columns: readonly Pick<Column, 'name' | 'type'>[]
  /** How many rows it has, where that is known without asking. */
  readonly rows?: number
}

/** The bytes of a database, and of what SQLite keeps beside it. */
export interface Copies {
  readonly main: Uint8Array
  readonly wal?: Uint8Array | undefined
  readonly journal?: Uint8Array | undefined
}

/** What a database brings. */
export interface Attached {
  readonly tables: readonly KnownTable[]
  /** What of it can't be read, and why: a view of what is gone, a table of an extension that is not here. */
  readonly notices: readonly string[]
}

/** What a statement gave. */
export interface Result {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Whether there would have been more rows. */
  readonly hasMore: boolean
}

/** About how many characters of rows are handed to SQLite at once. */
const batchLength = 200_000

/** A database in memory. */
export class Database {
  readonly #sqlite: Sqlite
  readonly #db: Connection
  readonly #tables = new Map<string, Table>()
  readonly #loaded = new Map<string, Set<number>>()

  private constructor(sqlite: Sqlite, maxMemoryBytes: number) {
    this.#sqlite = sqlite
    this.#db = new sqlite.oo1.DB(':memory:')
    addFunctions(sqlite, this.#db)
    this.#db.exec(`
      PRAGMA hard_heap_limit = ${maxMemoryBytes};
      PRAGMA trusted_schema = OFF; -- what a file defines calls no function that does more than compute
      PRAGMA locking_mode = EXCLUSIVE; -- else a write-ahead log would want shared memory, which is not there`)
  }

  /** Opens an empty one. */
  static async open(maxMemoryBytes: number): Promise<Database> {
    const silent = (): void => {}
    // Its types know of no options; what WebAssembly is started with takes them all the same.
    const start = init as (options: object) => ReturnType<typeof init>
    const sqlite = await start({ print: silent, printErr: silent })
    sqlite.config.error = silent
    sqlite.config.warn = silent
    return new Database(sqlite, maxMemoryBytes)
  }

  /** Adds a table under a name like the wanted one. Its rows are loaded when a statement reads them. */
  add(wanted: string, table: Table): KnownTable {
    const name = this.#free(wanted, 'SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE')
    const columns = table.columns.map((column) => `${quotedName(column.name)} ${typeNames[column.type]}`)
    this.#db.exec(`CREATE TABLE main.${quotedName(name)} (${columns.join()})`)
    this.#tables.set(name, table)
    return { name: this.named(name), columns: table.columns, rows: table.rows }
  }

  /**
   * Adds a SQLite database, whose tables are then there under a name like the wanted one.
   * @throws {RETINUE_DATA_DAMAGED}
   */
  attach(path: string, wanted: string, { main, wal, journal }: Copies): Attached {
    const name = this.#free(wanted, 'SELECT 1 FROM main.pragma_database_list WHERE name = ? COLLATE NOCASE')
    const file = `/${Number(this.#db.selectValue('SELECT count(*) FROM main.pragma_database_list'))}.db`
    const { sqlite3_js_posix_create_file: create } = this.#sqlite.capi
    try {
      create(file, main)
      if (wal !== undefined) create(`${file}-wal`, wal)
      if (journal !== undefined) create(`${file}-journal`, journal)
      this.#db.exec(`ATTACH ${quotedText(file)} AS ${quotedName(name)}`)
      return this.#tablesOf(name)
    } catch (error) {
      throw this.#told(error, path)
    }
  }

  /** Writes a name as SQL wants it. */
  named(name: string): string {
    const isPlain = /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)
    const isKeyword = this.#sqlite.capi.sqlite3_keyword_check(name, Buffer.byteLength(name)) !== 0
    return isPlain && !isKeyword ? name : quotedName(name)
  }

  /**
   * Runs one statement that reads.
   * @throws {RETINUE_DATA_STATEMENT} where it is wrong, does more, or is not alone.
   */
  async query(sql: string, maxRows: number): Promise<Result> {
    const { statement, reads } = this.#prepare(sql)
    try {
      for (const name of this.#tables.keys()) await this.#load(name, sql, reads.get(name))
      const columns = statement.getColumnNames()
      const rows: Cell[][] = []
      while (rows.length <= maxRows && statement.step()) rows.push(statement.get([]).map(withoutBytes))
      const hasMore = rows.length > maxRows
      return { columns, rows: hasMore ? rows.slice(0, -1) : rows, hasMore }
    } catch (error) {
      throw this.#told(error)
    } finally {
      statement.finalize()
    }
  }

  #tablesOf(schema: string): Attached {
    const names = this.#db.selectValues(
      `SELECT name FROM ${quotedName(schema)}.sqlite_schema
       WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    ) as string[]
    const tables: KnownTable[] = []
    const notices: string[] = []
    for (const table of names) {
      const name = `${this.named(schema)}.${this.named(table)}`
      try {
        // Those that are generated are columns, too; what is hidden in a virtual table is none.
        const columns = this.#db.selectArrays(
          'SELECT name, type FROM main.pragma_table_xinfo(?, ?) WHERE hidden <> 1',
          [table, schema],
        )
        tables.push({
          name,
          columns: (columns as [string, string][]).map(([column, type]) => ({
            name: column,
            type: affinityOf(type),
          })),
        })
      } catch (error) {
        const told = this.#told(error)
        if (!(told instanceof Problem) || told.code !== 'RETINUE_DATA_STATEMENT') throw error
        notices.push(`${name} can't be read. ${told.message}`)
      }
    }
    return { tables, notices }
  }

  /** Prepares a statement, and finds out which columns of which tables it reads. */
  #prepare(sql: string): { statement: PreparedStatement; reads: Map<string, Set<string>> } {
    const { capi } = this.#sqlite
    const reads = new Map<string, Set<string>>()
    const allowed: readonly number[] = [capi.SQLITE_SELECT, capi.SQLITE_FUNCTION, capi.SQLITE_RECURSIVE]
    const mayDo = (
      _: unknown,
      action: number,
      table: string | 0,
      column: string | 0,
      schema: string | 0,
    ): number => {
      if (action !== capi.SQLITE_READ) return allowed.includes(action) ? capi.SQLITE_OK : capi.SQLITE_DENY
      if (table !== 0 && (schema === 'main' || schema === 0)) {
        const columns = reads.get(table) ?? new Set()
        reads.set(table, column === 0 ? columns : columns.add(column))
      }
      return capi.SQLITE_OK
    }
    let statement
    capi.sqlite3_set_authorizer(this.#db, mayDo, 0)
    try {
      statement = this.#db.prepare(sql)
    } catch (error) {
      throw this.#told(error)
    } finally {
      capi.sqlite3_set_authorizer(this.#db, 0 as never, 0)
    }
    const flaw = flawOf(statement, sql.slice(capi.sqlite3_sql(statement).length))
    if (flaw === undefined) return { statement, reads }
    statement.finalize()
    throw new Problem('RETINUE_DATA_STATEMENT', `${flaw}.`, 'Give one SELECT, complete as it stands.')
  }

  /**
   * Loads the rows of a table, with the columns that are read, unless they are there. SQLite tells of all that are read,
   * save those by which tables are joined: so what the statement names is loaded, too.
   */
  async #load(name: string, sql: string, reads: ReadonlySet<string> | undefined): Promise<void> {
    if (reads === undefined && !isNamed(sql, name)) return
    const table = this.#tables.get(name)!
    const isRead = (column: string) =>
      (reads?.has(column) ?? false) || isNamed(sql, column) || /\bnatural\b/i.test(sql)
    const read = table.columns.flatMap(({ name: column }, i) => (isRead(column) ? [i] : []))
    const loaded = this.#loaded.get(name)
    if (loaded !== undefined && read.every((i) => loaded.has(i))) return
    const wanted = [...new Set([...(loaded ?? []), ...read])].sort((a, b) => a - b) // the next one may read all
    this.#loaded.delete(name) // until all of it is there
    this.#db.exec(`DELETE FROM main.${quotedName(name)}`)
    // A table from which nothing is read has rows all the same, for those who count them.
    const filled = wanted.length === 0 ? [0] : wanted
    const values = wanted.length === 0 ? ['NULL'] : wanted.map((i, at) => valueOf(table.columns[i]!, at))
    const names = filled.map((i) => quotedName(table.columns[i]!.name))
    const insert = this.#db.prepare(
      `INSERT INTO main.${quotedName(name)} (${names.join()}) SELECT ${values.join()} FROM main.jsonb_each(?)`,
    )
    let rows: string[] = []
    let length = 0
    const flush = (): void => {
      insert.bind(`[${rows.join()}]`).stepReset()
      rows = []
      length = 0
    }
    try {
      await table.read(wanted, (row) => {
        rows.push(row)
        length += row.length
        if (length > batchLength) flush()
      })
      flush()
      this.#loaded.set(name, new Set(wanted))
    } catch (error) {
      // What was read as JSON before is malformed to SQLite where it is nested deeper than a thousand.
      if (!/malformed JSON/.test((error as Error).message)) throw error
      const what = `A row of ${this.named(name)} is nested too deeply.`
      throw new Problem('RETINUE_DATA_DAMAGED', what, 'Ask for the file with less nesting.')
    } finally {
      insert.finalize()
    }
  }

  /** Finds a name like the wanted one that no row of a query has, nor SQLite for itself. */
  #free(wanted: string, taken: string): string {
    const own = /^(?:sqlite_|pragma_|jsonb?_(?:each|tree)$)/i.test(wanted) ? `data_${wanted}` : wanted
    for (let i = 1; ; i++) {
      const name = i === 1 ? own : `${own}_${i}`
      if (this.#db.selectValue(taken, name) === undefined && !/^(?:main|temp)$/i.test(name)) return name
    }
  }

  /** Says what SQLite found wrong. */
  #told(error: unknown, path?: string): unknown {
    if (error instanceof this.#sqlite.WasmAllocError) return noMemory()
    if (!(error instanceof this.#sqlite.SQLite3Error)) return error
    const { capi } = this.#sqlite
    const why = error.message
      .replace(/^SQLITE_\w+: sqlite3 result code \d+: (?:\w+Error: )?/, '')
      .replace(/\.$/, '')
    switch (error.resultCode & 0xff) {
      case capi.SQLITE_NOMEM:
      case capi.SQLITE_TOOBIG:
        return noMemory()
      case capi.SQLITE_AUTH:
        return new Problem(
          'RETINUE_DATA_STATEMENT',
          'The statement does more than read.',
          'Give one SELECT; the files can be neither changed nor added to.',
        )
      case capi.SQLITE_CORRUPT:
      case capi.SQLITE_NOTADB:
      case capi.SQLITE_CANTOPEN:
      case capi.SQLITE_IOERR:
      case capi.SQLITE_FORMAT:
        return new Problem(
          'RETINUE_DATA_DAMAGED',
          `${path === undefined ? 'A SQLite database' : `'${path}'`} is damaged: ${why}.`,
          'Ask for the whole file anew.',
        )
      default:
        return new Problem('RETINUE_DATA_STATEMENT', `SQLite says: ${why}.`, 'Mend the statement.')
    }
  }
}

/** Of bytes only how many they are: nobody is shown them, and many rows of them would fill the memory. */
function withoutBytes(value: SqlValue): Cell {
  return value instanceof Uint8Array ? `${value.length} bytes` : (value as Cell)
}

function noMemory(): Problem {
  return new Problem(
    'RETINUE_DATA_MEMORY',
    'There is not enough memory for that.',
    'Read fewer columns, filter before you join or sort, or ask for less at once.',
  )
}

/** How columns are declared. */
const typeNames = { integer: 'INTEGER', real: 'REAL', text: 'TEXT', any: '' } as const

/** Where the value of a column stands in a row of JSON. */
function valueOf({ key }: Column, at: number): string {
  return key === undefined ? `value->>${at}` : `value->>${quotedText(`$.${JSON.stringify(key)}`)}`
}
