// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the toolbelt throws, with what it means. */
export const errorCodes = {
  RETINUE_TOOLBELT_REFUSED: 'The application does not let the agent equip itself with a toolset.',
  RETINUE_TOOLBELT_UNRESOLVED:
    'A toolset can not be in force here: it is kept out, or something that it needs is missing.',
  RETINUE_TOOLBELT_FIXED: 'A toolset was not equipped on the way, so it can not be dropped.',
} as const

/** A code of this plugin. */
export type ToolbeltErrorCode = keyof typeof errorCodes

/** Makes an error of the toolbelt: what is the case, and what to do about it. */
export function failure(code: ToolbeltErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
