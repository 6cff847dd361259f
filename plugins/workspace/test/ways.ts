// Every way to reach a path through the tools, under one signature.
import { editFile } from '../src/edit.ts'
import { listPage } from '../src/list.ts'
import { readPage } from '../src/read.ts'
import type { Root } from '../src/root.ts'
import { searchPage } from '../src/search.ts'
import { writeFile } from '../src/write.ts'

const maxBytes = 1_000_000

/** Every way to reach a path through the tools; `text` is what is searched for and replaced. */
export const ways: Readonly<Record<string, (root: Root, path: string, text?: string) => Promise<unknown>>> = {
  list: (root, path) => listPage(root, path, { limit: 100 }),
  find: (root, path) => searchPage(root, { path, glob: '*' }, { limit: 100, timeoutMs: 10_000 }),
  read: (root, path) => readPage(root, path, { limit: 100, maxBytes }),
  search: (root, path, text = 'SECRET') =>
    searchPage(root, { path, text }, { limit: 100, timeoutMs: 10_000 }),
  write: (root, path) => writeFile(root, path, 'written', { maxBytes }),
  edit: (root, path, text = 'SECRET') => editFile(root, path, { old: text, new: `${text}!` }, { maxBytes }),
}

/** Those that are about folders. */
export const waysToFolders: readonly string[] = ['list', 'find']
