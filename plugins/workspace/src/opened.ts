// Opens one place and makes sure that what is open is what was looked for. The open file itself is asked where it is:
// so what was swapped in between is found out before a byte is read or written. Which places may be opened is not
// known here; `root` knows.
import { existsSync, type BigIntStats } from 'node:fs'
import { constants, lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises'
import { sep } from 'node:path'
import { failure } from './errors.ts'
import { quoted } from './wording.ts'

/** A file or folder that is open and lies below the root. Closes at the end of `await using`. */
export interface Opened extends AsyncDisposable {
  readonly handle: FileHandle
  /** Where it is: below the root, with `/`, links resolved; `''` is the root. */
  readonly path: string
  readonly stats: BigIntStats
  /** Names something directly in this folder for a call of `node:fs`; where it can, it stays in *this* folder. */
  at(name: string): string
  /** Makes sure that it is still there. @throws {RETINUE_WORKSPACE_CHANGED} */
  verify(): Promise<void>
}

/** Where something is. */
export interface Place {
  /** The absolute path, links resolved. */
  readonly real: string
  /** The part of it that lies below the root, with `/`. */
  readonly path: string
  /** What was asked for: messages name this. */
  readonly asked: string
}

/** What can be opened. */
export type OpenKind = 'file' | 'folder'

/**
 * Opens a place, without following a link and without waiting.
 * @param flags of `open`, such as `O_RDWR`.
 * @throws {RETINUE_WORKSPACE_KIND} when something else is there, {RETINUE_WORKSPACE_CHANGED} when it was swapped.
 */
export async function openPlace(place: Place, kind: OpenKind, flags: number): Promise<Opened> {
  assertKind(await lstat(place.real), kind, place.asked) // a device may act on being opened
  // Without O_NONBLOCK, opening a pipe that was put there meanwhile would wait for a writer.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const handle = await open(place.real, flags | careful)
  try {
    await assertPlace(handle, place)
    const stats = await handle.stat({ bigint: true })
    assertKind(stats, kind, place.asked)
    const base = hasProc() ? `/proc/self/fd/${handle.fd}` : place.real
    return {
      handle,
      path: place.path,
      stats,
      at: (name) => base + sep + name,
      verify: () => assertPlace(handle, place),
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Says in words what a place holds. */
export function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSymbolicLink()) return 'a link'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

type Stats = Pick<BigIntStats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'>

/** Whether the system tells where an open file is, and lets a folder be entered by its handle; asked once. */
function hasProc(): boolean {
  return (proc ??= process.platform === 'linux' && existsSync('/proc/self/fd'))
}

let proc: boolean | undefined

/**
 * Where the system does not tell, the path is resolved again and must lead to this very file. Whoever swaps folders
 * there and back in the right microseconds can deceive that, and Node offers nothing better.
 */
async function assertPlace(handle: FileHandle, { real, asked }: Place): Promise<void> {
  const now = await (hasProc() ? readlink(`/proc/self/fd/${handle.fd}`) : realpath(real)).catch(
    () => undefined,
  )
  if (now === real && (hasProc() || (await isSame(handle, real)))) return
  throw failure(
    'RETINUE_WORKSPACE_CHANGED',
    `${quoted(asked)} was moved or replaced meanwhile.`,
    'Try again.',
  )
}

async function isSame(handle: FileHandle, real: string): Promise<boolean> {
  const own = await handle.stat({ bigint: true })
  const there = await stat(real, { bigint: true }).catch(() => undefined)
  return own.dev === there?.dev && own.ino === there.ino
}

function assertKind(stats: Stats, kind: OpenKind, asked: string): void {
  if (kind === 'file' ? stats.isFile() : stats.isDirectory()) return
  const hint = stats.isDirectory() ? 'List it, or give the path of a file in it.' : 'Give another path.'
  throw failure('RETINUE_WORKSPACE_KIND', `${quoted(asked)} is ${kindOf(stats)}, not a ${kind}.`, hint)
}
