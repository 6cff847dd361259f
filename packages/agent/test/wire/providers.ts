// The provider packages that are tried over the wire, each with a short answer in its protocol: what servers for tests
// leave out (caches, reasoning, failures within a stream) is written out here.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createAnthropic as createAnthropicV3 } from 'ai-sdk-anthropic-v3'
import { createOpenAI as createOpenAIV2 } from 'ai-sdk-openai-v2'
import type { Model } from '../../src/index.ts'

/** A provider package that talks to a server of the test's own. */
export interface WireProvider {
  readonly name: string
  /** Makes a model that talks to the server at `url`. */
  model(url: string): Model
  /** What the event has that says how the answer ended. */
  readonly end: RegExp
  /** A stream that says 'Fine.': 100 tokens in, 80 of them from the cache, and 20 out, 5 of them reasoning. */
  readonly answer: readonly string[]
  /** The event of a server that gives up in the midst of its answer. */
  readonly overloaded: string
}

/** A server-sent event; those that have a type are named by it. */
export function event(data: object): string {
  return `${'type' in data ? `event: ${String(data.type)}\n` : ''}data: ${JSON.stringify(data)}\n\n`
}

const chunk = (rest: object) => event({ id: 'c', object: 'chat.completion.chunk', ...rest })
const chatAnswer = [
  chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Fine.' } }] }),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  chunk({
    choices: [],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      prompt_tokens_details: { cached_tokens: 80 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
  }),
  'data: [DONE]\n\n',
]
const chatOverloaded = event({ error: { message: 'Overloaded', type: 'server_error' } })

const apiKey = 'not-a-key'

export const openaiChat: WireProvider = {
  name: 'openai (chat)',
  model: (url) => createOpenAI({ apiKey, baseURL: `${url}/v1` }).chat('gpt-5'),
  end: /"finish_reason":"/,
  answer: chatAnswer,
  overloaded: chatOverloaded,
}

export const openaiResponses: WireProvider = {
  name: 'openai (responses)',
  model: (url) => createOpenAI({ apiKey, baseURL: `${url}/v1` })('gpt-5'),
  end: /"type":"response\.completed"/,
  answer: [
    event({ type: 'response.created', response: { id: 'r', created_at: 0, model: 'gpt-5' } }),
    event({
      type: 'response.output_item.added',
      output_index: 0,
      item: { type: 'message', id: 'm' },
    }),
    event({
      type: 'response.output_text.delta',
      item_id: 'm',
      output_index: 0,
      content_index: 0,
      delta: 'Fine.',
    }),
    event({
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'message', id: 'm' },
    }),
    event({
      type: 'response.completed',
      response: {
        usage: {
          input_tokens: 100,
          input_tokens_details: { cached_tokens: 80 },
          output_tokens: 20,
          output_tokens_details: { reasoning_tokens: 5 },
        },
      },
    }),
  ],
  overloaded: event({
    type: 'error',
    sequence_number: 9,
    error: { type: 'server_error', code: 'server_error', message: 'Overloaded' },
  }),
}

export const anthropic: WireProvider = {
  name: 'anthropic',
  model: (url) => createAnthropic({ apiKey, baseURL: `${url}/v1` })('claude-sonnet-4-5'),
  end: /"type":"message_stop"/,
  answer: [
    event({
      type: 'message_start',
      message: {
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        usage: {
          input_tokens: 10,
          cache_read_input_tokens: 80,
          cache_creation_input_tokens: 10,
          output_tokens: 1,
        },
      },
    }),
    event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: 'Fine.' },
    }),
    event({ type: 'content_block_stop', index: 0 }),
    event({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 20, output_tokens_details: { thinking_tokens: 5 } },
    }),
    event({ type: 'message_stop' }),
  ],
  overloaded: event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
}

export const google: WireProvider = {
  name: 'google',
  model: (url) => createGoogleGenerativeAI({ apiKey, baseURL: `${url}/v1beta` })('gemini-2.5-pro'),
  end: /"finishReason":"/,
  answer: [
    event({ candidates: [{ content: { role: 'model', parts: [{ text: 'Fine' }] } }] }),
    event({ candidates: [{ content: { role: 'model', parts: [{ text: '.' }] } }] }),
    event({
      candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'STOP' }],
      usageMetadata: {
        promptTokenCount: 100,
        cachedContentTokenCount: 80,
        candidatesTokenCount: 15,
        thoughtsTokenCount: 5,
      },
    }),
  ],
  overloaded: event({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }),
}

const compatible: WireProvider = {
  name: 'openai-compatible',
  model: (url) =>
    createOpenAICompatible({
      name: 'local',
      baseURL: `${url}/v1`,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })('llama'),
  end: /"finish_reason":"/,
  answer: chatAnswer,
  overloaded: chatOverloaded,
}

/** Of version 2 of the interface. */
export const openaiV2: WireProvider = {
  ...openaiResponses,
  name: 'openai of interface v2',
  model: (url) => createOpenAIV2({ apiKey, baseURL: `${url}/v1` })('gpt-5'),
}

/** Of version 3 of the interface. */
export const anthropicV3: WireProvider = {
  ...anthropic,
  name: 'anthropic of interface v3',
  model: (url) => createAnthropicV3({ apiKey, baseURL: `${url}/v1` })('claude-sonnet-4-5'),
}

export const providers: readonly WireProvider[] = [
  openaiChat,
  openaiResponses,
  anthropic,
  google,
  compatible,
  openaiV2,
  anthropicV3,
]
