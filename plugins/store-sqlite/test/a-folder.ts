// A folder of its own for the files of a test, and nothing left behind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes a folder that goes when `after` runs; `path` gives a new file in it each time. */
export function folderOf(after: (run: () => void) => void): { readonly path: (name?: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-sqlite-'))
  let count = 0
  after(() => rmSync(folder, { recursive: true, force: true }))
  return { path: (name = `${++count}.db`) => join(folder, name) }
}
