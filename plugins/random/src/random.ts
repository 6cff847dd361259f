// The plugin as it is seen from outside: a config with the seed, a context in which a seeded source goes on, and the
// tools that draw. Importing this file registers nothing; `index` does.
import {
  Config,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  type RunContext,
  Type,
} from '@retinue/kernel'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { roll } from './dice.ts'
import { sample, seeded, type Source, unforeseeable, whole } from './draw.ts'

const bits32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }

/** Whether what is drawn can be repeated. */
export class RandomConfig extends Config('random', {
  seed: Type.Optional(
    Type.Integer({
      ...bits32,
      description:
        'Makes what is drawn repeatable: the same seed gives the same. Without one nobody can foresee it.',
    }),
  ),
}) {}

/** Where a seeded source stands: it goes on there, in the next turn and after a restart. */
export class RandomState extends Context('random_state', {
  seed: Type.Optional(Type.Integer(bits32)),
  state: Type.Optional(Type.Array(Type.Integer(bits32), { minItems: 4, maxItems: 4 })),
}) {}

const count = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'How many; else one.' }))

/** The tools that draw. */
export const random = defineToolset('random', {
  needs: [RandomConfig, RandomState],
  tools: {
    roll: defineTool({
      description:
        "Rolls dice and tells each: '2d6+3', 'd20', 'd%', '4d6kh3'. Roll them; never make a roll up.",
      input: Type.Object({ dice: Type.String({ minLength: 1, maxLength: 200 }) }),
      execute: ({ dice }, run) => drawn(run, (source) => roll(source, dice)),
    }),

    pick: defineTool({
      description:
        'Draws from a list: one item or several, in random order. To shuffle a list, draw all of it.',
      input: Type.Object({
        from: Type.Array(Type.String({ maxLength: 1000 }), { minItems: 1, maxItems: 1000 }),
        count,
        repeat: Type.Optional(Type.Boolean({ description: 'Whether an item may come more than once.' })),
      }),
      execute: ({ from, count = 1, repeat = false }, run) =>
        drawn(run, (source) => sample(source, from, count, repeat)),
    }),

    number: defineTool({
      description: 'Draws whole numbers between two, both included, each as likely as any other.',
      input: Type.Object({
        min: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        max: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        count,
      }),
      execute: ({ min, max, count = 1 }, run) =>
        drawn(run, (source) => Array.from({ length: count }, () => whole(source, min, max))),
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-random',
  version: '0.1.0',
  contributes: [RandomConfig, RandomState, random],
})

/** Draws from the source that the config means; a seeded one goes on from where it stood. */
function drawn<T>({ config, home }: RunContext, draw: (source: Source) => T): T {
  const { seed } = config.random
  if (seed === undefined) return draw(unforeseeable)
  const kept = home.context.$get(RandomState)
  const source =
    kept.seed === seed && kept.state !== undefined ? xoroshiro128plusFromState(kept.state) : seeded(seed)
  const result = draw(source)
  kept.$patch({ seed, state: source.getState() })
  return result
}
