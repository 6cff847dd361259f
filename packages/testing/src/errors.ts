// The codes of this package, beside those of the kernel. A code is stable within a major version, a text is not.
// `docs/errors.md` has an entry for each code.

/** Each code that this package throws, with what it means. */
export const errorCodes = {
  RETINUE_SCRIPT_ENDED: 'A scripted model or fetch was asked for more than its script has steps for.',
  RETINUE_SCRIPT_UNUSED: 'A scripted model or fetch has steps that nobody asked for.',
  RETINUE_SCRIPT_STEP: 'A step of a scripted model or fetch is not one that can be played.',
  RETINUE_TOOL_UNKNOWN: 'A tool that is not in force was called by hand.',
  RETINUE_TOOL_INPUT: 'The input of a tool that was called by hand does not fit it.',
  RETINUE_CONTRACT_BROKEN: 'A plugin or a store breaks a promise that all of them make.',
  RETINUE_CONTRACT_SUBJECT: 'What was to be put to the contract is no plugin, or is not there.',
} as const

/** A code of this package. */
export type TestingErrorCode = keyof typeof errorCodes
