// The codes of this plugin. The model reads these texts: each says what is the case and what to write instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the calculator throws, with what it means. */
export const errorCodes = {
  RETINUE_MATH_SYNTAX: 'An expression can not be read, or may be read in two ways.',
  RETINUE_MATH_NAME: 'There is no unit, constant or function of that name.',
  RETINUE_MATH_UNITS: 'Units do not fit together.',
  RETINUE_MATH_DOMAIN: 'There is no such result: a division by zero, a root of what is negative.',
  RETINUE_MATH_LIMIT: 'An expression, or a number in it, is too large.',
} as const

/** A code of this plugin. */
export type MathErrorCode = keyof typeof errorCodes

/** Makes an error of the calculator: what is the case, and what to do about it. */
export function failure(code: MathErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
