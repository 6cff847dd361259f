import { LLMock } from '@copilotkit/aimock'
import { defineTool, Type } from '@retinue/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ModelSettings, resume, run } from '../../src/index.ts'
import { aSession, eventsOf, gate, historyOf, say, typesOf } from '../a-session.ts'
import { failing, Loopback, streaming } from './loopback.ts'
import {
  anthropic,
  anthropicV3,
  event,
  openaiChat,
  openaiResponses,
  openaiV2,
  providers,
} from './providers.ts'

const aimock = new LLMock({ port: 0, logLevel: 'silent' })
let server: Loopback

beforeAll(async () => {
  aimock.on(
    { userMessage: 'Look', hasToolResult: false },
    {
      content: 'Let me look.',
      reasoning: 'Both of them.',
      toolCalls: [
        { name: 'kit_left', arguments: '{"at":"here"}' },
        { name: 'kit_right', arguments: '{"at":"there"}' },
      ],
    },
    { chunkSize: 6 },
  )
  aimock.on({ userMessage: 'Look', hasToolResult: true }, { content: 'Seen.' })
  ;[, server] = await Promise.all([aimock.start(), Loopback.start()])
})
afterEach(() => {
  server.reset()
  aimock.clearRequests()
})
afterAll(() => Promise.all([aimock.stop(), server[Symbol.asyncDispose]()]))

describe.each(providers)('$name', (provider) => {
  test('streams its answer and runs tools side by side (SPEC 55, 56)', async () => {
    const { opened, open } = gate()
    const look = (execute: (input: { at: string }) => unknown) =>
      defineTool({ description: 'Looks.', input: Type.Object({ at: Type.String() }), execute })
    const session = aSession({
      left: look(async ({ at }) => (await opened, `seen ${at}`)),
      right: look(({ at }) => (open(), { seen: at })),
    })
    const events = await eventsOf(run(session, 'Look', { model: provider.model(aimock.url) }))
    const types = new Set(typesOf(events))
    const usual = [
      'text-start',
      'text-delta',
      'text-end',
      'tool-input-start',
      'tool-input-delta',
      'tool-call',
    ]
    expect([...types]).toEqual(expect.arrayContaining(usual))
    // OpenAI's chat protocol has no reasoning of its own.
    expect(types.has('reasoning-delta')).toBe(provider !== openaiChat)
    expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(2)
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'Seen.', steps: 2 })
    const thought = provider === openaiChat ? '' : '[Both of them.] | '
    expect(historyOf(session)).toEqual([
      'user: Look',
      `assistant: ${thought}Let me look. | kit_left({"at":"here"}) | kit_right({"at":"there"})`,
      'tool: = seen here | = {"seen":"there"}',
      'assistant: Seen.',
    ])
    expect(aimock.getRequests().map(({ response: { status } }) => status)).toEqual([200, 200])
  })

  test('reports what came from its cache and went into reasoning (SPEC 45, 56)', async () => {
    server.answer(streaming(provider.answer))
    const { text, usage } = await run(aSession(), 'Hi', { model: provider.model(server.url) }).result
    expect(text).toBe('Fine.')
    expect(usage).toEqual({
      inputTokens: 100,
      outputTokens: 20,
      totalTokens: 120,
      cacheReadTokens: 80,
      cacheWriteTokens: provider.name.startsWith('anthropic') ? 10 : 0,
      reasoningTokens: 5,
    })
  })

  test('is asked for data in a way that it takes: OpenAI refuses open objects and optional fields where it is strict (SPEC 55)', async () => {
    const output = Type.Object({ title: Type.String(), year: Type.Optional(Type.Integer()) })
    const asked = async (providerOptions: NonNullable<ModelSettings['providerOptions']>): Promise<string> => {
      server.answer(streaming(provider.answer))
      const settings = { providerOptions }
      await run(aSession(), 'Which?', { model: provider.model(server.url), output, settings, maxSteps: 1 })
        .result
      return server.requests.at(-1)!.body
    }
    const body = await asked({ openai: { user: 'ada' } })
    expect(body).not.toContain('"strict":true')
    expect(body.includes('fits this JSON Schema')).toBe(provider.name === 'openai-compatible')
    const isOpenAI = /^openai (?!-)/.test(provider.name)
    expect(body.includes('"user":"ada"')).toBe(isOpenAI)
    expect((await asked({ openai: { strictJsonSchema: true } })).includes('"strict":true')).toBe(isOpenAI)
  })

  test('is sent no half of a character, which its server could not read (SPEC 58)', async () => {
    const half = '😀'.slice(0, 1)
    const session = aSession()
    session.agent!.instructions = `Be kind ${half}`
    session.messages.push(
      say(`Look ${half}`),
      {
        role: 'assistant',
        parts: [{ type: 'tool-call', toolCallId: 'c', toolName: 'kit_look', input: { at: half, [half]: 1 } }],
      },
      {
        role: 'tool',
        parts: [
          {
            type: 'tool-result',
            toolCallId: 'c',
            toolName: 'kit_look',
            output: { type: 'json', value: { seen: [half, '😀'] } },
          },
        ],
      },
    )
    server.answer(streaming(provider.answer))
    await resume(session, {}, { model: provider.model(server.url) }).result
    const { body } = server.requests[0]!
    expect(body).toContain('😀')
    expect(body).not.toMatch(/\\ud[89a-f]/)
    expect(body.split('\ufffd')).toHaveLength(6)
  })

  test('is asked again when it limits the rate, after the wait that it names (SPEC 57)', async () => {
    const at = new Date(Date.now() + 600).toUTCString()
    server.answer(
      failing(429, 'Slow down', { 'retry-after-ms': '7' }),
      failing(429, 'Slow down', { 'retry-after': '0.011' }),
      failing(503, 'Busy', { 'retry-after': at }),
      streaming(provider.answer),
    )
    const running = run(aSession(), 'Hi', {
      model: provider.model(server.url),
      maxRetries: 3,
      retryDelayMs: 60_000,
    })
    const warnings = (await eventsOf(running)).filter((event) => event.type === 'warning')
    expect(warnings.map(({ about }) => about)).toEqual(['retry', 'retry', 'retry'])
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/Slow down.*attempt 2 in 7 ms/),
      expect.stringMatching(/Slow down.*attempt 3 in 11 ms/),
      expect.stringMatching(/Busy.*attempt 4 in \d{1,3} ms/),
    ])
    expect(server.requests).toHaveLength(4)
  })

  test('is not asked again when it refuses, and its reason is passed on (SPEC 57)', async () => {
    server.answer(failing(401, 'The key is wrong.'))
    await expect(run(aSession(), 'Hi', { model: provider.model(server.url) }).result).rejects.toMatchObject({
      code: 'RETINUE_MODEL_FAILED',
      message: expect.stringContaining('The key is wrong.'),
      details: { statusCode: 401 },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('is asked again when it gives up in its first event, and not after its first word (SPEC 57)', async () => {
    server.answer(
      streaming([provider.overloaded]),
      streaming([...provider.answer.slice(0, -2), provider.overloaded]),
    )
    const session = aSession()
    const running = run(session, 'Hi', { model: provider.model(server.url), retryDelayMs: 1 })
    await expect(running.result).rejects.toMatchObject({
      code: 'RETINUE_STREAM_CUT',
      message: expect.stringContaining('Overloaded'),
    })
    expect(server.requests).toHaveLength(2)
    expect(historyOf(session)[1]).toMatch(/^assistant \(partial\): Fine/)
  })

  test('is hung up on when the run is aborted (SPEC 58)', async () => {
    const { opened, open } = gate()
    server.answer((response) => {
      response.on('close', open).writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(provider.answer.slice(0, -1).join(''))
    })
    const session = aSession()
    const running = run(session, 'Hi', { model: provider.model(server.url) })
    for await (const event of running) {
      if (event.type !== 'text-delta') continue
      running.abort()
      break
    }
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    await opened
    expect(historyOf(session)).toEqual(['user: Hi', expect.stringMatching(/^assistant \(partial\): Fine/)])
  })
})

test.each([openaiResponses, openaiV2])(
  'a model of $name that fails while it thinks, with its thought begun or over, is asked again (SPEC 57)',
  async ({ model, answer, overloaded }) => {
    const item = { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'x' }
    const begun = event({ type: 'response.output_item.added', output_index: 0, item })
    const over = event({ type: 'response.output_item.done', output_index: 0, item })
    server.answer(
      streaming([answer[0]!, begun], 'dropped'),
      streaming([answer[0]!, begun, over, overloaded]),
      streaming(answer),
    )
    const session = aSession()
    await run(session, 'Hi', { model: model(server.url), retryDelayMs: 1 }).result
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Fine.'])
  },
)

test.each([anthropic, anthropicV3])(
  'a model of $name takes over with ids and names of calls that its server takes: others have dots and colons in theirs (SPEC 57)',
  async ({ model, answer }) => {
    const id = 'functions.look:0'
    const call = { index: 0, id, type: 'function', function: { name: 'functions.look', arguments: '{}' } }
    const chunk = (choice: object) =>
      event({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] })
    const calling = [
      chunk({ delta: { role: 'assistant', tool_calls: [call] } }),
      chunk({ delta: {}, finish_reason: 'tool_calls' }),
      'data: [DONE]\n\n',
    ]
    server.answer(streaming(calling), failing(401, 'No credit.'), streaming(answer))
    const models = [openaiChat.model(server.url), model(server.url)]
    expect((await run(aSession(), 'Look', { model: models }).result).text).toBe('Fine.')
    expect(server.requests[1]!.body).toContain(`"tool_call_id":"${id}"`)
    const taken = /"id":"([a-z\d]{9})","name":"functions_look".*"tool_use_id":"\1"/s
    expect(server.requests[2]!.body).toMatch(taken)
  },
)
