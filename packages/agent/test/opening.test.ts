import { describe, expect, test } from 'vitest'
import { defineTool, type Message, type ToolCallPart, Type } from '@retinue/kernel'
import { resume, run, type Run } from '../src/index.ts'
import { aSession, eventsOf, historyOf, say, typesOf } from './a-session.ts'
import { scriptedModel } from '@retinue/testing'

const calling = (...ids: string[]): Message => ({
  role: 'assistant',
  parts: ids.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'gone', input: {} })),
})
const answering = (...ids: string[]): Message => ({
  role: 'tool',
  parts: ids.map((toolCallId) => ({
    type: 'tool-result',
    toolCallId,
    toolName: 'gone',
    output: { type: 'text', value: toolCallId },
  })),
})
const unknown = '✗ The run ended before this call was answered; whether the tool ran is not known.'

describe('a history with calls that were never answered', () => {
  test('is mended by saying so, at its end (SPEC 58)', async () => {
    const session = aSession()
    session.messages.push(say('a'), calling('1', '2', '3'), answering('2'))
    const events = await eventsOf(run(session, 'b', { model: scriptedModel(['ok']) }))
    expect(historyOf(session)).toEqual([
      'user: a',
      'assistant: gone({}) | gone({}) | gone({})',
      `tool: ${unknown} | = 2 | ${unknown}`,
      'user: b',
      'assistant: ok',
    ])
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({ about: 'history' })
  })

  test('is mended wherever they are, by the first run of a restored session (SPEC 58)', async () => {
    const session = aSession()
    session.messages.push(say('a'), calling('1'), say('b'), calling('2'), answering('2'), calling('3'))
    await run(session, 'c', { model: scriptedModel(['ok']) }).result
    expect(historyOf(session)).toEqual([
      'user: a',
      'assistant: gone({})',
      `tool: ${unknown}`,
      'user: b',
      'assistant: gone({})',
      'tool: = 2',
      'assistant: gone({})',
      `tool: ${unknown}`,
      'user: c',
      'assistant: ok',
    ])
  })

  test.each(['pure', 'idempotent', 'once'] as const)(
    'is run again by who resumes it, where its tool is %s and that does no harm (SPEC 57, 58)',
    async (effect) => {
      const input = Type.Object({})
      const gone = defineTool({ description: 'x', input, effect, execute: () => 'again' })
      const session = aSession({ gone })
      const [call] = calling('1').parts
      session.messages.push(say('a'), {
        role: 'assistant',
        parts: [{ ...(call as ToolCallPart), toolName: 'kit_gone' }],
      })
      await resume(session, {}, { model: scriptedModel(['ok']) }).result
      const result = effect === 'once' ? unknown : '= again'
      expect(historyOf(session).slice(2)).toEqual([`tool: ${result}`, 'assistant: ok'])
    },
  )

  test('is never run again by an answer (SPEC 58, 59)', async () => {
    const session = aSession()
    session.messages.push(say('a'), calling('1'))
    const refused = resume(session, { 1: true }, { model: scriptedModel([]) }).result
    await expect(refused).rejects.toThrow("No call '1' waits for an approval. None waits.")
    await resume(session, {}, { model: scriptedModel(['ok']) }).result
    expect(historyOf(session).slice(2)).toEqual([`tool: ${unknown}`, 'assistant: ok'])
  })

  test('is mended by the first run that gets as far, also by an answer (SPEC 58, 59)', async () => {
    const session = aSession()
    session.messages.push(say('a'), calling('1'), say('b'), calling('2'))
    await run(session, 'c').result.catch(() => {})
    await resume(session, {}, { model: scriptedModel(['ok']) }).result
    expect(historyOf(session)).toEqual([
      'user: a',
      'assistant: gone({})',
      `tool: ${unknown}`,
      'user: b',
      'assistant: gone({})',
      `tool: ${unknown}`,
      'assistant: ok',
    ])
  })

  test('is left alone where all is answered (SPEC 58)', async () => {
    const session = aSession()
    session.messages.push(say('a'), calling('1'), answering('1'))
    const before = [...session.messages]
    await run(session, 'b', { model: scriptedModel(['ok']) }).result
    expect(session.messages.items.slice(0, 3)).toEqual(before)
  })
})

test('a turn that goes on and is aborted while its calls run takes no step (SPEC 58)', async () => {
  const wipe = defineTool({
    description: 'Wipes.',
    input: Type.Object({}),
    approval: true,
    execute: () => (running.abort(), 'wiped'),
  })
  const session = aSession({ wipe })
  const model = scriptedModel([{ calls: [{ tool: 'kit_wipe', id: 'c' }] }])
  await run(session, 'Go', { model }).result
  const running: Run = resume(session, { c: true }, { model })
  expect(typesOf(await eventsOf(running))).toEqual(['run-start', 'tool-result', 'error', 'finish'])
})

test.each([
  ['text', 'Wipe it'],
  ['parts', [{ type: 'text', text: 'Wipe' } as const, { type: 'text', text: 'it' } as const]],
])('a turn that goes on is about what was said last: %s (SPEC 41, 59)', async (_, input) => {
  const wipe = defineTool({
    description: 'Wipes.',
    input: Type.Object({}),
    approval: true,
    execute: (_, { interaction }) => JSON.stringify(interaction.input),
  })
  const session = aSession({ wipe })
  const model = scriptedModel(['Hello.', { calls: [{ tool: 'kit_wipe', id: 'c' }] }, 'ok'])
  await run(session, 'Hi', { model }).result
  await run(session, input, { model }).result
  await resume(session, { c: true }, { model }).result
  expect(historyOf(session).at(-2)).toBe(`tool: = ${JSON.stringify(input)}`)
})
