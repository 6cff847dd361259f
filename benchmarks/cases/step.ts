// Steps added to a run (one model call and one tool call each), 10 and 50 of them, against two loops written by hand:
// what a run costs without any is taken off, and is a figure of its own.
import { run } from '@retinue/agent'
import type { Case, Work } from '../case.ts'
import { cachedLoop, providerModel, sessions, wireLoop, WireModel } from '../loop.ts'

function byHand(loop: (wire: WireModel) => Promise<string>, steps: number): Work {
  return { ops: 1, run: () => loop(new WireModel(steps)) }
}

function retinue(steps: number): Work {
  const sessionOf = sessions()
  return {
    ops: 1,
    run: async () => {
      const session = sessionOf()
      const model = providerModel(new WireModel(steps))
      const { text } = await run(session, 'Read them all.', { model, maxSteps: 100 }).result
      if (text !== 'It is all there.' || session.messages.length !== 2 * steps + 2) throw new Error(text)
      session.close()
    },
  }
}

const beyond = { variant: 'none', against: 'wire, none' }

export default {
  what: 'steps added to a run, one model call and one tool call each',
  variants: {
    'wire, none': () => byHand(wireLoop, 0),
    none: () => retinue(0),
    'wire, 10 steps': () => byHand(wireLoop, 10),
    'cached, 10 steps': () => byHand(cachedLoop, 10),
    '10 steps': () => retinue(10),
    'wire, 50 steps': () => byHand(wireLoop, 50),
    'cached, 50 steps': () => byHand(cachedLoop, 50),
    '50 steps': () => retinue(50),
  },
  bars: [
    { variant: 'none', against: 'wire, none' },
    { variant: '10 steps', against: 'wire, 10 steps', beyond, atMost: 2 },
    { variant: '50 steps', against: 'wire, 50 steps', beyond, atMost: 2 },
  ],
} satisfies Case
