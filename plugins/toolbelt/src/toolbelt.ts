// The plugin as it is seen from outside: a config that says what is allowed, a section that names it, and the tools by
// which an agent equips itself. Importing this file registers nothing; `index` does.
import {
  Config,
  definePlugin,
  defineTool,
  defineToolset,
  type RunContext,
  Section,
  Type,
} from '@retinue/kernel'
import { Belt } from './belt.ts'

// A user is a person, and a session may come from anywhere: what an agent may do is the application's to say.
const allow = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), {
  default: [],
  setBy: ['agent'],
  description: 'The toolsets that the agent may equip itself with, by their type names.',
})

/** What the agent may equip itself with. Only the agent, so the application, sets it. */
export class ToolbeltConfig extends Config('toolbelt', { allow }) {}

/** Names what can be equipped. */
export class ToolbeltSection extends Section(
  'toolbelt',
  { allow },
  {
    follows: ToolbeltConfig,
    slot: 'tools',
    stability: 'session',
    // A function, since a text would be compiled, which some runtimes forbid.
    template({ section: { allow } }) {
      if (allow.length === 0) return ''
      return `Where your tools do not suffice, equip more with toolbelt_equip; drop what you need no longer.
These toolsets can be equipped: ${allow.join(', ')}. toolbelt_describe tells what one of them does.`
    },
  },
) {}

const toolset = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The name of a toolset, such as 'planning'.",
})
const toolsets = Type.Array(toolset, { minItems: 1, maxItems: 50 })

/** The tools by which an agent equips itself. */
export const toolbelt = defineToolset('toolbelt', {
  needs: [ToolbeltConfig, ToolbeltSection],
  tools: {
    list: defineTool({
      description: 'Lists the toolsets that can be equipped: how each stands, and its tools.',
      input: Type.Object({}),
      effect: 'pure',
      execute(_input, run) {
        const lines = beltOf(run).lines()
        return lines.length === 0 ? 'No toolset can be equipped.' : lines.join('\n')
      },
    }),

    describe: defineTool({
      description: 'Tells what the tools of a toolset do, without equipping it.',
      input: Type.Object({ toolset }),
      effect: 'pure',
      execute: ({ toolset }, run) => beltOf(run).description(toolset),
    }),

    equip: defineTool({
      description: 'Equips toolsets; their tools can be called from the next step on.',
      input: Type.Object({
        toolsets,
        for: Type.Optional(
          Type.Enum(['turn', 'session'], {
            type: 'string',
            description: "For this turn only, or for the whole session; else 'turn'.",
          }),
        ),
      }),
      effect: 'idempotent',
      execute({ toolsets, for: span = 'turn' }, run) {
        const tools = beltOf(run).equip(toolsets, span)
        const until = span === 'turn' ? 'this turn' : 'the session'
        return `Equipped for ${until}. You can call from the next step on: ${tools.join(', ')}.`
      },
    }),

    drop: defineTool({
      description:
        'Drops toolsets that were equipped. What they have stored is kept for when they come back.',
      input: Type.Object({ toolsets }),
      effect: 'idempotent',
      execute({ toolsets }, run) {
        beltOf(run).drop(toolsets)
        return `Dropped: ${toolsets.join(', ')}.`
      },
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-toolbelt',
  version: '0.1.0',
  contributes: [ToolbeltConfig, ToolbeltSection, toolbelt],
})

function beltOf(run: RunContext): Belt {
  return new Belt(run, run.config.toolbelt.allow)
}
