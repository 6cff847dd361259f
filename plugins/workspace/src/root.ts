// The fence around one folder: finds where a path leads, and opens it if that is below the root and not excluded.
// Links may lead about below the root. What is open is checked once more in `opened`, since folders can be swapped.
import { constants, lstat, mkdir, readdir, realpath, rmdir, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { codeOf, explained, failure } from './errors.ts'
import { compileGlob } from './glob.ts'
import { openPlace, type Opened, type OpenKind, type Place } from './opened.ts'
import { assertPortable, namesOf } from './path.ts'
import { quoted } from './wording.ts'

/** How often something is opened anew because it was replaced at that moment, as it is when somebody saves it. */
const maxAttempts = 10

/** Folders that keep what is no agent's to write, and why. */
const keepers: ReadonlyMap<string, string> = new Map([
  ['.git', 'belongs to git, and what is written there may be run.'],
  ['.retinue', 'belongs to where sessions are kept, and would damage them.'],
])

/**
 * Opens the folder that a workspace is about.
 * @param exclude globs of what is not there for anybody; what lies below an excluded folder is excluded too.
 * @throws {RETINUE_WORKSPACE_MISSING} when there is no such folder.
 *
 * @example
 * const root = await openRoot('.', ['.env'])
 * await using file = await root.openFile('src/index.ts')
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

  /** Opens a folder, making it and the folders above it where they are missing. @throws as `assertWritable` does */
  async makeFolder(path: string): Promise<Opened> {
    const names = namesOf(path)
    const name = names.pop()
    try {
      return await this.openFolder(path)
    } catch (error) {
      if (name === undefined || codeOf(error) !== 'RETINUE_WORKSPACE_MISSING') throw error
    }
    assertPortable([name])
    this.assertWritable(names.join('/'), name)
    await using above = await this.makeFolder(names.join('/'))
    this.assertWritable(above.path, name) // once more: a link may have led elsewhere
    await makeIn(above, name).catch((error: unknown) => {
      throw explained(error, path)
    })
    return await this.openFolder(path) // awaited, or its refusal would be nobody's while `above` closes
  }

  /** Finds where a path leads, below the root with links resolved, and whether a file is there. */
  async locate(path: string): Promise<{ readonly path: string; readonly isFile: boolean }> {
    try {
      const place = await this.#find(path)
      return { path: place.path, isFile: (await lstat(place.real)).isFile() }
    } catch (error) {
      throw explained(error, path)
    }
  }

  /** Tells whether the config excludes a path below the root, or a folder above it. */
  excludes(path: string): boolean {
    const names = path.split('/')
    return names.some((_, i) => this.#excludes.some((fits) => fits(names.slice(0, i + 1).join('/'))))
  }

  /**
   * Makes sure that something may be written under a name in a folder below the root.
   * @throws {RETINUE_WORKSPACE_REFUSED} when it is excluded, or lies inside `.git`, or where sessions are kept.
   */
  assertWritable(folder: string, name: string): void {
    const path = folder === '' ? name : `${folder}/${name}`
    if (this.excludes(path)) throw excluded(path)
    const keeper = path
      .split('/')
      .find((each) => keepers.has(each.toLowerCase()))
      ?.toLowerCase()
    if (keeper === undefined) return
    throw failure(
      'RETINUE_WORKSPACE_REFUSED',
      `${quoted(path)} ${keepers.get(keeper)!}`,
      'Do without it, or ask for it.',
    )
  }

  async #open(path: string, kind: OpenKind, flags: number): Promise<Opened> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await openPlace(await this.#find(path), kind, flags)
      } catch (error) {
        if (attempt < maxAttempts && codeOf(error) === 'RETINUE_WORKSPACE_CHANGED') continue
        throw explained(error, path)
      }
    }
  }

  /** Finds where a path leads, as the file system is now. What is excluded is not even looked for. */
  async #find(path: string): Promise<Place> {
    const names = namesOf(path)
    const wanted = join(this.#real, ...names)
    this.#inner(wanted, path)
    const real = await realpath(wanted).catch(async () => realpath(await spelled(this.#real, names)))
    return { real, path: this.#inner(real, path), asked: path }
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
    const below = inner.split(sep).join('/')
    if (!this.excludes(below)) return below
    throw excluded(path)
  }
}

/** A place as the folders spell it: an `ü` may be put together in two ways, and a model writes the shorter one. */
async function spelled(folder: string, names: readonly string[]): Promise<string> {
  let place = folder
  for (const name of names) {
    const there = /^\p{ASCII}*$/u.test(name) ? [] : await readdir(place).catch(() => [])
    place = join(place, there.find((each) => each.normalize() === name.normalize()) ?? name)
  }
  return place
}

function excluded(path: string): Error {
  return failure(
    'RETINUE_WORKSPACE_REFUSED',
    `${quoted(path)} is excluded from the workspace.`,
    'Do without it, or ask for it.',
  )
}

/** Makes a folder, unless it is there. If the one above it was swapped meanwhile, the folder is taken away again. */
async function makeIn(above: Opened, name: string): Promise<void> {
  try {
    await mkdir(above.at(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  await above.verify().catch(async (error: unknown) => {
    await rmdir(above.at(name)).catch(() => {})
    throw error
  })
}
