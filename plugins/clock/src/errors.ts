// The codes of this plugin. The model reads these texts: each says what is the case and what to give instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the clock throws, with what it means. */
export const errorCodes = {
  RETINUE_CLOCK_ZONE: 'The runtime knows no time zone of that name.',
  RETINUE_CLOCK_TIME: 'No calendar or clock shows that date or time.',
} as const

/** A code of this plugin. */
export type ClockErrorCode = keyof typeof errorCodes

/** Makes an error of the clock: what is the case, and what to do about it. */
export function failure(code: ClockErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
