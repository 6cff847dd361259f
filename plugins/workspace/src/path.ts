// What a path may look like before the file system is asked: relative, downward, of plain names.
// This is the first fence and not the last: where a path really leads is found out by `root`.
import { failure } from './errors.ts'
import { quoted } from './wording.ts'

/** How long a path may be, in characters: what the strictest system allows. */
export const maxPathLength = 1024

/**
 * Splits a path into its names. `''`, `'.'` and `'./'` are the root itself.
 * @throws {RETINUE_WORKSPACE_PATH} when it is absolute, has a `..`, is endless, or has a name that means something else here.
 *
 * @example
 * namesOf('./src//index.ts') // ['src', 'index.ts']
 */
export function namesOf(path: string, windows: boolean = process.platform === 'win32'): string[] {
  const hint = "Give it from the root of the workspace, as in 'src/index.ts'."
  if (path.includes('\0')) throw failure('RETINUE_WORKSPACE_PATH', `${quoted(path)} has a NUL in it.`, hint)
  if (path.length > maxPathLength)
    throw failure('RETINUE_WORKSPACE_PATH', `${quoted(path)} is too long.`, hint)
  if (path.startsWith('/') || (windows && /^(\\|[a-z]:)/i.test(path))) {
    throw failure('RETINUE_WORKSPACE_PATH', `${quoted(path)} is absolute.`, hint)
  }
  const names = path.split(windows ? /[/\\]/ : '/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw failure('RETINUE_WORKSPACE_PATH', `${quoted(path)} goes up by '..'.`, hint)
  if (windows) assertPortable(names)
  return names
}

/**
 * Refuses names that some system can't keep: devices of Windows (`CON`, `nul.txt`), streams (`a:b`), names that end
 * in a dot or a space. On Windows no path may have them; elsewhere what exists is read, but nothing new is named so.
 * @throws {RETINUE_WORKSPACE_PATH}
 */
export function assertPortable(names: readonly string[]): void {
  for (const name of names) {
    const why = flawOf(name)
    if (why === undefined) continue
    throw failure(
      'RETINUE_WORKSPACE_PATH',
      `${quoted(name)} ${why}.`,
      'Choose a name that every system can keep.',
    )
  }
}

function flawOf(name: string): string | undefined {
  if (/[<>:"|?*\\\p{Cc}]/u.test(name)) return 'has a character that file names may not have on every system'
  if (/[. ]$/.test(name)) return 'ends in a dot or a space'
  if (/^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i.test(name))
    return 'names a device of Windows'
  return undefined
}
