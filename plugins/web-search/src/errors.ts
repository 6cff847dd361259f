// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that the search throws, with what it means. */
export const errorCodes = {
  RETINUE_WEB_SEARCH_SETUP: 'An engine lacks what it needs: its key, or its address.',
  RETINUE_WEB_SEARCH_FAILED: 'No engine answered.',
} as const

/** A code of this plugin. */
export type WebSearchErrorCode = keyof typeof errorCodes

/** Makes an error of the search: what is the case, and what to do about it. */
export function failure(code: WebSearchErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
