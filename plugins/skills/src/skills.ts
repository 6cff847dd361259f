// The plugin as it is seen from outside: a config that holds which skills there are, a section that lists them, and the
// tools that load one and read its files. Importing this file registers nothing; `index` does.
import { Config, definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { failure } from './errors.ts'
import { maxSkillBytes, Skill } from './find-skills.ts'
import { page } from './page.ts'
import { filesOf, readFileOf } from './skill-folder.ts'
import { readSkill } from './skill-text.ts'

// Where skills lie is the application's to say: a session may come from anywhere.
const available = Type.Array(Skill, {
  default: [],
  setBy: ['user', 'agent'],
  description: 'The skills, as findSkills gives them.',
})

/** Which skills there are. */
export class SkillsConfig extends Config('skills', {
  available,
  maxFileBytes: Type.Integer({
    default: 500_000,
    minimum: 1,
    setBy: ['user', 'agent'],
    description: 'The largest file of a skill that is read.',
  }),
}) {}

const howToUse = `Skills are instructions for certain tasks. Before a task that one of them is about, load it with skills_load, and follow it.`

/** Lists the skills: their names and descriptions, and where these are too long, their names. */
export class SkillsSection extends Section(
  'skills',
  { available },
  {
    follows: SkillsConfig,
    slot: 'tools',
    stability: 'session',
    maxTokens: 4000,
    // Functions, since a text would be compiled, which some runtimes forbid.
    template: ({ section }) =>
      listing(section.available.map(({ name, description }) => `- ${name}: ${description}`)),
    summary: ({ section }) => listing(namesOf(section.available).map((name) => `- ${name}`)),
  },
) {}

const name = Type.String({ minLength: 1, maxLength: 64, description: 'The name of a skill.' })
const offset = Type.Optional(
  Type.Integer({ minimum: 1, description: 'The first line to give, counted from 1.' }),
)

/** The tools that load skills and read their files. */
export const skills = defineToolset('skills', {
  needs: [SkillsConfig, SkillsSection],
  tools: {
    load: defineTool({
      description: 'Loads a skill: its instructions, and which files it has.',
      input: Type.Object({ name, offset }),
      effect: 'pure',
      async execute({ name, offset = 1 }, { config }) {
        const { folder } = find(config.skills, name)
        const text = await readFileOf(folder, 'SKILL.md', maxSkillBytes)
        const others = (await filesOf(folder)).filter((path) => path !== 'SKILL.md')
        const files = offset > 1 || others.length === 0 ? '' : `\n\n${filesLine(others)}`
        return page(readSkill(text, name).body, offset) + files
      },
    }),

    read: defineTool({
      description: 'Reads a text file of a skill that was loaded.',
      input: Type.Object({
        name,
        path: Type.String({
          minLength: 1,
          maxLength: 1000,
          description: 'A path in the skill: references/forms.md.',
        }),
        offset,
      }),
      effect: 'pure',
      async execute({ name, path, offset = 1 }, { config }) {
        const { folder } = find(config.skills, name)
        return page(await readFileOf(folder, path, config.skills.maxFileBytes), offset)
      },
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-skills',
  version: '0.1.0',
  contributes: [SkillsConfig, SkillsSection, skills],
})

function find({ available }: SkillsConfig, name: string): Skill {
  const skill = available.find((each) => each.name === name)
  if (skill !== undefined) return skill
  throw failure(
    'RETINUE_SKILLS_UNKNOWN',
    `There is no skill '${name}'.`,
    available.length === 0 ? 'There are none.' : `The skills are: ${namesOf(available).join(', ')}.`,
  )
}

function listing(lines: readonly string[]): string {
  return lines.length === 0 ? '' : [howToUse, ...lines].join('\n')
}

/** The names of skills, as many as a prompt has room for, and how many more there are. */
function namesOf(available: readonly Skill[]): string[] {
  let length = 0
  const names = available
    .map(({ name }) => name)
    .filter((name) => (length += name.length + 3) <= maxNamesLength)
  const rest = available.length - names.length
  return rest === 0 ? names : [...names, `and ${rest} more, whose names are too many to tell`]
}

const maxNamesLength = 12_000

function filesLine(files: readonly string[]): string {
  const more = files.length > 100 ? `, and ${files.length - 100} more` : ''
  return `Files of the skill, to be read with skills_read: ${files.slice(0, 100).join(', ')}${more}`
}
