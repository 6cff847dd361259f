import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { run } from '@retinue/agent'
import { ChatSession, ChatUser } from '@retinue/kernel'
import { callTool, scriptedModel } from '@retinue/testing'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tableNameFor } from '../src/loaded-files.ts'
import { makeFolder, makeSession, sessionOn } from './a-folder.ts'

const sales = 'id,region,amount\n1,north,10\n2,south,20.5\n3,north,\n'
const code = (name: string) => expect.objectContaining({ code: `RETINUE_${name}` })

test('looking into a file tells its tables, columns, ranges and first rows (SPEC 55)', async () => {
  const { look, session } = sessionOn({ 'sales.csv': sales })
  expect(await look('sales.csv')).toBe(`'sales.csv' is CSV, separated by commas.
Table sales, 3 rows: id integer, region text, amount real
Ranges of sales:
id: 1 to 3
region: "north" to "south"
amount: 10 to 20.5, 1 empty
First rows:
[1,"north",10]
[2,"south",20.5]
[3,"north",null]`)
  expect(session.context.dataFiles.files).toEqual([
    {
      path: 'sales.csv',
      tables: [{ name: 'sales', rows: 3, columns: 'id integer, region text, amount real' }],
    },
  ])
})

test('one statement asks files of all four kinds', async () => {
  const names = { name: 'id', data: [1, 2], type: 'INT32' as const }
  const parquet = parquetWriteBuffer({
    columnData: [names, { name: 'name', data: ['ann', 'bob'], type: 'STRING' }],
  })
  const root = makeFolder({
    'sales.csv': sales,
    'rates.json': '[{"region": "north", "rate": 2}, {"region": "south", "rate": 3}]',
    'people.parquet': new Uint8Array(parquet),
  })
  const { look, query } = makeSession(root)
  using db = new DatabaseSync(join(root, 'shop.sqlite'))
  db.exec(
    "CREATE TABLE orders (sale INTEGER, at TEXT); INSERT INTO orders VALUES (1, '2024-05-01'), (2, '2024-06-01')",
  )
  db.exec('CREATE TABLE "order items" (id INTEGER)')
  expect(await look('shop.sqlite')).toBe(`'shop.sqlite' is a SQLite database of 2 tables.
Table shop."order items", 0 rows: id integer
Table shop.orders, 2 rows: sale integer, at text
Look at one of them by its name for its first rows.`)
  expect(await look('shop.sqlite', 'orders')).toContain(
    'Ranges of shop.orders:\nsale: 1 to 2\nat: "2024-05-01" to "2024-06-01"\nFirst rows:\n[1,"2024-05-01"]\n[2,"2024-06-01"]',
  )
  expect(await look('shop.sqlite', 'Order Items')).toContain('Ranges of shop."order items":')
  await expect(look('shop.sqlite', 'nope')).rejects.toThrow(
    expect.objectContaining({ code: 'RETINUE_DATA_TABLE', hint: 'It has: shop."order items", shop.orders.' }),
  )
  const sql = `SELECT strftime('%m', at) AS month, name, amount * rate AS due FROM sales
    JOIN rates USING (region) JOIN people USING (id) JOIN orders ON sale = sales.id ORDER BY at`
  expect(await query(sql, 'sales.csv', 'rates.json', 'people.parquet', './shop.sqlite', 'shop.sqlite')).toBe(
    '2 rows.\n["month","name","due"]\n["05","ann",20]\n["06","bob",61.5]',
  )
})

test('answers are small: rows, characters and cells have their limits, and say so', async () => {
  const { query, user } = sessionOn({
    'a.csv': `n\n${Array.from({ length: 100 }, (_, i) => i).join('\n')}\n`,
  })
  user.config.data.maxRows = 3
  const more = 'there are more: aggregate, or read on with LIMIT and OFFSET.'
  expect(await query('SELECT n FROM a', 'a.csv')).toBe(`The first 3 rows; ${more}\n["n"]\n[0]\n[1]\n[2]`)
  user.config.data.maxRows = 10_000
  user.config.data.maxChars = 100
  expect(await query("SELECT n, printf('%030d', n) AS wide FROM a", 'a.csv')).toContain(
    `The first 2 rows; ${more}`,
  )
  const many = Array.from({ length: 300 }, (_, i) => `n AS "${'a'.repeat(50)} ${i}"`)
  const wide = await query(`SELECT ${many.join()} FROM a`, 'a.csv')
  expect(wide).toContain(', … 299 more columns]\n[0,0,0')
  expect(wide.length).toBeLessThan(400)
})

test('what is wrong with a file stands beside the answers from it', async () => {
  const { query } = sessionOn({ 'a.csv': 'n,m\n1,2\n3\n' })
  expect(await query('SELECT sum(m) AS m FROM a', 'a.csv')).toBe(`1 row.
Note on 'a.csv': 1 of 2 rows do not have the 2 cells of the first: row 3 has 1. What is missing is NULL.
["m"]
[2]`)
})

test('however many columns have something odd, answers are small', async () => {
  const row = (cell: string) => Array.from({ length: 300 }, () => cell).join()
  const { look, query } = sessionOn({
    'a.csv': [row('n'.repeat(1000)), row('1'), row('2'), row('n/a')].join('\n'),
  })
  const text = await query('SELECT count(*) AS n FROM a', 'a.csv')
  expect(text).toContain('Note on \'a.csv\': There are 290 more notes of this kind.\n["n"]\n[3]')
  expect(text.length).toBeLessThan(4000)
  expect(await look('a.csv')).toContain('Note: There are 290 more notes of this kind.')
})

test('of two files with one name it is said what the tables are called', async () => {
  const root = makeFolder({ 'a.csv': 'n\n1\n', 'A.json': '[{"n": 2}]' })
  mkdirSync(join(root, 'old'))
  writeFileSync(join(root, 'old/a.csv'), 'n\n3\n')
  const { query } = makeSession(root)
  expect(await query('SELECT a.n, A_2.n, a_3.n FROM a, A_2, a_3', 'a.csv', 'A.json', 'old/a.csv'))
    .toBe(`1 row.
Note on 'A.json': Beside 'a.csv', which would be called the same, it is A_2.
Note on 'old/a.csv': Beside 'a.csv', which would be called the same, it is a_3.
["n","n","n"]
[1,2,3]`)
})

test('a model that gets a statement wrong is told the tables that there are, and goes on (SPEC 57)', async () => {
  const { session } = sessionOn({ 'sales.csv': sales })
  const ask = (sql: string) => ({ calls: [{ tool: 'data_query', input: { sql, files: ['sales.csv'] } }] })
  const model = scriptedModel([
    ask('SELECT nope FROM sales'),
    ask('SELECT max(amount) FROM sales'),
    'It is 20.5.',
  ])
  await run(session, 'What is the largest?', { model }).result
  const told = JSON.stringify(session.messages.items)
  expect(told).toContain('[RETINUE_DATA_STATEMENT] SQLite says: no such column: nope. Mend the statement.')
  expect(told).toContain('There is: sales (id integer, region text, amount real).')
  expect(told).toContain('[20.5]')
})

test('what takes too long is stopped when its time is up, also within a single call (SPEC 57)', async () => {
  const { query, user } = sessionOn({ 'a.csv': 'n\n1\n' })
  user.config.data.timeoutMs = 1000
  await expect(query(`SELECT '${'a'.repeat(40)}!' REGEXP '^(a+)+$'`, 'a.csv')).rejects.toThrow(
    code('DATA_TIMEOUT'),
  )
})

test('of many who ask at once a few are answered at a time, and who waits too long is told so', async () => {
  let most = 0
  let alive = 0
  const count = (worker: Worker): void => {
    most = Math.max(most, ++alive)
    worker.on('exit', () => alive--)
  }
  process.on('worker', count)
  onTestFinished(() => void process.off('worker', count))
  const { user, agent, registry } = sessionOn({ 'a.csv': 'n\n1\n' })
  user.config.data.keepMs = 0
  const stop = new AbortController()
  const ask = async (sql: string) => {
    const session = new ChatSession({ user, agent, registry })
    return callTool(session, 'data_query', { sql, files: ['a.csv'] }, { signal: stop.signal })
  }
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('SELECT n FROM a')))
  expect(new Set(answers).size).toBe(1)
  expect(most).toBe(4)
  const long = 'WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r'
  const going = Promise.allSettled(Array.from({ length: 4 }, () => ask(long)))
  await vi.waitFor(() => expect(alive).toBe(4), 10_000)
  user.config.data.timeoutMs = 100
  await expect(ask(long)).rejects.toThrow('was not begun within 100 ms. Try again later.')
  stop.abort()
  await going
}, 30_000)

test('a run that is stopped stops the statement (SPEC 58)', async () => {
  const { session } = sessionOn({ 'a.csv': 'n\n1\n' })
  const sql = 'WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r'
  const stop = new AbortController()
  const going = callTool(session, 'data_query', { sql, files: ['a.csv'] }, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(going).rejects.toThrow('enough')
})

test('a file that is too large is refused before it is read', async () => {
  const { look, user } = sessionOn({ 'a.csv': 'n\n1\n' })
  user.config.data.maxFileBytes = 3
  await expect(look('a.csv')).rejects.toThrow("'a.csv' has 4 bytes, and 3 can be loaded.")
})

test('of a Parquet file that is too large as a whole, columns are told, and some may be read', async () => {
  const long = (letter: string) => ({
    name: letter,
    data: [letter.repeat(300), 'x'],
    type: 'STRING' as const,
  })
  const parquet = parquetWriteBuffer({
    columnData: [{ name: 'id', data: [1, 2], type: 'INT32' }, long('a'), long('b')],
  })
  const { look, query, user } = sessionOn({ 'p.parquet': new Uint8Array(parquet) })
  user.config.data.maxFileBytes = 400
  const text = await look('p.parquet')
  expect(text).toMatch(/^Table p, 2 rows: id integer, a text, b text$/m)
  expect(text).toMatch(/unpack to \d+ bytes, and 400 can be loaded\. Read fewer columns/)
  expect(await query('SELECT sum(id) AS sum FROM p', 'p.parquet')).toContain('[3]')
})

test('only files below the workspace are there, by whatever way', async () => {
  const outside = makeFolder({ 'secret.csv': 'a,b\n1,2\n' })
  const root = makeFolder({ 'a.csv': sales, 'b.csv': sales })
  const { look, query, user } = makeSession(root)
  symlinkSync(join(outside, 'secret.csv'), join(root, 'link.csv'))
  mkdirSync(join(root, 'sub'))
  user.config.workspace.exclude = ['b.csv']
  await expect(look('link.csv')).rejects.toThrow(code('WORKSPACE_OUTSIDE'))
  await expect(look(join(outside, 'secret.csv'))).rejects.toThrow(code('WORKSPACE_PATH'))
  await expect(look('../secret.csv')).rejects.toThrow(code('WORKSPACE_PATH'))
  await expect(look('sub')).rejects.toThrow(code('WORKSPACE_KIND'))
  await expect(look('none.csv')).rejects.toThrow(code('WORKSPACE_MISSING'))
  await expect(query('SELECT 1', 'a.csv', 'b.csv')).rejects.toThrow(code('WORKSPACE_REFUSED'))
  // what SQLite would read beside a database counts as a file, too
  using db = new DatabaseSync(join(root, 'shop.db'))
  db.exec('CREATE TABLE t (a)')
  symlinkSync(join(outside, 'secret.csv'), join(root, 'shop.db-wal'))
  await expect(look('shop.db')).rejects.toThrow(code('WORKSPACE_OUTSIDE'))
})

// Linux has files that can be opened and not read: a network device without a speed answers EINVAL.
const unreadable = '/sys/class/net/lo'
test.skipIf(!existsSync(join(unreadable, 'speed')))(
  'what the system fails to read is told by its path',
  async () => {
    const { look } = makeSession(unreadable)
    await expect(look('speed')).rejects.toThrow("The operating system failed on 'speed' (EINVAL).")
  },
)

test('a database that somebody holds open is read with all that was committed to it', async () => {
  const root = makeFolder()
  using db = new DatabaseSync(join(root, 'live.db'))
  db.exec(
    'PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2); BEGIN; INSERT INTO t VALUES (3)',
  )
  const { query } = makeSession(root)
  expect(await query('SELECT sum(a) AS sum FROM t', 'live.db')).toBe('1 row.\n["sum"]\n[3]')
})

test('a database that is written to whenever it is read is said to be so', async () => {
  const root = makeFolder()
  const file = join(root, 'busy.db')
  new DatabaseSync(file).exec('CREATE TABLE t (a)')
  const { look } = makeSession(root)
  let seconds = 0
  const writing = setInterval(() => utimesSync(file, seconds, seconds++), 1)
  onTestFinished(() => clearInterval(writing))
  await expect(look('busy.db')).rejects.toThrow(code('DATA_BUSY'))
})

test('the prompt tells what is known of the files, and stays the same while nothing new is (SPEC 45)', async () => {
  const { look, session } = sessionOn({ 'a.csv': 'n\n1\n', 'b.json': '[{"x": 1}]' })
  const bare = session.prompt().text
  expect(bare).not.toContain('Looked into')
  await look('a.csv')
  await look('b.json')
  const { text, notices } = session.prompt()
  expect(text).toContain('"columns":"n integer"')
  expect(notices.map(({ kind }) => kind)).toEqual(['cache'])
  await look('a.csv')
  expect(session.prompt().text).toBe(text)
  session.sections.data.showFiles = false
  expect(session.prompt().text).toBe(bare)
})

test('where only the interaction has the toolset, what was found goes with it (SPEC 38, 40)', async () => {
  const { session, agent } = makeSession(makeFolder({ 'a.csv': 'n\n1\n' }), [])
  const before = JSON.stringify([session, agent])
  {
    using turn = session.interact()
    turn.tools.push('data')
    await callTool(turn, 'data_look', { path: 'a.csv' })
    expect(turn.context.dataFiles.files).toHaveLength(1)
  }
  expect(JSON.stringify([session, agent])).toBe(before)
})

test('what is known of files with very many columns is told by their names (SPEC 45)', () => {
  const { session } = sessionOn({})
  const tables = Array.from({ length: 20 }, (_, i) => ({
    name: `t${i}`,
    rows: 1,
    columns: 'a text, '.repeat(120),
  }))
  const files = ['one.db', 'two.db'].map((path) => ({ path, tables }))
  session.context.dataFiles.files = files.slice(0, 1).map((file) => ({ ...file, tables: tables.slice(0, 2) }))
  expect(session.prompt().text).toContain('a text, a text')
  session.context.dataFiles.files = files
  const { text, tokens } = session.prompt()
  expect(text).toMatch(/Compute with SQL[^]*can be told here: \["one\.db","two\.db"\]$/)
  expect(text).not.toContain('a text')
  expect(tokens).toBeLessThan(4000)
})

test('the toolset brings its retinue, and leaves nothing but what is parked (SPEC 29, 30, 34)', async () => {
  const { session, user, agent } = makeSession(makeFolder({ 'a.csv': 'n\n1\n' }), [])
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('data')
  await callTool(session, 'data_look', { path: 'a.csv' })
  session.context.dataFiles.$reset() // else it is kept, parked
  agent.tools.remove('data')
  expect(events).toEqual([
    '+ config data',
    '+ context data_files',
    '+ section data',
    '+ toolset data',
    '- section data',
    '- context data_files',
    '- config data',
    '- toolset data',
  ])
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('a session can not move the limits of the machine', () => {
  const { session, user } = sessionOn({})
  expect(() => (session.config.data.timeoutMs = 1e5)).toThrow()
  expect(() => (session.config.data.maxMemoryBytes = 1e9)).toThrow()
  user.config.data.timeoutMs = 1e5
  session.config.data.maxRows = 5
  expect(session.config.data.$values()).toMatchObject({ timeoutMs: 1e5, maxRows: 5 })
})

test('a table is named after its file', () => {
  const files = [
    'a/Sales 2024.csv',
    'x.tar.csv',
    '2024.csv',
    '.csv',
    'größe.json'.normalize('NFD'),
    'हिन्दी.csv',
    '---.csv',
    'noext',
  ]
  expect(files.map(tableNameFor)).toEqual([
    'Sales_2024',
    'x_tar',
    'data_2024',
    'csv',
    'größe',
    'हिन्दी',
    'data',
    'noext',
  ])
})

test('what version 1 saved comes back as it was (SPEC 49, 50)', () => {
  const { registry, agent } = sessionOn({})
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'user' | 'session',
    object
  >
  const { user, report: ofUser } = ChatUser.restore(saved.user, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofUser.ok, report.ok, report.unknown, report.parked]).toEqual([true, true, [], []])
  expect({ user: user.snapshot(), session: session.snapshot() }).toEqual(saved)
  expect(session.context.dataFiles.files[0]?.tables[0]?.rows).toBe(1461)
})

test('names of any length are told in part', async () => {
  const { look, session } = sessionOn({ 'long.csv': `${'n'.repeat(100_000)},b\n1,2\n` })
  const text = await look('long.csv')
  expect(text).toContain(`${'n'.repeat(200)}… integer, b integer`)
  expect(text.length + JSON.stringify(session).length).toBeLessThan(10_000)
})
