// The smallest plugin: a tool in which the model writes a thought down, and the section that says when to think.
// Neither reads, stores or changes anything. Importing this file registers nothing; `index` does.
import { definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'

const whenToThink = `Think with the think tool before a step that is hard to take back, when a result is not what you
expected, and when several rules or findings have to be weighed. Write down what you know, what is missing, and what
follows. Leave it out where the next step is plain.`

/** Tells the model when to think. It is the same for every session, so it stands where prompts are cached longest. */
export class ThinkSection extends Section(
  'think',
  {},
  {
    slot: 'tools',
    stability: 'static',
    template: whenToThink,
  },
) {}

/** The tool to think with. */
export const think = defineToolset('think', {
  needs: [ThinkSection],
  tools: {
    think: defineTool({
      description: 'Writes a thought down. It finds nothing out and changes nothing.',
      input: Type.Object({ thought: Type.String({ minLength: 1, description: 'What you think.' }) }),
      effect: 'pure',
      thought: 'thought',
      execute: () => 'Noted. Go on.',
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-think',
  version: '0.1.0',
  contributes: [ThinkSection, think],
})
