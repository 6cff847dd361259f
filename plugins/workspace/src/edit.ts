// Edits a file: reads it, replaces a passage, saves it if it is still what was read, and begins again if it is not.
// So several edits of one file at once all arrive, whoever makes them.
import { failure } from './errors.ts'
import { textOf } from './lines.ts'
import { linesShown, replacePassage, type Replacement } from './passage.ts'
import type { Root } from './root.ts'
import { save, type Target } from './save.ts'
import { counted, quoted, type Answer } from './wording.ts'

/** How an edit is bounded. */
export interface EditOptions {
  /** The largest file that is edited, in bytes, before and after. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/** After how many beginnings an edit gives up, because somebody else keeps changing the file. */
const maxAttempts = 100

/**
 * Replaces a passage of a file, and keeps what else it is: line ends, byte order mark, mode.
 * @throws {RETINUE_WORKSPACE_INPUT} when the passage is not there, or more than once.
 */
export async function editFile(
  root: Root,
  path: string,
  replacement: Replacement,
  { maxBytes, signal }: EditOptions,
): Promise<Answer> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    signal?.throwIfAborted()
    const { target, text } = await readWhole(root, path, maxBytes)
    const file = { path: target.path, maxBytes }
    const { text: next, lines } = replacePassage(file, text, replacement)
    if (!(await save(root, target, next, { expects: true, signal }))) continue
    const where = `${lines.length === 1 ? 'line' : 'lines'} ${linesShown(lines)}`
    return {
      path: target.path,
      text: `Replaced ${counted(lines.length, 'passage')} in ${quoted(target.path)}: ${where}.`,
    }
  }
  throw failure('RETINUE_WORKSPACE_CHANGED', `${quoted(path)} keeps changing.`, 'Try again later.')
}

async function readWhole(
  root: Root,
  path: string,
  maxBytes: number,
): Promise<{ target: Target; text: string }> {
  await using file = await root.openFile(path, 'write')
  const size = Number(file.stats.size)
  if (size > maxBytes) {
    throw failure(
      'RETINUE_WORKSPACE_TOO_LARGE',
      `${quoted(file.path)} has ${counted(size, 'byte')}; files up to ${counted(maxBytes, 'byte')} can be edited.`,
      'Read or search it instead.',
    )
  }
  const { path: found, stats } = file
  return { target: { path: found, stats }, text: await textOf(file) }
}
