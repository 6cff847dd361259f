// Skills on a real disk, and a session that has them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import '../src/index.ts'
import { findSkills } from '../src/find-skills.ts'
import { plugin } from '../src/skills.ts'

/** The text of a SKILL.md. */
export const skill = (name: string, body = 'Do it.', description = 'Does it.'): string =>
  `---\nname: ${name}\ndescription: ${description}\n---\n\n${body}\n`

/** Makes a folder with these files, gone when the test is; gives the absolute path of what is in it. */
export function makeTree(files: Readonly<Record<string, string | Uint8Array>>): (path: string) => string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'retinue-skills-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return (path) => join(root, path)
}

/** Makes a session whose agent has the skills among these files. */
export async function makeSession(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const at = makeTree(files)
  const made = testSession({ plugins: [plugin] })
  const { skills, problems } = await findSkills(at(''))
  if (skills.length > 0) made.agent.config.skills.available = skills
  return { ...made, at, problems }
}
