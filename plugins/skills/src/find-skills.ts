// Finds the skills in folders: each is a folder with a SKILL.md. Of the texts nothing but the heads is kept. What is no
// skill is told, and the others are found all the same.
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Frozen, RetinueError, type Static, Type } from '@retinue/kernel'
import { failure } from './errors.ts'
import { readFileOf } from './skill-folder.ts'
import { readSkill } from './skill-text.ts'

/** A skill as it is listed. */
export const Skill = Type.Object({
  name: Type.String({ minLength: 1 }),
  description: Type.String({ minLength: 1 }),
  /** Where it lies: absolute, links resolved. */
  folder: Type.String({ minLength: 1 }),
})
export type Skill = Frozen<Static<typeof Skill>>

/** The largest SKILL.md, in bytes. */
export const maxSkillBytes = 1_000_000

/** What was found: the skills, by name, and what could not be taken for one. */
export interface Found {
  readonly skills: Skill[]
  readonly problems: RetinueError[]
}

/**
 * Finds the skills in folders of skills. Of two with one name the first is taken. Links to folders are followed here:
 * who sets the folders up may put skills where they like.
 *
 * @example
 * const { skills, problems } = await findSkills('./skills', '/usr/share/skills')
 * agent.config.skills.available = skills
 */
export async function findSkills(...folders: readonly string[]): Promise<Found> {
  const found = new Map<string, Skill>()
  const problems: RetinueError[] = []
  for (const folder of folders) {
    for (const name of await namesIn(folder, problems)) {
      try {
        const skill = await skillIn(folder, name)
        if (found.has(skill.name))
          throw invalid(name, 'is there twice; the first one is taken', 'Rename one of them.')
        found.set(skill.name, skill)
      } catch (error) {
        problems.push(
          error instanceof RetinueError ? error : invalid(name, "can't be opened", 'Check its rights.'),
        )
      }
    }
  }
  return { skills: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), problems }
}

async function namesIn(folder: string, problems: RetinueError[]): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
      .map(({ name }) => name)
      .sort()
  } catch {
    problems.push(
      invalid(folder, 'is no folder that can be opened', 'Check where the folders of skills are.'),
    )
    return []
  }
}

async function skillIn(folder: string, name: string): Promise<Skill> {
  const home = await realpath(join(folder, name))
  const text = await readFileOf(home, 'SKILL.md', maxSkillBytes).catch((error: RetinueError) => {
    const [, why = ''] = error.message.split('] ', 2)
    throw invalid(name, 'has no SKILL.md that can be read', why)
  })
  const { description } = readSkill(text, name)
  return { name, description, folder: home }
}

function invalid(name: string, what: string, hint: string): RetinueError {
  return failure('RETINUE_SKILLS_INVALID', `The folder '${name}' ${what}.`, hint)
}
