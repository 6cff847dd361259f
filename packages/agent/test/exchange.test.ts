// Applications edit live histories. Whatever they do, the next request is one that providers accept, and what was not
// edited is sent as it is.
import { type ChatSession, defineTool, type Message, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freeId } from '../src/call-ids.ts'
import { viewOf } from '../src/history-view.ts'
import { History } from '../src/history.ts'
import { resume, run } from '../src/index.ts'
import { refusals } from './a-provider.ts'
import { aSession, eventsOf, historyOf, say } from './a-session.ts'

const style = { version: 'v4', maxResultChars: 40_000 } as const

const asking = (id: string) => ({ calls: [{ tool: 'kit_look', input: { id }, id }] })
const look = defineTool({
  description: 'Looks.',
  input: Type.Object({ id: Type.String() }),
  execute: ({ id }) => `seen ${id}`,
})

/** A session that has looked at a and b, one after the other, in one run. */
async function looked(): Promise<ChatSession> {
  const session = aSession({ look })
  await run(session, 'Look', { model: scriptedModel([asking('a'), asking('b'), 'Done.']) }).result
  return session
}

/** What the next run sends, which any provider would accept, and what it warns of. */
async function next(session: ChatSession): Promise<{ prompt: object[]; warnings: string[] }> {
  const model = scriptedModel(['Fine.'])
  const events = await eventsOf(run(session, 'And now?', { model }))
  const { prompt } = model.requests[0]!
  expect(refusals(prompt)).toEqual([])
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
  return { prompt: prompt.filter(({ role }) => role !== 'system'), warnings }
}

describe('the history of a live session', () => {
  test('is sent as it is where nobody edited it (SPEC 53, 58)', async () => {
    const session = await looked()
    const shown = viewOf(session.messages, style).look().history.shown()
    expect(shown.map((message, i) => message === session.messages.at(i))).toEqual(Array(6).fill(true))
    expect((await next(session)).warnings).toEqual([])
  })

  test('may lose a result in its middle: the call is closed with one that says so (SPEC 58)', async () => {
    const session = await looked()
    session.messages.removeAt(2)
    const { warnings } = await next(session)
    expect(warnings).toEqual(['Each tool call that had no result was closed with one that says so.'])
    expect(historyOf(session)[2]).toBe(
      'tool: ✗ The run ended before this call was answered; whether the tool ran is not known.',
    )
  })

  test('may lose a call: the model is not shown its result, which stays in the history (SPEC 58)', async () => {
    const session = await looked()
    session.messages.removeAt(1)
    const { prompt, warnings } = await next(session)
    expect(warnings).toEqual([expect.stringContaining('results without their calls')])
    expect(JSON.stringify(prompt)).not.toContain('seen a')
    expect(historyOf(session)[1]).toBe('tool: = seen a')
    expect((await next(session)).warnings).toHaveLength(1)
  })

  test('may lose its beginning, or its end (SPEC 58)', async () => {
    const session = await looked()
    session.messages.splice(0, 3)
    const { prompt } = await next(session)
    expect(prompt[0]).toEqual({
      role: 'user',
      content: [{ type: 'text', text: '[The conversation begins here.]' }],
    })
    session.messages.pop()
    session.messages.pop()
    const model = scriptedModel(['Well.'])
    await resume(session, {}, { model }).result
    expect(refusals(model.requests[0]!.prompt)).toEqual([])
    expect(model.requests[0]!.prompt.at(-1)).toMatchObject({ role: 'user', content: [{ text: 'Go on.' }] })
  })

  test('may be edited in the middle of a run (SPEC 58)', async () => {
    const edit = defineTool({
      description: 'Edits.',
      input: Type.Object({}),
      execute: () => void session.messages.removeAt(2),
    })
    const session = aSession({ look, edit })
    const model = scriptedModel([asking('a'), { calls: [{ tool: 'kit_edit' }] }, 'Done.'])
    const events = await eventsOf(run(session, 'Look', { model }))
    expect(refusals(model.requests[2]!.prompt)).toEqual([])
    expect(JSON.stringify(model.requests[2]!.prompt)).toContain('whether the tool ran is not known')
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ about: 'history' }])
  })

  test('may be emptied in the middle of a run, which has nothing to go on with then (SPEC 58)', async () => {
    const empty = defineTool({
      description: 'Empties.',
      input: Type.Object({}),
      execute: () => session.messages.clear(),
    })
    const session = aSession({ empty })
    const model = scriptedModel([{ calls: [{ tool: 'kit_empty' }] }, 'Done.'])
    await expect(run(session, 'Forget it', { model }).result).rejects.toMatchObject({
      code: 'RETINUE_INPUT_INVALID',
      message: expect.stringContaining('the conversation is empty') as string,
    })
    expect(model.requests).toHaveLength(1)
  })

  test.each([
    [
      'its beginning, which moves the answer',
      0,
      ['assistant: kit_look({"id":"a"})', 'tool: = seen a', 'assistant: Done.'],
    ],
    ['the answer itself, and with it where its results go', 1, ['user: Look', 'assistant: Done.']],
  ])('may lose, when an answer comes, %s (SPEC 58)', async (_, index, left) => {
    const session = aSession({ look })
    session.messages.on('added', ({ value }) => {
      if (JSON.stringify(value).includes('tool-call')) session.messages.removeAt(index)
    })
    const model = scriptedModel([asking('a'), 'Done.'])
    const events = await eventsOf(run(session, 'Look', { model }))
    expect(historyOf(session)).toEqual(left)
    expect(refusals(model.requests[1]!.prompt)).toEqual([])
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
  })

  test('may hold an answer twice: its provider takes what it stored only once (SPEC 58)', async () => {
    const session = aSession()
    const providerMetadata = { openai: { itemId: 'msg_1' } }
    const answer: Message = {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm.', providerMetadata: { openai: { itemId: 'rs_1' } } },
        { type: 'text', text: 'Yes.', providerMetadata },
      ],
    }
    session.messages.push(say('Hi'), answer, say('Hi'), structuredClone(answer))
    const { prompt } = await next(session)
    expect(prompt[1]).toMatchObject({ content: [{ text: 'Hm.' }, { providerOptions: providerMetadata }] })
    expect(prompt[3]).toEqual({ role: 'assistant', content: [{ type: 'text', text: 'Yes.' }] })
  })
})

describe('a request', () => {
  const id = fc.constantFrom('', 'c', 'c-2', 'd')
  const toolName = fc.constantFrom('look', 'find')
  const output = { type: 'text', value: 'x' } as const
  const call = fc.record({
    type: fc.constant('tool-call' as const),
    toolCallId: id,
    toolName,
    input: fc.constant({}),
  })
  const result = fc.record({
    type: fc.constant('tool-result' as const),
    toolCallId: id,
    toolName,
    output: fc.constant(output),
  })
  const text = fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('', ' ', 'Yes.') })
  const stored = fc.constantFrom('msg_1', 'msg_2').map((itemId) => {
    return { type: 'text' as const, text: 'So.', providerMetadata: { openai: { itemId } } }
  })
  const message: fc.Arbitrary<Message> = fc.oneof(
    fc.record({ role: fc.constant('user' as const), parts: fc.array(text, { maxLength: 2 }) }),
    fc.record({
      role: fc.constant('user' as const),
      parts: fc.constant([]),
      summary: fc.constant(true),
    }),
    fc.record({
      role: fc.constant('assistant' as const),
      parts: fc.array(fc.oneof(call, call, text, stored), { maxLength: 4 }),
      partial: fc.boolean(),
    }),
    fc.record({ role: fc.constant('tool' as const), parts: fc.array(result, { maxLength: 3 }) }),
  )
  /** A question, and an answer with calls that have their results: what runs leave behind. */
  const turn = fc.array(call, { maxLength: 3 }).map((calls): Message[] => {
    const results = calls.map(({ toolCallId, toolName }) => {
      return { type: 'tool-result', toolCallId, toolName, output } as const
    })
    const answer: Message = { role: 'assistant', parts: [{ type: 'text', text: 'So.' }, ...calls] }
    return [say('Hi'), answer, ...(calls.length === 0 ? [] : [{ role: 'tool' as const, parts: results }])]
  })
  const edit = fc.record({
    kind: fc.constantFrom('turn', 'insert', 'remove', 'set', 'move', 'copy', 'head', 'tail', 'part'),
    at: fc.nat(20),
    to: fc.nat(20),
    message,
    turn,
    isSent: fc.boolean(),
  })
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

  function make({ kind, at, to, message, turn }: Edit, messages: ChatSession['messages']): void {
    const [i, j] = [at % Math.max(1, messages.length), to % Math.max(1, messages.length)]
    const there = messages.at(i)
    if (kind === 'turn') messages.push(...turn)
    else if (kind === 'insert') messages.insert(i, message)
    else if (there === undefined) messages.push(say('Hi'))
    else if (kind === 'remove') messages.removeAt(i)
    else if (kind === 'set') messages.set(i, message)
    else if (kind === 'move') messages.insert(j, messages.removeAt(i)!)
    else if (kind === 'copy') messages.insert(j, there)
    else if (kind === 'head') messages.splice(0, i)
    else if (kind === 'tail') messages.splice(i)
    else messages.set(i, { ...there, parts: there.parts.slice(1) } as Message)
  }

  test('is one that providers accept, whatever is done to the history, and the same as of one never seen (SPEC 58)', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        const session = aSession()
        const { messages } = session
        const view = viewOf(messages, style)
        const sent = edits.flatMap((each) => {
          make(each, messages)
          if (!each.isSent || messages.length === 0) return []
          const forms = view.look().forms('test', [])
          const anew = new History(style)
          anew.look(messages)
          const seen = [forms, view.tokens(), [...view.history.torn], view.history.shown()]
          return [
            {
              refused: refusals(forms as never),
              seen,
              anew: [anew.forms('test', []), anew.tokens(), anew.torn, anew.shown()],
            },
          ]
        })
        session.close()
        expect(sent.flatMap(({ refused }) => refused)).toEqual([])
        expect(sent.map(({ seen }) => seen)).toEqual(sent.map(({ anew }) => anew))
      }),
      { numRuns: 300 },
    )
    expect.hasAssertions()
  })
})

describe('ids that a provider gives again in each answer', () => {
  const model = () => scriptedModel([asking('call_0'), 'Done.'])

  test('are others in the next run: each result is found by its own (SPEC 58)', async () => {
    const long = defineTool({
      description: 'Looks.',
      input: Type.Object({ id: Type.String() }),
      execute: (_, { toolCallId }) => `${toolCallId} `.repeat(500),
    })
    const session = aSession({ look: long })
    const options = { maxResultChars: 1000 }
    await run(session, 'Look', { model: model(), ...options }).result
    await run(session, 'Look', { model: model(), ...options }).result
    const read = (toolCallId: string) => ({ calls: [{ tool: 'read_result', input: { toolCallId } }] })
    const reader = scriptedModel([read('call_0'), read('call_0-2'), 'Done.'])
    await run(session, 'Read', { model: reader, ...options }).result
    expect(refusals(reader.requests[2]!.prompt)).toEqual([])
    const lines = historyOf(session).filter((line) => line.startsWith('tool: = call_0'))
    expect(lines.map((line) => line.slice(8, 17))).toEqual([
      'call_0 ca',
      'call_0-2 ',
      'call_0 ca',
      'call_0-2 ',
    ])
  })

  test('are found fast, however many are taken (SPEC 58)', () => {
    const taken = new Set(['call', ...Array.from({ length: 4999 }, (_, i) => `call-${i + 2}`)])
    let looks = 0
    const isTaken = (each: string): boolean => ++looks > 0 && taken.has(each)
    expect([freeId('', isTaken), freeId('other', isTaken)]).toEqual(['call-5001', 'other'])
    expect(looks).toBeLessThan(40)
  })

  test('are told apart for the model where a history of old has them twice (SPEC 49, 58)', async () => {
    const session = aSession({ look })
    const turn = (value: string): Message[] => {
      const named = { toolCallId: 'call_0', toolName: 'kit_look' }
      return [
        say('Look'),
        { role: 'assistant', parts: [{ type: 'tool-call', ...named, input: {} }] },
        { role: 'tool', parts: [{ type: 'tool-result', ...named, output: { type: 'text', value } }] },
      ]
    }
    session.messages.push(...turn('one'), ...turn('two'))
    const { prompt, warnings } = await next(session)
    expect(prompt.filter((message) => (message as Message).role === 'tool')).toMatchObject([
      { content: [{ toolCallId: 'call_0', output: { value: 'one' } }] },
      { content: [{ toolCallId: 'call_0-2', output: { value: 'two' } }] },
    ])
    expect(warnings).toEqual([])
  })

  test('and the names of tools are sent as each server takes them, and the history keeps them (SPEC 57, 58)', async () => {
    const session = aSession()
    const ids = ['functions.look:1', 'functions.look.1', 'abcdefgh9', 'call_1']
    const calls = ids.map((id, i) => ({ tool: ['functions.look', 'functions.look', 'look', ''][i]!, id }))
    await run(session, 'Look', { model: scriptedModel([{ calls }, 'Done.']) }).result
    const sentTo = async (provider: string) => {
      const model = Object.assign(scriptedModel(['Fine.']), { provider })
      await run(session, 'And now?', { model }).result
      const named = ['assistant', 'tool'].map((role) => {
        const { content } = model.requests[0]!.prompt.find((each) => each.role === role)!
        return (content as readonly { toolCallId: string; toolName: string }[]).map(
          ({ toolCallId, toolName }) => [toolCallId, toolName],
        )
      })
      expect(named[1]).toEqual(named[0])
      return Object.fromEntries(named[0]!) as Record<string, string>
    }
    const names = ['functions_look', 'functions_look', 'look', '_']
    const own = await sentTo('moonshot.chat')
    expect(own).toEqual(Object.fromEntries(ids.map((id, i) => [id, names[i]])))
    const [first, second, ...plain] = Object.entries(await sentTo('amazon-bedrock'))
    expect(plain).toEqual([
      ['abcdefgh9', 'look'],
      ['call_1', '_'],
    ])
    for (const [id, name] of [first!, second!]) expect([id.length, name]).toEqual([9, names[0]])
    const short = await sentTo('mistral.chat')
    expect(short).toMatchObject({ abcdefgh9: 'look' })
    expect(Object.keys(short).filter((id) => /^[a-z\d]{9}$/.test(id))).toHaveLength(4)
    expect(session.messages.at(1)!.parts[1]).toMatchObject({ toolCallId: ids[1], toolName: 'functions.look' })
  })
})
