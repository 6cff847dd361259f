import { describe, expect, test } from 'vitest'
import { reasonOf } from '../src/reason.ts'

describe('the text of a failure', () => {
  test.each<[unknown, string]>([
    [new Error('no'), 'no'],
    ['just text', 'just text'],
    [undefined, 'undefined'],
    [{ message: 'sent by a server' }, 'sent by a server'],
    [{ code: 7 }, '{"code":7}'],
    [7n, '7'],
    [new AggregateError([]), 'AggregateError'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ENOTFOUND' }) }),
      'fetch failed: ENOTFOUND',
    ],
    [new Error('', { cause: 'deeper' }), 'deeper'],
    [
      Object.assign(new Error('Bad Request'), { responseBody: '{"detail":"No such model"}' }),
      'Bad Request: {"detail":"No such model"}',
    ],
    [
      Object.assign(new Error('Bad Gateway'), { responseBody: 'x'.repeat(999) }),
      `Bad Gateway: ${'x'.repeat(300)}`,
    ],
    [
      Object.assign(new Error('Bad Gateway'), { responseBody: '<title>\r\n  Down\n</title>\n' }),
      'Bad Gateway: <title> Down </title>',
    ],
    ...[null, 7, { detail: 'no text' }].map((responseBody): [unknown, string] => [
      Object.assign(new Error('Own'), { responseBody }),
      'Own',
    ]),
    [Object.assign(new Error('Read'), { responseBody: '{}', data: {} }), 'Read'],
    [new Error('it: deeper', { cause: new Error('deeper') }), 'it: deeper'],
  ])('says what it can: %s (SPEC 57)', (thrown, text) => {
    expect(reasonOf(thrown)).toBe(text)
  })

  test('ends where causes go round in a circle (SPEC 57)', () => {
    const error = new Error('a')
    error.cause = new Error('b', { cause: new Error('c', { cause: error }) })
    expect(reasonOf(error)).toBe('a: b: c: a')
  })
})
