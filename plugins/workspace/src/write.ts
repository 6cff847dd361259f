// Writes a whole file, new or over what was there, and says which of the two it was.
import { codeOf, failure } from './errors.ts'
import { namesOf } from './path.ts'
import type { Root } from './root.ts'
import { save, type Target } from './save.ts'
import { counted, quoted, sized, type Answer } from './wording.ts'

/** How writing is bounded. */
export interface WriteOptions {
  /** The longest text, in bytes. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes a text as the whole of a file.
 * @throws {RETINUE_WORKSPACE_TOO_LARGE} when the text is too long, and whatever `save` throws.
 */
export async function writeFile(
  root: Root,
  path: string,
  text: string,
  { maxBytes, signal }: WriteOptions,
): Promise<Answer & { readonly action: 'created' | 'replaced' }> {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) {
    throw failure(
      'RETINUE_WORKSPACE_TOO_LARGE',
      `The text for ${quoted(path)} has ${counted(bytes, 'byte')}; ${counted(maxBytes, 'byte')} can be written.`,
      'Write it as several files.',
    )
  }
  const target = await targetOf(root, path)
  await save(root, target, text, { signal })
  const isNew = target.stats === undefined
  const said = `${isNew ? 'Created' : 'Replaced'} ${quoted(target.path)} (${sized(bytes)}).`
  return { path: target.path, text: said, action: isNew ? 'created' : 'replaced' }
}

/** Finds out what is at the path. It must be nothing, or a file that may be written. */
async function targetOf(root: Root, path: string): Promise<Target> {
  try {
    await using file = await root.openFile(path, 'write')
    return { path: file.path, stats: file.stats }
  } catch (error) {
    if (codeOf(error) !== 'RETINUE_WORKSPACE_MISSING') throw error
    return { path: namesOf(path).join('/') }
  }
}
