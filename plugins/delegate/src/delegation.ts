// How delegation is set up, and what it leaves behind in a session.
import { Config, Context, Type } from '@retinue/kernel'
import { colleagues } from './colleagues.ts'

/** Who may be asked, and how much may be spent on one task. */
export class DelegateConfig extends Config('delegate', {
  colleagues,
  maxSteps: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: 'The most model calls of one task.',
  }),
  maxTokens: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'The most tokens of one task; else what the outer run has left.',
    }),
  ),
  maxDepth: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 10,
    setBy: ['agent'],
    description: 'How deep agents may ask agents.',
  }),
  maxResults: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 1000,
    description: 'How many results are kept.',
  }),
}) {}

const Result = Type.Object({
  by: Type.String(),
  task: Type.String(),
  text: Type.String(),
  finishReason: Type.String(),
  steps: Type.Integer(),
  tokens: Type.Integer(),
})

/** What others have done for this session: the last results, and the talks that last, as snapshots by agent. */
export class Delegations extends Context('delegations', {
  results: Type.Array(Result, { default: [] }),
  talks: Type.Record(Type.String(), Type.Unknown(), { default: {} }),
}) {}
