// The codes of this plugin. The model reads these texts: each says what is the case and what to give instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the preferences throw, with what it means. */
export const errorCodes = {
  RETINUE_PREFERENCES_LANGUAGE: 'A text is no language tag.',
  RETINUE_PREFERENCES_TIME_ZONE: 'The runtime knows no time zone of that name.',
} as const

/** A code of this plugin. */
export type PreferencesErrorCode = keyof typeof errorCodes

/** Makes an error of the preferences: what is the case, and what to do about it. */
export function failure(code: PreferencesErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
