// The codes of this plugin. The model reads these texts: each says what is the case and what to give instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that this plugin throws, with what it means. */
export const errorCodes = {
  RETINUE_RANDOM_DICE: 'A text is no notation of dice, or of too many.',
  RETINUE_RANDOM_RANGE: 'There is nothing to draw from, or less than is to be drawn.',
} as const

/** A code of this plugin. */
export type RandomErrorCode = keyof typeof errorCodes

/** Makes an error of this plugin: what is the case, and what to do about it. */
export function failure(code: RandomErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
