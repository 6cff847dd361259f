// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the memory throws, with what it means. */
export const errorCodes = {
  RETINUE_MEMORY_MISSING: 'There is no memory of that id.',
  RETINUE_MEMORY_FULL: 'As many memories are kept as the config allows, or a text is longer than it allows.',
  RETINUE_MEMORY_REFUSED: 'The config does not let the model keep anything for later sessions.',
} as const

/** A code of this plugin. */
export type MemoryErrorCode = keyof typeof errorCodes

/** Makes an error of the memory: what is the case, and what to do about it. */
export function failure(code: MemoryErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
