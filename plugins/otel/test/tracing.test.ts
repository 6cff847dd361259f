import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { resume, run, type RunOptions } from '@retinue/agent'
import { type ChatSession, defineTool, type Tool, Type } from '@retinue/kernel'
import { blockParts, finishPart, scriptedModel, type ScriptedStep, testSession } from '@retinue/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tracing, type TracingOptions } from '../src/index.ts'

const exporter = new InMemorySpanExporter()
const began: string[] = []
const order: SpanProcessor = {
  onStart: (span) => void began.push(span.spanContext().spanId),
  onEnd() {},
  async forceFlush() {},
  async shutdown() {},
}
const provider = new TracerProvider({ spanProcessors: [order, new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('test')

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
beforeEach(() => exporter.reset())
afterAll(() => context.disable())

const empty = Type.Object({})

function aSession(tools: Record<string, Tool> = {}): ChatSession {
  return testSession({ tools, instructions: 'Be kind.' }).session
}

/** Runs a turn with tracing; gives its spans, in the order in which they began. */
async function traced(
  session: ChatSession,
  steps: readonly ScriptedStep[],
  { options, ...rest }: RunOptions & { readonly options?: TracingOptions } = {},
): Promise<ReadableSpan[]> {
  const hooks = tracing({ tracer, ...options })
  await run(session, 'Hello', { model: scriptedModel(steps), hooks, retryDelayMs: 1, ...rest }).result.catch(
    () => {},
  )
  return spans()
}

function spans(): ReadableSpan[] {
  const place = (span: ReadableSpan): number => began.indexOf(span.spanContext().spanId)
  return exporter.getFinishedSpans().toSorted((a, b) => place(a) - place(b))
}

/** Spans as a tree of names. */
function tree(all: readonly ReadableSpan[], parent?: string): unknown[] {
  return all
    .filter((span) => span.parentSpanContext?.spanId === parent)
    .map((span) => {
      const below = tree(all, span.spanContext().spanId)
      return below.length === 0 ? span.name : { [span.name]: below }
    })
}

const look = defineTool({
  description: 'Looks.',
  input: Type.Object({ at: Type.String() }),
  execute: ({ at }) => `seen ${at}`,
})
const asks: ScriptedStep = { calls: [{ tool: 'look', input: { at: 'it' }, id: 'c' }], usage: [30, 4] }

describe('the spans of a run', () => {
  test('are one for the run, and within it one for each model call and each tool that ran (SPEC 56)', async () => {
    const all = await traced(aSession({ look }), [asks, 'Done.'])
    expect(tree(all)).toEqual([
      { 'invoke_agent tester': ['chat scripted', 'execute_tool look', 'chat scripted'] },
    ])
    expect(all.map(({ kind }) => kind)).toEqual([
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
    ])
    expect(all.every(({ status }) => status.code === SpanStatusCode.UNSET)).toBe(true)
  })

  test('bear the names of the conventions, and what the calls came to (SPEC 56)', async () => {
    const session = aSession({ look })
    const settings = {
      temperature: 0.5,
      maxOutputTokens: 100,
      stopSequences: ['END'],
      reasoning: 'low' as const,
    }
    const [agent, chat, tool] = await traced(session, [asks, { text: 'Done.', usage: [40, 2] }], { settings })
    const model = { 'gen_ai.request.model': 'scripted', 'gen_ai.conversation.id': session.id }
    expect(agent!.attributes).toEqual({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'tester',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 70,
      'gen_ai.usage.output_tokens': 6,
      ...model,
    })
    expect(chat!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.output.type': 'text',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.response.finish_reasons': ['tool-calls'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.provider.name': 'test',
      'gen_ai.usage.input_tokens': 30,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.cache_write.input_tokens': 0,
      'gen_ai.usage.reasoning.output_tokens': 0,
      ...model,
    })
    expect(tool!.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'look',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': 'c',
    })
  })

  test('tell of what the provider ran itself as of any other call, where content is recorded', async () => {
    const call = { toolCallId: 's', toolName: 'web_search' }
    const answer = [
      { type: 'tool-call', ...call, input: '{"q":"x"}', providerExecuted: true },
      { type: 'tool-result', ...call, result: { hits: 1 } },
      ...blockParts('text', 'Found.'),
      finishPart(),
    ]
    const [, chat] = await traced(aSession(), [() => answer as never], { options: { recordContent: true } })
    const said = JSON.parse(chat!.attributes['gen_ai.output.messages'] as string) as [{ parts: object[] }]
    expect(said[0].parts).toEqual([
      { type: 'tool_call', id: 's', name: 'web_search', arguments: { q: 'x' } },
      { type: 'tool_call_response', id: 's', response: { hits: 1 } },
      { type: 'text', content: 'Found.' },
    ])
  })

  test('say how the provider names its answer', async () => {
    const named = {
      type: 'response-metadata',
      id: 'resp_1',
      modelId: 'gpt-5-2026-08-07',
      timestamp: new Date(0),
    }
    const [, chat] = await traced(aSession(), [() => [named, ...blockParts('text', 'Hello.'), finishPart()]])
    expect(chat!.attributes).toMatchObject({
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.model': 'gpt-5-2026-08-07',
    })
  })

  test('hold nothing of what was said, unless it is asked for', async () => {
    const noisy = defineTool({
      description: 'Fails.',
      input: empty,
      execute: () => {
        throw Object.assign(new Error('the tool said so'), { status: 503 })
      },
    })
    const steps: ScriptedStep[] = [
      { text: 'Hmm, yes.', calls: [asks.calls![0]!, { tool: 'noisy', id: 'd' }] },
      'Done.',
    ]
    const secret = /Hello|Be kind|Hmm|seen|"it"|Done|said so|Looks/
    expect(written(await traced(aSession({ look, noisy }), steps))).not.toMatch(secret)
    exporter.reset()
    const [, chat, tool] = await traced(aSession({ look, noisy }), steps, {
      options: { recordContent: true },
    })
    expect(contentOf(chat!)).toEqual({
      'gen_ai.system_instructions': [{ type: 'text', content: 'Be kind.' }],
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hello' }] }],
      'gen_ai.output.messages': [
        {
          role: 'assistant',
          parts: [
            { type: 'text', content: 'Hmm, yes.' },
            { type: 'tool_call', id: 'c', name: 'look', arguments: { at: 'it' } },
            { type: 'tool_call', id: 'd', name: 'noisy', arguments: {} },
          ],
          finish_reason: 'tool-calls',
        },
      ],
      'gen_ai.tool.definitions': [
        expect.objectContaining({ type: 'function', name: 'look', description: 'Looks.' }),
        expect.objectContaining({ name: 'noisy' }),
      ],
    })
    expect(contentOf(tool!)).toEqual({
      'gen_ai.tool.call.arguments': { at: 'it' },
      'gen_ai.tool.call.result': 'seen it',
    })
  })

  test('hold no answer that its provider could not read, unless it is asked for', async () => {
    const unread = Object.assign(new Error('JSON parsing failed: Text: {"content":"my words'), {
      name: 'AI_JSONParseError',
    })
    const steps: ScriptedStep[] = [new Error('Invalid JSON response', { cause: unread })]
    for (const step of [steps[0]!, { text: 'Hm.', cut: unread }]) {
      const all = await traced(aSession(), [step], { maxRetries: 0 })
      expect(written(all)).not.toContain('my words')
      expect(all.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR])
      exporter.reset()
    }
    expect(written(await traced(aSession(), steps, { options: { recordContent: true } }))).toContain(
      'my words',
    )
    exporter.reset()
    const gone = Object.assign(new Error('no such model'), { statusCode: 404 })
    expect((await traced(aSession(), [gone])).map(({ status }) => status.message)).toEqual([
      '[RETINUE_MODEL_FAILED] test/scripted failed: no such model',
      '[RETINUE_MODEL_FAILED] test/scripted failed: no such model',
    ])
  })

  test('hold of what a server sent that its provider could not read no more than the status, unless it is asked for', async () => {
    const failed = (more: object): Error =>
      Object.assign(new Error('Unprocessable Entity'), { responseBody: '{"input":"my words"}', ...more })
    const [unread, read] = [failed({}), failed({ data: {} })]
    const reasonsOf = async (error: Error, recordContent = false) => {
      exporter.reset()
      const all = await traced(aSession(), [error], { maxRetries: 0, options: { recordContent } })
      return all.map(({ status }) => status.message)
    }
    expect(await reasonsOf(unread)).toEqual(['Unprocessable Entity', 'Unprocessable Entity'])
    const told = '[RETINUE_MODEL_FAILED] test/scripted failed: Unprocessable Entity'
    expect(await reasonsOf(read)).toEqual([told, told])
    expect(await reasonsOf(unread, true)).toEqual([
      `${told}: {"input":"my words"}`,
      `${told}: {"input":"my words"}`,
    ])
  })

  test('hold what a tool was called with, also where it waited for a yes', async () => {
    const session = aSession({ look: defineTool({ ...look, approval: true }) })
    const options = { recordContent: true }
    await traced(session, [asks], { options })
    exporter.reset()
    const hooks = tracing({ tracer, ...options })
    await resume(session, { c: true }, { model: scriptedModel(['Done.']), hooks }).result
    expect(contentOf(spans()[1]!)).toMatchObject({ 'gen_ai.tool.call.arguments': { at: 'it' } })
  })

  test('tell files by what they are, and never hold them', async () => {
    const draw = defineTool({
      description: 'Draws.',
      input: empty,
      output: 'content',
      execute: () => [
        { type: 'text' as const, text: 'Here.' },
        { type: 'file' as const, mediaType: 'image/png', data: 'aGVsbG8=' },
      ],
    })
    const all = await traced(aSession({ draw }), [{ calls: [{ tool: 'draw' }] }, 'Done.'], {
      options: { recordContent: true },
    })
    expect(written(all)).not.toContain('aGVsbG8=')
  })
})

describe('a failure', () => {
  test('of a tool is that of its span alone', async () => {
    const fails = defineTool({
      description: 'x',
      input: empty,
      execute: () => Promise.reject(new Error('no')),
    })
    const all = await traced(aSession({ fails }), [{ calls: [{ tool: 'fails' }] }, 'Done.'])
    expect(all.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [SpanStatusCode.UNSET, undefined],
      [SpanStatusCode.UNSET, undefined],
      [SpanStatusCode.ERROR, 'tool_error'],
      [SpanStatusCode.UNSET, undefined],
    ])
  })

  test('of a model is that of its call and of the run; retries are told within it (SPEC 57)', async () => {
    const down = Object.assign(new Error('down'), { statusCode: 503 })
    const all = await traced(aSession(), [down, down, down])
    expect(tree(all)).toEqual([{ 'invoke_agent tester': ['chat scripted'] }])
    expect(all.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
      [SpanStatusCode.ERROR, 'RETINUE_MODEL_FAILED'],
      [SpanStatusCode.ERROR, 'RETINUE_MODEL_FAILED'],
    ])
    expect(all[1]!.attributes['gen_ai.response.finish_reasons']).toEqual(['error'])
    expect(all[1]!.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['retinue.warning', { about: 'retry' }],
      ['retinue.warning', { about: 'retry' }],
    ])
  })

  test('of one model of several has a span of its own (SPEC 57)', async () => {
    const model = [scriptedModel([new Error('gone')]), scriptedModel(['Here.'])]
    const [agent, first, second] = await traced(aSession(), [], { model })
    expect([agent, first, second].map((span) => span!.status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
    ])
  })

  test('of those that a compaction makes side by side each have their own span (SPEC 57)', async () => {
    const session = aSession()
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'word '.repeat(1000) }] })
    const compact: RunOptions['compact'] = async ({ messages, ask }) => {
      const [one, two] = await Promise.allSettled([ask(messages, 'Who?'), ask(messages, 'What?')])
      return { summary: `${one.status} ${two.status}`, keepFrom: 1 }
    }
    const steps: ScriptedStep[] = [
      { text: 'She.', usage: [40, 1] },
      new Error('gone'),
      { text: 'Here.', usage: [20, 2] },
    ]
    const [agent, ...calls] = await traced(session, steps, { compact, maxContextTokens: 1500 })
    expect(tree([agent!, ...calls])).toEqual([{ [agent!.name]: Array(3).fill('chat scripted') }])
    expect(calls.map((span) => [span.status.code, span.attributes['gen_ai.usage.input_tokens']])).toEqual([
      [SpanStatusCode.UNSET, 40],
      [SpanStatusCode.ERROR, undefined],
      [SpanStatusCode.UNSET, 20],
    ])
  })

  test.each<[string, unknown]>([
    ['with no reason', undefined],
    ['with a reason of the application', new Error('Ada pressed stop')],
  ])('is none of a model that an abort %s breaks off; all spans end (SPEC 58)', async (_, reason) => {
    const model = scriptedModel([
      async function* () {
        yield* blockParts('text', 'One two').slice(0, 2)
        await new Promise(() => {})
        yield finishPart()
      },
    ])
    const running = run(aSession(), 'Hello', { model, hooks: tracing({ tracer }) })
    for await (const event of running) {
      if (event.type !== 'text-delta') continue
      running.abort(reason)
      break
    }
    await running.result.catch(() => {})
    expect(spans().map(({ name, ended, status }) => [name, ended, status])).toEqual([
      ['invoke_agent tester', true, { code: SpanStatusCode.UNSET }],
      ['chat scripted', true, { code: SpanStatusCode.UNSET }],
    ])
    const reasons = spans().map(({ attributes }) => attributes['gen_ai.response.finish_reasons'])
    expect(reasons).toEqual([['aborted'], ['error']])
  })

  test('is none of a model that the end of a budget of time breaks off (SPEC 59)', async () => {
    const all = await traced(aSession(), [() => new Promise(() => {})], { budget: { timeMs: 1 } })
    expect(all.map(({ status, attributes }) => [status, attributes['error.type']])).toEqual([
      [{ code: SpanStatusCode.UNSET }, undefined],
      [{ code: SpanStatusCode.UNSET }, undefined],
    ])
    expect(all[0]!.attributes['gen_ai.response.finish_reasons']).toEqual(['budget'])
  })
})

test('a tool that an abort ends has not failed (SPEC 58)', async () => {
  const stop = new AbortController()
  const hangs = defineTool({
    description: 'x',
    input: empty,
    execute: () => (stop.abort(), new Promise<string>(() => {})),
  })
  const all = await traced(aSession({ hangs }), [{ calls: [{ tool: 'hangs' }] }], { signal: stop.signal })
  expect(all.map(({ name, status }) => [name, status.code])).toEqual([
    ['invoke_agent tester', SpanStatusCode.UNSET],
    ['chat scripted', SpanStatusCode.UNSET],
    ['execute_tool hangs', SpanStatusCode.UNSET],
  ])
})

describe('what is nested', () => {
  test('a run within a tool hangs below its call, also without a context manager (SPEC 59)', async () => {
    const hooks = tracing({ tracer })
    const inner = defineTool({
      description: 'x',
      input: empty,
      execute: async (_, call) => {
        const model = scriptedModel(['In.'])
        return (await run(call.interaction.child({ input: 'x' }), 'x', { parent: call, model, hooks }).result)
          .text
      },
    })
    const nested = [
      {
        'invoke_agent tester': [
          'chat scripted',
          { 'execute_tool inner': [{ 'invoke_agent tester': ['chat scripted'] }] },
          'chat scripted',
        ],
      },
    ]
    const steps: ScriptedStep[] = [{ calls: [{ tool: 'inner' }] }, 'Out.']
    await run(aSession({ inner }), 'Hello', { model: scriptedModel(steps), hooks }).result
    expect(tree(spans())).toEqual(nested)
    exporter.reset()
    context.disable()
    await run(aSession({ inner }), 'Hello', { model: scriptedModel(steps), hooks }).result
    expect(tree(spans())).toEqual(nested)
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  })

  test("the application's own spans stand around and within it", async () => {
    const works = defineTool({
      description: 'x',
      input: empty,
      execute: async () => {
        await new Promise(setImmediate)
        tracer.startSpan('query').end()
        return 'x'
      },
    })
    const model = scriptedModel([
      () => (tracer.startSpan('POST').end(), { calls: [{ tool: 'works' }] }),
      'Done.',
    ])
    await tracer.startActiveSpan('request', async (span) => {
      await run(aSession({ works }), 'Hello', { model, hooks: tracing({ tracer }) }).result
      span.end()
    })
    expect(tree(spans())).toEqual([
      {
        request: [
          {
            'invoke_agent tester': [
              { 'chat scripted': ['POST'] },
              { 'execute_tool works': ['query'] },
              'chat scripted',
            ],
          },
        ],
      },
    ])
  })
})

test('without a tracer of its own it takes the global one, and costs no answer where there is none', async () => {
  const running = run(aSession({ look }), 'Hello', {
    model: scriptedModel([asks, 'Done.']),
    hooks: tracing(),
  })
  expect((await running.result).text).toBe('Done.')
  trace.setGlobalTracerProvider(provider)
  await run(aSession(), 'Hello', { model: scriptedModel(['Done.']), hooks: tracing() }).result
  expect(tree(spans())).toEqual([{ 'invoke_agent tester': ['chat scripted'] }])
  trace.disable()
})

test.each([
  null,
  'on',
  { tracer: {} },
  { tracer: null },
  { recordContent: 'false' },
  { recordContent: null },
  { recordContents: true },
])('the options %j are refused by name', (options) => {
  expect(() => tracing(options as never)).toThrow('[RETINUE_OTEL_OPTIONS] tracing() ')
})

test('content is made into text for spans alone that somebody keeps', async () => {
  const names: string[] = []
  const unsampled = Object.assign(trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }), {
    setAttribute: (name: string) => void names.push(name),
  })
  const nobody = { startSpan: () => unsampled } as never
  const steps: ScriptedStep[] = [asks, 'Done.']
  await traced(aSession({ look }), steps, { options: { tracer: nobody, recordContent: true } })
  expect(names).toEqual(['gen_ai.response.time_to_first_chunk', 'gen_ai.response.time_to_first_chunk'])
})

test.each([
  ['openai.responses', 'openai'],
  ['anthropic.messages', 'anthropic'],
  ['google.generative-ai', 'gcp.gemini'],
  ['googleVertex.chat', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure.responses', 'azure.ai.openai'],
  ['mistral.chat', 'mistral_ai'],
  ['xai.chat', 'x_ai'],
  ['moonshotai.chat', 'moonshot_ai'],
])('the provider %s is called %s', async (name, told) => {
  const model = Object.assign(scriptedModel(['Done.']), { provider: name })
  const [, chat] = await traced(aSession(), [], { model })
  expect(chat!.attributes['gen_ai.provider.name']).toBe(told)
})

/** All that a span says. */
function written(all: readonly ReadableSpan[]): string {
  return JSON.stringify(
    all.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  )
}

/** The attributes that are JSON text. */
function contentOf({ attributes }: ReadableSpan): Record<string, unknown> {
  const texts = Object.entries(attributes).filter(([name]) =>
    /messages|instructions|definitions|arguments|result/.test(name),
  )
  return Object.fromEntries(texts.map(([name, text]) => [name, JSON.parse(String(text)) as unknown]))
}
