import { describe, expect, test } from 'vitest'
import { dropResults, resume, run } from '../src/index.ts'
import { aSession, eventsOf, typesOf } from './a-session.ts'
import { scriptedModel } from '@retinue/testing'

describe('the options of a run', () => {
  test.each<[string, object]>([
    ["no option 'maxStep'. Did you mean 'maxSteps'?", { maxStep: 5 }],
    ["no option 'aprove'. Did you mean 'approve'?", { aprove: () => true }],
    ["no option 'abortSignal'. It has model, ", { abortSignal: new AbortController().signal }],
    ['maxSteps', { maxSteps: Number.NaN }],
    ['maxSteps', { maxSteps: 1.5 }],
    [
      "can't have 0 as maxParallelTools. Give a whole number from 1 on, or Infinity.",
      { maxParallelTools: 0 },
    ],
    ['maxParallelTools', { maxParallelTools: Number.NaN }],
    ['maxParallelTools', { maxParallelTools: 2.5 }],
    ['maxResultChars', { maxResultChars: 10 }],
    ["no option 'temprature'. Did you mean 'temperature'?", { settings: { temprature: 0 } }],
    ['maxOutputTokens', { settings: { maxOutputTokens: Number.NaN } }],
    ['prompt', { settings: { prompt: [] } }],
    ['temperature', { settings: { temperature: '0.5' } }],
    ['parent', { parent: {} }],
    ['maxSteps', { maxSteps: '5' }],
    ['maxParallelTools', { maxParallelTools: -1 }],
    ['toolTimeoutMs', { toolTimeoutMs: -5 }],
    ['maxRetries', { maxRetries: null }],
    ['maxContextTokens', { maxContextTokens: '8000' }],
    ['onBusy', { onBusy: 'wait' }],
    ['promptCache', { promptCache: true }],
    ['approve', { approve: true }],
    ['approvalPolicy', { approvalPolicy: 'allow' }],
    ['compact', { compact: {} }],
    ['hooks', { hooks: () => {} }],
    ['A hook of a run', { hooks: [{}, undefined] }],
    ['beforeTools', { hooks: { beforeTools: () => ({ veto: 'no' }) } }],
    ['settings', { settings: 'cold' }],
    ['signal', { signal: {} }],
    ['signal', { signal: null }],
    ['signal', { signal: { aborted: false } }],
    ['signal', { signal: new AbortController() }],
    ['signal', { signal: Object.freeze(new AbortController().signal) }],
    ['parent', { parent: 'run' }],
    ['budget', { budget: 1000 }],
    ['as tokens', { budget: { tokens: Number.NaN } }],
    ["Did you mean 'timeMs'?", { budget: { time: 5000 } }],
    ['as timeMs', { budget: { timeMs: '5s' } }],
    ['budget.price', { budget: { cost: 1 } }],
    ['as price', { budget: { cost: 1, price: 0.01 } }],
  ])('are refused where no run takes them: %s (SPEC 59)', (name, options) => {
    const session = aSession()
    const start = (): unknown => run(session, 'Hi', { model: scriptedModel([]), ...options })
    expect(start).toThrow(expect.objectContaining({ code: 'RETINUE_OPTION_INVALID' }))
    expect(start).toThrow(name)
    expect(session.messages.length).toBe(0)
  })

  test.each<[string, () => unknown]>([
    ["resume() can't have true as answers.", () => resume(aSession(), true as never)],
    [
      "can't have an array as answers. Give an object of answers by toolCallId.",
      () => resume(aSession(), [] as never),
    ],
    ["dropResults() can't have NaN as keep.", () => dropResults({ keep: Number.NaN })],
    ["dropResults() has no option 'keeps'. Did you mean 'keep'?", () => dropResults({ keeps: 2 } as never)],
  ])('hold for what goes with a run, too: %s (SPEC 59)', (text, start) => {
    expect(start).toThrow(text)
  })

  test('are an object, or nothing at all (SPEC 59)', () => {
    const start = (): unknown => run(aSession(), 'Hi', null as never)
    expect(start).toThrow('[RETINUE_OPTION_INVALID] A run takes options, not null.')
  })

  test('may be there as undefined, and be without a limit (SPEC 59)', async () => {
    const options = { approve: undefined, hooks: undefined, budget: { steps: Infinity, cost: undefined } }
    const model = scriptedModel(['Hello.'])
    const { text } = await run(aSession(), 'Hi', { model, maxSteps: Infinity, ...options } as object).result
    expect(text).toBe('Hello.')
  })
})

describe('the place of a run', () => {
  test.each([[undefined], [null], ['session'], [{ id: 's' }], [{ session: {}, emit() {} }]])(
    'is no %j',
    (place) => {
      const refused = expect.objectContaining({ code: 'RETINUE_INPUT_INVALID' })
      expect(() => run(place as never, 'Hi', { onBusy: 'steer' })).toThrow(refused)
      expect(() => resume(place as never)).toThrow(refused)
    },
  )
})

describe('the signal of a run', () => {
  test('may take nothing any more (SPEC 58)', async () => {
    const aborter = new AbortController()
    const hang = () => {
      aborter.abort()
      return new Promise<never>(() => {})
    }
    const signal = Object.seal(aborter.signal)
    const running = run(aSession(), 'Hi', { model: scriptedModel([hang]), signal })
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
  })

  test('that fails ends the run as whatever else does, and the session goes on (SPEC 57, 58)', async () => {
    const session = aSession()
    const { signal } = new AbortController()
    signal.addEventListener = () => {
      throw new Error('nobody may listen')
    }
    const running = run(session, 'Hi', { model: scriptedModel([]), signal })
    expect(typesOf(await eventsOf(running))).toEqual(['error', 'finish'])
    await expect(running.result).rejects.toMatchObject({
      code: 'RETINUE_RUN_FAILED',
      cause: { message: 'nobody may listen' },
    })
    const { text } = await run(session, 'Hi', { model: scriptedModel(['Hello.']) }).result
    expect(text).toBe('Hello.')
  })
})
