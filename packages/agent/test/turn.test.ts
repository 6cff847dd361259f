import { getEventListeners } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { resume, type Run, run, type RunOptions, type ToolResultEvent } from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, register, typesOf } from './a-session.ts'
import { blockParts, callParts, finishPart, scriptedModel } from '@retinue/testing'

const add = defineTool({
  description: 'Adds.',
  input: Type.Object({ a: Type.Number(), b: Type.Number() }),
  effect: 'pure',
  execute: ({ a, b }) => ({ sum: a + b }),
})

describe('the loop of a run', () => {
  test('calls tools and shows the model their results until it answers (SPEC 55)', async () => {
    const session = aSession({ add })
    const script = scriptedModel([
      { text: 'Let me see.', calls: [{ tool: 'kit_add', input: { a: 1, b: 2 }, id: 'c1' }] },
      'It is 3.',
    ])
    const running = run(session, 'What is 1 + 2?', { model: script })
    const events = await eventsOf(running)
    const { text, steps } = await running.result
    expect([text, steps]).toEqual(['It is 3.', 2])
    const model = { provider: 'test', modelId: 'scripted' }
    const runId = expect.stringMatching(/./) as string
    expect(events[0]).toEqual({ type: 'run-start', runId, sessionId: session.id, model })
    const used = [1, 2].map(
      (times) => expect.objectContaining({ inputTokens: 10 * times, totalTokens: 15 * times }) as unknown,
    )
    expect(events.filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', step: 1, model, usage: used[0], total: used[0] },
      { type: 'usage', step: 2, model, usage: used[0], total: used[1] },
    ])
    expect(events.filter(({ type }) => type === 'step-start')).toEqual([
      { type: 'step-start', step: 1 },
      { type: 'step-start', step: 2 },
    ])
    expect(events.filter(({ type }) => type === 'step-finish')).toEqual([
      { type: 'step-finish', step: 1, finishReason: 'tool-calls', usage: used[0] },
      { type: 'step-finish', step: 2, finishReason: 'stop', usage: used[0] },
    ])
    expect(historyOf(session)).toEqual([
      'user: What is 1 + 2?',
      'assistant: Let me see. | kit_add({"a":1,"b":2})',
      'tool: = {"sum":3}',
      'assistant: It is 3.',
    ])
    expect(script.requests[1]!.prompt).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What is 1 + 2?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', toolCallId: 'c1', toolName: 'kit_add', input: { a: 1, b: 2 } },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c1',
            toolName: 'kit_add',
            output: { type: 'json', value: { sum: 3 } },
          },
        ],
      },
    ])
  })

  test('shows the model the JSON Schema of each tool, and the prompt as system text (SPEC 54, 55)', async () => {
    const session = aSession({ add })
    session.agent!.instructions = 'Be brief.'
    const script = scriptedModel(['ok'])
    await run(session, 'Hi', { model: script }).result
    const [request] = script.requests
    expect(request!.prompt[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(request!.tools).toEqual([
      {
        type: 'function',
        name: 'kit_add',
        description: 'Adds.',
        inputSchema: JSON.parse(JSON.stringify(add.input)),
      },
    ])
  })

  test('shows texts that stand alone as enums, since Gemini knows no const (SPEC 54)', async () => {
    const input = Type.Object({
      unit: Type.Union([Type.Literal('m'), Type.Literal('km', { description: 'Far.' })]),
      const: Type.Optional(Type.Literal(1)),
    })
    const session = aSession({ go: defineTool({ description: 'Goes.', input, execute: () => 'ok' }) })
    const script = scriptedModel(['ok'])
    await run(session, 'Hi', { model: script }).result
    expect(script.requests[0]!.tools).toMatchObject([
      {
        inputSchema: {
          properties: {
            unit: {
              anyOf: [
                { type: 'string', enum: ['m'] },
                { type: 'string', enum: ['km'], description: 'Far.' },
              ],
            },
            const: { type: 'number', const: 1 },
          },
        },
      },
    ])
    expect(JSON.stringify(script.requests[0]!.tools)).not.toContain('"const":"')
  })

  test('makes a tool that is added in one step usable in the next, and its prompt text seen (SPEC 55)', async () => {
    const session = aSession({
      equip: defineTool({
        description: 'Equips the adder.',
        input: Type.Object({}),
        execute: (_, { session }) => {
          session.agent!.instructions = 'You can add now.'
          session.tools.push('adder')
        },
      }),
    })
    register(session, defineToolset('adder', { tools: { adder: add } }))
    const script = scriptedModel([
      { calls: [{ tool: 'kit_equip' }] },
      { calls: [{ tool: 'adder', input: { a: 2, b: 2 } }] },
      '4',
    ])
    await run(session, 'Add', { model: script }).result
    expect(script.requests.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([
      ['kit_equip'],
      ['kit_equip', 'adder'],
      ['kit_equip', 'adder'],
    ])
    expect(script.requests[1]!.prompt[0]).toEqual({ role: 'system', content: 'You can add now.' })
    expect(historyOf(session).at(-2)).toBe('tool: = {"sum":4}')
  })

  test('does not run a tool that was taken away while the model asked for it (SPEC 55, 57)', async () => {
    const session = aSession({ add })
    const script = scriptedModel([
      async function* () {
        yield* callParts('kit_add', { a: 1, b: 1 }, 'c1')
        session.agent!.tools.remove('kit')
        yield finishPart('tool-calls')
      },
      'sorry',
    ])
    await run(session, 'Add', { model: script }).result
    expect(historyOf(session)[2]).toBe("tool: ✗ There is no tool 'kit_add'. No tool is equipped now.")
  })

  test('takes what is there as undefined for what is not there (SPEC 55)', async () => {
    const session = aSession({ add })
    const call = { calls: [{ tool: 'kit_add', input: { a: 1, b: 1 } }] }
    const script = scriptedModel(Array.from({ length: 30 }, () => call))
    const options: RunOptions = { maxSteps: undefined, toolTimeoutMs: undefined, onBusy: undefined }
    const { finishReason, steps } = await run(session, 'Add', { ...options, model: script }).result
    expect([finishReason, steps]).toEqual(['max-steps', 20])
  })

  test('stops at the limit of steps with a history that can go on (SPEC 55)', async () => {
    const session = aSession({ add })
    const call = { calls: [{ tool: 'kit_add', input: { a: 1, b: 1 } }] }
    const result = await run(session, 'Add', { model: scriptedModel([call, call]), maxSteps: 2 }).result
    expect(result).toMatchObject({ finishReason: 'max-steps', steps: 2 })
    const { text } = await run(session, 'Well?', { model: scriptedModel(['2']) }).result
    expect(text).toBe('2')
    expect(historyOf(session).slice(-3)).toEqual(['tool: = {"sum":2}', 'user: Well?', 'assistant: 2'])
  })

  test('stops behind the result that it was for, with a history that can go on (SPEC 55)', async () => {
    const session = aSession({ add })
    const calls = [1, 2].map((a) => ({ tool: 'kit_add', input: { a, b: 1 }, id: `c${a}` }))
    const refused = { calls: [{ tool: 'kit_add', input: { a: 'one' } }] }
    const seen: ToolResultEvent[] = []
    const stopWhen = (result: ToolResultEvent): boolean => {
      seen.push(result)
      return isDeepStrictEqual(result.output, { type: 'json', value: { sum: 3 } })
    }
    const model = scriptedModel([refused, { calls: calls.slice(0, 1) }, { text: 'Both.', calls }])
    const result = await run(session, 'Add', { model, stopWhen }).result
    expect(result).toMatchObject({ finishReason: 'stop-when', steps: 3, text: 'Both.' })
    expect(seen.map(({ toolCallId }) => toolCallId)).toEqual(['c1', 'c1-2', 'c2'])
    await run(session, 'Well?', { model: scriptedModel(['3']), stopWhen }).result
    expect(historyOf(session).slice(-3)).toEqual([
      'tool: = {"sum":2} | = {"sum":3}',
      'user: Well?',
      'assistant: 3',
    ])
  })

  test('stops behind a result that waited for a yes, and goes on for who steers (SPEC 55, 59)', async () => {
    const session = aSession({ add: defineTool({ ...add, approval: true }) })
    const call = { calls: [{ tool: 'kit_add', input: { a: 1, b: 1 }, id: 'c1' }] }
    const stopWhen = ({ toolName }: ToolResultEvent): boolean => toolName === 'kit_add'
    await run(session, 'Add', { model: scriptedModel([call]), stopWhen }).result
    const answered = resume(session, { c1: true }, { model: scriptedModel([]), stopWhen })
    expect(await answered.result).toMatchObject({ finishReason: 'stop-when', steps: 0 })

    const greedy = defineTool({
      ...add,
      approval: true,
      execute: (_, call) => run(call.session, 'And greet me.', { onBusy: 'steer' }) && 'Added.',
    })
    const other = aSession({ add: greedy })
    await run(other, 'Add', { model: scriptedModel([call]) }).result
    const goesOn = resume(other, { c1: true }, { model: scriptedModel(['Gladly.']), stopWhen })
    expect(await goesOn.result).toMatchObject({ finishReason: 'stop', text: 'Gladly.' })

    const steered = run(session, 'Again', {
      model: scriptedModel([call, 'Gladly.']),
      approve: 'wait',
      stopWhen,
    })
    for await (const event of steered) {
      if (event.type !== 'approval-request') continue
      run(session, 'And greet me.', { onBusy: 'steer' })
      steered.approve(event.toolCallId, true)
    }
    expect(await steered.result).toMatchObject({ finishReason: 'stop', text: 'Gladly.' })
  })

  test('tells why the model was stopped before its end (SPEC 57)', async () => {
    const model = scriptedModel([{ text: 'It is', finish: 'length' }])
    expect(await run(aSession(), 'Hi', { model }).result).toMatchObject({
      finishReason: 'length',
      text: 'It is',
    })
  })

  test('runs in an interaction of its own, which is gone afterwards (SPEC 38, 41)', async () => {
    let seen: unknown
    const look = defineTool({
      description: 'Looks around.',
      input: Type.Object({}),
      execute: (_, { interaction, session, user, signal, toolCallId, config, context, sections }) => {
        seen = interaction
        const own = [config, context, sections].every(Boolean) && interaction.session === session
        return [interaction.input, user.id, signal.aborted, toolCallId, own]
      },
    })
    const session = aSession({ look })
    const model = scriptedModel([{ calls: [{ tool: 'kit_look', id: 'c1' }] }, 'ok'])
    const events = await eventsOf(run(session, 'Hi', { model }))
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
      output: { value: ['Hi', 'ada', false, 'c1', true] },
    })
    expect(seen).toMatchObject({ ended: true, id: (events[0] as { runId: string }).runId })
  })

  test('passes on what is wrong with the prompt, once (SPEC 44)', async () => {
    class Broken extends Section('broken', {}, { template: '<%= nothing.at.all %>' }) {}
    class First extends Section('first', {}, { stability: 'turn', pinned: true, template: 'Costs.' }) {}
    class Last extends Section('last', {}, { slot: 'end', template: 'Stays.' }) {}
    class Long extends Section(
      'long',
      {},
      { maxTokens: 1, required: true, template: 'Far more than a word.' },
    ) {}
    class Claims extends Section('claims', {}, { stability: 'static', template: '<%= session.id %>' }) {}
    const session = aSession({ add })
    const toolset = defineToolset('wordy', {
      needs: [Broken, First, Last, Long, Claims],
      tools: { wordy: add },
    })
    register(session, Broken, First, Last, Long, Claims, toolset)
    session.tools.push('wordy')
    const kinds = session.prompt().notices.map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['failed', 'over', 'pinned', 'stability'])
    const model = scriptedModel([{ calls: [{ tool: 'kit_add', input: { a: 1, b: 1 } }] }, 'ok'])
    const events = await eventsOf(run(session, 'Hi', { model }))
    const warnings = events.filter((event) => event.type === 'warning')
    expect(warnings.map(({ about, message }) => `${about} ${/'\w+'/.exec(message)?.[0]}`).toSorted()).toEqual(
      ["prompt 'broken'", "prompt 'claims'", "prompt 'long'"],
    )
  })

  test('tells of toolsets that are not in force, once (SPEC 57)', async () => {
    const session = aSession({ add })
    session.agent!.tools.push('kiit')
    const model = scriptedModel([{ calls: [{ tool: 'kit_add', input: { a: 1, b: 1 } }] }, 'ok'])
    const events = await eventsOf(run(session, 'Hi', { model }))
    const warnings = events.filter((event) => event.type === 'warning')
    expect(warnings).toMatchObject([{ about: 'tools', message: expect.stringContaining("'kiit'") }])
  })
})

describe('an aborted run', () => {
  const abortedAt = async (parts: () => AsyncGenerator<object>, tools = {}) => {
    const session = aSession(tools)
    const running = run(session, 'Go', { model: scriptedModel([parts]) })
    const events = await eventsOf(running)
    return { session, events, error: await running.result.catch((error: unknown) => error) }
  }

  test('keeps what was said so far as partial, in the midst of a text (SPEC 58)', async () => {
    const session = aSession()
    const { opened, open } = gate()
    const model = scriptedModel([
      async function* () {
        yield* blockParts('text', 'One two').slice(0, 2)
        open()
        await new Promise(() => {})
      },
    ])
    const stop = new AbortController()
    const running = run(session, 'Count', { model, signal: stop.signal })
    const events = eventsOf(running)
    await opened
    await new Promise((resolve) => setTimeout(resolve))
    stop.abort()
    expect((await events).slice(-4)).toMatchObject([
      { type: 'text-end' },
      { type: 'usage' },
      { type: 'error', code: 'RETINUE_RUN_ABORTED' },
      { type: 'finish', finishReason: 'aborted', text: 'One ' },
    ])
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(historyOf(session)).toEqual(['user: Count', 'assistant (partial): One '])
  })

  test('leaves a history that the next run goes on from (SPEC 58)', async () => {
    const session = aSession()
    const running = run(session, 'Count', {
      model: scriptedModel([
        async function* () {
          yield* blockParts('reasoning', 'hm', 'r')
          yield* blockParts('text', 'One two').slice(0, 2)
          running.abort('enough')
          yield { type: 'text-delta', id: '0', delta: 'three' }
        },
      ]),
    })
    await expect(running.result).rejects.toThrow('The run was aborted: enough.')
    const script = scriptedModel(['Two.'])
    await run(session, 'Go on', { model: script }).result
    expect(script.requests[0]!.prompt).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Count' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'One ' }] },
      { role: 'user', content: [{ type: 'text', text: 'Go on' }] },
    ])
  })

  test('closes the calls that the model had made but that had not run (SPEC 58)', async () => {
    const ran: string[] = []
    const tool = defineTool({ description: 'x', input: Type.Object({}), execute: () => void ran.push('x') })
    const session = aSession({ tool })
    const running = run(session, 'Go', {
      model: scriptedModel([
        async function* () {
          yield* callParts('kit_tool', {}, 'c1')
          yield { type: 'tool-input-start', id: 'c2', toolName: 'kit_tool' }
          yield { type: 'tool-input-delta', id: 'c2', delta: '{"half' }
          running.abort()
          await new Promise(() => {})
        },
      ]),
    })
    const inputs = typesOf(await eventsOf(running)).filter((type) => /input-(start|end)/.test(type))
    expect(inputs).toEqual(['tool-input-start', 'tool-input-end', 'tool-input-start', 'tool-input-end'])
    expect(ran).toEqual([])
    expect(historyOf(session)).toEqual([
      'user: Go',
      'assistant (partial): kit_tool({})',
      'tool: ✗ The run was aborted before this tool ran.',
    ])
  })

  test('closes the calls that were running, and keeps those that were done (SPEC 58)', async () => {
    const stopped: unknown[] = []
    const session = aSession({
      quick: defineTool({ description: 'x', input: Type.Object({}), effect: 'pure', execute: () => 'done' }),
      slow: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: (_, { signal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => stopped.push(signal.reason))
            running.abort('late')
          }),
      }),
      never: defineTool({ description: 'x', input: Type.Object({}), execute: () => 'never' }),
    })
    const model = scriptedModel([
      {
        calls: [{ tool: 'kit_quick' }, { tool: 'kit_slow' }, { tool: 'kit_never' }],
      },
    ])
    const running = run(session, 'Go', { model, maxParallelTools: 1 })
    const events = await eventsOf(running)
    expect(typesOf(events).filter((type) => type.startsWith('step-'))).toEqual(['step-start'])
    expect(stopped).toEqual(['late'])
    expect(historyOf(session)).toEqual([
      'user: Go',
      'assistant: kit_quick({}) | kit_slow({}) | kit_never({})',
      'tool: = done | ✗ The run was aborted before this tool answered. It may have had effects until then. | ✗ The run was aborted before this tool ran.',
    ])
  })

  test('does not wait for a model that does not hear the signal (SPEC 58)', async () => {
    const session = aSession()
    const stop = AbortSignal.timeout(5)
    const running = run(session, 'Go', { model: scriptedModel([() => new Promise(() => {})]), signal: stop })
    const error = await running.result.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'RETINUE_RUN_ABORTED', cause: { name: 'TimeoutError' } })
    expect(historyOf(session)).toEqual(['user: Go'])
  })

  test('says nothing at all where it was aborted while its model was loaded (SPEC 58)', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'k')
    onTestFinished(() => void vi.unstubAllEnvs())
    const session = aSession()
    const running = run(session, 'Go', { model: 'openai/gpt-5' })
    await Promise.resolve()
    running.abort()
    expect(typesOf(await eventsOf(running))).toEqual(['error', 'finish'])
    expect(session.messages.length).toBe(0)
  })

  test('says nothing at all where it was aborted before it began (SPEC 58)', async () => {
    const session = aSession()
    const script = scriptedModel(['never'])
    const events = await eventsOf(run(session, 'Go', { model: script, signal: AbortSignal.abort() }))
    expect(typesOf(events)).toEqual(['error', 'finish'])
    expect([session.messages.length, script.requests.length]).toEqual([0, 0])
  })

  test('aborts its interaction at once, with the same reason (SPEC 37, 58)', async () => {
    const reason = new Error('enough')
    let given: unknown
    const stop = defineTool({
      description: 'x',
      input: Type.Object({}),
      execute(_, { interaction }) {
        running.abort(reason)
        given = interaction.signal.reason
      },
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_stop' }] }])
    const running: Run = run(aSession({ stop }), 'Go', { model })
    await expect(running.result).rejects.toThrow('The run was aborted: enough')
    expect(given).toBe(reason)
  })

  test.each([
    ['', undefined],
    [': enough', 'enough'],
    [': null', null],
    [': enough', new Error('enough')],
  ])('says why%s, where somebody has said so (SPEC 58)', async (why, reason) => {
    const running = run(aSession(), 'Go', { model: scriptedModel(['never']) })
    running.abort(reason)
    const events = await eventsOf(running)
    const error = await running.result.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      message: `[RETINUE_RUN_ABORTED] The run was aborted${why}. What was said until then is in the history.`,
      details: { steps: 1 },
    })
    const { message } = error as Error
    expect(events.at(-2)).toEqual({ type: 'error', code: 'RETINUE_RUN_ABORTED', message, error })
  })

  test('is let go of by the signal that it was given, once it is over (SPEC 58)', async () => {
    const { signal } = new AbortController()
    for (const step of ['Hello', new Error('no luck')]) {
      const running = run(aSession(), 'Hi', { model: scriptedModel([step]), signal })
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      await running.result.catch(() => {})
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
  })

  test('is none where the abort comes after its end (SPEC 58)', async () => {
    const stop = new AbortController()
    const running = run(aSession(), 'Hi', { model: scriptedModel(['Hello']), signal: stop.signal })
    await running.result
    running.abort()
    stop.abort()
    expect((await running.result).finishReason).toBe('stop')
    expect((await eventsOf(running)).at(-1)).toMatchObject({ finishReason: 'stop' })
  })

  test('is one whose interaction somebody ended (SPEC 37, 58)', async () => {
    const leave = defineTool({
      description: 'x',
      input: Type.Object({}),
      execute: (_, { interaction }) => interaction.end(),
    })
    const { error, session } = await abortedAt(
      async function* () {
        yield* callParts('kit_leave', {}, 'c1')
        yield finishPart('tool-calls')
      },
      { leave },
    )
    expect(error).toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(historyOf(session)).toHaveLength(3)
  })

  test('tells of nothing but that where the session was closed before it began (SPEC 56)', async () => {
    const session = aSession()
    session.close()
    const events = await eventsOf(run(session, 'Go', { model: scriptedModel(['ok']) }))
    expect(typesOf(events)).toEqual(['error', 'finish'])
    expect(events[0]).toMatchObject({ code: 'RETINUE_OWNER_ENDED' })
  })

  test('fails, and says so, where the session was closed under it (SPEC 58)', async () => {
    const close = defineTool({
      description: 'x',
      input: Type.Object({}),
      execute: (_, { session }) => {
        run(session, 'And this?', { onBusy: 'steer' })
        session.close()
      },
    })
    const { error, events } = await abortedAt(
      async function* () {
        yield* callParts('kit_close', {}, 'c1')
        yield finishPart('tool-calls')
      },
      { close },
    )
    expect((error as { code: string }).code).toMatch(/RETINUE_(OWNER_ENDED|RUN_ABORTED)/)
    expect(events.at(-1)?.type).toBe('finish')
  })
})
