// Saves a whole file: into a new file beside it, which then takes its name. So nobody ever reads half of it, what the
// name pointed at meanwhile is replaced and never written through, and the folder is the one that was verified.
import { randomUUID } from 'node:crypto'
import { lstatSync, renameSync, type BigIntStats } from 'node:fs'
import { constants, open, unlink } from 'node:fs/promises'
import { explained, failure } from './errors.ts'
import { assertPortable } from './path.ts'
import type { Opened } from './opened.ts'
import type { Root } from './root.ts'
import { quoted } from './wording.ts'

/** Where a text is to be saved, and what is there now. */
export interface Target {
  /** Below the root, with `/`; where something is there, with links resolved. */
  readonly path: string
  readonly stats?: BigIntStats
}

/**
 * Saves a text. For a new file, missing folders are made; a file that is replaced leaves its mode and owner behind.
 * @param expects whether the target must still be what it was; if not, nothing is done.
 * @returns whether it was saved.
 * @throws {RETINUE_WORKSPACE_REFUSED} inside `.git`, {RETINUE_WORKSPACE_PATH} for a name that not every system keeps,
 * {RETINUE_WORKSPACE_INPUT} for a text that has half a character.
 */
export async function save(
  root: Root,
  target: Target,
  text: string,
  options: { readonly expects?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const names = target.path.split('/')
  const name = names.pop()!
  const isNew = target.stats === undefined
  if (isNew) assertPortable([name])
  root.assertWritable(names.join('/'), name)
  assertWhole(text, target.path)
  await using folder = await (isNew ? root.makeFolder(names.join('/')) : root.openFolder(names.join('/')))
  root.assertWritable(folder.path, name)
  const draft = folder.at(`.retinue-${randomUUID()}`)
  try {
    await writeDraft(draft, text, target.stats)
    await folder.verify()
    options.signal?.throwIfAborted()
    // Without a pause between the look and the renaming, no other call in this process can come in between.
    if (options.expects && !isUnchanged(folder, name, target.stats)) return false
    renameSync(draft, folder.at(name))
    return true
  } catch (error) {
    throw explained(error, target.path)
  } finally {
    await unlink(draft).catch(() => {}) // after the renaming there is nothing to remove
  }
}

/** UTF-8 can't keep one surrogate without the other: it would come to stand there as another character. */
function assertWhole(text: string, path: string): void {
  if (!/\p{Surrogate}/u.test(text)) return
  throw failure(
    'RETINUE_WORKSPACE_INPUT',
    `The text for ${quoted(path)} has half of a character in it, a surrogate without the other.`,
    'Give each character whole.',
  )
}

async function writeDraft(draft: string, text: string, replaced: BigIntStats | undefined): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
  const file = await open(draft, flags, 0o666)
  try {
    await file.writeFile(text)
    if (replaced !== undefined) {
      await file.chown(Number(replaced.uid), Number(replaced.gid)).catch(() => {}) // only root may give files away
      await file.chmod(Number(replaced.mode) & 0o777)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

function isUnchanged(folder: Opened, name: string, before: BigIntStats | undefined): boolean {
  const now = lstatSync(folder.at(name), { bigint: true, throwIfNoEntry: false })
  return (['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const).every(
    (field) => now?.[field] === before?.[field],
  )
}
