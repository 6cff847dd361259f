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
  if (said === '') {
    throw invalid(
      folder,
      "has no 'description'",
      'Say in a sentence or two what the skill does, and when to use it.',
    )
  }
  return { name, description: cut(said), body: text.slice(all.length).trim() }
}

/** A description as far as the specification lets it go: of skills that are published, some go further. */
function cut(said: string): string {
  if (said.length <= maxDescriptionLength) return said
  return `${said.slice(0, maxDescriptionLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function fields(head: string, folder: string): { readonly name?: unknown; readonly description?: unknown } {
  try {
    return Object(yaml(head)) as object
  } catch (error) {
    try {
      return Object(
        yaml(head.replace(plainText, (_, key, text) => `${key}: ${JSON.stringify(text)}`)),
      ) as object
    } catch {
      const [line] = (error as Error).message.split('\n')
      throw invalid(
        folder,
        `has a head that is no YAML: ${line}`,
        'Put a text with a colon or a # into quotes.',
      )
    }
  }
}

function yaml(head: string): unknown {
  return parse(head, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'error' }) // in which all is text: 365, yes
}

/**
 * A text without quotes behind its key, and the lines that it goes on in. Many skills have a colon in it, or begin with a
 * sign, which is no YAML and which other readers take.
 */
const plainText = /^([a-z-]+):[ \t]+([^\s"'|>].*(?:\r?\n[ \t]+.*)*)/gm

function invalid(folder: string, what: string, hint: string): Error {
  return failure('RETINUE_SKILLS_INVALID', `The SKILL.md of '${folder}' ${what}.`, hint)
}
