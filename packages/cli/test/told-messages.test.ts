import type { Message } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { newsIn } from '../src/chat/told-messages.ts'

const user = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] })
const result = (id: string) =>
  ({ type: 'tool-result', toolCallId: id, toolName: 't', output: { type: 'text', value: id } }) as const
const results = (...ids: string[]): Message => ({ role: 'tool', parts: ids.map(result) })

const call = (providerMetadata?: object): Message =>
  ({
    role: 'assistant',
    parts: [{ type: 'tool-call', toolCallId: 'x', toolName: 't', input: {}, providerMetadata }],
  }) as Message

const asks = (content: { type: string; answer?: object }): Message => ({
  role: 'assistant',
  parts: [{ type: 'provider', provider: 'p', content: content as never }],
})

test.each<[string, Message[], Message[], ReturnType<typeof newsIn>]>([
  ['nothing', [user('a')], [user('a')], { told: [], gone: 0 }],
  ['what was added', [user('a')], [user('a'), user('b')], { told: [user('b')], gone: 0 }],
  ['what was taken back', [user('a'), user('b')], [user('a')], { told: [], gone: 1 }],
  [
    'what stands in its place',
    [user('a'), user('b')],
    [user('a'), user('c')],
    { told: [user('c')], gone: 1 },
  ],
  [
    'what follows a call, whoever was asked about it',
    [call({ retinue: { definition: '' } })],
    [call(), results('x')],
    { told: [results('x')], gone: 0 },
  ],
  [
    'nothing, where a provider was given its answer',
    [asks({ type: 'tool-approval-request' })],
    [asks({ type: 'tool-approval-request', answer: { approved: true } })],
    { told: [], gone: 0 },
  ],
  [
    'a result beside another, and what follows',
    [user('a'), results('x')],
    [user('a'), results('x', 'y'), user('b')],
    { told: [results('y'), user('b')], gone: 0 },
  ],
])('the news of a session are %s', (_, before, now, news) => {
  expect(newsIn(before, now)).toEqual(news)
})
