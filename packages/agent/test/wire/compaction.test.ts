import { LLMock } from '@copilotkit/aimock'
import { type ChatSession, defineTool, type Message, Type } from '@retinue/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { dropResults, run, summarise } from '../../src/index.ts'
import { aSession, eventsOf, say } from '../a-session.ts'
import { Loopback, passing } from './loopback.ts'
import { providers } from './providers.ts'

const aimock = new LLMock({ port: 0, logLevel: 'silent' })
let server: Loopback

beforeAll(async () => {
  aimock.on({ userMessage: /^Sum up the conversation/ }, { content: 'They looked at three pages.' })
  aimock.on(
    { userMessage: 'And the first?', hasToolResult: false },
    { toolCalls: [{ name: 'read_result', arguments: '{"toolCallId":"call_1"}' }] },
  )
  aimock.on({}, { content: 'Fine.' })
  ;[, server] = await Promise.all([aimock.start(), Loopback.start()])
})
afterEach(() => server.reset())
afterAll(() => Promise.all([aimock.stop(), server[Symbol.asyncDispose]()]))

/** What is long about page `k`, and in no other. */
const page = (k: number): string => `page ${k} `.repeat(300)

/** A session in which a tool gave three long pages. */
function session(): ChatSession {
  const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => page(0) })
  const here = aSession({ look })
  for (const k of [1, 2, 3]) {
    const call = { toolCallId: `call_${k}`, toolName: 'kit_look' }
    const turn: Message[] = [
      say(`Look at page ${k}.`),
      { role: 'assistant', parts: [{ type: 'tool-call', ...call, input: {} }] },
      { role: 'tool', parts: [{ type: 'tool-result', ...call, output: { type: 'text', value: page(k) } }] },
      { role: 'assistant', parts: [{ type: 'text', text: `Read ${k}.` }] },
    ]
    here.messages.push(...turn)
  }
  return here
}

/** Runs a turn on it in little room; gives the requests, and whether it was compacted. */
async function turn(input: string, options: Parameters<typeof run>[2]) {
  const pass = passing(aimock.url, () => undefined)
  server.answer(pass, pass)
  const events = await eventsOf(run(session(), input, { maxContextTokens: 1600, maxRetries: 0, ...options }))
  expect(events.at(-1)).toMatchObject({ type: 'finish', text: 'Fine.' })
  expect(events.filter(({ type }) => type === 'compaction')).toHaveLength(1)
  return server.requests.map(({ body }) => body)
}

describe.each(providers)('$name', (provider) => {
  test('takes a history without its old results, and reads one of them on (SPEC 53)', async () => {
    const model = provider.model(server.url)
    const [dropped, read] = await turn('And the first?', { model, compact: dropResults({ keep: 1 }) })
    expect([1, 2, 3].filter((k) => dropped!.includes(page(k)))).toEqual([3])
    expect(dropped).toMatch(/read_result.*call_1/)
    expect([1, 2, 3].filter((k) => read!.includes(page(k)))).toEqual([1, 3])
  })

  test('sums a history up, and goes on from the summary (SPEC 53)', async () => {
    const model = provider.model(server.url)
    const [asked, next] = await turn('And now?', { model, compact: summarise })
    expect(asked).toContain('Sum up the conversation so far')
    expect(asked).toContain('Look at page 1.')
    expect(next).toContain('They looked at three pages.')
    expect(next).not.toContain('Look at page 1.')
    expect(next).toContain('And now?')
  })
})
