// The files of a skill. A path that a model gives is never resolved: it is looked up among the names that walking the
// folder has found, so neither '..' nor an absolute path nor a link leads anywhere. Links are not followed, and what
// was opened must still be where it was found, since folders can be swapped.
import { constants, lstat, open, readdir, realpath, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { failure } from './errors.ts'

/** How many files of a skill are found, and how deep. */
const maxFiles = 1000
const maxDepth = 8

/** The files below a folder, by their paths with slashes, sorted; hidden ones and links are left out. */
export async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = []
  const walk = async (below: string, depth: number): Promise<void> => {
    const entries = (await readdir(join(folder, below), { withFileTypes: true }))
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const path = (name: string): string => (below === '' ? name : `${below}/${name}`)
    // Files first, so that a large folder does not keep a SKILL.md beside it from being found.
    for (const entry of entries) {
      if (entry.isFile() && found.length < maxFiles) found.push(path(entry.name))
    }
    if (depth === maxDepth) return
    for (const entry of entries) {
      if (entry.isDirectory() && found.length < maxFiles) await walk(path(entry.name), depth + 1)
    }
  }
  await walk('', 1)
  return found.sort()
}

/**
 * Reads a file of a skill as text. `folder` is absolute, links resolved; `path` is one of those that `filesOf` gives,
 * however an `ü` of it is put together.
 * @throws {RETINUE_SKILLS_FILE}
 */
export async function readFileOf(folder: string, path: string, maxBytes: number): Promise<string> {
  const wanted = path.replace(/^(?:\.\/)+/, '').normalize()
  const files = await filesOf(folder).catch((): string[] => [])
  const found = files.find((each) => each.normalize() === wanted)
  if (found === undefined) throw noSuchFile(path, files)
  const place = join(folder, found)
  const handle = await open(
    place,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  ).catch(() => undefined)
  if (handle === undefined) throw noSuchFile(path, files)
  try {
    if (!(await isInPlace(handle, place))) throw noSuchFile(path, files)
    const { size } = await handle.stat()
    if (size > maxBytes) {
      throw failure(
        'RETINUE_SKILLS_FILE',
        `'${path}' has ${size} bytes; files up to ${maxBytes} are read.`,
        'Do without it.',
      )
    }
    return textOf(await handle.readFile(), path)
  } finally {
    await handle.close()
  }
}

/** Whether an open file is the one at a place, reached without a link. */
async function isInPlace(handle: FileHandle, place: string): Promise<boolean> {
  if ((await realpath(place).catch(() => '')) !== place) return false
  const [open, there] = await Promise.all([handle.stat({ bigint: true }), lstat(place, { bigint: true })])
  return open.isFile() && open.dev === there.dev && open.ino === there.ino
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw failure(
      'RETINUE_SKILLS_FILE',
      `'${path}' is not text in UTF-8.`,
      'Use it by its path, or do without it.',
    )
  }
}

function noSuchFile(path: string, files: readonly string[]): Error {
  const shown = files.slice(0, 20).join(', ')
  return failure(
    'RETINUE_SKILLS_FILE',
    `The skill has no file '${path}'.`,
    files.length === 0
      ? 'Its folder is gone or empty.'
      : `It has: ${shown}${files.length > 20 ? ', …' : ''}.`,
  )
}
