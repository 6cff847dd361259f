/** What the process ends with. */
export const exitCodes = {
  /** All went well. */
  done: 0,
  /** Something failed. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
  /** The run waits for a person's yes. */
  waiting: 3,
  /** The person interrupted it. */
  interrupted: 130,
} as const
