// The codes of this plugin. The model reads these texts: each says what is the case and what to do instead.
import { RetinueError } from '@retinue/kernel'

/** Each code that planning throws, with what it means. */
export const errorCodes = {
  RETINUE_PLANNING_TASK: 'The plan has no task of that number.',
  RETINUE_PLANNING_OUTLINE: 'An outline has no task, or one that is too long or too deep.',
  RETINUE_PLANNING_ORDER:
    'A task can not be closed, opened, moved or removed before another one is, or before a person agrees.',
  RETINUE_PLANNING_FULL: 'A plan, or the notes of a task, can take no more.',
} as const

/** A code of this plugin. */
export type PlanningErrorCode = keyof typeof errorCodes

/** Makes an error of planning: what is the case, and what to do about it. */
export function failure(code: PlanningErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
