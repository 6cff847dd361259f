// Where sessions are kept: a database in the data folder, a store that the configuration names, or the memory of the
// process.
import { join } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import { memoryStore, type RecordStore } from '@retinue/store'
import type { RetinueConfig } from './config.ts'
import { reasonOf } from './failure.ts'
import { prepareDataFolder } from './project.ts'

/**
 * Opens the database of a folder; where this Node has no SQLite that is good enough, sessions live in memory.
 * @throws {RETINUE_CLI_DATA}
 */
export async function openFolder(folder: string): Promise<RecordStore> {
  const sqlite = await loadSqlite()
  if (sqlite === undefined) return memoryStore()
  prepareDataFolder(folder)
  try {
    return await sqlite.sqliteStore(join(folder, 'sessions.db'))
  } catch (cause) {
    if (Object(cause).code === 'RETINUE_SQLITE_UNSUPPORTED') return memoryStore()
    throw new RetinueError(
      'RETINUE_CLI_DATA',
      `The sessions in '${folder}' can't be opened: ${reasonOf(cause)}`,
      {
        hint: 'Name another folder with --data, or dataFolder in the configuration.',
        cause,
      },
    )
  }
}

/**
 * Opens the store that a configuration names.
 * @throws {RETINUE_CLI_DATA}
 */
export async function openConfigured(store: NonNullable<RetinueConfig['store']>): Promise<RecordStore> {
  try {
    return await store()
  } catch (cause) {
    throw new RetinueError(
      'RETINUE_CLI_DATA',
      `The store of the sessions can't be opened: ${reasonOf(cause)}`,
      {
        hint: 'Look at store in the configuration; --data keeps sessions in a folder instead.',
        cause,
      },
    )
  }
}

/** What a person is told where sessions can't be kept. */
export const memoryOnly =
  'Sessions end with the process here: keeping them wants @retinue/store-sqlite, and the newest Node of 22, 24 or 26.'

/** An optional dependency: its Node is newer than the one that the rest runs on. */
function loadSqlite(): Promise<typeof import('@retinue/store-sqlite') | undefined> {
  return import('@retinue/store-sqlite').catch(() => undefined)
}
