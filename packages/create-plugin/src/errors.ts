// The codes of this package, beside those of the kernel and of create-retinue. A code is stable within a major version,
// a text is not. `docs/errors.md` has an entry for each code.

/** Each code that the scaffolder fails with, with what it means. */
export const errorCodes = {
  RETINUE_SCAFFOLD_PARTS: 'A new plugin was to contribute nothing, or something that is not known.',
} as const

/** A code of this package. */
export type CreatePluginErrorCode = keyof typeof errorCodes
