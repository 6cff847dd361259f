// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that reading a page throws, with what it means. */
export const errorCodes = {
  RETINUE_WEB_FETCH_URL: 'An address is none of the web, or carries a password.',
  RETINUE_WEB_FETCH_HOST: 'A host is not on the list of those that may be read.',
  RETINUE_WEB_FETCH_PRIVATE: 'An address leads into a private network.',
  RETINUE_WEB_FETCH_ROBOTS: "A site's robots.txt asks machines not to read a page.",
  RETINUE_WEB_FETCH_REDIRECTS: 'A page leads on to others without end, or to nowhere.',
  RETINUE_WEB_FETCH_STATUS: 'A server answered that it does not give the page.',
  RETINUE_WEB_FETCH_TYPE: 'What is at an address is no text.',
  RETINUE_WEB_FETCH_SIZE: 'A page is larger than the limit.',
  RETINUE_WEB_FETCH_FAILED: 'A server was not reached, took too long, or broke off.',
  RETINUE_WEB_FETCH_UNREADABLE: 'A page is too tangled to be turned into text.',
} as const

/** A code of this plugin. */
export type WebFetchErrorCode = keyof typeof errorCodes

/** Makes an error of reading a page: what is the case, and what to do about it. */
export function failure(code: WebFetchErrorCode, what: string, hint: string, cause?: unknown): RetinueError {
  return new RetinueError(code, what, { hint, cause })
}
