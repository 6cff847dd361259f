// The codes of this package, beside those of the kernel. A code is stable within a major version, a text is not.
// `docs/errors.md` has an entry for each code.

/** Each code that making a new package fails with, with what it means. */
export const errorCodes = {
  RETINUE_SCAFFOLD_FOLDER: 'The folder of a new package is not named, not empty, or can not be written to.',
  RETINUE_SCAFFOLD_NAME: 'A text is no name of a package, or of a model.',
} as const

/** A code of this package. */
export type CreateErrorCode = keyof typeof errorCodes
