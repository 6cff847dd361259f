import { ChatSession, defineTool, Type } from '@retinue/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Budget, type BudgetLimits } from '../src/budget.ts'
import { type RunHooks, type RunResult, run, type Usage } from '../src/index.ts'
import { noUsage } from '../src/usage.ts'
import { aSession, eventsOf, historyOf } from './a-session.ts'
import { blockParts, scriptedModel } from '@retinue/testing'

const again = { calls: [{ tool: 'kit_tool' }], usage: [100, 50] } as const
const tool = defineTool({ description: 'x', input: Type.Object({}), execute: () => 'ok' })
const wire = { provider: 'test', modelId: 'wire' }
const ignore = (): void => {}
const used = (totalTokens: number): Usage => ({ ...noUsage, totalTokens })

describe('a budget', () => {
  const spend = (budget: BudgetLimits, settings = {}): Promise<RunResult> =>
    run(aSession({ tool }), 'Go', { model: scriptedModel([again, again, again, 'done']), budget, settings })
      .result

  test('of steps ends a run before the call that would go beyond it (SPEC 59)', async () => {
    expect(await spend({ steps: 2 })).toMatchObject({ finishReason: 'budget', steps: 2 })
    expect(await spend({ steps: 4 })).toMatchObject({ finishReason: 'stop', steps: 4 })
  })

  test('has room for what comes up to its limits, and for no more (SPEC 59)', () => {
    const price = ({ totalTokens }: Usage): number => totalTokens
    for (const limits of [{ tokens: 10 }, { cost: 10, price }]) {
      const budget = new Budget(limits, ignore)
      expect(budget.reserve(used(11), wire)).toBeUndefined()
      expect(budget.reserve(used(10), wire)).toBeDefined()
      expect(budget.reserve(used(1), wire)).toBeUndefined()
    }
  })

  test('of cost has the longest answer in the price of what comes (SPEC 59)', async () => {
    const priced: Usage[] = []
    const price = (usage: Usage): number => priced.push(usage) && 0
    await spend({ cost: 1, price }, { maxOutputTokens: 70 })
    const { inputTokens } = priced[0]!
    expect(priced[0]).toEqual({ ...noUsage, inputTokens, outputTokens: 70, totalTokens: inputTokens + 70 })
  })

  test('of tokens counts what was used, and estimates what comes (SPEC 59)', async () => {
    expect(await spend({ tokens: 310 })).toMatchObject({ finishReason: 'budget', steps: 2 })
    expect(await spend({ tokens: 1000 })).toMatchObject({ finishReason: 'stop' })
    expect(await spend({ tokens: 1000 }, { maxOutputTokens: 900 })).toMatchObject({
      finishReason: 'budget',
      steps: 1,
    })
    expect(await spend({ tokens: 1 })).toMatchObject({ finishReason: 'budget', steps: 0, text: '' })
  })

  test('of cost goes by the price that the caller gives (SPEC 59)', async () => {
    const price = ({ inputTokens, outputTokens }: Usage): number => inputTokens + 10 * outputTokens
    expect(await spend({ cost: 1210, price })).toMatchObject({ finishReason: 'budget', steps: 2 })
  })

  test('of cost goes by the model that answered, where another was to (SPEC 59)', () => {
    const price = ({ totalTokens }: Usage, { modelId }: { readonly modelId: string }): number =>
      modelId === 'wire' ? totalTokens : 2 * totalTokens
    const budget = new Budget({ cost: 40, price }, ignore)
    budget.reserve(used(10), wire)!(used(10), { provider: 'test', modelId: 'dear' })
    expect(budget.reserve(used(21), wire)).toBeUndefined()
    expect(budget.reserve(used(20), wire)).toBeDefined()
  })

  const fails = (): never => {
    throw new Error('no price')
  }
  describe.each([
    ['throws', fails, 'budget.price failed: no price'],
    ['gives no number', () => NaN, 'budget.price gave no number: NaN'],
    ['gives nothing', () => undefined as never, 'budget.price gave no number: undefined'],
  ])('of cost whose price %s', (_, give, why) => {
    const price = ({ outputTokens }: Usage): number => (outputTokens === 0 ? 0 : give())
    const budget = { cost: 1, price }

    test('warns of it, and keeps the answer that it is asked about (SPEC 59)', async () => {
      const session = aSession()
      const events = await eventsOf(run(session, 'Go', { model: scriptedModel(['Hi.']), budget }))
      expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
        { about: 'budget', message: why },
      ])
      expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'Hi.', usage: { outputTokens: 5 } })
    })

    test('ends the run with an error before the next call, and leaves a whole history (SPEC 58, 59)', async () => {
      const session = aSession({ tool })
      const model = scriptedModel([{ calls: [{ tool: 'kit_tool' }] }])
      const { result } = run(session, 'Go', { model, budget })
      await expect(result).rejects.toMatchObject({
        code: 'RETINUE_RUN_FAILED',
        message: expect.stringContaining(why),
      })
      expect(historyOf(session)).toEqual(['user: Go', 'assistant: kit_tool({})', 'tool: = ok'])
    })
  })

  test('of time ends the run, in the midst of a call (SPEC 59)', async () => {
    const session = aSession()
    const model = scriptedModel([
      async function* () {
        yield* blockParts('text', 'One').slice(0, 2)
        await new Promise(() => {})
      },
    ])
    const events = await eventsOf(run(session, 'Go', { model, budget: { timeMs: 5 } }))
    expect(events.at(-1)).toMatchObject({ type: 'finish', finishReason: 'budget', text: 'One' })
    expect(historyOf(session)).toEqual(['user: Go', 'assistant (partial): One'])
  })

  test('of time ends the runs within the run, and closes their calls (SPEC 59)', async () => {
    const slow = defineTool({
      description: 'Hands on.',
      input: Type.Object({}),
      execute: async (_, call) => {
        using child = call.interaction.child()
        const stuck = scriptedModel([() => new Promise(() => {})])
        return (await run(child, 'Inner', { model: stuck, parent: call }).result).text
      },
    })
    const session = aSession({ slow })
    const model = scriptedModel([{ calls: [{ tool: 'kit_slow' }] }])
    const { finishReason } = await run(session, 'Go', { model, budget: { timeMs: 5 } }).result
    expect(finishReason).toBe('budget')
    expect(historyOf(session).at(-1)).toMatch(/limit of 5 ms|was aborted/)
  })

  test('of time lets go of its timer when the run ends before it (SPEC 59)', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await run(aSession(), 'Go', { model: scriptedModel(['done']), budget: { timeMs: 60_000 } }).result
    expect(timers()).toBe(before)
  })

  test('leaves a history that can go on (SPEC 59)', async () => {
    const session = aSession({ tool })
    await run(session, 'Go', { model: scriptedModel([again]), budget: { steps: 1 } }).result
    expect((await run(session, 'On', { model: scriptedModel(['ok']) }).result).text).toBe('ok')
  })
})

describe('a budget over a tree of runs', () => {
  test('is shared by the runs within a run, and ends them with it (SPEC 59)', async () => {
    const results: string[] = []
    const session: ChatSession = aSession({
      delegate: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: async (_, { interaction, user }) => {
          const child = new ChatSession({ user, parent: session, agent: session.agent })
          const model = scriptedModel([
            { calls: [{ tool: 'kit_nothing' }] },
            { calls: [{ tool: 'kit_nothing' }] },
            'never',
          ])
          const { finishReason, steps } = await run(child, 'Do', {
            model,
            parent: interaction,
            budget: { steps: 9 },
          }).result
          results.push(`${finishReason} after ${steps}`)
          child.close()
        },
      }),
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_delegate' }] }, 'never'])
    const result = await run(session, 'Go', { model, budget: { steps: 3 } }).result
    expect(results).toEqual(['budget after 2'])
    expect(result).toMatchObject({ finishReason: 'budget', steps: 1 })
  })

  test('counts a call that never said what it used by its estimate (SPEC 59)', async () => {
    const ends: string[] = []
    const session: ChatSession = aSession({
      delegate: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: async (_, { interaction, user }) => {
          for (const model of [scriptedModel([() => blockParts('text', 'cut')]), scriptedModel(['never'])]) {
            const child = new ChatSession({ user, parent: session })
            const running = run(child, 'x'.repeat(400), { model, parent: interaction })
            ends.push(
              await running.result.then(
                ({ finishReason }) => finishReason,
                ({ code }: { code: string }) => code,
              ),
            )
          }
        },
      }),
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_delegate' }], usage: [1, 1] }, 'never'])
    await run(session, 'Go', { model, budget: { tokens: 200 } }).result
    expect(ends).toEqual(['RETINUE_STREAM_CUT', 'budget'])
  })

  test('counts a call whose provider reports no usage by its estimate (SPEC 59)', async () => {
    const silent = { ...again, usage: [0, 0] } as const
    const model = scriptedModel([silent, silent, silent, 'never'])
    const session = aSession({ tool })
    const result = run(session, 'x'.repeat(400), { model, budget: { tokens: 400 } }).result
    expect(await result).toMatchObject({ finishReason: 'budget', steps: 3, usage: { totalTokens: 0 } })
  })

  test('has nothing taken from it by a call that was not made (SPEC 59)', async () => {
    const delegate = defineTool({
      description: 'x',
      input: Type.Object({}),
      execute: async (_, call) => {
        const hooks: RunHooks = { beforeModel: () => ({ veto: 'not now' }) }
        await run(call.interaction.child(), 'Do', { parent: call, hooks }).result
      },
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_delegate' }] }, 'done'])
    const result = run(aSession({ delegate }), 'Go', { model, budget: { steps: 2 } }).result
    expect(await result).toMatchObject({ finishReason: 'stop', steps: 2 })
  })

  test('aborts the runs within a run that is aborted (SPEC 58, 59)', async () => {
    const session: ChatSession = aSession({
      delegate: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: async (_, { interaction, user }) => {
          const child = new ChatSession({ user, parent: session })
          const running = run(child, 'Do', {
            model: scriptedModel([() => new Promise(() => {})]),
            parent: interaction,
          })
          const ended = running.result.catch((error: { code: string }) => void codes.push(error.code))
          outer.abort()
          await ended
        },
      }),
    })
    const codes: string[] = []
    const outer = run(session, 'Go', { model: scriptedModel([{ calls: [{ tool: 'kit_delegate' }] }]) })
    await outer.result.catch((error: { code: string }) => void codes.push(error.code))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(codes).toEqual(['RETINUE_RUN_ABORTED', 'RETINUE_RUN_ABORTED'])
  })

  test('is never gone beyond, however calls are reserved and settled (SPEC 59)', () => {
    const call = fc.record({
      child: fc.nat(3),
      estimate: fc.nat(40),
      actual: fc.nat(40),
      later: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), fc.nat(200), fc.nat(20), (calls, tokens, steps) => {
        const root = new Budget({ tokens, steps }, ignore)
        const children = [
          root,
          new Budget({ tokens: tokens / 2 }, ignore, root),
          new Budget({}, ignore, root),
        ]
        const nested = [...children, new Budget({ steps: 3 }, ignore, children[2])]
        const open: (() => void)[] = []
        let [spent, made] = [0, 0]
        for (const { child, estimate, actual, later } of calls) {
          const settle = nested[child]!.reserve(used(estimate), wire)
          if (settle === undefined) continue
          made++
          // What a call uses is at most what was estimated; only then can a limit be kept.
          const true_ = Math.min(actual, estimate)
          spent += true_
          if (later) open.push(() => settle(used(true_), wire))
          else settle(used(true_), wire)
        }
        for (const settle of open) settle()
        expect([spent <= tokens, made <= steps]).toEqual([true, true])
      }),
      { numRuns: 1000 },
    )
    expect.hasAssertions()
  })
})
