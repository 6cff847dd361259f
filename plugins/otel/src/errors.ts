// The codes of this package. A code is stable within a major version, a text is not.
import { RetinueError } from '@retinue/kernel'

/** Each code that tracing throws, with what it means. */
export const errorCodes = {
  RETINUE_OTEL_OPTIONS: 'An option of `tracing` is not one that it takes.',
} as const

/** A code of this package. */
export type OtelErrorCode = keyof typeof errorCodes

/** Makes an error of this package: what is the case, and what to do about it. */
export function failure(code: OtelErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
