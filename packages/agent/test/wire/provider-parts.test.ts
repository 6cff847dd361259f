// What only its provider understands, on its way back through the converters of real provider packages.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { run } from '../../src/index.ts'
import { aSession, historyOf } from '../a-session.ts'
import { Loopback, streaming } from './loopback.ts'
import { event, google, openaiResponses } from './providers.ts'

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
