import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ChatSession } from '@retinue/kernel'
import { StoredSessionManager } from '@retinue/store'
import { afterAll, expect, test, vi } from 'vitest'
import { checkVersion, openDatabase, whileBusy } from '../src/connection.ts'
import { errorCodes, sqliteStore } from '../src/index.ts'
import { explained } from '../src/errors.ts'
import { SqliteStore } from '../src/sqlite-store.ts'
import { folderOf } from './a-folder.ts'
import { bundled } from './a-process.ts'

const folder = folderOf(afterAll)
const put = (id: string, value: string) => ({ op: 'put' as const, kind: 'note', id, value })

test('a full disk is told, leaves nothing by half, and is got over', async () => {
  const path = folder.path()
  const db = await openDatabase(path)
  const store = new SqliteStore(db, path)
  await store.transact([put('a', 'before')])
  db.exec('pragma max_page_count = 20')
  const outcomes = await Promise.allSettled([
    store.transact([put('a', 'after'), put('b', 'x'.repeat(100_000))]),
    store.transact([put('c', 'x'.repeat(100_000))]),
  ])
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'RETINUE_SQLITE_FULL' } },
    { status: 'rejected', reason: { code: 'RETINUE_SQLITE_FULL' } },
  ])
  expect((await store.get('note', 'a'))!.value).toBe('before')
  expect(await store.get('note', 'b')).toBeUndefined()
  db.exec('pragma max_page_count = 100000')
  await store.transact([put('b', 'x'.repeat(100_000))])
  expect((await store.get('note', 'b'))!.value).toHaveLength(100_000)
  await store.close()
})

test('a file that is opened on a full disk is told so, wherever the room ends', () => {
  const noRoom = Object.assign(new Error('disk I/O error'), { errcode: 4874 }) // of the file that ends in -shm
  expect(explained(noRoom, 'a.db')).toMatchObject({ code: 'RETINUE_SQLITE_FULL' })
  const broken = Object.assign(new Error('disk I/O error'), { errcode: 266 })
  expect(explained(broken, 'a.db')).toMatchObject({
    code: 'RETINUE_SQLITE_FAILED',
    hint: expect.stringContaining('quota') as string,
  })
})

test('a file that somebody else writes to for long can be opened and read', async () => {
  const path = folder.path()
  const writer = await openDatabase(path)
  const before = new SqliteStore(writer, path)
  await before.transact([put('a', 'there')])
  writer.exec('begin immediate')
  const store = await sqliteStore(path)
  expect((await store.get('note', 'a'))!.value).toBe('there')
  writer.exec('rollback')
  await Promise.all([store.close(), before.close()])
})

test('a lock is waited for as long where somebody sets the clock meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  let attempts = 0
  const outcome = await whileBusy(() => {
    if (++attempts === 3) return 'done'
    vi.setSystemTime(Date.now() + 3_600_000)
    throw Object.assign(new Error('database is locked'), { errcode: 5 })
  }).finally(() => vi.useRealTimers())
  expect(outcome).toBe('done')
})

test('what a full disk kept from being saved is saved by itself when there is room', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const path = folder.path()
  const db = await openDatabase(path)
  const store = new SqliteStore(db, path)
  const manager = new StoredSessionManager({ store })
  const told = new Promise((resolve) => manager.on('saveFailed', ({ error }) => resolve(error)))
  const session = new ChatSession({ user: await manager.user('ada'), manager, id: 's1' })
  db.exec('pragma max_page_count = 20')
  session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'x'.repeat(100_000) }] })
  expect(await told).toMatchObject({ code: 'RETINUE_SQLITE_FULL' })
  db.exec('pragma max_page_count = 100000')
  vi.advanceTimersByTime(500)
  vi.useRealTimers()
  while ((await manager.sessions('ada')).sessions.length === 0) await new Promise(setImmediate)
  const { session: again } = await new StoredSessionManager({ store }).load('s1')
  expect(again.messages.slice()).toEqual(session.messages.slice())
  await store.close()
})

test('a file and a folder that may not be written are told', async () => {
  const path = folder.path('locked/a.db')
  mkdirSync(dirname(path))
  await (await sqliteStore(path)).close()
  const start = await bundled(folder.path('programs'), 'without-rights')
  const child = start('without-rights', path, '0555')
  expect(await child.over).toBe(0)
  expect(child.lines).toEqual(['RETINUE_SQLITE_PATH', 'RETINUE_SQLITE_READONLY'])
  const inFolder = start('without-rights', path, '0777') // SQLite would read it, and never write it
  expect(await inFolder.over).toBe(0)
  expect(inFolder.lines).toEqual(['opened', 'RETINUE_SQLITE_READONLY'])
})

test('a store whose file was moved away refuses to write, until it is back', async () => {
  const [path, away] = [folder.path(), folder.path()]
  const store = await sqliteStore(path)
  await store.transact([put('a', 'before')])
  renameSync(path, away)
  await expect(store.transact([put('a', 'lost')])).rejects.toMatchObject({ code: 'RETINUE_SQLITE_PATH' })
  renameSync(away, path)
  expect((await store.get('note', 'a'))!.value).toBe('before')
  await store.transact([put('a', 'after')])
  await store.close()
})

test('a store whose log was taken away refuses to write; closing it keeps what was acknowledged', async () => {
  for (const end of ['-wal', '-shm']) {
    const path = folder.path()
    const store = await sqliteStore(path)
    await store.transact([put('a', 'before')])
    rmSync(path + end)
    await expect(store.transact([put('a', 'lost')])).rejects.toMatchObject({
      code: 'RETINUE_SQLITE_PATH',
      message: expect.stringContaining(`${path}${end}`),
    })
    await store.close()
    const again = await sqliteStore(path)
    expect((await again.get('note', 'a'))!.value).toBe('before')
    await again.close()
  }
})

test('a path where no file can be is told', async () => {
  for (const path of [folder.path('no/such/folder/a.db'), folder.path('.'), ':memory:']) {
    await expect(sqliteStore(path)).rejects.toMatchObject({ code: 'RETINUE_SQLITE_PATH' })
  }
  await expect(sqliteStore('')).rejects.toMatchObject({ code: 'RETINUE_STORE_INVALID' })
})

test('a file of something else is left as it is', async () => {
  const text = folder.path('text.db')
  writeFileSync(text, 'This is no database. '.repeat(100))
  await expect(sqliteStore(text)).rejects.toMatchObject({ code: 'RETINUE_SQLITE_FOREIGN' })
  expect(readFileSync(text, 'utf8')).toMatch(/^This is no database/)
  const other = folder.path('other.db')
  const db = new DatabaseSync(other)
  db.exec('create table bookmarks (url text); pragma user_version = 70')
  db.close()
  const before = readFileSync(other)
  await expect(sqliteStore(other)).rejects.toMatchObject({ code: 'RETINUE_SQLITE_FOREIGN' })
  expect(readFileSync(other)).toEqual(before)
})

test('a file of a newer version is refused, when it is opened and when it becomes one later', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  await store.transact([put('a', 'kept')])
  const db = new DatabaseSync(path)
  db.exec('pragma user_version = 99')
  db.close()
  await expect(store.transact([put('a', 'lost')])).rejects.toMatchObject({ code: 'RETINUE_SQLITE_NEWER' })
  await store.close()
  await expect(sqliteStore(path)).rejects.toMatchObject({ code: 'RETINUE_SQLITE_NEWER' })
})

test('a damaged file is told, and not written to', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  await store.transact(Array.from({ length: 200 }, (_, i) => put(`${i}`, 'x'.repeat(1000))))
  await store.close()
  const cut = folder.path('cut.db')
  copyFileSync(path, cut)
  truncateSync(cut, Math.floor(statSync(cut).size / 2 / 4096) * 4096)
  const opened = await sqliteStore(cut).catch((error: unknown) => error)
  const failed = opened instanceof SqliteStore ? await readAll(opened) : opened
  expect(failed).toMatchObject({ code: 'RETINUE_SQLITE_CORRUPT' })
})

test('a value that somebody broke by hand is told by its name, and the others are read', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const log = { op: 'append' as const, kind: 'note', id: 'log', values: ['one'] }
  await store.transact([put('a', 'whole'), put('b', 'broken'), log])
  const db = new DatabaseSync(path)
  db.exec("update record set value = '{' where id = 'b'; update entry set value = '{' where id = 'log'")
  db.close()
  const broken = { code: 'RETINUE_SQLITE_CORRUPT' }
  await expect(store.get('note', 'b')).rejects.toMatchObject({
    ...broken,
    message: expect.stringContaining("note 'b'"),
  })
  await expect(Array.fromAsync(store.list('note'))).rejects.toMatchObject(broken)
  await expect(Array.fromAsync(store.read('note', 'log'))).rejects.toMatchObject(broken)
  expect((await store.get('note', 'a'))!.value).toBe('whole')
  await store.close()
})

async function readAll(store: SqliteStore): Promise<unknown> {
  try {
    for (let i = 0; i < 200; i++) await store.get('note', `${i}`)
    return undefined
  } catch (error) {
    return error
  } finally {
    await store.close()
  }
}

test('a lock that nobody gives back is an error in the end', async () => {
  expect(explained(Object.assign(new Error('database is locked'), { errcode: 5 }), 'a.db')).toMatchObject({
    code: 'RETINUE_SQLITE_BUSY',
  })
  expect(explained(Object.assign(new Error('interrupted'), { errcode: 9 }), 'a.db')).toMatchObject({
    code: 'RETINUE_SQLITE_FAILED',
  })
  const path = folder.path()
  const store = await sqliteStore(path)
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const waiting = store.transact([put('a', 'late')])
  await new Promise((resolve) => setTimeout(resolve, 100))
  other.exec('rollback')
  await waiting
  expect((await store.get('note', 'a'))!.value).toBe('late')
  other.close()
  await store.close()
})

test('an SQLite that can damage files is refused', async () => {
  for (const version of ['3.51.2', '3.50.9', '3.7.0', '2.99.99']) {
    expect(() => checkVersion(version)).toThrow('RETINUE_SQLITE_UNSUPPORTED')
  }
  for (const version of ['3.51.3', '3.51.10', '3.53.0', '4.0.0'])
    expect(() => checkVersion(version)).not.toThrow()
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  prepare.mockImplementation(() => ({ get: () => ({ version: '3.51.2' }) }) as never)
  const path = folder.path()
  await expect(sqliteStore(path)).rejects.toMatchObject({ code: 'RETINUE_SQLITE_UNSUPPORTED' })
  prepare.mockRestore()
  expect(statSync(path).size).toBe(0)
})

test('a Node without SQLite is told so', async () => {
  const get = process.getBuiltinModule
  process.getBuiltinModule = (() => undefined) as never
  try {
    await expect(sqliteStore(folder.path('never.db'))).rejects.toMatchObject({
      code: 'RETINUE_SQLITE_UNSUPPORTED',
    })
  } finally {
    process.getBuiltinModule = get
  }
  expect(existsSync(folder.path('never.db'))).toBe(false)
})

test('each code is provoked by some test', () => {
  const here = new URL('.', import.meta.url)
  const tests = readdirSync(here).map((name) => readFileSync(new URL(name, here), 'utf8'))
  for (const code of Object.keys(errorCodes)) expect(tests.join('\n'), code).toContain(`'${code}'`)
})
