// Machines on a registry of their own: the tone of a support desk, with what a tool and a section need of it.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
} from '@retinue/kernel'
import { assign, setup } from 'xstate'
import '../src/index.ts'
import { defineMachine, defineToggle, plugin, triggerTool, whileIn } from '../src/index.ts'

export const toneChart = setup({
  types: {
    context: {} as { complaints: number },
    events: {} as { type: 'complain' } | { type: 'apologise'; well: boolean } | { type: 'leave' },
  },
}).createMachine({
  initial: 'calm',
  context: { complaints: 0 },
  on: { leave: '.gone' },
  states: {
    calm: {
      on: {
        complain: {
          target: 'upset',
          actions: assign({ complaints: ({ context }) => context.complaints + 1 }),
        },
      },
    },
    upset: {
      initial: 'mildly',
      states: { mildly: { on: { complain: 'very' } }, very: {} },
      on: { apologise: { guard: ({ event }) => event.well, target: 'calm' } },
    },
    gone: { type: 'final' },
  },
})

export class Tone extends defineMachine('tone', toneChart, {
  data: Type.Object({ complaints: Type.Integer({ minimum: 0 }) }),
}) {}
export class Details extends defineToggle('details') {}
export class ApologySection extends Section(
  'apology',
  {},
  { needs: [Tone], template: whileIn(Tone, 'upset', 'Say that you are sorry.') },
) {}
export class DetailsSection extends Section(
  'details',
  {},
  {
    needs: [Details],
    template: whileIn(
      Details,
      'open',
      'Go into detail, <%= interactionContext.machines.details.data.turnsLeft ?? "always" %>.',
    ),
  },
) {}
export const desk = defineToolset('desk', {
  needs: [Tone, ApologySection],
  tools: {
    feel: triggerTool(Tone, {
      description: 'Notes how the customer feels.',
      triggers: ['complain', 'leave'],
    }),
    close: defineTool({ description: 'Closes the desk.', input: Type.Object({}), execute: () => null }),
  },
})
export const deskPlugin = definePlugin({
  name: 'desk',
  version: '1.0.0',
  contributes: [Tone, Details, ApologySection, DetailsSection, desk],
})

declare module '../src/index.ts' {
  interface MachineTypes {
    tone: Tone
    details: Details
  }
}

/** Makes a session whose agent has these tools. */
export function makeSession(tools: readonly string[] = ['desk']) {
  const registry = createRegistry()
  registry.register(plugin)
  registry.register(deskPlugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'desk', tools: [...tools], registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}
