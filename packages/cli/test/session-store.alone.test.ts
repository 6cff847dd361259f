import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openFolder } from '../src/session-store.ts'

const opened = vi.hoisted(() => vi.fn<() => Promise<never>>())
vi.mock('@retinue/store-sqlite', () => ({ sqliteStore: opened }))

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('where the SQLite of this Node may damage files, sessions live in memory', async () => {
  opened.mockRejectedValueOnce(
    new RetinueError('RETINUE_SQLITE_UNSUPPORTED', 'Node 22.20.0 has SQLite 3.50.4.'),
  )
  expect((await openFolder(makeFolder())).durability).not.toBe('commit')
})

test('a database that is there and can not be opened is an error', async () => {
  opened.mockRejectedValueOnce(new RetinueError('RETINUE_SQLITE_CORRUPT', 'The file is damaged.'))
  await expect(openFolder(makeFolder())).rejects.toMatchObject({ code: 'RETINUE_CLI_DATA' })
})
