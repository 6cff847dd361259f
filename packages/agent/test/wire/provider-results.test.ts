// Results of tools that a provider ran itself, taken out of a history by the converters of real provider packages.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { dropResults, run, type RunOptions } from '../../src/index.ts'
import { aSession } from '../a-session.ts'
import { Loopback, streaming } from './loopback.ts'
import { anthropic, anthropicV3, event, openaiResponses, openaiV2, type WireProvider } from './providers.ts'

let server: Loopback
beforeAll(async () => {
  server = await Loopback.start()
})
afterEach(() => server.reset())
afterAll(() => server[Symbol.asyncDispose]())

const found = 'found '.repeat(1000)

/** Claude thinks, searches, and says what it found. */
const claudeSearch = (() => {
  const block = (index: number, start: object, delta?: object): string[] => [
    event({ type: 'content_block_start', index, content_block: start }),
    ...(delta === undefined ? [] : [event({ type: 'content_block_delta', index, delta })]),
    event({ type: 'content_block_stop', index }),
  ]
  const hit = { type: 'web_search_result', url: 'https://x.org/', title: 'X', page_age: null }
  const call = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }
  const result = {
    type: 'web_search_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: [{ ...hit, encrypted_content: found }],
  }
  return [
    anthropic.answer[0]!,
    ...block(0, { type: 'thinking', thinking: '' }, { type: 'signature_delta', signature: 'signed' }),
    ...block(1, call, { type: 'input_json_delta', partial_json: '{"query":"x"}' }),
    ...block(2, result),
    ...block(3, { type: 'text', text: '' }, { type: 'text_delta', text: 'It is X.' }),
    ...anthropic.answer.slice(-2),
  ]
})()

/** GPT reasons, searches, and says what it found. */
const gptSearch = (() => {
  const item = (index: number, added: object, done: object = added): string[] => [
    event({ type: 'response.output_item.added', output_index: index, item: added }),
    event({ type: 'response.output_item.done', output_index: index, item: done }),
  ]
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] }
  const action = { type: 'search', query: 'x', sources: [{ type: 'url', url: `https://x.org/${found}` }] }
  const search = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }
  const text = { item_id: 'msg_1', output_index: 2, content_index: 0, delta: 'It is X.' }
  const message = item(2, { type: 'message', id: 'msg_1' })
  return [
    openaiResponses.answer[0]!,
    ...item(0, reasoning),
    ...item(1, search, { ...search, status: 'completed', action }),
    message[0]!,
    event({ type: 'response.output_text.delta', ...text }),
    message[1]!,
    openaiResponses.answer.at(-1)!,
  ]
})()

const claudeParts = ['"server_tool_use"', '"web_search_tool_result"', '"signed"', found]
const gptParts = ['"rs_1"', '"ws_1"', '"msg_1"']

test.each<{ provider: WireProvider; search: readonly string[]; parts: readonly string[] }>([
  { provider: anthropic, search: claudeSearch, parts: claudeParts },
  { provider: anthropicV3, search: claudeSearch, parts: claudeParts },
  { provider: openaiResponses, search: gptSearch, parts: gptParts },
  { provider: openaiV2, search: gptSearch, parts: gptParts },
])(
  'go with their calls and what hangs on them: $provider.name (SPEC 53)',
  async ({ provider, search, parts }) => {
    const session = aSession()
    const turn = async (
      input: string,
      answer: readonly string[],
      options: RunOptions = {},
    ): Promise<string> => {
      server.answer(streaming(answer))
      await run(session, input, { model: provider.model(server.url), ...options }).result
      return server.requests.at(-1)!.body
    }
    await turn('Look for x.', search)
    const whole = await turn('Sure?', provider.answer)
    for (const part of parts) expect(whole).toContain(part)
    const kept = session.messages.items
    const compact = dropResults({ keep: 0 })
    const shrunk = await turn('And now?', provider.answer, { maxContextTokens: 1500, compact })
    for (const part of parts) expect(shrunk).not.toContain(part)
    expect(shrunk).toMatch(/web_search: \[A result of \d+ characters was taken out/)
    expect(shrunk).toContain('It is X.')
    expect(session.messages.items.slice(0, kept.length)).toEqual(kept)
  },
)
