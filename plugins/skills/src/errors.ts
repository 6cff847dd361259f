// The codes of this plugin. Models read most of these texts, authors of skills the rest: each says what is the case and
// what to do. None tells where a folder lies on the machine.
import { RetinueError } from '@retinue/kernel'

/** Each code that the skills throw or report, with what it means. */
export const errorCodes = {
  RETINUE_SKILLS_UNKNOWN: 'There is no skill of that name.',
  RETINUE_SKILLS_FILE: 'A skill has no such file, or one that can not be read as text.',
  RETINUE_SKILLS_INVALID:
    'A folder holds no skill: its SKILL.md is missing, or not of the form that skills have.',
} as const

/** A code of this plugin. */
export type SkillsErrorCode = keyof typeof errorCodes

/** Makes an error of the skills: what is the case, and what to do about it. */
export function failure(code: SkillsErrorCode, what: string, hint: string): RetinueError {
  return new RetinueError(code, what, { hint })
}
