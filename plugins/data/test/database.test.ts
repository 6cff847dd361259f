import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { csvTable } from '../src/csv.ts'
import { Database } from '../src/database.ts'
import { jsonTable } from '../src/json.ts'
import type { Table } from '../src/table.ts'
import { makeFolder } from './a-folder.ts'

const sales = csvTable('sales.csv', 'id,region,amount\n1,north,10\n2,south,20.5\n3,north,4.5\n')

async function databaseWith(
  tables: Readonly<Record<string, Table>> = { sales },
  maxMemoryBytes = 100_000_000,
) {
  const database = await Database.open(maxMemoryBytes)
  for (const [name, table] of Object.entries(tables)) database.add(name, table)
  return database
}
const shared = await databaseWith() // of the tests that change nothing in it
const statementError = (what: string) =>
  expect.objectContaining({ code: 'RETINUE_DATA_STATEMENT', message: what })

test('only the columns that a statement reads are loaded, and again with those of the next where that wants more', async () => {
  const asked: (readonly number[])[] = []
  const table: Table = { ...sales, read: (wanted, put) => (asked.push(wanted), sales.read(wanted, put)) }
  const database = await databaseWith({ sales: table, others: table })
  const rowsOf = async (sql: string) => (await database.query(sql, 10)).rows
  expect(await rowsOf("SELECT sum(amount) FROM sales WHERE region = 'north'")).toEqual([[14.5]])
  expect(await rowsOf('SELECT count(*) FROM sales')).toEqual([[3]])
  expect(await rowsOf('SELECT max(region) FROM sales')).toEqual([['south']])
  expect(asked).toEqual([[1, 2]])
  expect(await rowsOf('SELECT id FROM sales ORDER BY 1')).toEqual([[1], [2], [3]])
  expect(asked).toEqual([
    [1, 2],
    [0, 1, 2],
  ])
  expect(await rowsOf('SELECT count(*) FROM others, sales')).toEqual([[9]])
  expect(asked).toEqual([[1, 2], [0, 1, 2], []])
})

test.each([
  ['SELECT count(*) FROM sales JOIN others USING (id)', 3],
  ['SELECT count(*) FROM sales NATURAL JOIN others', 3],
  ['SELECT count(*) FROM sales WHERE id IN numbers', 2],
  ['SELECT count(*) FROM (SELECT * FROM sales ORDER BY 3) WHERE "Amount" > 5', 2],
])('%s reads more columns than it names, and finds them', async (sql, count) => {
  const database = await databaseWith({ sales, others: sales, numbers: csvTable('n.csv', 'n\n2\n3\n') })
  expect((await database.query(sql, 1)).rows).toEqual([[count]])
})

test('a result has its names, and no more rows than wanted', async () => {
  const database = await databaseWith()
  expect(await database.query('SELECT id, amount AS "a b" FROM sales ORDER BY id', 2)).toEqual({
    columns: ['id', 'a b'],
    rows: [
      [1, 10],
      [2, 20.5],
    ],
    hasMore: true,
  })
  expect(await database.query('SELECT 9007199254740993 AS big WHERE 1', 1)).toMatchObject({
    rows: [[9007199254740993n]],
    hasMore: false,
  })
})

test.each([
  ['DELETE FROM sales'],
  ['INSERT INTO sales VALUES (1, 2, 3)'],
  ['WITH x AS (SELECT 1) UPDATE sales SET id = 1'],
  ['DROP TABLE sales'],
  ['CREATE TEMP TABLE x AS SELECT 1'],
  ["ATTACH '/x.db' AS x"],
  ['DETACH main'],
  ['PRAGMA hard_heap_limit = 0'],
  ['PRAGMA writable_schema = ON'],
  ['BEGIN'],
  ['ANALYZE'],
])('%s does more than read, and is refused', async (sql) => {
  await expect(shared.query(sql, 10)).rejects.toThrow(statementError('The statement does more than read.'))
  expect((await shared.query('SELECT count(*) FROM sales', 1)).rows).toEqual([[3]])
})

test.each([
  ['SELECT 1; SELECT 2', 'There is more than one statement.'],
  ['SELECT 1; DROP TABLE sales', 'There is more than one statement.'],
  ["VACUUM INTO '/x.db'", 'The statement gives no rows.'],
  ['SELECT ?', 'The statement has parameters, for which there are no values.'],
  ['-- nothing', 'SQLite says: Cannot prepare empty SQL.'],
  ['SELECT * FROM nowhere', 'SQLite says: no such table: nowhere.'],
  ["SELECT load_extension('x')", 'SQLite says: no such function: load_extension.'],
  ["SELECT readfile('/etc/passwd')", 'SQLite says: no such function: readfile.'],
  ["SELECT 'a' REGEXP '('", 'SQLite says: '],
  ['SELECT median(region) FROM sales', 'SQLite says: median takes numbers, and "north" is none.'],
  ["SELECT stddev('')", 'SQLite says: stddev takes numbers, and "" is none.'],
  ['SELECT quantile(id, 2) FROM sales', 'SQLite says: the part of a quantile is a number from 0 to 1.'],
])('%s is refused: %s', async (sql, what) => {
  await expect(shared.query(sql, 10)).rejects.toThrow(statementError(expect.stringContaining(what)))
})

test('what follows the statement and says nothing is no second one', async () => {
  const comments = '/**/-- '.repeat(2000)
  expect((await shared.query(`SELECT 1; ${comments}\n`, 1)).rows).toEqual([[1]])
  await expect(shared.query(`SELECT 1; ${comments}\n${'/**/'.repeat(2000)} x`, 1)).rejects.toThrow(
    statementError('There is more than one statement.'),
  )
  expect((await shared.query('SELECT 1; -- done\n ; /* really */', 1)).rows).toEqual([[1]])
})

test('more memory than is allowed is refused, and the thread goes on', async () => {
  const database = await databaseWith({ sales }, 20_000_000)
  await expect(database.query('SELECT hex(zeroblob(50000000))', 1)).rejects.toMatchObject({
    code: 'RETINUE_DATA_MEMORY',
  })
  expect(() => database.attach('a.db', 'a', { main: new Uint8Array(30_000_000) })).toThrow(
    expect.objectContaining({ code: 'RETINUE_DATA_MEMORY' }),
  )
  expect((await database.query('SELECT count(*) FROM sales', 1)).rows).toEqual([[3]])
})

test('median, quantiles, deviation and regular expressions are there', async () => {
  const database = await databaseWith()
  const sql = `SELECT region, median(amount), quantile(amount, 0), stddev(amount), count(*) FILTER (WHERE region REGEXP '^n.+h$')
    FROM sales GROUP BY region UNION ALL SELECT NULL, median(id), quantile(id, 0.75), stddev(id), NULL REGEXP 'x' FROM sales`
  expect((await database.query(sql, 10)).rows).toEqual([
    ['north', 7.25, 4.5, expect.closeTo(3.889, 3), 2],
    ['south', 20.5, 20.5, null, 0],
    [null, 2, 2.5, 1, null],
  ])
})

test('JSON that is nested deeper than SQLite reads it is refused as what it is', async () => {
  const nested = '['.repeat(1500) + ']'.repeat(1500)
  const database = await databaseWith({ deep: jsonTable('deep.json', `[{"a": 1, "b": ${nested}}]`) })
  await expect(database.query('SELECT a FROM deep', 1)).rejects.toMatchObject({
    code: 'RETINUE_DATA_DAMAGED',
    message: 'A row of deep is nested too deeply.',
  })
})

test('of bytes a result holds only how many they are, since rows of them would fill the memory', async () => {
  const sql =
    'WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x, zeroblob(80000) FROM n'
  const { rows } = await (await databaseWith()).query(sql, 40)
  expect(rows.at(-1)).toEqual([40, '80000 bytes'])
})

test('tables get names of their own, in quotes where SQL wants them', async () => {
  const database = await databaseWith({ sales })
  expect(database.add('Sales', sales).name).toBe('Sales_2')
  expect(database.add('order', sales).name).toBe('"order"')
  expect(database.add('main', sales).name).toBe('main_2')
  for (const own of ['sqlite_log', 'pragma_database_list', 'JSON_each', 'jsonb_tree']) {
    expect(database.add(own, sales).name).toBe(`data_${own}`)
    expect((await database.query(`SELECT count(*), max(id) FROM data_${own}`, 1)).rows).toEqual([[3, 3]])
  }
  expect(database.add('größe', sales).name).toBe('größe')
  expect(database.named('a "b"')).toBe('"a ""b"""')
})

/** Makes a database whose newest rows SQLite keeps beside it: in a log, or undone by a journal. */
function copiesOf(mode: 'wal' | 'delete') {
  const file = join(makeFolder(), 'shop.db')
  using db = new DatabaseSync(file)
  db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE orders (id INTEGER PRIMARY KEY, "total sum" REAL, at DATE);
    CREATE VIEW large AS SELECT * FROM orders WHERE "total sum" > 5; PRAGMA wal_checkpoint(TRUNCATE);
    INSERT INTO orders VALUES (1, 2.5, '2024-01-01'), (2, 7.5, NULL)`)
  if (mode === 'wal') return { main: bytes(file), wal: bytes(`${file}-wal`) }
  db.exec(`PRAGMA cache_size = 1; BEGIN; WITH RECURSIVE n(x) AS (SELECT 3 UNION ALL SELECT x + 1 FROM n LIMIT 20000)
    INSERT INTO orders SELECT x, 0, NULL FROM n; UPDATE orders SET "total sum" = 0`)
  return { main: bytes(file), journal: bytes(`${file}-journal`) }
}
const bytes = (file: string) => new Uint8Array(readFileSync(file))

test.each(['wal', 'delete'] as const)(
  'a database is read as of its last commit while somebody writes to it (journal mode %s)',
  async (mode) => {
    const database = await databaseWith()
    const { tables, notices } = database.attach('shop.db', 'shop', copiesOf(mode))
    expect(notices).toEqual([])
    const columns = [
      { name: 'id', type: 'integer' },
      { name: 'total sum', type: 'real' },
      { name: 'at', type: 'any' },
    ]
    expect(tables).toEqual([
      { name: 'shop.large', columns },
      { name: 'shop.orders', columns },
    ])
    const sql =
      'SELECT o.id, s.region FROM orders o JOIN sales s USING (id) WHERE o.id IN (SELECT id FROM large)'
    expect((await database.query(sql, 10)).rows).toEqual([[2, 'south']])
    await expect(database.query('DELETE FROM shop.orders', 10)).rejects.toThrow('does more than read')
  },
)

test('of a database all columns are told, generated ones too', async () => {
  const file = join(makeFolder(), 'pairs.db')
  using db = new DatabaseSync(file)
  db.exec("CREATE TABLE pairs (a INT, b INT AS (a * 2) STORED, c TEXT AS (a || '!'))")
  const { tables } = (await databaseWith({})).attach('pairs.db', 'pairs', { main: bytes(file) })
  const columns = tables[0]!.columns.map(({ name, type }) => `${name} ${type}`)
  expect(columns).toEqual(['a integer', 'b integer', 'c text'])
})

test('what of a database can not be read here is told, and the rest is read', async () => {
  const file = join(makeFolder(), 'odd.db')
  using db = new DatabaseSync(file)
  db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (7); CREATE TABLE gone (a); CREATE VIEW v AS SELECT a FROM gone;
    PRAGMA legacy_alter_table = ON; DROP TABLE gone; CREATE VIEW f AS SELECT nope(a) FROM t`)
  const database = await databaseWith({})
  expect(database.attach('odd.db', 'odd', { main: bytes(file) })).toEqual({
    tables: [{ name: 'odd.t', columns: [{ name: 'a', type: 'any' }] }],
    notices: [
      "odd.f can't be read. SQLite says: no such function: nope.",
      "odd.v can't be read. SQLite says: no such table: odd.gone.",
    ],
  })
  expect((await database.query('SELECT a FROM t', 1)).rows).toEqual([[7]])
})

test('a database that is cut off or overwritten is called damaged, and is not guessed at', async () => {
  const file = join(makeFolder(), 'shop.db')
  using db = new DatabaseSync(file)
  db.exec(`CREATE TABLE orders (id INTEGER, sum REAL); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000)
    INSERT INTO orders SELECT x, 0.5 FROM n`)
  const main = bytes(file)
  const refused = expect.objectContaining({ code: 'RETINUE_DATA_DAMAGED' })
  const database = await databaseWith({})
  expect(() => database.attach('a.db', 'a', { main: main.slice().fill(0xff, 100, 4000) })).toThrow(refused)
  expect(() => database.attach('b.db', 'b', { main: main.slice(0, 20_000) })).toThrow(refused)
  database.attach('c.db', 'c', { main: main.slice().fill(0xff, 20_000, 40_000) })
  await expect(database.query('SELECT sum(sum) FROM c.orders', 1)).rejects.toThrow(refused)
})
