// The pure file of a plugin that keeps every promise.
import {
  Config,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  Secret,
  Section,
  Type,
} from '@retinue/kernel'

export class BellConfig extends Config('bell', {
  tone: Type.Union([Type.Literal('high'), Type.Literal('low')], { default: 'low' }),
  ringerKey: Type.Optional(Secret()),
}) {}

export class Rings extends Context(
  'rings',
  { times: Type.Array(Type.Integer({ minimum: 0 }), { default: [] }) },
  { version: 2, upgrade: { 1: ({ count }) => (count === undefined ? {} : { times: Array(count).fill(0) }) } },
) {
  get count() {
    return this.times.length
  }
}

export class BellSection extends Section(
  'bell',
  { polite: Type.Boolean({ default: true }) },
  {
    stability: 'session',
    needs: [Rings],
    template: ({ context }) => `The bell rang ${context.rings?.count ?? 0} times.`,
  },
) {}

export class HouseRules extends Section(
  'house_rules',
  {},
  { stability: 'static', template: 'Ring once only.' },
) {}

export const bell = defineToolset('bell', {
  needs: [BellConfig, Rings, BellSection, HouseRules],
  tools: {
    ring: defineTool({
      description: 'Rings the bell.',
      input: Type.Object({ at: Type.Integer({ minimum: 0 }) }),
      effect: 'once',
      execute({ at }, { home, config, secret, emit }) {
        emit({ rung: at })
        const { rings } = home.context
        rings.times = [...rings.times, at]
        return `${config.bell.tone}, with a key of ${secret(config.bell, 'ringerKey').length} letters`
      },
    }),
  },
})

export const plugin = definePlugin({
  name: 'retinue-plugin-sound',
  version: '1.2.3',
  contributes: [BellConfig, Rings, BellSection, HouseRules, bell],
})
