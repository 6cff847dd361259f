import { LLMock } from '@copilotkit/aimock'
import { type ChatSession, defineTool, Type } from '@retinue/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { run, type RunResult } from '../../src/index.ts'
import { aSession, historyOf } from '../a-session.ts'
import { Loopback, passing, streaming } from './loopback.ts'
import { providers } from './providers.ts'

const aimock = new LLMock({ port: 0, logLevel: 'silent' })
let server: Loopback

beforeAll(async () => {
  aimock.on(
    { userMessage: 'Look', hasToolResult: false },
    {
      content: 'Let me look at it.',
      reasoning: 'Both of them.',
      toolCalls: [
        { name: 'kit_left', arguments: '{"at":"here"}' },
        { name: 'kit_right', arguments: '{"at":"there"}' },
      ],
    },
    { chunkSize: 8 },
  )
  aimock.on({}, { content: 'Done.' })
  ;[, server] = await Promise.all([aimock.start(), Loopback.start()])
})
afterEach(() => server.reset())
afterAll(() => Promise.all([aimock.stop(), server[Symbol.asyncDispose]()]))

describe.each(providers)('a stream of $name', ({ model, end }) => {
  let whole: readonly string[]
  let done: readonly string[]
  let wholeHistory: readonly string[]

  beforeAll(async () => {
    server.answer(
      passing(aimock.url, (events) => (whole = events)),
      passing(aimock.url, (events) => (done = events)),
    )
    const here = session()
    await run(here, 'Look', { model: model(server.url) }).result
    wholeHistory = historyOf(here)
  })

  const breaks: [string, (k: number) => ReturnType<typeof streaming>][] = [
    ['ended', (k) => streaming(whole.slice(0, k), 'ended')],
    // Between two events, or, if it is not the first, within one.
    [
      'dropped',
      (k) => streaming([...whole.slice(0, k), whole[k]!.slice(0, k % 2 === 0 ? 0 : -8)], 'dropped'),
    ],
    ['malformed', (k) => streaming(whole.with(k, 'data: {"id": nonsense\n\n'))],
  ]

  test.each(breaks)(
    '%s at any event is never taken for whole, and can be gone on from (SPEC 57, 58)',
    async (_, broken) => {
      const told: string[] = []
      for (let k = 0; k < whole.length; k++) {
        server.answer(broken(k), streaming(done))
        told.push(`${k}: ${await tell(k)}`)
        server.reset()
      }
      expect(wholeHistory).toHaveLength(4)
      expect(told).toEqual(whole.map((_event, k) => `${k}: as it should be`))
    },
  )

  /** Runs a turn on a stream that is whole up to event `k` at least, and another after it; tells what is wrong. */
  async function tell(k: number): Promise<string> {
    const here = session()
    const outcome = await outcomeOf(here, 'Look')
    const said = historyOf(here)
    if (!(outcome instanceof Error)) {
      if (!end.test(whole.slice(0, k).join(''))) return 'taken for whole before it told how it ended'
      return said.join() === wholeHistory.join() ? 'as it should be' : `something is lost: ${said.join()}`
    }
    const code = said.length === 1 ? /RETINUE_(MODEL_FAILED|STREAM_CUT)/ : /RETINUE_STREAM_CUT/
    if (!code.test(outcome.message)) return outcome.message
    const strange = said.slice(1).find((line) => !/^assistant \(partial\)|^tool: ✗ .* before/.test(line))
    if (strange !== undefined) return `kept as if it were whole: ${strange}`
    const next = await outcomeOf(here, 'Go on')
    if (next instanceof Error) return `can't be gone on from: ${next.message}`
    const isTold = server.requests.at(-1)!.body.includes('Let me')
    return isTold === said.join().includes('Let me') ? 'as it should be' : 'what was said is not sent'
  }

  test.each(breaks.slice(0, 2))(
    '%s before a word was said is asked for again (SPEC 57)',
    async (_, broken) => {
      server.answer(broken(0), broken(0), streaming(done))
      const here = session()
      const { text } = await run(here, 'Go', { model: model(server.url), retryDelayMs: 1 }).result
      expect(text).toBe('Done.')
      expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1)
    },
  )

  test.each([
    ['nothing', ''],
    ['what is no stream', '<html>Bad gateway</html>'],
    ['half an object', '{malformed json: <<<chaos>>>'],
  ])('that is %s is a failure, never an empty answer (SPEC 57)', async (_, body) => {
    server.answer(streaming([body]))
    expect(await outcomeOf(session(), 'Go')).toMatchObject({
      message: expect.stringMatching(/RETINUE_(MODEL_FAILED|STREAM_CUT)/),
    })
  })

  function outcomeOf(here: ChatSession, input: string): Promise<RunResult | Error> {
    return run(here, input, { model: model(server.url), maxRetries: 0 }).result.catch((error: Error) => error)
  }
})

function session(): ChatSession {
  const tool = defineTool({
    description: 'Looks.',
    input: Type.Object({ at: Type.String() }),
    execute: ({ at }) => `seen ${at}`,
  })
  return aSession({ left: tool, right: tool })
}
