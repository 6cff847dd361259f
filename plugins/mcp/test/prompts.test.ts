import { expect, test } from 'vitest'
import { messagesOf } from '../src/prompts.ts'

const limits = { maxResultChars: 10, maxFileBytes: 6 }
const said = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } })

test('the messages of a prompt are kept together within the limits, and what was left out is told', () => {
  const messages = [said('1234567'), said('890123'), said('more'), said('yet more')]
  expect(messagesOf({ messages }, limits)).toEqual([
    { role: 'user', parts: [{ type: 'text', text: '1234567' }] },
    {
      role: 'user',
      parts: [
        { type: 'text', text: '890\n[3 more characters were left out.]' },
        { type: 'text', text: '[2 more messages were left out.]' },
      ],
    },
  ])
})

test('so are its files', () => {
  const image = { type: 'image' as const, mimeType: 'image/png', data: 'AAAAAAAA' } // six bytes
  const messages = [image, image].map((content) => ({ role: 'assistant' as const, content }))
  expect(messagesOf({ messages }, limits).map(({ parts }) => parts[0]!.type)).toEqual(['file', 'text'])
  expect(messagesOf({ messages: [] }, limits)).toEqual([])
})
