import { ChatSession, defineTool, type SessionSnapshot, Type } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { resume, run } from '../src/index.ts'
import { aSession, eventsOf, historyOf, typesOf } from './a-session.ts'
import { blockParts, finishPart, type ProviderVersion, scriptedModel } from '@retinue/testing'

const png = new Uint8Array([137, 80, 78, 71])

const overloaded = Object.assign(new Error('overloaded'), { statusCode: 503, isRetryable: true })
const paused = { unified: 'paused', raw: 'paused' }

describe.each<ProviderVersion>(['v2', 'v3', 'v4'])(
  'a model of version %s of the provider interface',
  (version) => {
    const echo = defineTool({
      description: 'x',
      input: Type.Object({ text: Type.String() }),
      execute: ({ text }) => text,
    })

    test('runs a turn with a tool (SPEC 55)', async () => {
      const session = aSession({ echo })
      const script = scriptedModel([{ calls: [{ tool: 'kit_echo', input: { text: 'x' } }] }, 'done'], {
        version,
      })
      const result = await run(session, 'Go', { model: script }).result
      expect(result).toMatchObject({
        text: 'done',
        finishReason: 'stop',
        usage: { inputTokens: 20, outputTokens: 10, totalTokens: 30 },
      })
      expect(historyOf(session)).toEqual([
        'user: Go',
        'assistant: kit_echo({"text":"x"})',
        'tool: = x',
        'assistant: done',
      ])
    })

    test('gives each block an id of its own, whatever ids the server gives (SPEC 56)', async () => {
      const begun = [{ type: 'text-start', id: '0' }]
      const parts = [
        ...blockParts('reasoning', 'Hm'),
        ...blockParts('text', 'a'),
        { type: 'text-start', id: '0' },
        ...blockParts('text', 'b'),
        finishPart('stop', { version }),
      ]
      const script = scriptedModel([() => [...begun, { type: 'error', error: overloaded }], () => parts], {
        version,
      })
      const events = await eventsOf(run(aSession(), 'Go', { model: script, retryDelayMs: 1 }))
      const idsOf = (end: string): string[] =>
        events.flatMap((event) => ('id' in event && event.type.endsWith(end) ? [event.id] : []))
      expect(idsOf('-start')).toHaveLength(5)
      expect(new Set(idsOf('-start')).size).toBe(5)
      expect(idsOf('-end').sort()).toEqual(idsOf('-start').sort())
      expect(events.at(-1)).toMatchObject({ text: 'ab' })
    })

    test('ends for another reason where its own is not known here (SPEC 56)', async () => {
      const last = { ...finishPart('stop', { version }), finishReason: version === 'v2' ? 'paused' : paused }
      const script = scriptedModel([() => [...blockParts('text', 'So.'), last]], { version })
      const { finishReason } = await run(aSession(), 'Go', { model: script }).result
      expect(finishReason).toBe('other')
    })

    test('gets files, and makes files, in its own form (SPEC 53)', async () => {
      const session = aSession()
      const made = version === 'v4' ? { type: 'data', data: png } : png
      const script = scriptedModel(
        [() => [{ type: 'file', mediaType: 'image/png', data: made }, finishPart('stop', { version })], 'ok'],
        { version },
      )
      const files = ['aGk=', 'https://example.com/a.png', 'data:image/png;base64,aGk='].map(
        (data) => ({ type: 'file', mediaType: 'image/png', data, filename: 'a.png' }) as const,
      )
      const events = await eventsOf(run(session, files, { model: script }))
      expect(events.find(({ type }) => type === 'file')).toMatchObject({ file: { data: 'iVBORw==' } })
      await run(session, 'And?', { model: script }).result
      const data = script.requests[1]!.prompt.slice(0, 2).map(({ content }) =>
        (content as { data: unknown }[]).map((part) => part.data),
      )
      const url = new URL('https://example.com/a.png')
      expect(data).toEqual(
        version === 'v4'
          ? [
              [
                { type: 'data', data: 'aGk=' },
                { type: 'url', url },
                { type: 'data', data: 'aGk=' },
              ],
              [{ type: 'data', data: 'iVBORw==' }],
            ]
          : [['aGk=', url, 'aGk='], ['iVBORw==']],
      )
    })

    test('gets back what it attached to its parts (SPEC 53)', async () => {
      const session = aSession({ echo })
      const meta = (name: string) => ({ providerMetadata: { test: { name } } })
      const script = scriptedModel(
        [
          () => [
            { type: 'reasoning-start', id: 'r', ...meta('started') },
            { type: 'reasoning-delta', id: 'r', delta: 'hm', ...meta('on the way') },
            { type: 'reasoning-end', id: 'r', ...meta('signed') },
            { type: 'reasoning-start', id: 'r2', ...meta('redacted') },
            { type: 'reasoning-end', id: 'r2' },
            { type: 'reasoning-start', id: 'r3' },
            { type: 'reasoning-delta', id: 'r3', delta: '', ...meta('in between') },
            { type: 'reasoning-delta', id: 'r3', delta: 'so' },
            { type: 'reasoning-end', id: 'r3' },
            ...blockParts('text', ''),
            ...blockParts('reasoning', ''),
            { type: 'text-start', id: 't0', ...meta('empty') },
            { type: 'text-end', id: 't0' },
            { type: 'text-start', id: 't', ...meta('blank') },
            { type: 'text-delta', id: 't', delta: ' ' },
            { type: 'text-end', id: 't' },
            {
              type: 'tool-call',
              toolCallId: 'c',
              toolName: 'kit_echo',
              input: '{"text":"x"}',
              ...meta('call'),
            },
            finishPart('tool-calls', { version }),
          ],
          'ok',
        ],
        { version },
      )
      await run(session, 'Go', { model: script }).result
      const options = (name: string) => ({ providerOptions: { test: { name } } })
      expect(script.requests[1]!.prompt[1]).toEqual({
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm', ...options('signed') },
          { type: 'reasoning', text: '', ...options('redacted') },
          { type: 'reasoning', text: 'so', ...options('in between') },
          { type: 'text', text: ' ', ...options('blank') },
          {
            type: 'tool-call',
            toolCallId: 'c',
            toolName: 'kit_echo',
            input: { text: 'x' },
            ...options('call'),
          },
        ],
      })
    })
  },
)

describe("a provider's stream", () => {
  test('may speak of warnings, sources, and things unknown here (SPEC 56)', async () => {
    const model = scriptedModel([
      () => [
        {
          type: 'stream-start',
          warnings: [
            { type: 'unsupported', feature: 'seed' },
            { type: 'compatibility', feature: 'tools', details: 'by text' },
            { type: 'deprecated', setting: 'topK', message: 'use topP' },
            { type: 'unsupported-setting', setting: 'seed' },
            { type: 'unsupported-tool', tool: { name: 'x' } },
            { type: 'other', message: 'Slow today.' },
          ],
        },
        { type: 'response-metadata', id: 'r' },
        { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com', title: 'Example' },
        { type: 'source', sourceType: 'document', id: 'd', mediaType: 'text/plain', title: 'Doc' },
        { type: 'raw', rawValue: {} },
        { type: 'custom', kind: 'test.thing' },
        { type: 'reasoning-file', mediaType: 'image/png', data: { type: 'data', data: 'aGk=' } },
        { type: 'ping' },
        { type: 'from-the-future' },
        { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c' },
        ...blockParts('text', 'ok'),
        finishPart(),
      ],
    ])
    const events = await eventsOf(run(aSession(), 'Hi', { model }))
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
      'The model does not support seed.',
      'The model takes tools in a compatible way only: by text',
      'topK is deprecated: use topP',
      'The model does not support seed.',
      'The model does not support the tool x.',
      'Slow today.',
      'The provider asks for approval of a call that it has not made.',
    ])
    expect(events.filter(({ type }) => type === 'source')).toEqual([
      { type: 'source', id: 's', url: 'https://example.com', title: 'Example' },
      { type: 'source', id: 'd', title: 'Doc' },
    ])
    expect(events.at(-1)).toMatchObject({ text: 'ok' })
  })

  test('may run tools of its own: they are told of, not run here, and go back to it alone (SPEC 53, 56)', async () => {
    const session = aSession()
    const own = { retinue: { id: 'srv_1' } }
    const model = scriptedModel([
      () => [
        {
          type: 'tool-call',
          toolCallId: 'p',
          toolName: 'search',
          input: '{"q":"x"}',
          providerExecuted: true,
          providerMetadata: own,
        },
        { type: 'tool-result', toolCallId: 'p', toolName: 'search', result: [0], preliminary: true },
        { type: 'tool-result', toolCallId: 'p', toolName: 'search', result: [1], preliminary: false },
        { type: 'tool-result', toolCallId: 'p', toolName: 'search', result: 'no', isError: true },
        { type: 'custom', kind: 'scripted.note', providerMetadata: own },
        ...blockParts('text', 'Found.'),
        finishPart(),
      ],
      'More.',
    ])
    const events = await eventsOf(run(session, 'Hi', { model }))
    expect(events.filter(({ type }) => type.startsWith('tool-'))).toEqual([
      { type: 'tool-call', toolCallId: 'p', toolName: 'search', input: { q: 'x' }, providerExecuted: true },
      {
        type: 'tool-result',
        toolCallId: 'p',
        toolName: 'search',
        output: { type: 'json', value: [1] },
        providerExecuted: true,
      },
      {
        type: 'tool-result',
        toolCallId: 'p',
        toolName: 'search',
        output: { type: 'error-json', value: 'no' },
        providerExecuted: true,
      },
    ])
    const provider = model.provider
    expect(historyOf(session)).toEqual([
      'user: Hi',
      `assistant: {${provider}: tool-call} | {${provider}: tool-result} | {${provider}: tool-result} | {${provider}: custom} | Found.`,
    ])

    const saved = JSON.parse(JSON.stringify(session)) as SessionSnapshot
    const { session: again, report } = ChatSession.restore(saved, session)
    expect(report.quarantined ?? []).toEqual([])
    await run(again, 'More', { model }).result
    expect(model.requests[1]!.prompt[1]).toEqual({
      role: 'assistant',
      content: [
        {
          type: 'tool-call',
          toolCallId: 'p',
          toolName: 'search',
          input: { q: 'x' },
          providerExecuted: true,
          providerOptions: own,
        },
        { type: 'tool-result', toolCallId: 'p', toolName: 'search', output: { type: 'json', value: [1] } },
        {
          type: 'tool-result',
          toolCallId: 'p',
          toolName: 'search',
          output: { type: 'error-json', value: 'no' },
        },
        { type: 'custom', kind: 'scripted.note', providerOptions: own },
        { type: 'text', text: 'Found.' },
      ],
    })
    const other = Object.assign(scriptedModel(['Elsewhere.']), { provider: 'other' })
    await run(again, 'And there?', { model: other }).result
    expect(other.requests[0]!.prompt[1]).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'Found.' }],
    })
  })

  test('is not sent what its own tools did in an answer that broke off (SPEC 58)', async () => {
    const session = aSession()
    const call = {
      type: 'tool-call',
      toolCallId: 'p',
      toolName: 'search',
      input: '{}',
      providerExecuted: true,
    }
    const model = scriptedModel([() => [call], 'Here.'])
    await expect(run(session, 'Hi', { model }).result).rejects.toThrow('broke off')
    expect(historyOf(session)).toEqual(['user: Hi', `assistant (partial): {${model.provider}: tool-call}`])
    await resume(session, {}, { model }).result
    expect(model.requests[1]!.prompt.map(({ role }) => role)).toEqual(['user'])
  })

  test('is asked again where it failed after custom content alone, and notices of a stream are not kept (SPEC 57)', async () => {
    const session = aSession()
    const custom = (kind: string) => ({ type: 'custom', kind, providerMetadata: {} })
    const overloaded = { type: 'error', error: { type: 'overloaded_error' } }
    const model = scriptedModel([
      () => [custom('test.note'), overloaded],
      () => [custom('anthropic.message_start'), ...blockParts('text', 'Fine.'), finishPart()],
    ])
    expect((await run(session, 'Hi', { model, retryDelayMs: 1 }).result).text).toBe('Fine.')
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Fine.'])
  })

  test('may interleave blocks, begin them without a start, and leave them open (SPEC 56)', async () => {
    const session = aSession()
    const model = scriptedModel([
      () => [
        { type: 'text-delta', id: 'a', delta: 'one ' },
        { type: 'reasoning-start', id: 'a' },
        { type: 'text-delta', id: 'b', delta: 'two' },
        { type: 'text-delta', id: 'a', delta: 'more ' },
        { type: 'reasoning-delta', id: 'a', delta: 'hm' },
        { type: 'text-delta', id: 'a', delta: '' },
        { type: 'text-end', id: 'nobody' },
        finishPart(),
      ],
    ])
    const events = await eventsOf(run(session, 'Hi', { model }))
    expect(typesOf(events).filter((type) => /-(start|end)$/.test(type) && !/run|step/.test(type))).toEqual([
      'text-start',
      'reasoning-start',
      'text-start',
      'reasoning-end',
      'text-end',
      'text-end',
    ])
    expect(events.filter((event) => 'delta' in event && event.delta === '')).toEqual([])
    expect(historyOf(session)[1]).toBe('assistant: one more  | [hm] | two')
  })

  test('may begin, end and leave open the inputs of calls as it likes: each that began has one end (SPEC 56)', async () => {
    const start = { type: 'tool-input-start', id: 'a', toolName: 'kit_echo' }
    const delta = { type: 'tool-input-delta', id: 'a', delta: '{}' }
    const end = { type: 'tool-input-end', id: 'a' }
    const made = { type: 'tool-call', toolCallId: 'a', toolName: 'kit_echo', input: '{}' }
    const model = scriptedModel([() => [delta, end, start, start, delta, made, end, start, finishPart()]])
    const events = await eventsOf(run(aSession(), 'Hi', { model, maxSteps: 1 }))
    const told = events.flatMap((event) =>
      'toolCallId' in event ? [`${event.type} ${event.toolCallId}`] : [],
    )
    expect(told.slice(0, -1)).toEqual([
      'tool-input-start a',
      'tool-input-delta a',
      'tool-input-end a',
      'tool-call a',
      'tool-input-start a-2',
      'tool-input-end a-2',
    ])
  })

  test('gives blocks of different steps different ids (SPEC 56)', async () => {
    const echo = defineTool({ description: 'x', input: Type.Object({}), execute: () => 'x' })
    const model = scriptedModel([{ text: 'a', calls: [{ tool: 'kit_echo' }] }, 'b'])
    const events = await eventsOf(run(aSession({ echo }), 'Hi', { model }))
    expect(events.flatMap((event) => (event.type === 'text-start' ? [event.id] : []))).toEqual(['1:0', '2:0'])
  })

  test('may bring files in any form (SPEC 53)', async () => {
    const session = aSession()
    const url = new URL('https://example.com/a.png')
    const model = scriptedModel([
      () => [
        {
          type: 'file',
          mediaType: 'a/a',
          data: { type: 'data', data: 'aGk=' },
          providerMetadata: { test: { n: 1 } },
        },
        { type: 'file', mediaType: 'a/b', data: { type: 'url', url } },
        { type: 'file', mediaType: 'a/c', data: { type: 'url', url, originalUrl: 'gs://a' } },
        { type: 'file', mediaType: 'a/d', data: 'aGk=' },
        finishPart(),
      ],
    ])
    await run(session, 'Hi', { model }).result
    expect(session.messages.at(1)!.parts).toEqual([
      { type: 'file', mediaType: 'a/a', data: 'aGk=', providerMetadata: { test: { n: 1 } } },
      { type: 'file', mediaType: 'a/b', data: 'https://example.com/a.png' },
      { type: 'file', mediaType: 'a/c', data: 'gs://a' },
      { type: 'file', mediaType: 'a/d', data: 'aGk=' },
    ])
  })

  test('may say that it ends for tools and call none (SPEC 55)', async () => {
    const model = scriptedModel([() => [...blockParts('text', 'ok'), finishPart('tool-calls')]])
    expect(await run(aSession(), 'Hi', { model }).result).toMatchObject({ finishReason: 'stop' })
  })

  test('may be none that a history takes: the run fails, and what it used is told (SPEC 57, 59)', async () => {
    const nameless = { type: 'tool-call', toolCallId: 'a', toolName: null, input: '{}' }
    const events = await eventsOf(
      run(aSession(), 'Hi', { model: scriptedModel([() => [nameless, finishPart()]]) }),
    )
    expect(events.slice(-2)).toMatchObject([
      { type: 'error' },
      { type: 'finish', usage: { totalTokens: 15 } },
    ])
  })

  test('may answer with nothing at all (SPEC 55)', async () => {
    const session = aSession()
    const result = await run(session, 'Hi', { model: scriptedModel([() => [finishPart()]]) }).result
    expect(result).toMatchObject({ text: '', finishReason: 'stop' })
    expect(historyOf(session)).toEqual(['user: Hi'])
  })
})
