// The plugin as it is seen from outside: three toolsets by which an agent has others work for it, with what they are
// told, set up by and leave behind. Importing this file registers nothing; `index` does.
import { definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { type Colleague, colleagueOf, colleagues, type Role } from './colleagues.ts'
import { DelegateConfig, Delegations } from './delegation.ts'
import { ask, askItself, askOn } from './task.ts'

/** Names the assistants. */
export class AssistSection extends Section(
  'assist',
  { colleagues },
  {
    follows: DelegateConfig,
    slot: 'tools',
    stability: 'session',
    // A function, since a text would be compiled, which some runtimes forbid.
    template: ({ section }) =>
      listed(section.colleagues, 'assistant', 'You can ask these agents with the assist tool:'),
  },
) {}

/** Names the members of the team. */
export class TeamSection extends Section(
  'team',
  { colleagues },
  {
    follows: DelegateConfig,
    slot: 'tools',
    stability: 'session',
    template: ({ section }) =>
      listed(section.colleagues, 'member', 'You lead a team. Give its members tasks with the team tool:'),
  },
) {}

const task = Type.String({
  minLength: 1,
  maxLength: 100_000,
  description: 'What to do. It sees nothing of this conversation: say all that it needs to know.',
})
// As long as the run: what the other one does is limited by its own steps, tokens and tools.
const timeoutMs = Infinity

/** Asks another agent. */
export const assist = defineToolset('assist', {
  needs: [DelegateConfig, Delegations, AssistSection],
  tools: {
    assist: defineTool({
      description: 'Has another agent do a task, and gives its answer.',
      input: Type.Object({
        agent: Type.String({ description: 'Its name.' }),
        task,
        goesOn: Type.Optional(
          Type.Boolean({
            description: 'Whether it remembers what you asked it before, and goes on from there.',
          }),
        ),
      }),
      timeoutMs,
      execute({ agent, task, goesOn = false }, run) {
        const assistant = colleagueOf(run, agent, 'assistant')
        return goesOn ? askOn(run, assistant, task) : ask(run, assistant, task)
      },
    }),
  },
})

/** Gives tasks to the members of a team, and to nobody else. */
export const team = defineToolset('team', {
  needs: [DelegateConfig, Delegations, TeamSection],
  tools: {
    team: defineTool({
      description: 'Gives a task to a member of your team, and gives its answer.',
      input: Type.Object({
        member: Type.String({ description: 'Its name.' }),
        task,
        startsAnew: Type.Optional(
          Type.Boolean({ description: 'Whether it forgets for this task what you asked it before.' }),
        ),
      }),
      timeoutMs,
      execute({ member, task, startsAnew = false }, run) {
        const found = colleagueOf(run, member, 'member')
        return startsAnew ? ask(run, found, task) : askOn(run, found, task)
      },
    }),
  },
})

/** Gives a task to a copy of the agent itself. */
export const clone = defineToolset('clone', {
  needs: [DelegateConfig, Delegations],
  tools: {
    clone: defineTool({
      description:
        'Has a copy of yourself do a part of the work on its own, and gives its answer: several at the same time where parts do not hang together. A copy has your tools, but none to copy itself.',
      input: Type.Object({ task }),
      timeoutMs,
      execute: ({ task }, run) => askItself(run, task),
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-delegate',
  version: '0.1.0',
  contributes: [DelegateConfig, Delegations, AssistSection, TeamSection, assist, team, clone],
})

/** The colleagues of a role, a line each; nothing where there are none. */
function listed(colleagues: readonly Colleague[], role: Role, heading: string): string {
  const lines = colleagues
    .filter((each) => each.role === role)
    .map(({ name, description }) => `- ${name}: ${description}`)
  return lines.length === 0 ? '' : [heading, ...lines].join('\n')
}
