import { defineTool, Type, type UserMessage } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { resume, type Run, run } from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, typesOf } from './a-session.ts'
import { scriptedModel } from '@retinue/testing'

const echo = defineTool({
  description: 'Says it back.',
  input: Type.Object({ text: Type.String() }),
  effect: 'pure',
  execute: ({ text }) => `you said ${text}`,
})

describe('run', () => {
  test('answers without anybody reading its events (SPEC 55)', async () => {
    const session = aSession()
    const model = scriptedModel(['Hello Ada.'])
    const result = await run(session, 'Hi', { model }).result
    expect(result).toEqual({
      text: 'Hello Ada.',
      finishReason: 'stop',
      steps: 1,
      approvals: [],
      usage: expect.objectContaining({ inputTokens: 10, outputTokens: 5, totalTokens: 15 }),
    })
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Hello Ada.'])
  })

  test('has nothing to go on with in a conversation that is empty (SPEC 58)', async () => {
    const going = resume(aSession(), {}, { model: scriptedModel([]) }).result
    await expect(going).rejects.toMatchObject({ code: 'RETINUE_INPUT_INVALID' })
  })

  test('takes no output schema that is none (SPEC 56)', () => {
    const asking = (): unknown => run(aSession(), 'Hi', { model: scriptedModel([]), output: null as never })
    expect(asking).toThrow(expect.objectContaining({ code: 'RETINUE_OUTPUT_SCHEMA' }))
  })

  test('tells those who observe the session when a turn of it has ended, not when it waits for a yes', async () => {
    const want = defineTool({
      description: 'x',
      input: Type.Object({}),
      approval: true,
      execute: () => 'did it',
    })
    const session = aSession({ want })
    const heard: unknown[] = []
    const runs: unknown[] = []
    session.on('turnEnded', ({ finishReason, runId }) => {
      heard.push(finishReason)
      runs.push(runId)
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_want', id: 'w' }] }, 'Done.', new Error('no luck')])
    await run(session, 'Go', { model }).result
    expect(heard).toEqual([])
    const [start] = await eventsOf(resume(session, { w: true }, { model }))
    const again = await eventsOf(run(session, 'Again', { model, maxRetries: 0 }))
    expect(again.at(-2)).toMatchObject({ message: expect.stringContaining('no luck') as string })
    expect([start, again[0]].map((event) => event!.type === 'run-start' && event.runId)).toEqual(runs)
    await expect(run(session, 'Once more', { model: 'nobody/knows' }).result).rejects.toThrow('MODEL')
    expect(heard).toEqual(['stop', 'error'])
  })

  test('streams typed events in order, the last of them finish (SPEC 56)', async () => {
    const session = aSession({ echo })
    const script = scriptedModel([
      { calls: [{ tool: 'kit_echo', input: { text: 'x' } }] },
      { reasoning: 'hm', text: 'Done now.' },
    ])
    const events = await eventsOf(run(session, 'Say x', { model: script }))
    expect(typesOf(events)).toEqual([
      'run-start',
      'step-start',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'usage',
      'tool-result',
      'step-finish',
      'step-start',
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'usage',
      'step-finish',
      'finish',
    ])
    const [toolCallId, toolName] = [expect.any(String) as string, 'kit_echo']
    expect(events.slice(2, 6)).toEqual([
      { type: 'tool-input-start', toolCallId, toolName },
      { type: 'tool-input-delta', toolCallId, delta: '{"text":"x"}' },
      { type: 'tool-input-end', toolCallId },
      { type: 'tool-call', toolCallId, toolName, input: { text: 'x' } },
    ])
    expect(events.at(-1)).toMatchObject({
      text: 'Done now.',
      finishReason: 'stop',
      steps: 2,
      usage: { totalTokens: 30 },
    })
    expect(script.unused).toBe(0)
  })

  test('can be iterated and awaited at once, and by several readers (SPEC 56)', async () => {
    const model = scriptedModel(['one two three'])
    const running = run(aSession(), 'Hi', { model })
    const [result, first, second] = await Promise.all([running.result, eventsOf(running), eventsOf(running)])
    expect(result.text).toBe('one two three')
    expect(typesOf(first)).toContain('run-start')
    expect(first.at(-1)).toEqual(second.at(-1))
  })

  test('gives a reader who comes late everything so far, with deltas joined (SPEC 56)', async () => {
    const running = run(aSession(), 'Hi', { model: scriptedModel(['one two three']) })
    await running.result
    const events = await eventsOf(running)
    expect(typesOf(events)).toEqual([
      'run-start',
      'step-start',
      'text-start',
      'text-delta',
      'text-end',
      'usage',
      'step-finish',
      'finish',
    ])
    expect(events[3]).toMatchObject({ delta: 'one two three' })
  })

  test('goes on when its reader leaves early (SPEC 56)', async () => {
    const session = aSession()
    const running = run(session, 'Hi', { model: scriptedModel(['one two']) })
    for await (const event of running) if (event.type === 'text-delta') break
    await expect(running.result).resolves.toMatchObject({ text: 'one two' })
  })

  test('takes text and files as input, and refuses an empty one (SPEC 53)', async () => {
    const session = aSession()
    const script = scriptedModel(['A cat.'])
    const image = { type: 'file', mediaType: 'image/png', data: 'iVBORw0=' } as const
    await run(session, [{ type: 'text', text: 'What is it?' }, image], { model: script }).result
    expect(script.requests[0]!.prompt[0]).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0=' } },
      ],
    })
    const [asked] = session.messages.items as readonly UserMessage[]
    await run(session, { ...asked!, id: 'm2', summary: true }, { model: scriptedModel(['Still a cat.']) })
      .result
    expect(session.messages.at(2)).toEqual({ role: 'user', id: 'm2', parts: asked!.parts })
    const none = ['  ', [], undefined, null, 5, [null], [{ type: 'text' }], [{ type: 'image', url: 'a.png' }]]
    const halves = [
      { ...image, type: 'image' },
      { ...image, mediaType: undefined },
      { ...image, data: undefined },
    ]
    none.push(...halves.map((half) => [...asked!.parts, half]))
    const messages = [{ role: 'user' }, { role: 'user', parts: [] }, { role: 'system', parts: asked!.parts }]
    for (const input of [...none, ...messages])
      expect(() => run(session, input as never)).toThrow('RETINUE_INPUT_INVALID')
    const bytes = { ...image, data: new Uint8Array(5) }
    for (const file of [bytes, { ...image, data: './cat.png' }, { ...image, data: 'C:\\cat.png' }])
      expect(() => run(session, [file as never])).toThrow('base64 or a URL as its data, both as text')
    expect(session.messages.length).toBe(4)
  })

  test('passes settings to the provider (SPEC 55)', async () => {
    const script = scriptedModel(['ok'])
    await run(aSession(), 'Hi', { model: script, settings: { temperature: 0, maxOutputTokens: 9 } }).result
    expect(script.requests[0]).toMatchObject({ temperature: 0, maxOutputTokens: 9 })
  })

  test("uses the agent's model unless it is given one (SPEC 55)", async () => {
    const session = aSession()
    session.agent!.model = scriptedModel(['from the agent'])
    expect((await run(session, 'Hi').result).text).toBe('from the agent')
    expect((await run(session, 'Hi', { model: scriptedModel(['from the run']) }).result).text).toBe(
      'from the run',
    )
  })

  test('fails before it says anything where no model is configured (SPEC 55)', async () => {
    const session = aSession()
    const events = await eventsOf(run(session, 'Hi'))
    expect(typesOf(events)).toEqual(['error', 'finish'])
    expect(events[0]).toMatchObject({ code: 'RETINUE_MODEL_MISSING' })
    expect(session.messages.length).toBe(0)
    await expect(run(session, 'Hi').result).rejects.toThrow('offlineModel()')
  })
})

describe('an error of a run', () => {
  test('has a code also where nobody foresaw it (SPEC 57)', async () => {
    const model = Object.defineProperty({}, 'specificationVersion', {
      get() {
        throw new TypeError('odd')
      },
    })
    await expect(run(aSession(), 'Hi', { model: model as never }).result).rejects.toMatchObject({
      code: 'RETINUE_RUN_FAILED',
      message: '[RETINUE_RUN_FAILED] The run failed: odd',
    })
  })

  const failing = (): Run => run(aSession(), 'Hi', { model: scriptedModel([new Error('no')]) })

  test('reaches whoever iterates, once, and does not end the process as well (SPEC 57)', async () => {
    const unhandled: unknown[] = []
    const listener = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listener)
    const running = failing()
    await expect(async () => {
      for await (const event of running) void event
    }).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
  })

  test('does not end the process where its reader comes late, or has left (SPEC 57, 60)', async () => {
    const unhandled: unknown[] = []
    const listener = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listener)
    const left = run(aSession(), 'Hi', { model: scriptedModel([{ text: 'one two', cut: true }]) })
    for await (const event of left) if (event.type === 'text-delta') break
    const session = aSession()
    const first = run(session, 'Hi', { model: scriptedModel(['Hello.']) })
    const refused = run(session, 'Hi', { onBusy: 'reject' })
    await Promise.resolve()
    await expect(refused[Symbol.asyncIterator]().next()).resolves.toMatchObject({
      value: { code: 'RETINUE_RUN_BUSY' },
    })
    await first.result
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  test('reaches whoever awaits the result, and whoever does both (SPEC 57)', async () => {
    const running = failing()
    const result = running.result.catch((error: { code: string }) => error.code)
    expect(typesOf(await eventsOf(running)).slice(-2)).toEqual(['error', 'finish'])
    expect(await result).toBe('RETINUE_MODEL_FAILED')
  })

  test('is unhandled, once, where nobody looks, and nobody has aborted the run (SPEC 57, 58)', async () => {
    const unhandled: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (error) => void unhandled.push(error))
    failing()
    const left = run(aSession(), 'Hi', { model: scriptedModel(['one two three']) })
    for await (const event of left) if (event.type === 'text-delta') break
    left.abort()
    run(aSession(), 'Hi', { model: scriptedModel([]), signal: AbortSignal.abort() })
    await new Promise((resolve) => setTimeout(resolve, 10))
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
    expect(unhandled).toMatchObject([{ code: 'RETINUE_MODEL_FAILED' }])
  })

  test('waits for a reader who is slow (SPEC 57)', async () => {
    const running = failing()
    const { opened, open } = gate()
    const reading = (async () => {
      for await (const event of running) if (event.type === 'run-start') await opened
    })()
    await running.result.catch(() => {})
    open()
    await expect(reading).rejects.toMatchObject({ code: 'RETINUE_MODEL_FAILED' })
  })
})
