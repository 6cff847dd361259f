import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Op, StoredSessionManager } from '@retinue/store'
import { testStore } from '@retinue/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { openDatabase } from '../src/connection.ts'
import { fileWatch } from '../src/file-watch.ts'
import { sqliteStore } from '../src/index.ts'
import { SqliteStore } from '../src/sqlite-store.ts'
import { folderOf } from './a-folder.ts'
import { Tally } from './talker.ts'

const put = (kind: string, id: string) => ({ op: 'put' as const, kind, id, value: 1 })
const folder = folderOf(afterAll)
const paths = new WeakMap<object, string>()

testStore({
  test,
  create: async () => {
    const path = folder.path()
    const store = await sqliteStore(path)
    paths.set(store, path)
    return store
  },
  reopen: (store) => sqliteStore(paths.get(store)!),
  runs: Number(process.env['RETINUE_STORE_RUNS'] ?? 40),
})

test('it says that what it acknowledges is on disk, and has SQLite wait for that', async () => {
  const path = folder.path()
  const db = await openDatabase(path)
  const told = ['journal_mode', 'synchronous', 'fullfsync'].map((name) => db.prepare(`pragma ${name}`).get())
  expect(told).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }, { fullfsync: 1 }])
  const store = new SqliteStore(db, path)
  expect(store.durability).toBe('commit')
  await store.close()
})

test('what is taken away is written over in the file, however long it was', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const secret = (length: number): string => `the zebra is ${'striped '.repeat(length)}`
  await store.transact([
    { ...put('note', 'kept'), value: 'a giraffe' },
    { ...put('note', 'short'), value: secret(1) },
    { ...put('note', 'long'), value: secret(5000) },
    { op: 'append', kind: 'note', id: 'log', values: [secret(1), secret(5000)] },
  ])
  await store.transact([{ ...put('note', 'short'), value: 'nothing' }])
  for (const id of ['long', 'log']) await store.transact([{ op: 'remove', kind: 'note', id }])
  await store.close()
  const file = readFileSync(path, 'latin1')
  expect(file).toContain('giraffe')
  expect(file).not.toMatch(/zebra|striped/)
})

test('writes that come together share a commit, of 64 rows or 256 KB at most', async () => {
  const path = folder.path()
  const db = await openDatabase(path)
  const store = new SqliteStore(db, path)
  const exec = vi.spyOn(db, 'exec')
  const commits = async (count: number, op: (i: number) => Op): Promise<number> => {
    exec.mockClear()
    await Promise.all(Array.from({ length: count }, (_, i) => store.transact([op(i)])))
    return exec.mock.calls.filter(([sql]) => sql === 'commit').length
  }
  const text = (value: string) => (i: number) => ({ ...put('note', `n${i}`), value })
  const append = (values: string[]) => ({ op: 'append' as const, kind: 'note', id: 'log', values })
  expect(await commits(64, text('short'))).toBe(1)
  expect(await commits(65, text('short'))).toBe(2)
  expect(await commits(65, (i) => ({ op: 'remove', kind: 'note', id: `n${i}` }))).toBe(2)
  expect(await commits(5, () => append(Array<string>(30).fill('short')))).toBe(3)
  expect(await commits(4, text('x'.repeat(100 * 1024)))).toBe(2)
  expect(await commits(4, () => append(['x'.repeat(100 * 1024)]))).toBe(2)
  expect(await commits(2, text('x'.repeat(300 * 1024)))).toBe(2) // whoever writes more has a commit alone
  await store.close()
})

test('what waits for a lock when the store is closed is written before it is', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const made = Promise.all(Array.from({ length: 100 }, (_, i) => store.transact([put('note', `n${i}`)])))
  const closed = store.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  other.exec('rollback')
  expect(await made).toHaveLength(100)
  await closed
  expect(other.prepare('select count(*) as count from record').get()).toEqual({ count: 100 })
  other.close()
})

test('a lease that is let go can be taken by another process at once', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const lease = await store.lease('turn', { ttlMs: 60_000 })
  const other = new DatabaseSync(path)
  await lease!.release()
  expect(other.prepare('select epoch, until from lease').get()).toEqual({ epoch: 1, until: 0 })
  other.close()
  await store.close()
})

test('a watch looks again after a commit of another connection, and not while there is none', async () => {
  const path = folder.path()
  const [db, other] = [await openDatabase(path), await openDatabase(path)]
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const tell = vi.fn<() => void>()
  const stop = fileWatch(db)(tell)
  const told = [0, 1, 0].map((commits) => {
    for (let i = 0; i < commits; i++) other.exec('insert into lease values (1, 1, 1)')
    vi.advanceTimersByTime(300)
    return tell.mock.calls.length
  })
  stop()
  vi.useRealTimers()
  expect(told).toEqual([0, 1, 1])
  db.close()
  other.close()
})

test('what was asked for before the end is kept, and a watch that waits ends', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const watch = Array.fromAsync(store.watch())
  await new Promise(setImmediate)
  const last = store.transact([put('note', 'a')])
  await Promise.all([store.close(), store.close()])
  await last
  expect(await watch).toEqual([])
  const again = await sqliteStore(path)
  expect(await again.get('note', 'a')).toMatchObject({ value: 1 })
  await again.close()
})

test('a watch hears of another connection though one more watch begins at that moment', async () => {
  const path = folder.path()
  const [here, there] = [await sqliteStore(path), await sqliteStore(path)]
  const heard = here.watch()[Symbol.asyncIterator]().next()
  await new Promise(setImmediate)
  await there.transact([put('note', 'a')])
  const other = Array.fromAsync(here.watch())
  expect((await heard).value).toMatchObject({ id: 'a' })
  await Promise.all([here.close(), there.close()])
  expect(await other).toEqual([])
})

test('a watch of a kind that is quiet goes on after the removals of others are forgotten', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const heard = store.watch({ kind: 'note' })[Symbol.asyncIterator]().next()
  const others = store.watch()[Symbol.asyncIterator]().next()
  await new Promise(setImmediate)
  const [{ rev }] = (await store.transact([put('task', 'a')])) as [{ rev: number }]
  await others
  const db = new DatabaseSync(path)
  db.exec(`update horizon set rev = ${rev}`)
  db.close()
  await store.transact([put('note', 'b')])
  expect((await heard).value).toMatchObject({ id: 'b' })
  await store.close()
})

test('removals that lie far back are forgotten, and a watch from before them is told', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const before = await store.cursor()
  const remove = (id: string) => ({ op: 'remove' as const, kind: 'note', id })
  await store.transact([put('note', 'a'), remove('a')])
  const db = new DatabaseSync(path)
  db.exec('update sqlite_sequence set seq = seq + 200000')
  const recent = await store.cursor()
  const ids = Array.from({ length: 1000 }, (_, i) => `b${i}`)
  await store.transact(ids.flatMap((id) => [put('note', id), remove(id)]))
  expect(db.prepare("select id from record where id = 'a'").all()).toEqual([])
  db.close()
  await expect(Array.fromAsync(store.watch({}, { after: before }))).rejects.toMatchObject({
    code: 'RETINUE_STORE_CURSOR_OLD',
  })
  const told: string[] = []
  for await (const { id, removed } of store.watch({}, { after: recent })) {
    if (removed) told.push(id)
    if (told.length === ids.length) break
  }
  expect(told).toEqual(ids)
  await store.close()
})

test('a page of a list is looked up where it begins, and not walked to from the first one', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  await store.transact(['a/1', 'a/2', 'a/3', 'b'].map((id) => put('note', id)))
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  const page = await Array.fromAsync(store.list('note', { prefix: 'a/', after: 'a/1', limit: 1 }))
  const [[text] = ['']] = prepare.mock.calls
  prepare.mockRestore()
  expect(page).toMatchObject([{ id: 'a/2' }])

  const db = new DatabaseSync(path)
  const steps = db.prepare(`explain ${text}`).all() as { opcode: string }[]
  const opcodes = steps.map(({ opcode }) => opcode)
  const eachRow = opcodes.slice(opcodes.indexOf('IdxGE'), opcodes.indexOf('Next'))
  expect(eachRow).toContain('ResultRow')
  // A row that is less or more than something else is passed by.
  expect(eachRow.filter((opcode) => /^[LG][te]$/.test(opcode))).toEqual([])
  db.close()
  await store.close()
})

test('whoever reads a long log lets others have their turn meanwhile', async () => {
  const store = await sqliteStore(folder.path())
  const values = Array.from({ length: 2000 }, (_, i) => i + 1)
  await store.transact([{ op: 'append', kind: 'log', id: 'a', values }])
  let [turns, isOver] = [0, false]
  const turn = (): void => void (turns++, isOver || setImmediate(turn))
  setImmediate(turn)
  const read = await Array.fromAsync(store.read('log', 'a'))
  isOver = true
  expect(read).toEqual(values.map((value) => ({ seq: value, value })))
  expect(turns).toBeGreaterThanOrEqual(3)
  const part = await Array.fromAsync(store.read('log', 'a', { after: 100, limit: 1500 }))
  expect([part.length, part[0]!.seq, part.at(-1)!.seq]).toEqual([1500, 101, 1600])
  await store.close()
})

test('a live user follows what another connection stores (SPEC 33)', async () => {
  const path = folder.path()
  const [here, there] = [await sqliteStore(path), await sqliteStore(path)]
  const [mine, theirs] = [here, there].map((store) => new StoredSessionManager({ store }))
  const [user, same] = [await mine!.user('ada'), await theirs!.user('ada')]
  const stop = new AbortController()
  const following = mine!.follow(stop)
  const heard = new Promise((resolve) => user.on('changed', resolve))
  same.context.$get(Tally).a = 7
  await theirs!.saved(same)
  await heard
  expect(user.context.$get(Tally).a).toBe(7)
  stop.abort()
  await following
  await mine!.saved(user)
  await Promise.all([here.close(), there.close()])
})
