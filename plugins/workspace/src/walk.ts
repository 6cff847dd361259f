// Walks the regular files below a folder, depth first, in the order of their names: the same tree gives the same
// order everywhere, which paging relies on. Links are not followed, so nothing is met twice and no circle is walked.
import { readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { codeOf, explained } from './errors.ts'
import type { Root } from './root.ts'

/** Folders that are passed by unless the walk starts in them. */
export const passedBy: ReadonlySet<string> = new Set(['.git', '.retinue', 'node_modules'])

/** How a walk is told to stop, and whom it tells of folders that it could not open. */
export interface WalkOptions {
  readonly signal?: AbortSignal | undefined
  onUnreadable?(path: string): void
}

/** Gives the paths of the files below a folder. */
export async function* walk(root: Root, start: string, options: WalkOptions = {}): AsyncGenerator<string> {
  const open: { path: string; isFolder: boolean }[] = [{ path: start, isFolder: true }]
  for (let met = 1; open.length > 0; met++) {
    // The files of one folder are given without waiting for anything: others have their turn, and time can be up.
    if (met % 1000 === 0) await setImmediate()
    options.signal?.throwIfAborted()
    const { path, isFolder } = open.pop()!
    if (!isFolder) {
      yield path
      continue
    }
    try {
      for (const entry of await entriesOf(root, path)) open.push(entry)
    } catch (error) {
      if (path === start || codeOf(error) === undefined) throw error
      options.onUnreadable?.(path)
    }
  }
}

/** The files and folders of a folder, last name first. */
async function entriesOf(root: Root, path: string): Promise<{ path: string; isFolder: boolean }[]> {
  await using folder = await root.openFolder(path)
  const entries = await readdir(folder.at('.'), { withFileTypes: true }).catch((error: unknown) => {
    throw explained(error, path)
  })
  await folder.verify()
  const prefix = folder.path === '' ? '' : `${folder.path}/`
  return entries
    .filter((entry) => entry.isFile() || (entry.isDirectory() && !passedBy.has(entry.name)))
    .map((entry) => ({ path: prefix + entry.name, isFolder: entry.isDirectory() }))
    .filter((entry) => !root.excludes(entry.path))
    .sort((a, b) => (a.path < b.path ? 1 : -1))
}
