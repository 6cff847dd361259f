// The codes of this package, beside those of the kernel. A code is stable within a major version, a text is not.
// `docs/errors.md` has an entry for each code.

/** Each code that a run fails with, with what it means. */
export const errorCodes = {
  RETINUE_INPUT_INVALID: 'The input of a run is empty, or none.',
  RETINUE_OPTION_INVALID: 'An option of a run, or an answer to what it asked, is not one that it takes.',
  RETINUE_MODEL_MISSING: 'Neither the run nor its agent names a model.',
  RETINUE_MODEL_UNKNOWN: 'A name is not one of a model: no provider of that name is known.',
  RETINUE_MODEL_NOT_INSTALLED: "The application does not have the package of a model's provider.",
  RETINUE_MODEL_NOT_CONFIGURED: "The environment lacks the variable of a model's provider.",
  RETINUE_MODEL_UNSUPPORTED: 'What was given is no model, or one of a version that is not spoken here.',
  RETINUE_MODEL_FAILED: 'The provider failed for good.',
  RETINUE_STREAM_CUT: "A model's answer stopped without its end.",
  RETINUE_RUN_ABORTED: 'The run was aborted.',
  RETINUE_RUN_BUSY: "The session is in another run, and `onBusy` is `'reject'`.",
  RETINUE_RUN_FAILED: 'Something went wrong that no other code is for; `cause` says what.',
  RETINUE_RUN_VETOED: 'A hook stopped the run before or after a model call.',
  RETINUE_OUTPUT_SCHEMA: 'What a run asks for as output is no object schema.',
  RETINUE_OUTPUT_INVALID: 'The answer of a model does not fit the schema, also after it was told.',
  RETINUE_COMPACTION_INVALID: 'A compaction separates a tool call from its result.',
  RETINUE_APPROVAL_UNKNOWN: 'An answer was given for a call that does not wait for one.',
} as const

/** A code of this package. */
export type AgentErrorCode = keyof typeof errorCodes
