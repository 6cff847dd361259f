// What only its provider understands, on its way back through the converters of real provider packages.
import { createAnthropic } from '@ai-sdk/anthropic'
import { defineTool, Type } from '@retinue/kernel'
import { createAnthropic as createAnthropicV3 } from 'ai-sdk-anthropic-v3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { resume, run } from '../../src/index.ts'
import { aSession, historyOf } from '../a-session.ts'
import { failing, Loopback, streaming } from './loopback.ts'
import { anthropic, anthropicV3, event, google, openaiResponses } from './providers.ts'

let server: Loopback
beforeAll(async () => {
  server = await Loopback.start()
})
afterEach(() => server.reset())
afterAll(() => server[Symbol.asyncDispose]())

test.each([true, false])(
  'a yes to what OpenAI would run itself goes to it as its answer: %s (SPEC 53, 59)',
  async (approved) => {
    const session = aSession()
    const item = {
      type: 'mcp_approval_request',
      id: 'mcpr_1',
      server_label: 'mail',
      name: 'send',
      arguments: '{"to":"ada"}',
    }
    const asking = [
      openaiResponses.answer[0]!,
      event({ type: 'response.output_item.added', output_index: 0, item }),
      event({ type: 'response.output_item.done', output_index: 0, item }),
      openaiResponses.answer.at(-1)!,
    ]
    server.answer(streaming(asking), streaming(openaiResponses.answer), streaming(openaiResponses.answer))
    const asked: unknown[] = []
    const approve = ({ toolName, input }: { toolName: string; input: unknown }) => {
      asked.push(toolName, input)
      return approved
    }
    const model = openaiResponses.model(server.url)
    const { text, steps } = await run(session, 'Write to Ada', { model, approve }).result
    expect([text, steps, asked]).toEqual(['Fine.', 2, ['mcp.send', { to: 'ada' }]])
    await run(session, 'Sure?', { model }).result
    const inputs = server.requests.map(({ body }) => (JSON.parse(body) as { input: object[] }).input)
    const answered = [
      { type: 'item_reference', id: 'mcpr_1' },
      { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: approved },
    ]
    expect(inputs[1]!.slice(1)).toEqual(answered)
    expect(inputs[2]!.slice(1, 3)).toEqual(answered)
  },
)

test('an answer that OpenAI no longer has goes back as text: it keeps it for thirty days (SPEC 53, 57)', async () => {
  const session = aSession()
  const model = openaiResponses.model(server.url)
  const thought = { type: 'reasoning', id: 'rs_1', summary: [] }
  const [begin, ...rest] = openaiResponses.answer
  const thinking = [
    begin!,
    event({ type: 'response.output_item.added', output_index: 0, item: thought }),
    event({ type: 'response.output_item.done', output_index: 0, item: thought }),
    ...rest,
  ]
  const gone = failing(404, "Item with id 'm' not found.")
  server.answer(streaming(thinking), gone, streaming(openaiResponses.answer))
  await run(session, 'Well?', { model }).result
  expect(await run(session, 'Sure?', { model }).result).toMatchObject({ text: 'Fine.', steps: 1 })
  const inputs = server.requests.map(({ body }) => (JSON.parse(body) as { input: object[] }).input)
  expect(inputs[1]!.slice(1, 3)).toEqual([
    { type: 'item_reference', id: 'rs_1' },
    { type: 'item_reference', id: 'm' },
  ])
  expect(inputs[2]!.slice(1, -1)).toEqual([{ role: 'assistant', content: 'Fine.' }])
})

test('a file that Gemini made while it reasoned goes back to it, signed (SPEC 53)', async () => {
  const session = aSession()
  const thought = {
    inlineData: { mimeType: 'image/png', data: 'aGk=' },
    thought: true,
    thoughtSignature: 'signed',
  }
  const drawing = [
    event({ candidates: [{ content: { role: 'model', parts: [thought] } }] }),
    ...google.answer,
  ]
  server.answer(streaming(drawing), streaming(google.answer))
  const model = google.model(server.url)
  await run(session, 'Think in pictures', { model }).result
  expect(historyOf(session)[1]).toMatch(/^assistant: \{google[\w.-]*: reasoning-file\} \| Fine\.$/)
  await run(session, 'Sure?', { model }).result
  const { contents } = JSON.parse(server.requests[1]!.body) as { contents: { parts: object[] }[] }
  expect(contents[1]!.parts[0]).toEqual(thought)
})

test('a text of Gemini that says nothing and is signed goes back, and to no other model (SPEC 53)', async () => {
  const session = aSession({
    look: defineTool({ description: 'x', input: Type.Object({}), execute: () => 'seen' }),
  })
  const call = { functionCall: { id: 'c', name: 'kit_look', args: {} }, thoughtSignature: 'one' }
  const signature = { text: '', thoughtSignature: 'two' }
  const calling = [[call], [signature]].map((parts) =>
    event({ candidates: [{ content: { role: 'model', parts } }] }),
  )
  server.answer(
    streaming([...calling, google.answer.at(-1)!]),
    streaming(google.answer),
    streaming(anthropic.answer),
  )
  await run(session, 'Look', { model: google.model(server.url) }).result
  await run(session, 'And you?', { model: anthropic.model(server.url) }).result
  const [, again, other] = server.requests.map(
    ({ body }) => JSON.parse(body) as Record<'contents' | 'messages', object[]>,
  )
  expect(again!.contents[1]).toMatchObject({ role: 'model', parts: [call, signature] })
  expect(other!.messages[1]).toEqual({
    role: 'assistant',
    content: [{ type: 'tool_use', id: 'c', name: 'kit_look', input: {} }],
  })
})

const dropping = { type: 'adaptive', block_binding: { prefix_mismatch_behavior: 'drop_block' } } as const
test.each([
  ['claude-sonnet-5-5', 'none', { type: 'between_tools' }],
  ['claude-sonnet-5-5', 'high', { ...dropping, display: 'summarized' }],
  ['claude-fable-5-1', 'none', dropping], // which always thinks
] as const)(
  'Claude thinks as hard as it is told, and shows it: %s, %s (SPEC 55)',
  async (modelId, reasoning, thinking) => {
    server.answer(streaming(anthropic.answer))
    const model = createAnthropic({ apiKey: 'not-a-key', baseURL: server.url })(modelId)
    await run(aSession(), 'Look', { model, settings: { reasoning } }).result
    const sent = JSON.parse(server.requests[0]!.body) as { thinking: object }
    expect(sent.thinking).toEqual(thinking)
  },
)

test.each([
  [createAnthropic, 'claude-fable-5-1', {}, 'drop_block'],
  [createAnthropicV3, 'claude-opus-5-5-20261001', { display: 'summarized' }, 'drop_block'],
  [createAnthropic, 'claude-sonnet-6', { blockBinding: { prefixMismatchBehavior: 'error' } }, 'error'],
  [createAnthropic, 'claude-sonnet-5-5', { type: 'between_tools' }, undefined],
  [createAnthropic, 'claude-opus-5-20260901', {}, undefined],
  [createAnthropic, 'claude-sonnet-4-5', {}, undefined],
] as const)(
  'Claude leaves out what it thought where the prompt, the tools or the history have changed: %o, %s, %o (SPEC 55)',
  async (create, modelId, thinking, behavior) => {
    server.answer(streaming(anthropic.answer))
    const model = create({ apiKey: 'not-a-key', baseURL: server.url })(modelId)
    const settings = {
      providerOptions: { anthropic: { effort: 'low', thinking: { type: 'adaptive', ...thinking } } },
    }
    const isSet = Object.keys(thinking).length > 0
    await run(aSession(), 'Look', { model, ...(isSet && { settings }) }).result
    const { body, headers } = server.requests[0]!
    const sent = JSON.parse(body) as { thinking?: { block_binding?: object }; output_config?: object }
    const binding = behavior === undefined ? undefined : { prefix_mismatch_behavior: behavior }
    expect(sent.thinking?.block_binding).toEqual(binding)
    expect(String(headers['anthropic-beta']).includes('thinking-binding-controls')).toBe(
      behavior !== undefined,
    )
    expect(sent.output_config).toEqual(isSet ? { effort: 'low' } : undefined)
  },
)

describe.each([anthropic, anthropicV3])('$name, which pauses while it searches', (provider) => {
  const block = (index: number, start: object, delta: object): string[] => [
    event({ type: 'content_block_start', index, content_block: start }),
    event({ type: 'content_block_delta', index, delta }),
    event({ type: 'content_block_stop', index }),
  ]
  const [start, end] = [provider.answer[0]!, provider.answer.at(-1)!]
  const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }
  const pausing = [
    start,
    ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: 'Let me see.' }),
    ...block(1, search, { type: 'input_json_delta', partial_json: '{"query":"x"}' }),
    event({ type: 'message_delta', delta: { stop_reason: 'pause_turn' }, usage: { output_tokens: 5 } }),
    end,
  ]
  const hit = { type: 'web_search_result', url: 'https://x.org/', title: 'X', page_age: null }
  const found = {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [{ ...hit, encrypted_content: 'found' }],
  }
  const goingOn = [
    start,
    event({ type: 'content_block_start', index: 0, content_block: found }),
    ...provider.answer.slice(1).map((each) => each.replaceAll('"index":0', '"index":1')),
  ]
  /** The types of what was said in a request, by message. */
  const sent = (): string[][] => {
    const { messages } = JSON.parse(server.requests.at(-1)!.body) as {
      messages: { content: { type: string }[] }[]
    }
    return messages.map(({ content }) => content.map(({ type }) => type))
  }

  test('goes on in the same turn, with its answer as the last message (SPEC 55)', async () => {
    const session = aSession()
    const model = provider.model(server.url)
    server.answer(streaming(pausing), streaming(goingOn), streaming(provider.answer))
    const { text, steps, finishReason } = await run(session, 'Look for x', { model }).result
    expect([text, steps, finishReason]).toEqual(['Fine.', 2, 'stop'])
    expect(sent()).toEqual([['text'], ['text', 'server_tool_use']])
    // What it found is cached while it goes on, too.
    expect(server.requests[1]!.body).toMatch(/"type":"server_tool_use"[^}]*\{[^}]*\},"cache_control"/)
    await run(session, 'Sure?', { model }).result
    const answer = ['text', 'server_tool_use', 'web_search_tool_result', 'text']
    expect(sent()).toEqual([['text'], answer, ['text']])
  })

  test('gets the search back that it put off until other calls have their results (SPEC 55)', async () => {
    const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
    const session = aSession({ look })
    const model = provider.model(server.url)
    const call = { type: 'tool_use', id: 'toolu_1', name: 'kit_look', input: {} }
    const calling = [
      start,
      ...block(0, call, { type: 'input_json_delta', partial_json: '{}' }),
      ...pausing.slice(4, -2),
      event({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } }),
      end,
    ]
    server.answer(streaming(calling), streaming(goingOn), streaming(provider.answer))
    await run(session, 'Look for x', { model }).result
    await run(session, 'Sure?', { model }).result
    const answer = [['server_tool_use', 'tool_use'], ['tool_result'], ['web_search_tool_result', 'text']]
    expect(sent()).toEqual([['text'], ...answer, ['text']])
  })

  test('is not shown the search where the user goes on without it, and is where the turn goes on (SPEC 58)', async () => {
    const session = aSession()
    const model = provider.model(server.url)
    server.answer(streaming(pausing), streaming(goingOn.slice(0, -2), 'dropped'))
    const { finishReason } = await run(session, 'Look for x', { model, maxSteps: 1 }).result
    expect(finishReason).toBe('max-steps')
    await resume(session, {}, { model, maxRetries: 0 }).result.catch(() => {})
    expect(sent()).toEqual([['text'], ['text', 'server_tool_use']])
    const cutOff = session.messages.pop()!
    expect(cutOff).toMatchObject({ role: 'assistant', partial: true })
    for (const behind of [[], [cutOff]]) {
      server.answer(streaming(provider.answer))
      session.messages.splice(2, 2, ...behind)
      await run(session, 'Never mind', { model }).result
      expect(sent()[1]!.every((type) => type === 'text')).toBe(true)
    }
  })
})
