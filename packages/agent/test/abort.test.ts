// Aborts a run at each of its events, as the event is sent: whatever was said by then, the history must be one that
// every provider takes, and that the next turn can be run on.
import { ChatSession, defineTool, type Message, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { EventStream } from '../src/event-stream.ts'
import { run, type RunEvent, type RunOptions } from '../src/index.ts'
import { aSession } from './a-session.ts'

const nothing = Type.Object({})

/** A session with a tool of each sort, and a script that uses them all. */
function aRun(effects: string[]): { session: ChatSession; options: RunOptions } {
  const look = defineTool({
    description: 'Looks, and says how far it is.',
    input: nothing,
    effect: 'pure',
    async execute(_, { emit }) {
      emit('half')
      await Promise.resolve()
      emit('all')
      return 'seen'
    },
  })
  const pay = defineTool({
    description: 'Pays.',
    input: nothing,
    approval: true,
    execute: (_, { toolCallId }) => {
      effects.push(toolCallId)
      return 'paid'
    },
  })
  const ask = defineTool({
    description: 'Delegates.',
    input: nothing,
    async execute(_, call) {
      using child = call.interaction.child()
      return (await run(child, 'Look', { parent: call }).result).text
    },
  })
  const model = scriptedModel([
    {
      reasoning: 'Hm.',
      text: 'First I look.',
      calls: [{ tool: 'kit_look' }, { tool: 'kit_pay' }, { tool: 'nobody' }],
    },
    { calls: [{ tool: 'kit_ask' }] },
    { calls: [{ tool: 'kit_look' }] },
    'seen',
    'not JSON',
    '{"done":true}',
  ])
  const output = Type.Object({ done: Type.Boolean() })
  return { session: aSession({ look, pay, ask }), options: { model, output, approve: () => true } }
}

/** Aborts when the event with that number is sent; counts them all. */
function atEvent(number: number, abort: () => void): { readonly seen: RunEvent['type'][] } {
  const seen: RunEvent['type'][] = []
  const { push } = EventStream.prototype
  vi.spyOn(EventStream.prototype, 'push').mockImplementation(function (this: EventStream, event) {
    const isHeard = push.call(this, event)
    seen.push(event.type)
    if (seen.length === number) abort()
    return isHeard
  })
  return { seen }
}

afterEach(() => void vi.restoreAllMocks())

/** Says what a provider would refuse of a history. */
function problemsOf(messages: readonly Message[]): string[] {
  const problems: string[] = []
  messages.forEach((message, i) => {
    const { parts } = message
    if (parts.length === 0) problems.push(`message ${i} is empty`)
    const calls = parts.filter((part) => part.type === 'tool-call').map(({ toolCallId }) => toolCallId)
    const next = messages[i + 1]
    const results = next?.role === 'tool' ? next.parts.map(({ toolCallId }) => toolCallId) : []
    if (calls.join() !== results.join())
      problems.push(`calls ${calls.join()} have the results ${results.join()}`)
    if (message.role === 'tool' && messages[i - 1]?.role !== 'assistant')
      problems.push(`stray results at ${i}`)
  })
  return problems
}

test('an abort at any event leaves a history that the next turn is run on (SPEC 58)', async () => {
  const whole = aRun([])
  const { seen } = atEvent(-1, () => {})
  expect(await run(whole.session, 'Go', whole.options).result).toMatchObject({ finishReason: 'stop' })
  vi.restoreAllMocks()
  expect(seen.length).toBeGreaterThan(80)
  for (let number = 1; number <= seen.length; number++) {
    const effects: string[] = []
    const { session, options } = aRun(effects)
    const aborter = new AbortController()
    atEvent(number, () => aborter.abort())
    const running = run(session, 'Go', { ...options, signal: aborter.signal })
    const error = await running.result.then(
      () => undefined,
      (thrown: { code: string }) => thrown.code,
    )
    vi.restoreAllMocks()
    const at = `event ${number} of ${seen.length}, ${seen[number - 1]}`
    expect([at, ...problemsOf(session.messages.items)]).toEqual([at])
    expect(effects.length, at).toBeLessThanOrEqual(1)
    const model = scriptedModel(['Fine.'])
    expect(await run(session, 'And now?', { model }).result, at).toMatchObject({ text: 'Fine.' })
    expect(model.requests[0]!.prompt.at(-1), at).toMatchObject({ content: [{ text: 'And now?' }] })
    const { user, agent } = session
    expect(ChatSession.restore(JSON.stringify(session), { user, agent }).report.quarantined, at).toEqual([])
    expect(number >= seen.length - 1 || error === 'RETINUE_RUN_ABORTED', at).toBe(true)
    session.close()
  }
})
