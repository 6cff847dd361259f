// The codes of this plugin, and its two ways to fail: by its own rules, or by what the file system answered.
// The model reads these texts. So each says what is the case and what to do, names a path as the model gave it,
// and never tells where the root lies on the machine; only a root that is not there is named as the config names it.
import { RetinueError } from '@retinue/kernel'
import { quoted } from './wording.ts'

/** Each code that the workspace throws, with what it means. */
export const errorCodes = {
  RETINUE_WORKSPACE_PATH:
    'A path is not one that may be asked for: absolute, upward, or of impossible names.',
  RETINUE_WORKSPACE_OUTSIDE: 'A path leads out of the root.',
  RETINUE_WORKSPACE_MISSING: 'There is nothing at a path.',
  RETINUE_WORKSPACE_KIND: 'There is something else at a path than the tool works on.',
  RETINUE_WORKSPACE_REFUSED: 'The config, or a rule of the workspace, forbids it.',
  RETINUE_WORKSPACE_DENIED: 'The operating system forbids it, or failed.',
  RETINUE_WORKSPACE_BINARY: 'A file is not UTF-8 text.',
  RETINUE_WORKSPACE_TOO_LARGE: 'A file or text is larger than the config allows.',
  RETINUE_WORKSPACE_CHANGED: 'A file or folder was changed by somebody else in the middle of a call.',
  RETINUE_WORKSPACE_INPUT:
    'The input of a tool does not fit what is there: an offset, a pattern, a passage; or a character is cut.',
} as const

/** A code of this plugin. */
export type WorkspaceErrorCode = keyof typeof errorCodes

/** Makes an error of the workspace: what is the case, and what to do about it. */
export function failure(code: WorkspaceErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}

/** Turns what the file system answered into an error that speaks of the path as it was given; others stay. */
export function explained(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const name = quoted(path)
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failure(
        'RETINUE_WORKSPACE_MISSING',
        `There is no ${name}.`,
        'List its folder, or search by glob.',
      )
    case 'ENAMETOOLONG':
      return failure('RETINUE_WORKSPACE_PATH', `${name} is too long for a path here.`, 'Use shorter names.')
    case 'ELOOP':
      return failure(
        'RETINUE_WORKSPACE_KIND',
        `${name} is a link that can't be followed.`,
        'Use another path.',
      )
    case 'EISDIR':
    case 'ENOTEMPTY':
    case 'EEXIST':
      return failure('RETINUE_WORKSPACE_KIND', `${name} is a folder.`, 'Give the path of a file in it.')
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return failure(
        'RETINUE_WORKSPACE_DENIED',
        `The operating system gives no access to ${name}.`,
        'Ask for the permission, or work elsewhere.',
      )
    default:
      return failure(
        'RETINUE_WORKSPACE_DENIED',
        `The operating system failed on ${name} (${String(error.code)}).`,
        'Try again later, or tell whoever runs this.',
      )
  }
}

/** Gives the code of an error of the workspace; `undefined` for any other error. */
export function codeOf(error: unknown): WorkspaceErrorCode | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return Object.hasOwn(errorCodes, code) ? (code as WorkspaceErrorCode) : undefined
}
