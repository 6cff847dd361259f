import { appendFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DataThread } from '../src/data-thread.ts'
import { keepThread, keptThreads, takeThread } from '../src/kept-threads.ts'
import { makeFolder, makeSession } from './a-folder.ts'

let started = 0
const count = (): void => void started++
const noneKept = () => vi.waitFor(() => expect(keptThreads()).toBe(0), { timeout: 5000 })
beforeEach(async () => {
  await noneKept() // of earlier tests
  started = 0
  process.on('worker', count)
})
afterEach(() => void process.off('worker', count))

/** Makes a session on files that nobody has written to for a while. */
function sessionOnOld(files: Readonly<Record<string, string | Uint8Array>>) {
  const root = makeFolder(files)
  const age = (): void => {
    for (const name of Object.keys(files)) utimesSync(join(root, name), 1, 1)
  }
  age()
  const made = makeSession(root)
  return { ...made, root, age }
}

const sales = 'id,region,amount\n1,north,10\n2,south,20.5\n'

test('files stay loaded for the next question, as long as they are what they were', async () => {
  const made = sessionOnOld({ 'sales.csv': sales })
  const { look, query, root, age } = made
  await look('sales.csv')
  await expect(query('SELECT nowhere FROM sales', 'sales.csv')).rejects.toThrow('no such column')
  expect(await query('SELECT max(amount) FROM sales', 'sales.csv')).toContain('[20.5]')
  expect([started, keptThreads()]).toEqual([1, 1])
  appendFileSync(join(root, 'sales.csv'), '3,north,30\n')
  age() // it tells another size, and another time at which that was so
  expect(await query('SELECT max(amount) FROM sales', 'sales.csv')).toContain('[30]')
  expect([started, keptThreads()]).toEqual([2, 1])
})

test('columns that are wanted later are read from the file as it is open then, and alone where both are too much', async () => {
  const column = (name: string) => ({ name, data: Array.from({ length: 1000 }, (_, i) => `${name} ${i}`) })
  const bytes = parquetWriteBuffer({
    columnData: ['a', 'b'].map((name) => ({ ...column(name), type: 'STRING' })),
  })
  const made = sessionOnOld({ 'wide.parquet': new Uint8Array(bytes), 'other.csv': sales })
  const { query, user } = made
  const least = (name: string) => query(`SELECT min(${name}) FROM wide`, 'wide.parquet')
  expect(await least('a')).toContain('["a 0"]')
  expect(await least('b')).toContain('["b 0"]')
  expect(started).toBe(1)
  user.config.data.maxFileBytes = 15_000 // another limit: all anew
  expect(await least('a')).toContain('["a 0"]')
  expect(await least('b')).toContain('["b 0"]')
  expect([started, keptThreads()]).toEqual([3, 1])
})

test('what was written just now, or is not to be kept, is loaded anew', async () => {
  const made = sessionOnOld({ 'sales.csv': sales })
  const { query, user, root } = made
  const rows = () => query('SELECT count(*) FROM sales', 'sales.csv')
  user.config.data.keepMs = 0
  await rows()
  expect(keptThreads()).toBe(0)
  user.config.data.keepMs = 60_000
  const soon = Date.now() / 1000 + 3600 // however long this machine takes: that is not long ago
  utimesSync(join(root, 'sales.csv'), soon, soon)
  expect(await rows()).toContain('[2]')
  expect([started, keptThreads()]).toEqual([2, 0])
})

test('a session keeps one thread and the process a few; they end with their session, or when their time is up', async () => {
  const keepers = Array.from({ length: 6 }, () => ({ closed: false }))
  for (const keeper of keepers) await keepThread(keeper, 'files', new DataThread(1e8), 60_000)
  expect(keptThreads()).toBe(4)
  const [, , third, fourth, fifth, sixth] = keepers
  expect([takeThread(keepers[0]!, 'files'), takeThread(third!, 'others')]).toEqual([undefined, undefined])
  await keepThread(third!, 'others', new DataThread(1e8), 60_000)
  expect([keptThreads(), takeThread(third!, 'files')]).toEqual([4, undefined])
  const taken = takeThread(third!, 'others')!
  expect([keptThreads(), takeThread(third!, 'others')]).toEqual([3, undefined])
  await keepThread(third!, 'others', taken, 0)
  for (const keeper of [fourth!, fifth!, sixth!]) keeper.closed = true
  await noneKept()
})
