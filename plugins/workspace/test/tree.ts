// Real folders for the tests, gone when the test is. They are in memory where the system has a folder there: each file
// that is saved is flushed, and a disk would take more time for that than the tests for all else.
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Root } from '../src/root.ts'

/** The folder for what tests make. */
export const temporary: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A folder to be attacked: the root inside it, and a secret beside the root. */
export interface Tree {
  readonly root: Root
  /** The absolute path of something below the root. */
  at(path: string): string
  /** The absolute path of something beside the root; `secret.txt` is there. */
  beside(path: string): string
}

/** Makes a root with these files. */
export function makeTree(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  exclude: readonly string[] = [],
): Tree {
  const folder = realpathSync(mkdtempSync(join(temporary, 'retinue-workspace-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const at = (path: string): string => join(folder, 'root', path)
  mkdirSync(at(''))
  mkdirSync(join(folder, 'outside'))
  writeFileSync(join(folder, 'outside/secret.txt'), 'SECRET\n')
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), content)
  }
  return { root: new Root(at(''), exclude), at, beside: (path) => join(folder, 'outside', path) }
}
