import { defineTool, Type } from '@retinue/kernel'
import { describe, expect, test, vi } from 'vitest'
import { type Compaction, resume, run, summarise } from '../src/index.ts'
import { retryDelay } from '../src/retry.ts'
import { aSession, eventsOf, gate, historyOf, typesOf } from './a-session.ts'
import { blockParts, callParts, finishPart, scriptedModel } from '@retinue/testing'

const apiError = (
  statusCode: number,
  headers: Record<string, string> = {},
  isRetryable = statusCode >= 429,
): Error =>
  Object.assign(new Error(`status ${statusCode}`), { statusCode, responseHeaders: headers, isRetryable })
const fast = { retryDelayMs: 1 }

describe('a model call that fails', () => {
  test.each([
    ['a limit on the rate', apiError(429)],
    ['an overloaded server', apiError(503)],
    ['a status without a verdict', Object.assign(new Error('x'), { status: 500 })],
    ['a lost connection', Object.assign(new Error('x'), { code: 'ECONNRESET' })],
    ['a connection that was never there', new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })],
    ['a cause further down', new Error('wrapped', { cause: new Error('x', { cause: apiError(502) }) })],
  ])('in passing is made again: %s (SPEC 57)', async (_, error) => {
    const session = aSession()
    const script = scriptedModel([error, 'Back again.'])
    const events = await eventsOf(run(session, 'Hi', { model: script, ...fast }))
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'Back again.' })
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({ about: 'retry' })
    expect(script.requests).toHaveLength(2)
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Back again.'])
  })

  test.each([
    ['a wrong key', apiError(401)],
    ['a refused request', apiError(400)],
    ['a provider that says so', apiError(500, {}, false)],
    ['a programming error', new TypeError('x is not a function')],
  ])('for good is not made again: %s (SPEC 57)', async (_, error) => {
    const session = aSession()
    const script = scriptedModel([error, 'never'])
    await expect(run(session, 'Hi', { model: script, ...fast }).result).rejects.toMatchObject({
      code: 'RETINUE_MODEL_FAILED',
      cause: error,
    })
    expect(script.unused).toBe(1)
    expect(historyOf(session)).toEqual(['user: Hi'])
  })

  test('is made only so many times (SPEC 57)', async () => {
    const script = scriptedModel([apiError(500), apiError(500), apiError(500)])
    const running = run(aSession(), 'Hi', { model: script, maxRetries: 2, ...fast })
    await expect(running.result).rejects.toMatchObject({
      message: expect.stringContaining('test/scripted failed (after 3 attempts): status 500') as string,
      details: { provider: 'test', modelId: 'scripted', attempts: 3, statusCode: 500 },
    })
    expect(script.unused).toBe(0)
  })

  test.each([undefined, null, 'no luck'])(
    'with %s for an error is a failure of the model (SPEC 57)',
    async (error) => {
      const model = Object.assign(scriptedModel([]), { doStream: () => Promise.reject(error) })
      await expect(run(aSession(), 'Hi', { model }).result).rejects.toMatchObject({
        code: 'RETINUE_MODEL_FAILED',
      })
    },
  )

  const [policy, within] = [{ maxRetries: 1, retryDelayMs: 8 }, { cause: undefined as unknown }]
  within.cause = within
  test.each([
    ['a request that took too long', { statusCode: 408 }, true],
    ['a conflict', { statusCode: 409 }, true],
    ['a limit on the rate, by the status of another library', { status: 429 }, true],
    ['what is not there', { statusCode: 404, status: 500 }, false],
    ['a server that fails', { statusCode: 500 }, true],
    ['a browser without a connection', { name: 'TypeError', message: 'Failed to fetch' }, true],
    ['a bug that speaks of a connection', { name: 'RangeError', message: 'connection' }, false],
    ['a torn response', { name: 'AI_JSONParseError' }, true],
    ['what a provider wraps', { error: { type: 'overloaded_error' } }, true],
    ['what is caused by itself', within, false],
    ['what has null for a cause', { cause: null }, false],
  ])('passes by itself, or does not: %s (SPEC 57)', (_, error, passes) => {
    const delay = retryDelay(error, 1, policy)
    expect(delay !== undefined && delay >= 4 && delay <= 8).toBe(passes)
  })

  test('waits by itself where what its provider asks for can not be read (SPEC 57)', () => {
    for (const headers of [
      { 'retry-after': 'soon' },
      { 'retry-after-ms': 'soon' },
      { 'retry-after-ms': '-1' },
    ])
      expect(retryDelay(apiError(429, headers), 1, policy)).toBeGreaterThanOrEqual(4)
    expect(retryDelay(apiError(429, { 'retry-after-ms': '0', 'retry-after': '5' }), 1, policy)).toBe(0)
    expect(retryDelay(apiError(429, { 'retry-after': '2' }), 1, policy)).toBe(2000)
    const info = '@type": "type.googleapis.com/google.rpc.RetryInfo'
    const responseBody = `{ "error": { "details": [{ "${info}", "retryDelay": "36.5s" }] } }` // of Google
    expect(retryDelay(Object.assign(apiError(429), { responseBody }), 1, policy)).toBe(36_500)
  })

  test('waits twice as long each time, half of it by chance, and a minute at most (SPEC 57)', () => {
    const patient = { maxRetries: 12, retryDelayMs: 500 }
    const waits = (chance: number): (number | undefined)[] => {
      const random = vi.spyOn(Math, 'random').mockReturnValue(chance)
      const delays = [1, 2, 3, 12].map((attempt) => retryDelay(apiError(500), attempt, patient))
      random.mockRestore()
      return delays
    }
    expect(waits(0)).toEqual([250, 500, 1000, 30_000])
    expect(waits(1)).toEqual([500, 1000, 2000, 60_000])
    const asked = (seconds: string) => retryDelay(apiError(429, { 'retry-after': seconds }), 1, policy)
    expect(['60', '60.1', '-5'].map(asked)).toEqual([60_000, undefined, 0])
  })

  test('waits as long as the provider asks for, in either form (SPEC 57)', async () => {
    const soon = new Date(Date.now() + 500).toUTCString()
    for (const headers of [{ 'retry-after-ms': '20' }, { 'retry-after': '0.02' }, { 'retry-after': soon }]) {
      const model = scriptedModel([apiError(429, headers), 'ok'])
      const started = performance.now()
      await run(aSession(), 'Hi', { model, retryDelayMs: 60_000 }).result
      expect(performance.now() - started).toBeLessThan(2_000)
    }
  })

  test('gives up at once where the provider wants to be left alone for long (SPEC 57)', async () => {
    const script = scriptedModel([apiError(429, { 'retry-after': '3600' }), 'never'])
    await expect(run(aSession(), 'Hi', { model: script }).result).rejects.toThrow('status 429')
    expect(script.unused).toBe(1)
  })

  test.each([true, false])(
    'is made once where the provider gives a promise of its own sort, aborted or not: %s (SPEC 57, 58)',
    async (isAborted) => {
      let count = 0
      const { opened: cancelled, open: cancel } = gate()
      const lazy = {
        // oxlint-disable-next-line unicorn/no-thenable -- some clients send their request when their answer is awaited: this is one
        then(open: (opened: { stream: ReadableStream }) => void, fail: (error: Error) => void): void {
          count++
          if (isAborted) open({ stream: new ReadableStream({ cancel }) })
          else fail(apiError(401))
        },
      }
      const model = Object.assign(scriptedModel([]), {
        doStream: () => (isAborted && running.abort(), lazy as never),
      })
      const running = run(aSession(), 'Hi', { model })
      await expect(running.result).rejects.toMatchObject({
        code: isAborted ? 'RETINUE_RUN_ABORTED' : 'RETINUE_MODEL_FAILED',
      })
      if (isAborted) await cancelled
      expect(count).toBe(1)
    },
  )

  test('can be aborted while it waits (SPEC 58)', async () => {
    const running = run(aSession(), 'Hi', {
      model: scriptedModel([apiError(500), 'never']),
      retryDelayMs: 60_000,
    })
    setTimeout(() => running.abort(), 5)
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
  })
})

describe('a stream that breaks', () => {
  const session = () =>
    aSession({ tool: defineTool({ description: 'x', input: Type.Object({}), execute: () => 'ran' }) })

  test('without its end is an error, and what was said is kept as partial (SPEC 57)', async () => {
    const here = session()
    const script = scriptedModel([() => blockParts('text', 'One two'), 'never'])
    const running = run(here, 'Hi', { model: script })
    expect((await eventsOf(running)).at(-1)).toMatchObject({ finishReason: 'error', text: 'One two' })
    await expect(running.result).rejects.toMatchObject({
      code: 'RETINUE_STREAM_CUT',
      message: expect.stringMatching(
        /^\S+ test\/scripted broke off before its answer was whole\. What/,
      ) as string,
      details: { provider: 'test', modelId: 'scripted' },
    })
    expect(historyOf(here)).toEqual(['user: Hi', 'assistant (partial): One two'])
    expect(script.unused).toBe(1)
  })

  test.each([
    ['v2', finishPart('unknown', { version: 'v2' })],
    ['v3', { ...finishPart('stop', { version: 'v3' }), finishReason: { unified: 'other', raw: undefined } }],
    ['v4', finishPart('interrupted')],
  ] as const)(
    'with an end that says none was transmitted is no whole answer: %s (SPEC 57)',
    async (version, finish) => {
      const model = scriptedModel([() => [...blockParts('text', 'One'), finish]], { version })
      await expect(run(session(), 'Hi', { model }).result).rejects.toMatchObject({
        code: 'RETINUE_STREAM_CUT',
      })
    },
  )

  test('can be asked for again: the model is not shown what it said in part, and the history keeps it (SPEC 58)', async () => {
    const here = session()
    const model = scriptedModel([
      () => blockParts('text', 'One two'),
      () => [...blockParts('reasoning', 'hm'), ...blockParts('text', 'One')],
      'Whole.',
      'More.',
    ])
    await run(here, 'Hi', { model }).result.catch(() => {})
    await resume(here, {}, { model }).result.catch(() => {})
    expect((await resume(here, {}, { model }).result).text).toBe('Whole.')
    expect(model.requests.map(({ prompt }) => prompt.length)).toEqual([1, 1, 1])
    await run(here, 'More?', { model }).result
    expect(model.requests[3]!.prompt.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'assistant',
      'assistant',
      'user',
    ])
  })

  test('before a word was said is made again (SPEC 57)', async () => {
    const script = scriptedModel([
      () => [],
      () => [
        { type: 'stream-start', warnings: [] },
        { type: 'text-start', id: '0' },
      ],
      'whole',
    ])
    const events = await eventsOf(run(session(), 'Hi', { model: script, ...fast }))
    expect(events.at(-1)).toMatchObject({ text: 'whole', finishReason: 'stop' })
    expect(typesOf(events).filter((type) => type === 'text-start')).toHaveLength(2)
    expect(typesOf(events).filter((type) => type === 'text-end')).toHaveLength(2)
  })

  test('while it thinks unseen is made again, and nothing of that is kept (SPEC 57)', async () => {
    const thinking = { type: 'reasoning-start', id: 'r', providerMetadata: { retinue: { itemId: 'rs_1' } } }
    const overloaded = { type: 'error', error: { type: 'overloaded_error' } }
    const here = session()
    const model = scriptedModel([() => [thinking, overloaded], () => [thinking, overloaded]])
    const running = run(here, 'Hi', { model, maxRetries: 1, ...fast })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
    expect(historyOf(here)).toEqual(['user: Hi'])
    const models = [scriptedModel([() => [thinking, overloaded]]), scriptedModel(['Whole.'])]
    expect((await run(here, 'Hi', { model: models, maxRetries: 0 }).result).text).toBe('Whole.')
  })

  test('after an attempt that failed behind its end has to have an end of its own (SPEC 57)', async () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error' } }
    const script = scriptedModel([() => [finishPart(), overloaded], () => []])
    const running = run(session(), 'Hi', { model: script, maxRetries: 1, ...fast })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_STREAM_CUT' })
  })

  test('before a word was said each time fails in the end (SPEC 57)', async () => {
    const nothing = (): object[] => []
    const running = run(session(), 'Hi', { model: scriptedModel([nothing, nothing]), maxRetries: 1, ...fast })
    await expect(running.result).rejects.toThrow(
      /^\[RETINUE_STREAM_CUT\] test\/scripted broke off before its answer was whole\. What/,
    )
  })

  test('after the model has begun a tool call is not made again, and its calls do not run (SPEC 57)', async () => {
    const here = session()
    const running = run(here, 'Hi', {
      model: scriptedModel([
        () => [...callParts('kit_tool', {}, 'c1'), ...callParts('kit_tool', {}, 'c2').slice(0, 2)],
        'never',
      ]),
      ...fast,
    })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_STREAM_CUT' })
    expect(historyOf(here)).toEqual([
      'user: Hi',
      'assistant (partial): kit_tool({})',
      "tool: ✗ The model's answer was cut off before this tool ran.",
    ])
  })

  test('in the midst of the first tool call is not made again either: it was seen (SPEC 57)', async () => {
    const here = session()
    const script = scriptedModel([() => callParts('kit_tool', {}, 'c1').slice(0, 2), 'never'])
    const running = run(here, 'Hi', { model: script, ...fast })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_STREAM_CUT' })
    expect([historyOf(here), script.unused]).toEqual([['user: Hi'], 1])
  })

  test('by an error part fails with what the provider said (SPEC 57)', async () => {
    const here = session()
    const error = { type: 'overloaded_error', message: 'Overloaded' }
    const said = scriptedModel([
      () => [...blockParts('text', 'One').slice(0, 2), { type: 'error', error }, finishPart()],
    ])
    await expect(run(here, 'Hi', { model: said }).result).rejects.toMatchObject({
      message: expect.stringContaining(
        '[RETINUE_STREAM_CUT] test/scripted broke off before its answer was whole: Overloaded.',
      ) as string,
      hint: expect.stringContaining('in the history, marked as partial') as string,
      cause: error,
    })
    expect(historyOf(here)[1]).toBe('assistant (partial): One')
    const unsaid = scriptedModel([() => [{ type: 'error', error }, finishPart('error')], 'whole'])
    expect((await run(session(), 'Hi', { model: unsaid, ...fast }).result).text).toBe('whole')
  })

  test.each([
    ['by an error', false],
    ['because the run was aborted', true],
  ])('%s lets go of a connection that hears of nothing (SPEC 57, 58)', async (_, isAborted) => {
    const { opened, open } = gate()
    const said = blockParts('text', 'One').slice(0, 2)
    const error = { type: 'error', error: new Error('no more') }
    const parts = isAborted ? said : [...said, error]
    const stream = new ReadableStream({
      start: (to) => parts.forEach((part) => to.enqueue(part)),
      cancel: open,
    })
    const model = Object.assign(scriptedModel([]), { doStream: async () => ({ stream }) as never })
    const running = run(session(), 'Hi', { model })
    for await (const { type } of running) if (type === 'text-delta') break
    if (isAborted) running.abort()
    await expect(running.result).rejects.toThrow(isAborted ? 'The run was aborted' : 'no more')
    await opened
  })

  test('because the run was aborted is not cancelled where its provider ends it itself (SPEC 58)', async () => {
    const aborter = new AbortController()
    let isCancelled = false
    const stream = new ReadableStream({
      start: (to) => blockParts('text', 'One').forEach((part) => to.enqueue(part)),
      // As a body does that is fetched; one of Ollama's packages lets go of it unheard, and the process ended.
      pull: () =>
        new Promise((_, fail) => aborter.signal.addEventListener('abort', () => fail(new Error('Aborted')))),
      cancel: () => void (isCancelled = true),
    })
    const model = Object.assign(scriptedModel([]), { doStream: async () => ({ stream }) as never })
    const running = run(session(), 'Hi', { model, signal: aborter.signal })
    for await (const { type } of running) if (type === 'text-delta') break
    aborter.abort()
    await expect(running.result).rejects.toThrow('The run was aborted')
    await new Promise((resolve) => setTimeout(resolve)) // as long as it is waited for that, and behind it
    expect(isCancelled).toBe(false)
  })

  test('with the finish reason error is a failure, and made again before a word was said (SPEC 57)', async () => {
    const said = scriptedModel([() => [...blockParts('text', 'One'), finishPart('error')]])
    await expect(run(session(), 'Hi', { model: said }).result).rejects.toMatchObject({
      code: 'RETINUE_STREAM_CUT',
    })
    const unread = { ...finishPart(), finishReason: { unified: 'error', raw: 'MALFORMED_FUNCTION_CALL' } }
    const unsaid = (): object[] => [unread]
    const again = scriptedModel([unsaid, 'whole'])
    expect((await run(session(), 'Hi', { model: again, ...fast }).result).text).toBe('whole')
    const never = scriptedModel([unsaid, unsaid])
    await expect(run(session(), 'Hi', { model: never, maxRetries: 1, ...fast }).result).rejects.toMatchObject(
      {
        code: 'RETINUE_MODEL_FAILED',
        message: expect.stringContaining('the provider ended it with MALFORMED_FUNCTION_CALL') as string,
      },
    )
  })
})

describe('what a provider attached to answers and takes no longer', () => {
  const signed = (text: string) => () => [
    { type: 'reasoning-start', id: 'r', providerMetadata: { test: { signature: `signed ${text}` } } },
    { type: 'reasoning-end', id: 'r' },
    ...blockParts('text', text),
    finishPart(),
  ]
  const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
  const refusal = (message: string): Error => Object.assign(apiError(400), { message })
  const sentIn = ({ prompt }: { prompt: unknown }): string => JSON.stringify(prompt)

  test.each([
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.',
    '`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
    "Item with id 'rs_1' not found.",
    "Item 'msg_1' of type 'message' was provided without its required 'reasoning' item.",
    'The encrypted content for item rs_1 could not be verified.',
    'Corrupted thought signature.',
  ])('is sent no more, and the conversation goes on: %s (SPEC 57)', async (message) => {
    const session = aSession({ look })
    const calling = () => [
      ...signed('One.')().slice(0, -1),
      ...callParts('kit_look', {}, 'c'),
      finishPart('tool-calls'),
    ]
    const model = scriptedModel([calling, signed('Two.'), refusal(message), signed('Three.'), 'Four.'])
    await run(session, 'A', { model }).result
    const events = await eventsOf(run(session, 'B', { model, maxRetries: 0 }))
    expect(events.at(-1)).toMatchObject({ text: 'Three.', steps: 1 })
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({
      about: 'history',
      message: `Earlier answers are sent as plain text from now on: [RETINUE_MODEL_FAILED] test/scripted failed: ${message}`,
    })
    await run(session, 'C', { model }).result
    const [refused, again, next] = model.requests.slice(2).map(sentIn)
    expect(refused).toContain('signed Two.')
    for (const text of ['One.', 'kit_look', 'seen', 'Two.']) expect(again).toContain(text)
    expect(again).not.toContain('signed')
    expect(next!.match(/signed \w+/g)).toEqual(['signed Three'])
    expect(sentIn({ prompt: session.messages.items })).toContain('signed One.') // the history keeps it
  })

  test('is sent no more either where it is to be summed up (SPEC 53)', async () => {
    const session = aSession()
    const words = 'word '.repeat(1000)
    const bound = refusal('Invalid `signature` in `thinking` block')
    const model = scriptedModel([signed(words), bound, 'A summary.', 'Done.'])
    await run(session, 'A', { model }).result
    const events = await eventsOf(run(session, 'B', { model, maxContextTokens: 1500, compact: summarise }))
    expect(events.at(-1)).toMatchObject({ text: 'Done.' })
    expect(model.requests.map(sentIn).map((sent) => sent.includes('signed'))).toEqual([
      false,
      true,
      false,
      false,
    ])
    expect(historyOf(session)).toContain('user: [A summary of the conversation so far]\nA summary.')
  })

  test('is sent no more behind a compaction either (SPEC 53, 57)', async () => {
    const session = aSession({ look })
    const looking = () => [
      ...signed('One.')().slice(0, -1),
      ...callParts('kit_look', {}, 'c'),
      finishPart('tool-calls'),
    ]
    const bound = refusal('Invalid `signature` in `thinking` block')
    const model = scriptedModel([looking, signed('word '.repeat(1000)), bound, 'Three.', 'Four.'])
    await run(session, 'A', { model }).result
    await run(session, 'B', { model }).result
    const compact: Compaction = ({ messages }) => ({ messages: messages.slice(3) })
    const events = await eventsOf(run(session, 'C', { model, maxContextTokens: 1500, compact }))
    expect(events.map(({ type }) => type)).toContain('compaction')
    const sent = model.requests.map(sentIn).map((each) => each.includes('signed'))
    expect(sent).toEqual([false, true, true, false, false])
  })

  test('is sent no more where a server in front of it calls the refusal a failure of its own (SPEC 57)', async () => {
    const session = aSession()
    const wrapped = Object.assign(apiError(502), { responseBody: '{"raw":"Corrupted thought signature."}' })
    const model = scriptedModel([signed('One.'), wrapped, 'Two.'])
    await run(session, 'A', { model }).result
    expect(await run(session, 'B', { model, maxRetries: 0 }).result).toMatchObject({ text: 'Two.' })
  })

  test('goes on being sent where what came can not be read, and is quoted (SPEC 57)', async () => {
    const session = aSession()
    const message = 'Type validation failed: Value: {"parts":[{"thoughtSignature":"x"}]}.'
    const garbled = () => Object.assign(new Error(message), { name: 'AI_TypeValidationError' })
    const model = scriptedModel([signed('One.'), garbled(), 'Two.'])
    await run(session, 'A', { model }).result
    await expect(run(session, 'B', { model, maxRetries: 0 }).result).rejects.toMatchObject({
      code: 'RETINUE_MODEL_FAILED',
    })
    await run(session, 'C', { model }).result
    expect(model.requests.map(sentIn).map((sent) => sent.includes('signed One.'))).toEqual([
      false,
      true,
      true,
    ])
  })

  test('is no reason to ask again where nothing was attached, or all of that was left out (SPEC 57)', async () => {
    const session = aSession()
    const bound = (): Error => refusal('Invalid `signature` in `thinking` block')
    const model = scriptedModel(['One.', bound(), signed('Two.'), bound(), bound()])
    await run(session, 'A', { model }).result
    await expect(run(session, 'B', { model }).result).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
    await run(session, 'C', { model }).result
    await expect(run(session, 'D', { model }).result).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
    model.done()
  })
})
