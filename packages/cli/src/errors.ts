// The codes of this package, beside those of the kernel, the agent and create-retinue. A code is stable within a major
// version, a text is not. `docs/errors.md` has an entry for each code.

/** Each code that the command fails with, with what it means. */
export const errorCodes = {
  RETINUE_CLI_CONFIG: 'The configuration can not be loaded, or says something that is not known.',
  RETINUE_CLI_AGENT_FILE: 'A file of an agent does not have the form of one.',
  RETINUE_CLI_AGENT_UNKNOWN: 'There is no agent of that name.',
  RETINUE_CLI_SESSION_UNKNOWN: 'No session, or more than one, has an id that begins so.',
  RETINUE_CLI_INPUT: 'There is nothing to say, or no terminal to ask in.',
  RETINUE_CLI_DATA: 'The folder of the sessions can not be used.',
} as const

/** A code of this package. */
export type CliErrorCode = keyof typeof errorCodes
