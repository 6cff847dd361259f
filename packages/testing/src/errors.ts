// The codes of this package, beside those of the kernel. A code is stable within a major version, a text is not.
// `docs/errors.md` has an entry for each code.

/** Each code that this package throws, with what it means. */
export const errorCodes = {
  RETINUE_SCRIPT_ENDED: 'A scripted model was called more often than its script has steps.',
  RETINUE_SCRIPT_UNUSED: 'A scripted model was called less often than its script has steps.',
} as const

/** A code of this package. */
export type TestingErrorCode = keyof typeof errorCodes
