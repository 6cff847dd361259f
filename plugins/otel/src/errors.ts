// The codes of this package. A code is stable within a major version, a text is not.

/** Each code that tracing throws, with what it means. */
export const errorCodes = {
  RETINUE_OTEL_OPTIONS: 'An option of `tracing` is not one that it takes.',
} as const

/** A code of this package. */
export type OtelErrorCode = keyof typeof errorCodes
