// A SKILL.md as the Agent Skills specification has it: YAML between two lines of dashes, then instructions in Markdown.
// What else the YAML says (a licence, allowed tools) is left aside: a skill is text to read, and grants nothing.
// @see https://agentskills.io/specification
import { parse } from 'yaml'
import { failure } from './errors.ts'

/** The longest head that is read, in characters. */
const maxHeadLength = 16_384
const maxNameLength = 64
const maxDescriptionLength = 1024

/** What a SKILL.md says. */
export interface SkillText {
  readonly name: string
  readonly description: string
  /** The instructions, without the head. */
  readonly body: string
}

/** Reads a SKILL.md that stands in a folder of that name. @throws {RETINUE_SKILLS_INVALID} */
export function readSkill(text: string, folder: string): SkillText {
  const [all, head] =
    /^\uFEFF?---[ \t]*\r?\n(.*?)(?<=\n)---[ \t]*(?:\r?\n|$)/s.exec(text.slice(0, maxHeadLength)) ?? []
  if (all === undefined || head === undefined) {
    throw invalid(
      folder,
      'does not begin with a head between two lines of ---',
      "Begin it with '---', name and description.",
    )
  }
  const { name, description } = fields(head, folder)
  if (typeof name !== 'string' || name.length > maxNameLength || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw invalid(
      folder,
      "has no 'name' of the form that skills have",
      `Write up to ${maxNameLength} lower-case letters and digits, with single hyphens between: pdf-forms.`,
    )
  }
  if (name !== folder) {
    throw invalid(folder, `names itself '${name}'`, 'Give the folder and the skill one name.')
  }
  const said = typeof description === 'string' ? description.replace(/\s+/g, ' ').trim() : ''
  if (said === '' || said.length > maxDescriptionLength) {
    throw invalid(
      folder,
      `has no 'description' of 1 to ${maxDescriptionLength} characters`,
      'Say in a sentence or two what the skill does, and when to use it.',
    )
  }
  return { name, description: said, body: text.slice(all.length).trim() }
}

function fields(head: string, folder: string): { readonly name?: unknown; readonly description?: unknown } {
  let data: unknown
  try {
    data = parse(head, { schema: 'core', maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    const [line] = (error as Error).message.split('\n')
    throw invalid(
      folder,
      `has a head that is no YAML: ${line}`,
      'Put a text with a colon or a # into quotes.',
    )
  }
  return typeof data === 'object' && data !== null ? data : {}
}

function invalid(folder: string, what: string, hint: string): Error {
  return failure('RETINUE_SKILLS_INVALID', `The SKILL.md of '${folder}' ${what}.`, hint)
}
