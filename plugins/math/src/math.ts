// The plugin as it is seen from outside: a tool that calculates, and the section that says when. The calculator is in
// files of its own. Importing this file registers nothing; `index` does.
import { definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { answer } from './answer.ts'
import { evaluate, maxLength } from './expression.ts'

/** Tells the model not to calculate in its head. It is the same for every session. */
export class MathSection extends Section(
  'math',
  {},
  {
    slot: 'tools',
    stability: 'static',
    template: 'Calculate and convert units with the math tool rather than in your head: it is exact.',
  },
) {}

/** The calculator. */
export const math = defineToolset('math', {
  needs: [MathSection],
  tools: {
    math: defineTool({
      description: `Works an expression out, exactly where that can be: '1/3 + 0.25', '(2 km + 300 m) / 20 min to km/h', '30 degC to degF', '15% * 80', 'sqrt(2)', 'round(10/3, 2)'. The sign ≈ stands before what is rounded. Gallons, pints and cups are those of the US.`,
      input: Type.Object({ expression: Type.String({ minLength: 1, maxLength }) }),
      effect: 'pure',
      execute: ({ expression }) => answer(evaluate(expression)),
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-math',
  version: '0.1.0',
  contributes: [MathSection, math],
})
