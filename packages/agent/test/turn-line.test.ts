import { defineTool, Type } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { resume, type Run, run } from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, typesOf } from './a-session.ts'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'

/** A session in a run that goes on when the gate opens. */
function busy() {
  const { opened, open } = gate()
  const session = aSession()
  const first = scriptedModel([
    async function* () {
      await opened
      yield* blockParts('text', 'first')
      yield finishPart()
    },
    'second step',
  ])
  return { session, first, open, running: run(session, 'one', { model: first }) }
}

describe('a second run of a session', () => {
  test('waits for the first and begins where that ended, in order (SPEC 60)', async () => {
    const { session, running, open } = busy()
    const script = scriptedModel(['second', 'third'])
    const second = run(session, 'two', { model: script })
    const third = run(session, 'three', { model: script })
    expect(session.messages.length).toBe(1)
    open()
    await Promise.all([running.result, second.result, third.result])
    expect(historyOf(session)).toEqual([
      'user: one',
      'assistant: first',
      'user: two',
      'assistant: second',
      'user: three',
      'assistant: third',
    ])
  })

  test('is refused where the caller wants that (SPEC 60)', async () => {
    const { session, running, open } = busy()
    const refused = run(session, 'two', { model: scriptedModel(['never']), onBusy: 'reject' })
    expect(typesOf(await eventsOf(refused))).toEqual(['error', 'finish'])
    await expect(refused.result).rejects.toMatchObject({ code: 'RETINUE_RUN_BUSY' })
    open()
    await running.result
    expect(historyOf(session)).toHaveLength(2)
  })

  test('steers the first: it reads the message before its next step, and answers both (SPEC 60)', async () => {
    const { session, first, running, open } = busy()
    for await (const { type } of running) if (type === 'step-start') break
    const steered = run(session, 'and also two', { onBusy: 'steer' })
    run(session, 'then three', { onBusy: 'steer' })
    open()
    const [result, same] = await Promise.all([running.result, steered.result])
    expect(same).toBe(result)
    expect(historyOf(session)).toEqual([
      'user: one',
      'assistant: first',
      'user: and also two',
      'user: then three',
      'assistant: second step',
    ])
    expect(first.unused).toBe(0)
  })

  test('steers between tools and the next step (SPEC 60)', async () => {
    const session = aSession({
      tool: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: () => void run(session, 'wait', { onBusy: 'steer' }),
      }),
    })
    await run(session, 'go', { model: scriptedModel([{ calls: [{ tool: 'kit_tool' }] }, 'ok']) }).result
    expect(historyOf(session).map((line) => line.split(':')[0])).toEqual([
      'user',
      'assistant',
      'tool',
      'user',
      'assistant',
    ])
  })

  test('steers before the first step, too: while calls that were approved run, or the history is compacted (SPEC 60)', async () => {
    const steer = (): unknown => run(session, 'wait', { onBusy: 'steer' })
    const tool = defineTool({
      description: 'x',
      input: Type.Object({}),
      approval: true,
      execute: () => void steer(),
    })
    const session = aSession({ tool })
    await run(session, 'go', { model: scriptedModel([{ calls: [{ tool: 'kit_tool', id: 'c' }] }]) }).result
    await resume(session, { c: true }, { model: scriptedModel(['ok']) }).result
    expect(historyOf(session).slice(3)).toEqual(['user: wait', 'assistant: ok'])
    const compact = (): undefined => void steer()
    await run(session, 'on', { model: scriptedModel(['ok']), maxContextTokens: 1, compact }).result
    expect(historyOf(session).slice(5)).toEqual(['user: on', 'user: wait', 'assistant: ok'])
  })

  test.each<[string, (running: Run) => unknown]>([
    ['is aborted', (running) => running.abort()],
    ['fails', () => new Error('no luck')],
  ])(
    'is kept in the history where the run that it steers %s before it reads it (SPEC 58)',
    async (_, stop) => {
      const session = aSession()
      const answer = (): Error => {
        run(session, 'two', { onBusy: 'steer' })
        const thrown = stop(running)
        return thrown instanceof Error ? thrown : new Error('never seen')
      }
      const running: Run = run(session, 'one', { model: scriptedModel([answer]) })
      await expect(running.result).rejects.toThrow()
      expect(historyOf(session)).toEqual(['user: one', 'user: two'])
    },
  )

  test('runs by itself where the run that it would steer takes no further step (SPEC 60)', async () => {
    const script = scriptedModel(['second'])
    let late: Run | undefined
    const session = aSession({
      tool: defineTool({
        description: 'x',
        input: Type.Object({}),
        execute: (_, { interaction }) => {
          // Aborts as the run ends: nothing that comes now can reach it.
          interaction.signal.addEventListener('abort', () => {
            late = run(session, 'two', { model: script, onBusy: 'steer' })
          })
        },
      }),
    })
    await run(session, 'one', { model: scriptedModel([{ calls: [{ tool: 'kit_tool' }] }, 'first']) }).result
    expect((await late!.result).text).toBe('second')
    expect(historyOf(session).slice(-2)).toEqual(['user: two', 'assistant: second'])
  })

  test('has the turn to itself once it has it (SPEC 60)', async () => {
    const { session, running, open } = busy()
    const { opened, open: go } = gate()
    const second = run(session, 'two', {
      model: scriptedModel([
        async function* () {
          await opened
          yield* blockParts('text', 'second')
          yield finishPart()
        },
      ]),
    })
    open()
    await running.result
    const refused = run(session, 'three', { model: scriptedModel(['never']), onBusy: 'reject' })
    await expect(refused.result).rejects.toMatchObject({ code: 'RETINUE_RUN_BUSY' })
    go()
    expect((await second.result).text).toBe('second')
  })

  test('can be aborted once it has the turn, and those behind it have theirs (SPEC 58, 60)', async () => {
    const { session, running, open } = busy()
    const answer = (): string => (second.abort(), 'never seen')
    const second: Run = run(session, 'two', { model: scriptedModel([answer]) })
    const third = run(session, 'three', { model: scriptedModel(['third']) })
    open()
    await running.result
    await expect(second.result).rejects.toThrow('RETINUE_RUN_ABORTED')
    expect((await third.result).text).toBe('third')
  })

  test('can be aborted while it waits, and leaves no trace (SPEC 58, 60)', async () => {
    const { session, running, open } = busy()
    const script = scriptedModel(['never', 'third'])
    const second = run(session, 'two', { model: script })
    const third = run(session, 'three', { model: scriptedModel(['third']) })
    second.abort()
    await expect(second.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    open()
    await Promise.all([running.result, third.result])
    expect(historyOf(session).slice(2)).toEqual(['user: three', 'assistant: third'])
    expect(script.unused).toBe(2)
  })

  test('gets its turn when the first fails or is aborted (SPEC 60)', async () => {
    const { session, running } = busy()
    const second = run(session, 'two', { model: scriptedModel(['second']) })
    running.abort()
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect((await second.result).text).toBe('second')
  })

  test('may begin as soon as the first says that it is finished (SPEC 60)', async () => {
    const { session, running, open } = busy()
    open()
    for await (const event of running) {
      if (event.type !== 'finish') continue
      const next = run(session, 'two', { model: scriptedModel(['second']), onBusy: 'reject' })
      expect((await next.result).text).toBe('second')
    }
  })
})

test('runs of different sessions do not wait for each other (SPEC 60)', async () => {
  const { running, open } = busy()
  expect((await run(aSession(), 'Hi', { model: scriptedModel(['Hello']) }).result).text).toBe('Hello')
  open()
  await running.result
})
