import { AgentConfig, defineTool, Type } from '@retinue/kernel'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type ModelOption, run, type RunEvent, type RunOptions } from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, registryOf } from './a-session.ts'

const down = Object.assign(new Error('Down'), { statusCode: 503, isRetryable: true })
const refused = Object.assign(new Error('No such model'), { statusCode: 404 })
const fast = { retryDelayMs: 1 }

afterEach(() => vi.unstubAllEnvs())

describe('several models', () => {
  test('take the place of one that fails before it has said a word, with a warning (SPEC 57)', async () => {
    const session = aSession()
    const [first, second] = [scriptedModel([down, down, down]), scriptedModel(['Here.', 'Still here.'])]
    const events = await eventsOf(run(session, 'Hi', { model: [first, second], ...fast }))
    expect(events.at(-1)).toMatchObject({ text: 'Here.', finishReason: 'stop' })
    const warnings = events.filter((event) => event.type === 'warning')
    expect(warnings.map(({ about }) => about)).toEqual(['retry', 'retry', 'fallback'])
    expect(warnings.at(-1)!.message).toMatch(
      /^test\/scripted takes the place of test\/scripted: .*failed \(after 3 attempts\): Down/,
    )
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Here.'])
    expect([first.unused, second.unused]).toEqual([0, 1])
  })

  test('each get requests in their own form, of all that was said (SPEC 55)', async () => {
    const echo = defineTool({ description: 'x', input: Type.Object({}), execute: () => 'x' })
    const png = { type: 'file', mediaType: 'image/png', data: 'aGk=' } as const
    const old = scriptedModel([{ calls: [{ tool: 'kit_echo' }] }, refused], { version: 'v2' })
    const script = scriptedModel(['Done.'])
    const events = await eventsOf(run(aSession({ echo }), [png], { model: [old, script] }))
    expect(events.flatMap((event) => (event.type === 'usage' ? [event.model.modelId] : []))).toHaveLength(2)
    const [there, here] = [old.requests[1]!, script.requests[0]!].map(({ prompt }) => prompt)
    expect(there!.map(({ role }) => role)).toEqual(here!.map(({ role }) => role))
    expect(there![0]).toMatchObject({ content: [{ data: 'aGk=' }] })
    expect(here![0]).toMatchObject({ content: [{ data: { type: 'data', data: 'aGk=' } }] })
  })

  test('are sent of the answers of others what these said and called, and get their own back whole (SPEC 53)', async () => {
    const echo = defineTool({ description: 'x', input: Type.Object({}), execute: () => 'x' })
    const session = aSession({ echo })
    const thinking = scriptedModel([{ reasoning: 'hm', calls: [{ tool: 'kit_echo' }] }, refused, 'Back.'])
    const other = Object.assign(scriptedModel(['Done.', 'Once more.']), { modelId: 'other' })
    await run(session, 'Hi', { model: [thinking, other] }).result
    expect(session.messages.map((message) => 'model' in message && message.model)).toEqual([
      false,
      'test/scripted',
      false,
      false,
    ])
    await run(session, 'And?', { model: thinking }).result
    const thoughts = (model: typeof other): boolean[] =>
      model.requests.map(({ prompt }) => JSON.stringify(prompt).includes('"reasoning"'))
    expect([thoughts(thinking), thoughts(other)]).toEqual([[false, true, true], [false]])
  })

  test('stay in place for the rest of the run, and the next run begins with the first (SPEC 55)', async () => {
    const echo = defineTool({ description: 'x', input: Type.Object({}), execute: () => 'x' })
    const session = aSession({ echo })
    const first = scriptedModel([refused, 'Back.'])
    const second = scriptedModel([{ calls: [{ tool: 'kit_echo' }] }, 'Second.'])
    const model = [first, second]
    expect((await run(session, 'Hi', { model }).result).text).toBe('Second.')
    expect((await run(session, 'Hi', { model }).result).text).toBe('Back.')
  })

  test('never take over what was said in part: that is kept as partial, and the run fails (SPEC 57)', async () => {
    const session = aSession()
    const second = scriptedModel(['never'])
    const first = scriptedModel([() => blockParts('text', 'One two')])
    const running = run(session, 'Hi', { model: [first, second], ...fast })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_STREAM_CUT' })
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant (partial): One two'])
    expect(second.unused).toBe(1)
  })

  test('take over a block that was begun and had no word yet: it is ended first (SPEC 56)', async () => {
    const first = scriptedModel([
      () => [
        { type: 'text-start', id: '0' },
        { type: 'error', error: refused },
      ],
    ])
    const events = await eventsOf(run(aSession(), 'Hi', { model: [first, scriptedModel(['Here.'])] }))
    expect(events.filter(({ type }) => type === 'text-end')).toHaveLength(2)
    expect(events.at(-1)).toMatchObject({ text: 'Here.' })
  })

  test('are counted together, where one used tokens and failed (SPEC 59)', async () => {
    const failed = scriptedModel([() => [finishPart('error', { usage: [100, 5] })]])
    const { usage } = await run(aSession(), 'Hi', { model: [failed, scriptedModel(['Here.'])] }).result
    expect(usage).toMatchObject({ inputTokens: 110, outputTokens: 10 })
  })

  test('are not gone through by a run that is aborted while one is asked (SPEC 58)', async () => {
    const { opened, open } = gate()
    const first = Object.assign(scriptedModel([]), {
      doStream: () => (open(), new Promise<never>(() => {})),
    })
    const second = scriptedModel([])
    const running = run(aSession(), 'Hi', { model: [first, second], ...fast })
    await opened
    running.abort(down)
    const events = await eventsOf(running)
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
    expect([events.at(-1), second.requests]).toMatchObject([{ finishReason: 'aborted' }, []])
  })

  test('that all fail end the run with what the last one said (SPEC 57)', async () => {
    const model = [scriptedModel([refused]), scriptedModel([new Error('Gone')])]
    await expect(run(aSession(), 'Hi', { model }).result).rejects.toThrow('test/scripted failed: Gone')
  })

  test('are loaded when their turn comes; those that are not there are passed over (SPEC 55)', async () => {
    for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY']) vi.stubEnv(name, '')
    const script = scriptedModel(['Here.', refused])
    const model = ['openai/gpt-5', script, 'anthropic/claude']
    const events = await eventsOf(run(aSession(), 'Hi', { model }))
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'run-start', model: { provider: 'test', modelId: 'scripted' } },
      { type: 'warning', about: 'fallback', message: expect.stringContaining('OPENAI_API_KEY') },
    ])
    const failing = await eventsOf(run(aSession(), 'Hi', { model }))
    expect(failing.at(-2)).toMatchObject({ type: 'error', code: 'RETINUE_MODEL_FAILED' })
    expect(failing.at(-3)).toMatchObject({
      type: 'usage',
    })
    expect(failing.filter((event) => event.type === 'warning').at(-1)!.message).toContain('ANTHROPIC_API_KEY')
  })

  test('none of which is there fail with what to do (SPEC 55)', async () => {
    for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY']) vi.stubEnv(name, '')
    await expect(
      run(aSession(), 'Hi', { model: ['openai/gpt-5', 'anthropic/claude'] }).result,
    ).rejects.toMatchObject({ code: 'RETINUE_MODEL_NOT_CONFIGURED' })
  })

  test.each([
    [[], 'RETINUE_MODEL_MISSING'],
    [[undefined, scriptedModel(['x'])], 'RETINUE_MODEL_MISSING'],
    [[null], 'RETINUE_MODEL_MISSING'],
    [[''], 'RETINUE_MODEL_MISSING'],
    [[scriptedModel(['x']), 'gpt-5'], 'RETINUE_MODEL_UNKNOWN'],
    [[scriptedModel(['x']), {}], 'RETINUE_MODEL_UNSUPPORTED'],
  ])('are all checked before the first is used: %#', async (model, code) => {
    await expect(run(aSession(), 'Hi', { model: model as never }).result).rejects.toMatchObject({ code })
  })

  test('may be those of the agent, and of runs within the run (SPEC 55, 59)', async () => {
    const session = aSession({
      ask: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: async (_, call) =>
          (await run(call.interaction.child({ input: 'Inner' }), 'Inner', { parent: call }).result).text,
      }),
    })
    const first = scriptedModel([refused])
    const second = scriptedModel([
      { calls: [{ tool: 'kit_ask' }] },
      () => [...blockParts('text', 'In.'), finishPart()],
      'Out.',
    ])
    session.agent!.model = [first, second]
    expect((await run(session, 'Hi').result).text).toBe('Out.')
    expect([first.requests.length, second.unused]).toEqual([1, 0])
  })

  test('of a run are those of the runs within it from the one in use on, whatever their agent has (SPEC 55, 59)', async () => {
    const session = aSession({
      ask: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: async (_, call) =>
          (await run(call.interaction.child(), 'Inner', { parent: call }).result).text,
      }),
    })
    session.agent!.model = scriptedModel([])
    const first = scriptedModel([refused])
    const second = scriptedModel([{ calls: [{ tool: 'kit_ask' }] }, refused, 'Out.'])
    const third = scriptedModel(['In.'])
    const events = await eventsOf(run(session, 'Hi', { model: [first, second, third] }))
    expect(events.at(-1)).toMatchObject({ text: 'Out.' })
    expect(historyOf(session)[2]).toBe('tool: = In.')
    expect([first, second, third].map(({ requests }) => requests.length)).toEqual([1, 3, 1])
  })
})

describe('the agent that a tool hands the session on to', () => {
  /** Hands a session on in its first step; gives what is told. */
  async function handedOn(model: ModelOption | undefined, options?: RunOptions): Promise<RunEvent[]> {
    const session = aSession({
      hand_on: defineTool({
        description: 'Hands the session on.',
        input: Type.Object({}),
        execute: (_, call) => void (call.session.agent = billing),
      }),
      pay: defineTool({
        description: 'Pays.',
        input: Type.Object({}),
        approval: true,
        execute: () => 'paid',
      }),
    })
    const [registry, tools] = [registryOf(session), ['kit']]
    const billing = new AgentConfig({ name: 'billing', instructions: 'You bill.', model, tools, registry })
    const answering = scriptedModel([{ calls: [{ tool: 'kit_hand_on' }] }, 'Not me.'])
    session.agent!.model = [scriptedModel([refused]), answering]
    return eventsOf(run(session, 'Refund me', options))
  }

  test('has its model speak from the next step on (SPEC 55)', async () => {
    const billing = scriptedModel(['Refunded.'])
    expect((await handedOn(billing)).at(-1)).toMatchObject({ text: 'Refunded.', steps: 2 })
    expect(billing.requests[0]!.prompt[0]).toMatchObject({ content: 'You bill.' })
  })

  test('has the first of its models speak, and the next where that has failed, to the end (SPEC 55, 57)', async () => {
    const failing = scriptedModel([refused])
    const events = await handedOn([
      failing,
      scriptedModel([{ calls: [{ tool: 'kit_hand_on' }] }, 'Refunded.']),
    ])
    expect(events.at(-1)).toMatchObject({ text: 'Refunded.', steps: 3 })
    expect(failing.requests).toHaveLength(1)
  })

  test('passes over a model that can not be had, with a warning (SPEC 55, 57)', async () => {
    vi.stubEnv('OPENAI_API_KEY', '')
    const events = await handedOn(['openai/gpt-5', scriptedModel(['Refunded.'])])
    expect(events.at(-1)).toMatchObject({ text: 'Refunded.' })
    expect(events.findLast(({ type }) => type === 'warning')).toMatchObject({
      about: 'fallback',
      message: expect.stringContaining('OPENAI_API_KEY') as string,
    })
  })

  test('leaves the model to a run that names its own, and keeps what is there where it has none (SPEC 55)', async () => {
    const billing = scriptedModel(['x'])
    const model = scriptedModel([{ calls: [{ tool: 'kit_hand_on' }] }, 'The run says.'])
    expect((await handedOn(billing, { model })).at(-1)).toMatchObject({ text: 'The run says.' })
    expect(billing.unused).toBe(1)
    expect((await handedOn(undefined)).at(-1)).toMatchObject({ text: 'Not me.' })
  })

  test('is the one that asks for an approval by then (SPEC 59)', async () => {
    const events = await handedOn(scriptedModel([{ calls: [{ tool: 'kit_pay' }] }]))
    expect(events.find(({ type }) => type === 'approval-request')).toMatchObject({
      path: [{ agent: 'billing' }],
    })
  })

  test('fails the run where its model can not be had, and says what to do (SPEC 57)', async () => {
    vi.stubEnv('OPENAI_API_KEY', '')
    expect((await handedOn('openai/gpt-5')).at(-2)).toMatchObject({ code: 'RETINUE_MODEL_NOT_CONFIGURED' })
  })
})
