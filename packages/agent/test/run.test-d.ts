import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from '@ai-sdk/provider'
import { type ChatSession, Type } from '@retinue/kernel'
import { expectTypeOf, test } from 'vitest'
import {
  type OfflineModel,
  offlineModel,
  resume,
  type Run,
  run,
  type RunEvent,
  type RunResult,
} from '../src/index.ts'

declare const session: ChatSession
declare const models: { v2: LanguageModelV2; v3: LanguageModelV3; v4: LanguageModelV4 }

test('a run is iterable and has a result (SPEC 55)', () => {
  expectTypeOf(run(session, 'Hi')).toEqualTypeOf<Run>()
  expectTypeOf(run(session, 'Hi')).toExtend<AsyncIterable<RunEvent>>()
  expectTypeOf(run(session, 'Hi').result).resolves.toEqualTypeOf<RunResult>()
  expectTypeOf(resume(session, { id: true, other: { approved: false, reason: 'no' } })).toEqualTypeOf<Run>()
})

test('models of each version go in as they are (SPEC 55)', () => {
  run(session, 'Hi', { model: models.v2 })
  run(session, 'Hi', { model: models.v3 })
  run(session, 'Hi', { model: models.v4 })
  run(session, 'Hi', { model: offlineModel() })
  run(session, 'Hi', { model: 'openai/gpt-5' })
  // @ts-expect-error a model has a version
  run(session, 'Hi', { model: { doStream() {} } })
})

test('what offlineModel() makes is named here: whoever exports it may not have the package of LanguageModelV4', () => {
  expectTypeOf(offlineModel).returns.toEqualTypeOf<OfflineModel>()
})

test('input is text or parts of what a user can say (SPEC 53)', () => {
  run(session, [
    { type: 'text', text: 'Hi' },
    { type: 'file', mediaType: 'image/png', data: 'aGk=' },
  ])
  // @ts-expect-error a user calls no tools
  run(session, [{ type: 'tool-call', toolCallId: '1', toolName: 'x', input: {} }])
})

test('events are told apart by their type (SPEC 56)', async () => {
  for await (const event of run(session, 'Hi')) {
    if (event.type === 'text-delta') expectTypeOf(event.delta).toEqualTypeOf<string>()
    if (event.type === 'finish') expectTypeOf(event.usage.totalTokens).toEqualTypeOf<number>()
    // @ts-expect-error not every event has a delta
    void event.delta
  }
})

test('output that is being written has the type of its schema, with any of it missing (SPEC 56)', async () => {
  const output = Type.Object({
    mood: Type.Union([Type.Literal('calm'), Type.Literal('merry')]),
    books: Type.Array(Type.Object({ title: Type.String(), year: Type.Integer() })),
  })
  for await (const event of run(session, 'Hi', { output })) {
    if (event.type !== 'partial-output') continue
    expectTypeOf(event.output.books?.[0]?.year).toEqualTypeOf<number | undefined>()
    // A choice may be cut in its middle, too.
    expectTypeOf(event.output.mood).toEqualTypeOf<string | undefined>()
    // @ts-expect-error it may not be there yet
    void event.output.books.length
    // @ts-expect-error the schema has no such field
    void event.output.title
  }
})

test('options are checked (SPEC 60)', () => {
  run(session, 'Hi', { onBusy: 'steer', settings: { temperature: 0 } })
  const { steps, signal }: { steps?: number; signal?: AbortSignal } = {}
  run(session, 'Hi', { signal, budget: { steps } })
  // @ts-expect-error there are three ways
  run(session, 'Hi', { onBusy: 'push' })
  // @ts-expect-error the run writes the prompt itself
  run(session, 'Hi', { settings: { prompt: [] } })
})

test('output has the type of its schema, once the model came to its own end (SPEC 55)', async () => {
  const output = Type.Object({ title: Type.String(), year: Type.Optional(Type.Integer()) })
  const result = await run(session, 'Hi', { output }).result
  if (result.finishReason === 'stop') {
    expectTypeOf(result.output.title).toEqualTypeOf<string>()
    expectTypeOf(result.output.year).toEqualTypeOf<number | undefined>()
  } else expectTypeOf(result.output).toEqualTypeOf<undefined>()
  // @ts-expect-error what stopped for an approval has none
  void result.output.title
  expectTypeOf((await run(session, 'Hi').result).output).toEqualTypeOf<undefined>()
  // @ts-expect-error an output is an object
  run(session, 'Hi', { output: Type.String() })
})

test('hooks give a veto, or what goes in instead (SPEC 56)', () => {
  run(session, 'Hi', { hooks: { beforeTool: () => ({ input: { a: 1 }, reason: 'x' }) } })
  run(session, 'Hi', { hooks: [{ afterModel: async () => ({ veto: 'x' }) }] })
  // @ts-expect-error what has run can't be given another input
  run(session, 'Hi', { hooks: { afterTool: () => ({ input: {} }) } })
  // @ts-expect-error a policy knows three words
  run(session, 'Hi', { approvalPolicy: () => 'perhaps' })
})
