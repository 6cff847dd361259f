// Who may be asked. The names are an agent's config, and so are saved with it; the agents themselves live in the
// process, where the application introduces them to one another.
import {
  type AgentConfig,
  checkOptions,
  type KnownOptions,
  option,
  type RunContext,
  type Static,
  Type,
} from '@retinue/kernel'
import { failure } from './errors.ts'

/** In which capacity an agent may be asked: by whoever needs it, or as one of a team. */
export const Role = Type.Union([Type.Literal('assistant'), Type.Literal('member')])
export type Role = Static<typeof Role>

/** An agent that may be asked. */
export const Colleague = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200, description: "The agent's name." }),
  role: Role,
  description: Type.String({ maxLength: 1000, description: 'What it is good at, for the model that asks.' }),
})
export type Colleague = Static<typeof Colleague>

/** Those that may be asked. The application says who: neither a user nor a session may widen it. */
export const colleagues = Type.Array(Colleague, {
  default: [],
  setBy: ['agent'],
  description: 'Who may be asked; `introduce` fills it.',
})

/** An introduction: an agent, in which capacity it may be asked, and what for. */
export interface Introduction {
  readonly agent: AgentConfig
  /** @default 'assistant' */
  readonly role?: Role
  /** What it is good at, for the model that asks. */
  readonly description: string
}

/**
 * Introduces agents to one that may ask them. Introducing one again says anew what it is good at; after a restart the
 * application introduces them again.
 *
 * @example
 * introduce(editor, { agent: researcher, role: 'member', description: 'Finds sources.' })
 * editor.tools.push('team')
 */
export function introduce(agent: AgentConfig, ...introductions: readonly Introduction[]): void {
  for (const each of introductions)
    checkOptions('An introduction', each, introduction, undefined, 'agent', 'description')
  const known = new Map(agent.config.delegate.colleagues.map((each) => [each.name, each]))
  for (const { agent: other, role = 'assistant', description } of introductions) {
    known.set(other.name, { name: other.name, role, description })
  }
  agent.config.delegate.colleagues = [...known.values()]
  const present = introduced.get(agent) ?? new Map<string, AgentConfig>()
  for (const { agent: other } of introductions) present.set(other.name, other)
  introduced.set(agent, present)
}

const introduction: KnownOptions<Introduction> = {
  agent: ['an AgentConfig', (agent) => 'fork' in Object(agent)],
  role: option.oneOf('assistant', 'member'),
  description: option.text,
}

/**
 * The agent of that name, if it may be asked in that role.
 * @throws {RETINUE_DELEGATE_UNKNOWN}, {RETINUE_DELEGATE_ABSENT}
 */
export function colleagueOf({ config, session }: RunContext, name: string, role: Role): AgentConfig {
  const names = config.delegate.colleagues.filter((each) => each.role === role).map((each) => each.name)
  if (!names.includes(name)) {
    const who = names.length === 0 ? 'Nobody can be asked here.' : `You can ask: ${names.join(', ')}.`
    throw failure('RETINUE_DELEGATE_UNKNOWN', `There is no ${role} '${name}'.`, who)
  }
  const found = session.agent && introduced.get(session.agent)?.get(name)
  if (found !== undefined) return found
  throw failure(
    'RETINUE_DELEGATE_ABSENT',
    `'${name}' can't be asked at the moment.`,
    'Go on without it; the application has to introduce it first.',
  )
}

/** Agents by the agent that they were introduced to. */
const introduced = new WeakMap<AgentConfig, Map<string, AgentConfig>>()
