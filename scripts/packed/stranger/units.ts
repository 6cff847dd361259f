// A stranger's plugin, written with nothing but the published face: units with a person's preferences as config, a
// context of recent conversions, a section. Importing this file registers nothing.
import { Config, Context, definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'

const Digits = Type.Integer({ default: 2, minimum: 0, maximum: 10 })

export class UnitsConfig extends Config('units', {
  system: Type.Union([Type.Literal('metric'), Type.Literal('imperial')], { default: 'metric' }),
  digits: Digits,
}) {}

const Conversion = Type.Object({ from: Type.String(), to: Type.String(), value: Type.Number() })

export class Conversions extends Context(
  'conversions',
  {
    recent: Type.Array(Conversion, { default: [] }),
    note: Type.String({ default: '' }),
  },
  {
    version: 3,
    upgrade: {
      1: ({ last, ...rest }: { last?: object }) => ({ ...rest, ...(last && { latest: [last] }) }),
      2: ({ latest, ...rest }: { latest?: object[] }) => ({ ...rest, ...(latest && { recent: latest }) }),
    },
  },
) {
  get count(): number {
    return this.recent.length
  }
}

/** Shared by two toolsets. */
export class Precision extends Context('precision', { digits: Digits }, { follows: UnitsConfig }) {}

export class UnitsSection extends Section(
  'units',
  { verbose: Type.Boolean({ default: false }) },
  {
    slot: 'tools',
    needs: [Conversions],
    template: ({ context }) =>
      `Conversions so far: ${(context as { conversions: { count: number } }).conversions.count}.`,
  },
) {}

export const units = defineToolset('units', {
  needs: [UnitsConfig, Conversions, Precision, UnitsSection],
  tools: {
    convert: defineTool({
      description: 'Converts kilometres to miles.',
      input: Type.Object({ km: Type.Number() }),
      effect: 'pure',
      execute({ km }, { interaction, config }) {
        const value = Number((km / 1.609344).toFixed(config.units.digits))
        const { conversions } = interaction.context
        conversions.recent = [...conversions.recent, { from: 'km', to: 'mi', value }]
        return value
      },
    }),
  },
})

export const rounding = defineToolset('rounding', {
  needs: [Precision],
  tools: { rounding: defineTool({ description: 'Rounds.', input: Type.Object({}), execute: () => 0 }) },
})

export const plugin = definePlugin({
  name: 'retinue-plugin-units',
  version: '1.0.0',
  contributes: [UnitsConfig, Conversions, Precision, UnitsSection, units, rounding],
})
