// The codes of this plugin: what is wrong with a definition, and what is wrong with a trigger.
import { RetinueError } from '@retinue/kernel'

/** Each code that the machines throw, with what it means. */
export const errorCodes = {
  RETINUE_MACHINE_INVALID: 'A definition is no machine that can be kept in a session.',
  RETINUE_MACHINE_STATE: 'A machine has no state of that name.',
  RETINUE_MACHINE_TRIGGER: 'A machine takes no such trigger in the state that it is in.',
} as const

/** A code of this plugin. */
export type MachineErrorCode = keyof typeof errorCodes

/** Makes an error of the machines: what is the case, and what to do about it. */
export function failure(code: MachineErrorCode, what: string, hint: string, details?: object): RetinueError {
  return new RetinueError(code, what, { hint, ...(details !== undefined && { details: { ...details } }) })
}
