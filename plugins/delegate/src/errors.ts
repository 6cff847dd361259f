// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that delegation throws, with what it means. */
export const errorCodes = {
  RETINUE_DELEGATE_UNKNOWN: 'An agent was asked that is not among those that may be asked.',
  RETINUE_DELEGATE_ABSENT: 'An agent may be asked, but nobody has introduced it in this process.',
  RETINUE_DELEGATE_DEPTH: 'Agents ask agents who ask agents, deeper than is allowed.',
} as const

/** A code of this plugin. */
export type DelegateErrorCode = keyof typeof errorCodes

/** Makes an error of delegation: what is the case, and what to do about it. */
export function failure(code: DelegateErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
