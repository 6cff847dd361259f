import { estimateTokens, type Message } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { messageTokens } from '../src/message-tokens.ts'

const page = 'word '.repeat(1000)
const file = { type: 'file', mediaType: 'image/png', data: 'aGk='.repeat(10_000) } as const

const result = (output: Extract<Message, { role: 'tool' }>['parts'][number]['output']): Message => ({
  role: 'tool',
  parts: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', output }],
})

const own = (content: { readonly type: string; readonly [key: string]: string }): Message => ({
  role: 'assistant',
  parts: [{ type: 'provider', provider: 'test', content }],
})

describe('the tokens that a message is taken for', () => {
  const tokens = (message: Message): number =>
    messageTokens(message, 1000) - messageTokens(result({ type: 'text', value: '' }), 1000)

  test('are those of its text, and of a result what the model is shown of it (SPEC 46)', () => {
    expect(tokens({ role: 'user', parts: [{ type: 'text', text: page }] })).toBe(estimateTokens(page))
    expect(tokens(result({ type: 'text', value: page }))).toBe(estimateTokens(page.slice(0, 1000)))
  })

  test('are the same for each file, wherever it stands and however long its data is (SPEC 46)', () => {
    const one = tokens({ role: 'user', parts: [file] })
    expect(one).toBeLessThan(estimateTokens(file.data))
    expect(tokens(result({ type: 'content', value: [file, file] }))).toBe(2 * one + estimateTokens('\n'))
    expect(tokens(own({ type: 'reasoning-file', mediaType: 'image/png', data: file.data }))).toBe(one)
    expect(tokens(own({ type: 'custom', kind: 'test.note', note: page }))).toBeGreaterThan(
      estimateTokens(page),
    )
  })
})
