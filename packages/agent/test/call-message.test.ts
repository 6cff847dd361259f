import { defineTool, type Message, ObservableList, type ToolResultPart, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { expect, test } from 'vitest'
import { CallMessage, callsOf } from '../src/call-message.ts'
import { run } from '../src/index.ts'
import { aSession, gate, historyOf } from './a-session.ts'

const output = { type: 'text', value: 'x' } as const

test('results of thousands of calls are put in order without looking at each of them for each of them', () => {
  let looks = 0
  const result = (id: number): ToolResultPart => ({
    type: 'tool-result',
    toolName: 't',
    output,
    get toolCallId() {
      looks++
      return `c${id}`
    },
  })
  const ids = Array.from({ length: 2000 }, (_, id) => id)
  const calls: Message = {
    role: 'assistant',
    parts: ids.map((id) => ({ type: 'tool-call', toolCallId: `c${id}`, toolName: 't', input: null })),
  }
  const messages = new ObservableList<Message>([calls])
  const message = new CallMessage(messages, 0, calls)
  for (const id of ids) message.close(result(id ^ 7)) // eight run at a time, and the last may end first
  expect(looks).toBeLessThan(30 * ids.length)
  expect(messages.at(1)?.parts.map((part) => 'toolCallId' in part && part.toolCallId)).toEqual(
    ids.map((id) => `c${id}`),
  )
})

const send = (ran: string[], approval = false) =>
  defineTool({
    description: 'Sends a mail.',
    input: Type.Object({ to: Type.String() }),
    approval,
    execute: ({ to }) => {
      ran.push(to)
      return 'sent'
    },
  })

test.each([false, true])(
  'results are kept where an observer has changed what the calls are told with, such as to take a name out (SPEC 22, 57)',
  async (approval) => {
    const ran: string[] = []
    const session = aSession({ send: send(ran, approval) })
    session.messages.on('added', ({ index, value }) => {
      const told = JSON.stringify(value)
      const clean = told.replaceAll('ada@x.example', '…')
      if (clean !== told) session.messages.set(index, JSON.parse(clean) as Message)
    })
    const calls = [
      { tool: 'kit_send', input: { to: 'ada@x.example' } },
      { tool: 'kit_send', input: { to: 'bob' } },
    ]
    const model = scriptedModel([{ text: 'To ada@x.example.', calls }, 'done'])
    await run(session, 'Write', { model, approve: () => true }).result
    expect(ran.toSorted()).toEqual(['ada@x.example', 'bob'])
    expect(historyOf(session)).toEqual([
      'user: Write',
      'assistant: To …. | kit_send({"to":"…"}) | kit_send({"to":"bob"})',
      'tool: = sent | = sent',
      'assistant: done',
    ])
    expect(JSON.stringify(session)).not.toContain('definition')
  },
)

test('results are kept where the message of their calls was changed and others have come behind it (SPEC 57)', async () => {
  const session = aSession({
    note: defineTool({
      description: 'Changes what was said, and adds an exchange.',
      input: Type.Object({}),
      execute: (_, { session: { messages } }) => {
        messages.set(1, { role: 'assistant', parts: [...callsOf(messages.at(1)!)] })
        const [toolCallId, toolName] = ['other', 'kit_note']
        messages.push(
          { role: 'assistant', parts: [{ type: 'tool-call', toolCallId, toolName, input: {} }] },
          { role: 'tool', parts: [{ type: 'tool-result', toolCallId, toolName, output }] },
        )
        return 'noted'
      },
    }),
  })
  await run(session, 'Note', { model: scriptedModel([{ calls: [{ tool: 'kit_note' }] }, 'done']) }).result
  expect(historyOf(session).slice(1, 3)).toEqual(['assistant: kit_note({})', 'tool: = noted'])
})

test('the result of a call that somebody has taken out of its message meanwhile is left out, too (SPEC 57)', async () => {
  const session = aSession({
    drop: defineTool({
      description: 'Takes the first call out.',
      input: Type.Object({}),
      execute: (_, { session: { messages } }) => {
        const said = messages.at(1)!
        messages.set(1, { role: 'assistant', parts: callsOf(said).slice(1) })
        return 'dropped'
      },
    }),
    send: send([]),
  })
  const calls = [{ tool: 'kit_drop' }, { tool: 'kit_send', input: { to: 'bob' } }]
  const model = scriptedModel([{ calls }, 'done'])
  await run(session, 'Write', { model }).result
  expect(historyOf(session)).toEqual([
    'user: Write',
    'assistant: kit_send({"to":"bob"})',
    'tool: = sent',
    'assistant: done',
  ])
})

test('the result of a call that somebody takes out once another has its result is left out, too (SPEC 57)', async () => {
  const taken = gate()
  const wait = defineTool({ description: 'Waits.', input: Type.Object({}), execute: () => taken.opened })
  const session = aSession({ send: send([]), wait })
  const { messages } = session
  messages.on('added', ({ value }) => {
    if (value.role !== 'tool') return
    messages.set(1, { role: 'assistant', parts: callsOf(messages.at(1)!).slice(0, 1) })
    taken.open()
  })
  const calls = [{ tool: 'kit_send', input: { to: 'bob' } }, { tool: 'kit_wait' }]
  await run(session, 'Write', { model: scriptedModel([{ calls }, 'done']) }).result
  expect(historyOf(session)).toEqual([
    'user: Write',
    'assistant: kit_send({"to":"bob"})',
    'tool: = sent',
    'assistant: done',
  ])
})
