import { describe, expect, test } from 'vitest'
import { messageProblem } from '../src/message.ts'
import type { Message } from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'

const history = (): Message[] => [
  {
    role: 'user',
    id: 'm1',
    parts: [
      { type: 'text', text: 'Who?' },
      { type: 'file', mediaType: 'image/png', data: 'aGk=', filename: 'a.png' },
    ],
  },
  {
    role: 'assistant',
    partial: true,
    parts: [
      {
        type: 'reasoning',
        text: 'Hm.',
        providerMetadata: { openai: { encrypted: 'x', nested: { a: [1] } } },
      },
      { type: 'text', text: '' },
      { type: 'file', mediaType: 'text/plain', data: 'https://example.org/a' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'search', input: { q: ['a', null, 1.5, true] } },
    ],
  },
  {
    role: 'tool',
    parts: [
      {
        type: 'tool-result',
        toolCallId: 'c1',
        toolName: 'search',
        output: { type: 'json', value: { found: [] } },
      },
      {
        type: 'tool-result',
        toolCallId: 'c2',
        toolName: 'search',
        output: { type: 'error-text', value: 'no' },
      },
      { type: 'tool-result', toolCallId: 'c3', toolName: 'search', output: { type: 'text', value: 'yes' } },
      {
        type: 'tool-result',
        toolCallId: 'c4',
        toolName: 'search',
        output: { type: 'error-json', value: null },
      },
      {
        type: 'tool-result',
        toolCallId: 'c5',
        toolName: 'draw',
        output: {
          type: 'content',
          value: [
            { type: 'text', text: 'A dot:' },
            { type: 'file', mediaType: 'image/png', data: 'aGk=' },
          ],
        },
      },
    ],
  },
  { role: 'user', parts: [] },
  { role: 'user', parts: [{ type: 'text', text: 'Ada asked who.' }], summary: true },
]

describe('session.messages', () => {
  test('takes the three roles with all their parts, and gives them back as JSON (SPEC 53)', () => {
    const { session, user, agent } = aSession()
    session.messages.push(...history())
    expect(session.messages.items).toEqual(history())
    const text = JSON.stringify(session)
    expect((JSON.parse(text) as { messages: unknown }).messages).toEqual(history())
    session.close()
    const { session: again } = (
      session.constructor as never as { restore(...of: unknown[]): { session: typeof session } }
    ).restore(text, { user, agent })
    expect(again.messages.items).toEqual(history())
  })

  test('is an observable list whose changes are patches of the session (SPEC 20, 53)', () => {
    const { session } = aSession()
    const heard: unknown[] = []
    session.messages.on('added', ({ index, value }) => heard.push([index, value.role]))
    session.on('committed', ({ patches }) => heard.push(patches))
    const [asked] = history()
    session.messages.push(asked!)
    expect(heard).toEqual([
      [0, 'user'],
      [{ owner: 'session:s1', list: 'messages', index: 0, removed: [], added: [asked] }],
    ])
  })

  test('owns what it takes: a message never changes afterwards (SPEC 19, 53)', () => {
    const { session } = aSession()
    const [message] = history()
    session.messages.push(message!)
    expect(() => ((message!.parts[0] as { text: string }).text = 'mine')).toThrow(TypeError)
    expect(() => (message!.parts as unknown[]).push(1)).toThrow(TypeError)
  })

  test('refuses what is no message, saying why, with nothing changed (SPEC 53)', () => {
    const { session } = aSession()
    const text = { type: 'text', text: 'x' }
    const bad: [unknown, string][] = [
      [null, 'its role is missing'],
      [undefined, 'its role is missing'],
      ['hi', 'its role is missing'],
      [[], 'its role is missing'],
      [{ parts: [] }, 'its role is missing'],
      [{ role: 'system', parts: [text] }, 'its role is "system"'],
      [{ role: 'constructor', parts: [text] }, 'its role is "constructor"'],
      [{ role: '__proto__', parts: [text] }, 'its role is "__proto__"'],
      [{ role: ['user'], parts: [text] }, 'its role is ["user"]'],
      [{ role: { toString: 1 }, parts: [text] }, 'its role is {"toString":1}'],
      [{ role: 'user' }, 'parts'],
      [{ role: 'user', parts: 'x' }, '/parts'],
      [{ role: 'user', parts: [{ type: 'reasoning', text: 'x' }] }, '/parts/0'],
      [{ role: 'user', parts: [{ type: 'text', text: 5 }] }, '/parts/0'],
      [{ role: 'user', id: 5, parts: [] }, '/id'],
      [{ role: 'assistant', partial: 'yes', parts: [] }, '/partial'],
      [{ role: 'assistant', parts: [{ type: 'tool-call', toolCallId: 'c', input: {} }] }, '/parts/0'],
      [{ role: 'tool', parts: [text] }, '/parts/0'],
      [
        {
          role: 'tool',
          parts: [
            { type: 'tool-result', toolCallId: 'c', toolName: 't', output: { type: 'text', value: 5 } },
          ],
        },
        '/parts/0/output',
      ],
      [{ role: 'user', summary: 1, parts: [] }, '/summary'],
      [Object.assign([], { role: 'user', parts: [] }), 'it is an array'],
      [{ role: 'user', parts: [null] }, '/parts/0 must be an object'],
      [{ role: 'user', parts: [{ ...text, providerMetadata: { a: 1 } }] }, '/parts/0/providerMetadata'],
      [{ role: 'user', parts: [{ type: 'file', mediaType: 'a/b', data: 'x', filename: 1 }] }, '/filename'],
      [
        { role: 'assistant', parts: [text, { type: 'tool-call', toolCallId: 'c', toolName: 't' }] },
        '/parts/1/input',
      ],
      [{ role: 'assistant', parts: [{ type: 'provider', provider: 'p', content: {} }] }, '/content/type'],
      [{ role: 'assistant', parts: [{ type: 'provider', provider: 'p', content: 'x' }] }, '/parts/0/content'],
      [
        { role: 'tool', parts: [{ type: 'tool-result', toolCallId: 'c', toolName: 't', output: 'x' }] },
        '/parts/0/output',
      ],
      ...[{}, { type: 'json' }, { type: 'content', value: [text, { type: 'tool-call' }] }].map(
        (output): [unknown, string] => [
          { role: 'tool', parts: [{ type: 'tool-result', toolCallId: 'c', toolName: 't', output }] },
          '/parts/0/output',
        ],
      ),
    ]
    for (const [message, why] of bad) {
      const error = thrownBy(() => session.messages.push(message as Message))
      expect([error.code, error.hint]).toEqual([
        'RETINUE_VALUE_INVALID',
        expect.stringContaining("role: 'user' | 'assistant' | 'tool'"),
      ])
      expect(error.message).toContain(why)
      expect(messageProblem(message)).toContain(why)
    }
    const noJson = {
      role: 'assistant',
      parts: [{ type: 'tool-call', toolCallId: 'c', toolName: 't', input: { at: new Date() } }],
    }
    expect(thrownBy(() => session.messages.push(noJson as never)).message).toContain(
      '/parts/0/input/at is not JSON: an instance of Date',
    )
    expect(session.messages).toHaveLength(0)
  })

  test('keeps what it does not know of a message (SPEC 53)', () => {
    const { session } = aSession()
    const message = {
      role: 'user',
      parts: [{ type: 'text', text: 'x', note: 1 }],
      sentAt: 5,
    } as object as Message
    session.messages.push(message)
    expect(session.snapshot().messages).toEqual([message])
  })
})
