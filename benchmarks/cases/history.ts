// A turn on a history of 5,000 messages, against the same turn on 10: what is old costs next to nothing.
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { run, type RunOptions } from '@retinue/agent'
import type { Message } from '@retinue/kernel'
import type { Case, Work } from '../case.ts'
import { providerModel, sessions, WireModel } from '../loop.ts'
import { thousand } from '../messages.ts'

const turns = 20

/** A model that sends nothing: the provider's own work on old messages is not the run's. */
function model(): LanguageModelV4 {
  const wire = new WireModel(0)
  return { ...providerModel(wire), doStream: async () => ({ stream: await wire.answer('') }) }
}

/** With these the history's tokens are counted before each call. */
const limits: RunOptions = { maxContextTokens: 1_000_000, budget: { tokens: 1e12 } }

/** An answer with a part that only its provider understands, and so is to be left out for others. */
const own: Message = {
  role: 'assistant',
  parts: [
    { type: 'provider', provider: 'bench', content: { type: 'custom', kind: 'search' } },
    { type: 'text', text: 'Found.' },
  ],
}

function turnOn(count: number, options?: RunOptions): Work {
  const session = sessions()()
  const history: Message[] = []
  while (history.length + 4 <= count) {
    // Each call has an id of its own, as runs give them.
    const four = JSON.stringify(thousand.slice(0, 4)).replaceAll('call_0', `call_${history.length}`)
    history.push(...(JSON.parse(four) as Message[]))
  }
  while (history.length < count)
    history.push(structuredClone(thousand[history.length % 2 === 0 ? 0 : 3]!) as Message)
  if (options !== undefined) history[1] = own
  session.messages.push(...history)
  return {
    ops: turns,
    run: async () => {
      for (let i = 0; i < turns; i++) {
        const { text } = await run(session, 'And now?', { model: model(), ...options }).result
        if (text === '' || session.messages.length !== count + 2) throw new Error(text)
        session.messages.splice(count, 2)
      }
    },
  }
}

export default {
  what: 'a turn on a long history',
  variants: {
    '10 messages': () => turnOn(10),
    '5,000 messages': () => turnOn(5000),
    '10 messages, limits and provider parts': () => turnOn(10, limits),
    '5,000 messages, limits and provider parts': () => turnOn(5000, limits),
  },
  bars: [
    { variant: '5,000 messages', against: '10 messages', atMost: 2 },
    {
      variant: '5,000 messages, limits and provider parts',
      against: '10 messages, limits and provider parts',
      atMost: 2,
    },
  ],
} satisfies Case
