// A step of a run (one model call, one tool call) in runs of 10 and of 50 steps, against two loops written by hand.
import { run } from '@retinue/agent'
import type { Case, Work } from '../case.ts'
import { cachedLoop, providerModel, sessions, wireLoop, WireModel } from '../loop.ts'

function byHand(loop: (wire: WireModel) => Promise<string>, steps: number): Work {
  return { ops: steps, run: () => loop(new WireModel(steps)) }
}

function retinue(steps: number): Work {
  const sessionOf = sessions()
  return {
    ops: steps,
    run: async () => {
      const session = sessionOf()
      const model = providerModel(new WireModel(steps))
      const { text } = await run(session, 'Read them all.', { model, maxSteps: 100 }).result
      if (text !== 'It is all there.' || session.messages.length !== 2 * steps + 2) throw new Error(text)
      session.close()
    },
  }
}

export default {
  what: 'a step of a run: one model call, one tool call',
  variants: {
    'wire, 10 steps': () => byHand(wireLoop, 10),
    'cached, 10 steps': () => byHand(cachedLoop, 10),
    '10 steps': () => retinue(10),
    'wire, 50 steps': () => byHand(wireLoop, 50),
    'cached, 50 steps': () => byHand(cachedLoop, 50),
    '50 steps': () => retinue(50),
  },
  bars: [
    { variant: '10 steps', against: 'wire, 10 steps', atMost: 2 },
    { variant: '50 steps', against: 'wire, 50 steps', atMost: 2 },
  ],
} satisfies Case
