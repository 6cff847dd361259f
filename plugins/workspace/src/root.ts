// Opens files and folders below one folder, and nowhere else. A path is resolved first (links may lead about below
// the root), its place is opened without following a link, and then the *open* file is asked where it is: what was
// swapped in between is found out before a byte is read or written. What is done with it is left to the others.
import {
  constants,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rmdir,
  stat,
  type FileHandle,
} from 'node:fs/promises'
import { existsSync, type BigIntStats } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { explained, failure, isFailure } from './errors.ts'
import { compileGlob } from './glob.ts'
import { assertPortable, namesOf } from './path.ts'
import { quoted } from './wording.ts'

/** A file or folder that is open and was seen to lie below the root. Closes at the end of `await using`. */
export interface Opened extends AsyncDisposable {
  readonly handle: FileHandle
  /** Where it is: below the root, with `/`, links resolved; `''` is the root. */
  readonly path: string
  readonly stats: BigIntStats
  /** Names something directly in this folder for a call of `node:fs`; it stays in *this* folder, moved or not. */
  at(name: string): string
  /** Makes sure that it is still there. @throws {RETINUE_WORKSPACE_CHANGED} */
  verify(): Promise<void>
}

/**
 * Opens the folder that a workspace is about.
 * @param exclude globs of what is not there for anybody; what lies below an excluded folder is excluded too.
 * @throws {RETINUE_WORKSPACE_MISSING} when there is no such folder.
 */
export async function openRoot(folder: string, exclude: readonly string[] = []): Promise<Root> {
  const real = await realpath(folder).catch(() => '')
  const stats = await stat(real).catch(() => undefined)
  if (stats?.isDirectory()) return new Root(real, exclude)
  throw failure(
    'RETINUE_WORKSPACE_MISSING',
    `The root of the workspace, ${quoted(folder)}, is no folder that can be opened.`,
    "Whoever runs this has to set 'root' in the config 'workspace'.",
  )
}

/** The fence around one folder. */
export class Root {
  readonly #real: string
  readonly #excludes: readonly ((path: string) => boolean)[]

  /** @param real the absolute path of the folder, links resolved. */
  constructor(real: string, exclude: readonly string[] = []) {
    this.#real = real
    this.#excludes = exclude.map((glob) => compileGlob(glob, { ignoreCase: true }))
  }

  /** Opens a regular file; for `'write'` also the operating system must allow writing it. */
  openFile(path: string, access: 'read' | 'write' = 'read'): Promise<Opened> {
    return this.#open(path, 'file', access === 'write' ? constants.O_RDWR : constants.O_RDONLY)
  }

  /** Opens a folder. */
  openFolder(path: string): Promise<Opened> {
    return this.#open(path, 'folder', constants.O_RDONLY | (constants.O_DIRECTORY ?? 0))
  }

  /** Finds where a path leads, below the root with links resolved, and whether a file is there. */
  async locate(path: string): Promise<{ readonly path: string; readonly isFile: boolean }> {
    const place = await this.#find(path)
    try {
      return { path: this.#inner(place, path), isFile: (await lstat(place)).isFile() }
    } catch (error) {
      throw explained(error, path)
    }
  }

  /** Opens a folder, making it and the folders above it where they are missing. */
  async makeFolder(path: string): Promise<Opened> {
    const names = namesOf(path)
    const name = names.pop()
    try {
      return await this.openFolder(path)
    } catch (error) {
      if (name === undefined || !isFailure(error, 'RETINUE_WORKSPACE_MISSING')) throw error
    }
    assertPortable([name])
    await using above = await this.makeFolder(names.join('/'))
    await makeIn(above, name).catch((error: unknown) => {
      throw explained(error, path)
    })
    return await this.openFolder(path) // awaited, or its refusal would be nobody's while `above` closes
  }

  /** Tells whether the config excludes a path below the root, or a folder above it. */
  excludes(path: string): boolean {
    const names = path.split('/')
    return names.some((_, i) => this.#excludes.some((fits) => fits(names.slice(0, i + 1).join('/'))))
  }

  async #open(path: string, kind: 'file' | 'folder', flags: number, attempts = 10): Promise<Opened> {
    try {
      const place = await this.#find(path)
      assertKind(await lstat(place), kind, path) // a device may act on being opened
      // Without O_NONBLOCK, opening a pipe that was put there meanwhile would wait for a writer.
      const handle = await open(place, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
      try {
        return await this.#opened(handle, place, kind, path)
      } catch (error) {
        await handle.close()
        throw error
      }
    } catch (error) {
      const isSaved = isFailure(error, 'RETINUE_WORKSPACE_CHANGED') // by somebody else, at this moment: as a rule
      if (isSaved && attempts > 1) return this.#open(path, kind, flags, attempts - 1)
      throw explained(error, path)
    }
  }

  async #opened(handle: FileHandle, place: string, kind: 'file' | 'folder', path: string): Promise<Opened> {
    const verify = (): Promise<void> => assertPlace(handle, place, path)
    await verify()
    const stats = await handle.stat({ bigint: true })
    assertKind(stats, kind, path)
    const base = hasProc ? `/proc/self/fd/${handle.fd}` : place
    return {
      handle,
      path: this.#inner(place, path),
      stats,
      at: (name) => base + sep + name,
      verify,
      [Symbol.asyncDispose]: () => handle.close(),
    }
  }

  /** Gives the absolute path to which a path leads, as the file system is now. */
  async #find(path: string): Promise<string> {
    const names = namesOf(path)
    this.#inner(join(this.#real, ...names), path) // what is excluded is not even looked for
    const place = await realpath(join(this.#real, ...names)).catch((error: unknown) => {
      throw explained(error, path)
    })
    this.#inner(place, path)
    return place
  }

  /** Gives the part of an absolute path that lies below the root. */
  #inner(place: string, path: string): string {
    const inner = relative(this.#real, place)
    if (inner === '..' || inner.startsWith(`..${sep}`) || isAbsolute(inner)) {
      throw failure(
        'RETINUE_WORKSPACE_OUTSIDE',
        `${quoted(path)} leads out of the workspace.`,
        'Work with files below its root.',
      )
    }
    const names = inner.split(sep).join('/')
    if (!this.excludes(names)) return names
    throw failure(
      'RETINUE_WORKSPACE_REFUSED',
      `${quoted(path)} is excluded from the workspace.`,
      'Do without it, or ask for it.',
    )
  }
}

/** Whether the system tells where an open file is, and lets a folder be entered by its handle. */
const hasProc = process.platform === 'linux' && existsSync('/proc/self/fd')

/**
 * Makes sure that an open file is where it was looked for. Where the system does not tell, the path is resolved again
 * and must lead to this very file: whoever swaps folders thrice in the right microseconds can deceive that, and Node
 * offers nothing better.
 */
async function assertPlace(handle: FileHandle, place: string, path: string): Promise<void> {
  const now = hasProc ? await readlink(`/proc/self/fd/${handle.fd}`) : await realpath(place)
  if (now === place && (hasProc || (await isSame(handle, place)))) return
  throw failure('RETINUE_WORKSPACE_CHANGED', `${quoted(path)} was moved or replaced meanwhile.`, 'Try again.')
}

async function isSame(handle: FileHandle, place: string): Promise<boolean> {
  const [open, there] = await Promise.all([handle.stat({ bigint: true }), stat(place, { bigint: true })])
  return open.dev === there.dev && open.ino === there.ino
}

async function makeIn(folder: Opened, name: string): Promise<void> {
  try {
    await mkdir(folder.at(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  await folder.verify().catch(async (error: unknown) => {
    await rmdir(folder.at(name)).catch(() => {})
    throw error
  })
}

function assertKind(stats: Kinds, kind: 'file' | 'folder', path: string): void {
  if (kind === 'file' ? stats.isFile() : stats.isDirectory()) return
  const hint = stats.isDirectory()
    ? 'List it, or give the path of a file in it.'
    : kind === 'folder' && stats.isFile()
      ? 'Read it, or give the path of its folder.'
      : 'Use another path.'
  throw failure('RETINUE_WORKSPACE_KIND', `${quoted(path)} is ${kindOf(stats)}, not a ${kind}.`, hint)
}

/** What both `Stats` and `Dirent` can tell. */
type Kinds = Pick<
  BigIntStats,
  'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice'
>

/** Says in words what a place holds. */
export function kindOf(stats: Kinds): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSymbolicLink()) return 'a link'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
