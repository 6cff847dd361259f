import { type Message, ObservableList, type ToolResultPart } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { CallMessage } from '../src/call-message.ts'

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
