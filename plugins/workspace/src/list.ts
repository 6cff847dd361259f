// Lists one folder: names in the order of their characters, folders with a slash, files with their size.
// Links and whatever else is no file or folder are named as such and not followed.
import { lstat, readdir } from 'node:fs/promises'
import { explained } from './errors.ts'
import { Page, type PageOptions } from './page.ts'
import { kindOf, type Opened } from './opened.ts'
import type { Root } from './root.ts'
import { shown, sized } from './wording.ts'

/** Gives a page of a folder's entries as text. What the config excludes is not there. */
export async function listPage(root: Root, path: string, options: PageOptions): Promise<string> {
  await using folder = await root.openFolder(path)
  const names = await namesIn(root, folder)
  const before = (options.offset ?? 1) - 1
  const wanted = names.slice(before, before + options.limit)
  const entries = await Promise.all(wanted.map((name) => entryOf(folder, name)))
  const page = new Page(options)
  for (const _ of names) page.add((number) => entries[number - 1 - before]!)
  const where = folder.path === '' ? 'The root' : shown(folder.path)
  return `${where}: ${page.title('entry', true)}${page.text}`
}

async function namesIn(root: Root, folder: Opened): Promise<string[]> {
  try {
    const names = await readdir(folder.at('.'))
    await folder.verify()
    const prefix = folder.path === '' ? '' : `${folder.path}/`
    return names.filter((name) => !root.excludes(prefix + name)).sort()
  } catch (error) {
    throw explained(error, folder.path)
  }
}

async function entryOf(folder: Opened, name: string): Promise<string> {
  const stats = await lstat(folder.at(name)).catch(() => undefined)
  if (stats === undefined) return `${shown(name)} (can't be reached)`
  if (stats.isDirectory()) return `${shown(name)}/`
  return `${shown(name)} (${stats.isFile() ? sized(stats.size) : kindOf(stats)})`
}
