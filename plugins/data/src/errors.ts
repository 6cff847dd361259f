// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that looking into files throws, with what it means. */
export const errorCodes = {
  RETINUE_DATA_FORMAT: 'A file is of no kind that can be looked into.',
  RETINUE_DATA_DAMAGED: 'A file is not what files of its kind are: cut off, badly encoded, wrongly quoted.',
  RETINUE_DATA_BUSY: 'A database was being written to whenever it was read.',
  RETINUE_DATA_TOO_LARGE: 'A file, or what of it would have to be loaded, is larger than the config allows.',
  RETINUE_DATA_TABLE: 'A file has no table of that name.',
  RETINUE_DATA_STATEMENT: 'A statement is wrong, not one alone, or does more than read.',
  RETINUE_DATA_TIMEOUT: 'It took longer than the config allows, and was stopped.',
  RETINUE_DATA_MEMORY: 'It took more memory than the config allows, and was stopped.',
} as const

/** A code of this plugin. */
export type DataErrorCode = keyof typeof errorCodes

/** Makes an error of looking into files: what is the case, and what to do about it. */
export function failure(code: DataErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
