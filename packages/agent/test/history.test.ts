import {
  type AssistantMessage,
  type ChatSession,
  defineTool,
  type Message,
  type ToolOutput,
  Type,
} from '@retinue/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { viewOf } from '../src/history-view.ts'
import { History } from '../src/history.ts'
import { type FormStyle, messageForm } from '../src/message-form.ts'
import { messageTokens } from '../src/message-tokens.ts'
import { questionType } from '../src/provider-approval.ts'
import { toolForm } from '../src/model-request.ts'
import { aSession, say } from './a-session.ts'

const styleOf = (version: FormStyle['version'], maxResultChars = 40_000, model = 'p'): FormStyle => ({
  model,
  version,
  maxResultChars,
})
const formsOf = (session: ChatSession, version: FormStyle['version'], provider = 'bench') =>
  viewOf(session.messages, styleOf(version)).look().forms(provider, [])

test("the provider's form of a tool is made once for each definition (SPEC 54)", () => {
  const session = aSession({
    tool: defineTool({ description: 'x', input: Type.Object({}), execute: () => 1 }),
  })
  const [first, second] = [session.prompt().tools, session.prompt().tools].map((tools) =>
    tools.map((tool) => toolForm(tool)),
  )
  expect(first![0]).toBe(second![0])
  expect(first![0]).toMatchObject({ type: 'function', name: 'kit_tool', description: 'x' })
})

describe("the provider's form of a history", () => {
  test('is made once for each message, and shares its parts (SPEC 53)', () => {
    const session = aSession()
    session.messages.push(say('a'), say('b'))
    const [a, b] = formsOf(session, 'v4')
    session.messages.push(say('c'))
    const again = formsOf(session, 'v4')
    expect([again[0], again[1]]).toEqual([a, b])
    expect(again[0]).toBe(a)
    expect((a as { content: unknown[] }).content[0]).toBe(session.messages.at(0)!.parts[0])
  })

  test('is a new array each time: a provider that keeps a request keeps it as it was (SPEC 53)', () => {
    const session = aSession()
    session.messages.push(say('a'))
    const first = formsOf(session, 'v4')
    session.messages.push(say('b'))
    formsOf(session, 'v4')
    expect(first).toHaveLength(1)
  })

  test('leaves out what there is nothing to send of (SPEC 58)', () => {
    const session = aSession()
    session.messages.push(
      say('a'),
      { role: 'assistant', partial: true, parts: [{ type: 'reasoning', text: 'hm' }] },
      say('b'),
    )
    expect(formsOf(session, 'v4')).toHaveLength(2)
  })

  test('leaves out a thought that nothing came of, since the model reached its limit (SPEC 58)', () => {
    const session = aSession()
    const thought = (itemId: string) =>
      ({ type: 'reasoning', text: 'hm', providerMetadata: { openai: { itemId } } }) as const
    const text = (words: string) => ({ type: 'text', text: words }) as const
    session.messages.push(say('a'), { role: 'assistant', parts: [thought('rs_1')] }, say('b'), {
      role: 'assistant',
      parts: [thought('rs_2'), text('Well'), thought('rs_3'), text(' ')],
    })
    const sent = formsOf(session, 'v4').map(({ content }) =>
      (content as { type: string }[]).map(({ type }) => type),
    )
    expect(sent).toEqual([['text'], ['text'], ['reasoning', 'text'], ['text']])
  })

  test('ends with the question where the answer to it broke off, and with a word to go on after a whole one (SPEC 58)', () => {
    const session = aSession()
    const end = (model?: string) => {
      const { role, content } = formsOf(session, 'v4', model).at(-1)!
      return [role, (content as { text?: string }[])[0]!.text]
    }
    session.messages.push(say('a'), {
      role: 'assistant',
      partial: true,
      parts: [{ type: 'text', text: 'I beg' }],
    })
    expect(end()).toEqual(['user', 'a'])
    session.messages.set(1, { role: 'assistant', parts: [{ type: 'text', text: 'I beg' }] })
    expect(end()).toEqual(['user', 'Go on.'])
    const content = { type: 'custom', kind: 'bench.pause' }
    session.messages.set(1, { role: 'assistant', parts: [{ type: 'provider', provider: 'bench', content }] })
    expect(end('bench/model')[0]).toBe('assistant') // it goes on with what it has begun itself
    session.messages.set(1, {
      role: 'assistant',
      parts: [
        { type: 'text', text: 'I beg' },
        { type: 'provider', provider: 'bench', content },
      ],
    })
    expect(end('another/model')).toEqual(['user', 'Go on.'])
  })

  test('has a way to read on where one of several results is cut (SPEC 57)', () => {
    const session = aSession()
    const names = ['long', 'short']
    session.messages.push(
      say('a'),
      {
        role: 'assistant',
        parts: names.map((toolCallId) => ({
          type: 'tool-call',
          toolCallId,
          toolName: 'look',
          input: {},
        })),
      },
      {
        role: 'tool',
        parts: names.map((toolCallId) => ({
          type: 'tool-result',
          toolCallId,
          toolName: 'look',
          output: { type: 'text', value: toolCallId === 'long' ? 'x'.repeat(2000) : 'x' },
        })),
      },
    )
    const isCut = (chars: number) => viewOf(session.messages, styleOf('v4', chars)).look().isCut
    expect([isCut(1000), isCut(2000)]).toEqual([true, false])
  })

  test('leaves out of a partial answer what its provider would refuse (SPEC 58)', () => {
    const providerMetadata = { openai: { itemId: 'msg_1' } }
    const partial: Message = {
      role: 'assistant',
      partial: true,
      parts: [
        { type: 'reasoning', text: 'hm', providerMetadata },
        { type: 'text', text: 'One', providerMetadata },
      ],
    }
    expect(messageForm(partial, styleOf('v4'))).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'One' }],
    })
  })

  test('is what another model said and called, and no more: providers refuse the thoughts of others (SPEC 53)', () => {
    const session = aSession()
    const providerMetadata = { openai: { itemId: 'fc_1' } }
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input: {} } as const
    const search = { ...call, toolCallId: 's', providerExecuted: true }
    session.messages.push(say('a'), {
      role: 'assistant',
      model: 'openai.responses/gpt-5',
      parts: [
        { type: 'reasoning', text: 'hm', providerMetadata },
        { type: 'provider', provider: 'openai.responses', content: search },
        { type: 'provider', provider: 'openai.responses', content: questionOf('s') },
        { type: 'text', text: 'Looking.' },
        { ...call, providerMetadata },
      ],
    })
    session.messages.push({
      role: 'tool',
      parts: [{ type: 'tool-result', toolCallId: 'c', toolName: 't', output: { type: 'text', value: 'x' } }],
    })
    const typesFor = (model: string) =>
      viewOf(session.messages, styleOf('v4'))
        .look()
        .forms(model, [])
        .map(({ content }) => (content as { type: string }[]).map(({ type }) => type).join())
    const own = ['text', 'reasoning,tool-call,text,tool-call', 'tool-approval-response', 'tool-result']
    expect(typesFor('openai.responses/gpt-5')).toEqual(own)
    for (const model of ['local.chat/deepseek-v4', 'openrouter/moonshotai/kimi-k2-thinking'])
      expect(typesFor(model)).toEqual(['text', 'reasoning,text,tool-call', 'tool-result'])
    for (const model of ['openai.responses/gpt-4.1', 'groq.chat/kimi-k2', 'azure.responses/gpt-5'])
      expect(typesFor(model)).toEqual(['text', 'text,tool-call', 'tool-result'])
    expect(JSON.stringify(formsOf(session, 'v4'))).not.toContain('fc_1')
    expect(typesFor('openai.responses/gpt-5')).toEqual(own)
    const { model: _, ...stored } = session.messages.at(1) as AssistantMessage
    session.messages.set(1, stored) // as it was before answers named their model
    expect(typesFor('openai.responses/gpt-5')).toEqual(own)
    expect(typesFor('groq.chat/kimi-k2')).toEqual(['text', 'text,tool-call', 'tool-result'])
  })

  test('has a thought in each answer, if only a blank one, for models that refuse calls and texts without (SPEC 53)', () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input: {} } as const
    const text = { type: 'text', text: 'Hi' } as const
    const thought = (said: string) => ({ type: 'reasoning', text: said }) as const
    const sent = (model: string, ...parts: object[]): unknown =>
      messageForm({ role: 'assistant', parts } as unknown as Message, { ...styleOf('v4'), model })?.content
    const detailed = (said: string) => ({
      ...thought(said),
      providerOptions: {
        openrouter: { reasoning_details: [{ type: 'reasoning.text', text: said, format: 'unknown' }] },
      },
    })
    for (const model of [
      'moonshotai.chat/kimi-k2.6',
      'xiaomi.chat/mimo-v2.5-pro',
      'local.chat/deepseek-v4',
      'togetherai.chat/moonshotai/Kimi-K2-Thinking',
    ]) {
      expect(sent(model, call)).toEqual([thought(' '), call])
      expect(sent(model, thought(''), call)).toEqual([thought(' '), thought(''), call])
      expect(sent(model, thought('hm'), call)).toEqual([thought('hm'), call])
      expect(sent(model, text)).toEqual([thought(' '), text])
      expect(sent(model, { ...text, text: '' })).toBe(undefined)
    }
    const behind = 'openrouter/moonshotai/kimi-k2.6' // whose package drops a thought without details, or of equal words
    expect(sent(behind, thought('hm'), call)).toEqual([detailed('hm'), call])
    expect(sent(behind, call)).toEqual([detailed('[No thought: c]'), call])
    expect(sent(behind, text)).toEqual([text])
    for (const model of ['groq.chat/kimi-k2', 'ollama/deepseek-r1', 'azure.responses/deepseek-r1'])
      expect(sent(model, call)).toEqual([call])
  })

  test('has an empty signature at thoughts that bear none, behind the protocol of Claude, for models that give them without (SPEC 53)', () => {
    const sent = (model: string, ...parts: object[]): unknown =>
      messageForm({ role: 'assistant', parts } as unknown as Message, { ...styleOf('v4'), model })!.content
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input: {} } as const
    const thought = { type: 'reasoning', text: 'hm' } as const
    const signed = (signature: string) => ({ ...thought, providerOptions: { anthropic: { signature } } })
    const own = { ...thought, providerMetadata: { anthropic: { signature: 'x' } } } as const
    for (const model of [
      'anthropic.messages/mimo-v2.5-pro',
      'anthropic.messages/glm-5.3',
      'kimi/kimi-for-coding',
    ]) {
      expect(sent(model, thought, call)).toEqual([signed(''), call])
      expect(sent(model, own, call)).toEqual([signed('x'), call])
    }
    expect(sent('anthropic.messages/kimi-for-coding', call)).toEqual([{ ...signed(''), text: ' ' }, call])
    for (const model of ['anthropic.messages/claude-sonnet-5-1', 'moonshotai.chat/kimi-k2.6'])
      expect(sent(model, thought, call)).toEqual([thought, call])
  })

  test('has the word for no signature at the first call of an answer, for Gemini from 3 on: it refuses one without (SPEC 53)', () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input: {} } as const
    const signed = { ...call, providerMetadata: { google: { thoughtSignature: 'x' } } }
    const sent = (model: string, message: object): unknown =>
      messageForm({ role: 'assistant', ...message } as Message, { ...styleOf('v4'), model })!.content
    const providerOptions = { google: { thoughtSignature: 'skip_thought_signature_validator' } }
    for (const model of [
      'local.chat/gemini-3-pro',
      'google.generative-ai/gemini-4-argon',
      'local.chat/gemini-flash-lite-latest',
    ]) {
      expect(sent(model, { parts: [call, call] })).toEqual([{ ...call, providerOptions }, call])
      expect(sent(model, { parts: [signed], partial: true })).toEqual([{ ...call, providerOptions }])
      expect(sent(model, { parts: [signed, call] })).toMatchObject([
        { providerOptions: signed.providerMetadata },
        call,
      ])
    }
    for (const model of ['google.generative-ai/gemini-2.5-pro', 'openai.responses/gpt-5'])
      expect(sent(model, { parts: [call] })).toEqual([call])
  })

  test('has no answer that ends it and that another model goes on with (SPEC 58)', () => {
    const session = aSession()
    const content = { type: 'custom', kind: 'a.pause' }
    const parts = [
      { type: 'text', text: 'I search' },
      { type: 'provider', provider: 'a', content },
    ] as const
    session.messages.push(say('a'), { role: 'assistant', model: 'a/m', parts })
    const end = (provider: string, modelId: string) =>
      viewOf(session.messages, styleOf('v4')).look().forms(`${provider}/${modelId}`, []).at(-1)!.role
    expect([end('a', 'm'), end('a', 'n'), end('b', 'm')]).toEqual(['assistant', 'user', 'user'])
  })

  test.each([
    ['mistral.chat/mistral-large-4', true],
    ['azure.deepseek/deepseek-v3', true],
    ['openai.responses/gpt-5', false],
    ['google.vertex.chat/gemini-3-pro', false],
  ])(
    'has the name of a file in the place of it where results are text alone: %s, %s (SPEC 53)',
    (model, isTold) => {
      const file = { type: 'file', mediaType: 'image/png', data: 'aGk=' } as const
      const output = { type: 'content', value: [file] } as const
      const part = { type: 'tool-result', toolCallId: 'c', toolName: 't', output } as const
      const form = messageForm({ role: 'tool', parts: [part] }, { ...styleOf('v4'), model })
      expect(JSON.stringify(form).includes('[A file, image/png, not shown.]')).toBe(isTold)
    },
  )

  test('has no results that say nothing: Bedrock refuses them, and Claude an empty part (SPEC 57)', () => {
    const output = (given: ToolOutput): unknown => {
      const part = { type: 'tool-result', toolCallId: 'c', toolName: 't', output: given } as const
      const form = messageForm({ role: 'tool', parts: [part] }, styleOf('v4'))!
      return (form.content[0] as { output: unknown }).output
    }
    const nothing = '[The result is empty.]'
    const [blank, word] = [' \n', 'x'].map((text) => ({ type: 'text', text }) as const)
    expect(output({ type: 'text', value: '' })).toEqual({ type: 'text', value: nothing })
    expect(output({ type: 'error-text', value: ' \n' })).toEqual({ type: 'error-text', value: nothing })
    expect(output({ type: 'json', value: [] })).toEqual({ type: 'json', value: [] })
    expect(output({ type: 'content', value: [blank!, word!] })).toEqual({ type: 'content', value: [word] })
    expect(output({ type: 'content', value: [blank!] })).toEqual({
      type: 'content',
      value: [{ type: 'text', text: nothing }],
    })
  })

  test.each([
    ['mistral.chat/mistral-large-latest', true],
    ['openrouter/mistralai/devstral-medium', true],
    ['perplexity/sonar', true],
    ['local.chat/gemma3', true],
    ['amazon-bedrock/us.meta.llama4-maverick-17b-instruct-v1:0', true],
    ['openai.chat/gpt-5', false],
  ])(
    'has an answer wherever the user goes on, for models that want one: %s, %s (SPEC 58)',
    (model, isPut) => {
      const session = aSession()
      const call = { toolCallId: 'c12345678', toolName: 't' } as const
      session.messages.push(
        say('a'),
        { role: 'assistant', parts: [{ type: 'tool-call', ...call, input: {} }] },
        { role: 'tool', parts: [{ type: 'tool-result', ...call, output: { type: 'text', value: 'x' } }] },
        say('b'),
        say('c'),
        { role: 'assistant', parts: [{ type: 'text', text: 'd' }] },
        say('e'),
      )
      const forms = viewOf(session.messages, styleOf('v4')).look().forms(model, [])
      const put = isPut ? ['assistant'] : []
      expect(forms.map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'tool',
        ...put,
        'user',
        ...put,
        'user',
        'assistant',
        'user',
      ])
    },
  )

  test('begins with its summary, also for models that want an answer wherever the user goes on (SPEC 58)', () => {
    const session = aSession()
    session.messages.push(say('a'), { ...say('b'), summary: true } as Message, say('c'))
    const forms = viewOf(session.messages, styleOf('v4'))
      .look()
      .forms('mistral.chat/mistral-large-latest', [])
    expect(forms.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test.each([
    ['amazon-bedrock/claude', 2],
    ['ollama.responses/qwen3', 2],
    ['openai.responses/gpt-5', 1],
  ])('has a word beside a file, for those that want one: %s (SPEC 53)', (model, parts) => {
    const file = { type: 'file', mediaType: 'application/pdf', data: 'JVBERi0' } as const
    for (const blank of [[], [{ type: 'text', text: ' ' } as const]]) {
      const form = messageForm({ role: 'user', parts: [...blank, file] }, styleOf('v4', 40_000, model))!
      expect(form.content).toHaveLength(parts)
    }
  })

  test.each([
    ['gateway/anthropic/claude-sonnet-4.5', /^[\w-]+$/],
    ['openrouter/mistralai/mistral-large', /^[a-z\d]{9}$/],
    ['gateway/openai/gpt-5', /^functions\.look:0$/],
  ])('has ids of calls that the model takes, whoever serves it: %s (SPEC 53)', (model, id) => {
    const call = { type: 'tool-call', toolCallId: 'functions.look:0', toolName: 't', input: {} } as const
    const form = messageForm({ role: 'assistant', parts: [call] }, styleOf('v4', 40_000, model))!
    expect((form.content[0] as { toolCallId: string }).toolCallId).toMatch(id)
  })

  test('holds no half of a character, in keys as in texts, and what looks like one as it is (SPEC 58)', () => {
    const half = '😀'.slice(0, 1)
    const [input, sent] = [
      { [`a${half}`]: [half, '😀'], b: '\\ud83d \\\\ud83d \n' },
      { 'a\ufffd': ['\ufffd', '😀'], b: '\\ud83d \\\\ud83d \n' },
    ]
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't' } as const
    expect(messageForm({ role: 'assistant', parts: [{ ...call, input }] }, styleOf('v4'))).toEqual({
      role: 'assistant',
      content: [{ ...call, input: sent }],
    })
  })

  test('keeps a file that is neither base64 nor a URL as it is: its provider says so (SPEC 53)', () => {
    const file: Message = { role: 'user', parts: [{ type: 'file', mediaType: 'a/b', data: 'http://[' }] }
    expect(messageForm(file, styleOf('v3'))).toMatchObject({ content: [{ data: 'http://[' }] })
  })

  test('is that of the messages as they are, whatever is done to the list, for each provider (SPEC 53)', () => {
    const edit = fc.record({
      kind: fc.constantFrom('push', 'insert', 'set', 'splice', 'clear', 'look'),
      at: fc.nat(5),
      message: fc.oneof(
        { weight: 3, arbitrary: fc.string().map(say) },
        fc.constant<Message>({
          role: 'assistant',
          partial: true,
          parts: [{ type: 'reasoning', text: 'hm' }],
        }),
        fc.constantFrom('a', 'b').map(asking),
      ),
      version: fc.constantFrom('v2' as const, 'v3' as const, 'v4' as const),
      provider: fc.constantFrom('a', 'b'),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        const session = aSession()
        const { messages } = session
        const looks = edits.map(({ kind, at, message, version, provider }) => {
          if (kind === 'push') messages.push(message)
          else if (kind === 'insert') messages.insert(Math.min(at, messages.length), message)
          else if (kind === 'set' && messages.length > 0) messages.set(at % messages.length, message)
          else if (kind === 'splice') messages.splice(at, 1)
          else if (kind === 'clear') messages.clear()
          const anew = new History(styleOf(version))
          anew.look(messages)
          const forms = anew.forms(provider, [])
          return kind === 'look' ? [formsOf(session, version, provider), forms] : [forms, forms]
        })
        session.close()
        expect(looks.map(([given]) => given)).toEqual(looks.map(([, expected]) => expected))
      }),
      { numRuns: 300 },
    )
    expect.hasAssertions()
  })
})

/** A question of a provider that was answered. */
const questionOf = (toolCallId: string) =>
  ({ type: questionType, approvalId: 'q', toolCallId, answer: { approved: true } }) as const

/** A call that its provider asks about and that was answered, and a word. */
function asking(provider: string): Message {
  const own = (content: object) => ({ type: 'provider', provider, content }) as const
  const parts = [
    own({ type: 'tool-call', toolCallId: 'c', toolName: 't', input: {} }),
    own(questionOf('c')),
    { type: 'text', text: 'x' },
  ]
  return { role: 'assistant', parts } as Message
}

test('a file is counted by the piece, however long its data, in a result as in a message (SPEC 59)', () => {
  const file = { type: 'file', mediaType: 'image/png', data: 'x'.repeat(1e6) } as const
  const output = { type: 'content', value: [{ type: 'text', text: 'four' }, file] } as const
  const result = { type: 'tool-result', toolCallId: 'c', toolName: 't', output } as const
  expect(messageTokens({ role: 'user', parts: [file, file] }, 1000)).toBe(4 + 2 * 1500)
  expect(messageTokens({ role: 'tool', parts: [result] }, 1000)).toBe(4 + 2 + 1500)
})

test('the tokens of a history are those of the messages from the last summary on, whatever is done to the list (SPEC 59)', () => {
  const edit = fc.record({
    kind: fc.constantFrom('push', 'insert', 'set', 'splice', 'summary', 'clear'),
    at: fc.nat(5),
    text: fc.string({ maxLength: 40 }),
    isAsked: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      const session = aSession()
      const { messages } = session
      const view = viewOf(messages, styleOf('v4'))
      const counts = edits.map(({ kind, at, text, isAsked }) => {
        if (kind === 'push') messages.push(say(text))
        else if (kind === 'insert') messages.insert(Math.min(at, messages.length), say(text))
        else if (kind === 'summary') messages.push({ ...say(text), summary: true } as Message)
        else if (kind === 'set' && messages.length > 0) messages.set(at % messages.length, say(text))
        else if (kind === 'splice') messages.splice(at, 1)
        else if (kind === 'clear') messages.clear()
        const tokens = view.count(messages.slice(lastSummary(messages.items)))
        return isAsked ? [view.look().tokens(), tokens] : [tokens, tokens]
      })
      session.close()
      expect(counts.map(([given]) => given)).toEqual(counts.map(([, expected]) => expected))
    }),
    { numRuns: 200 },
  )
  expect.hasAssertions()
})

function lastSummary(messages: readonly Message[]): number {
  return Math.max(
    0,
    messages.findLastIndex((message) => message.role === 'user' && message.summary === true),
  )
}
