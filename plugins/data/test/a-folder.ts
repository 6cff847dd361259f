// A folder for the time of a test, and a session whose workspace it is.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@retinue/plugin-workspace'
import { plugin as workspace } from '@retinue/plugin-workspace/fence'
import { callTool, testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import { plugin } from '../src/data.ts'
import '../src/index.ts'

/** Makes a folder with these files in it. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Makes a session with the toolset, on a folder. */
export function makeSession(root: string, list: string[] = ['data']) {
  const made = testSession({ plugins: [workspace, plugin], list })
  onTestFinished(() => made.session.close()) // what it keeps ends with it
  made.user.config.workspace.root = root
  const text = (name: string, input: object) => callTool(made.session, name, input).then(unfenced)
  return {
    ...made,
    look: (path: string, table?: string) =>
      text('data_look', { path, ...(table !== undefined && { table }) }),
    query: (sql: string, ...files: string[]) => text('data_query', { sql, files }),
  }
}

/** Makes both at once. */
export const sessionOn = (files: Readonly<Record<string, string | Uint8Array>>) =>
  makeSession(makeFolder(files))

function unfenced(output: unknown): string {
  return String(output).replaceAll(/^`{3,}\n|\n`{3,}$/g, '')
}
