import { Context, createRegistry, definePlugin, ChatSession, ChatUser, Type } from '@retinue/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonCopy } from '../src/tool-json.ts'

const copyOf = (value: unknown): unknown => jsonCopy(value, 'returned')

class Row {
  readonly id = 7
  readonly hidden = undefined
  #secret = 1
  get secret() {
    return this.#secret
  }
}
class Sealed {
  #held = 1
  get held() {
    return this.#held
  }
}

describe('what a tool gives as JSON', () => {
  test('is copied as writing and reading it would, and shares nothing (SPEC 54)', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(copyOf(value))).toBe(JSON.stringify(value))
      }),
    )
    const given = { list: [{ n: 1 }] }
    const copy = copyOf(given) as typeof given
    given.list[0]!.n = 2
    expect(copy).toEqual({ list: [{ n: 1 }] })
  })

  test.each<[string, unknown, unknown]>([
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['a URL', { at: new URL('https://example.com/') }, { at: 'https://example.com/' }],
    ['what says its form once', { toJSON: () => ({ toJSON: 1 }) }, { toJSON: 1 }],
    ['what has a form that is nothing', [{ a: { toJSON: () => undefined } }], [{}]],
    ['what is undefined', { a: undefined, list: [undefined, 1] }, { list: [null, 1] }],
    ['an instance with fields', new Row(), { id: 7 }],
    ['an object with methods', { rows: [1], close: () => undefined }, { rows: [1] }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['an empty one', { a: Object.create(null) as object, b: {}, c: [] }, { a: {}, b: {}, c: [] }],
  ])('keeps the form of %s', (_, value, expected) => {
    expect(copyOf(value)).toStrictEqual(expected)
  })

  test('keeps a key that would be a prototype, and harms nobody', () => {
    const copy = copyOf(JSON.parse('{"__proto__": {"admin": true}}')) as { readonly admin?: boolean }
    expect([JSON.stringify(copy), copy.admin]).toEqual(['{"__proto__":{"admin":true}}', undefined])
  })

  test('takes bags and items of the kernel', () => {
    class Found extends Context('found', { n: Type.Integer({ default: 3 }) }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'found', version: '1.0.0', contributes: [Found] }))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), registry })
    session.context.$get(Found)
    expect(copyOf(session.context)).toEqual({ found: { n: 3 } })
  })
})

async function* yielding(): AsyncGenerator<number> {
  yield 1
}

describe('what JSON would lose', () => {
  test.each<[unknown, string]>([
    [
      { rows: [{}, { seen: new Map([[1, 2]]) }] },
      ' at /rows/1/seen: an instance of Map; give an array of what it holds: [...it]',
    ],
    [new Set([1]), ': an instance of Set; give an array of what it holds: [...it]'],
    [new URLSearchParams('a=1'), ': an instance of URLSearchParams; give an array'],
    [
      { body: Buffer.from('x') },
      " at /body: an instance of Buffer; give base64 text, or a file by output: 'content'",
    ],
    [new Float64Array(1), ': an instance of Float64Array; give base64 text'],
    [new ArrayBuffer(1), ': an instance of ArrayBuffer; give a plain object'],
    [
      { why: Object.assign(new Error('x'), { code: 'E' }) },
      ' at /why: an instance of Error; give its message, or throw it',
    ],
    [[Promise.resolve(1)], ' at /0: an instance of Promise; give what it comes to: await it'],
    [yielding(), ': an instance of a class; give what it comes to, and run.emit what comes before'],
    [new Sealed(), ': an instance of Sealed; give a plain object of what it holds'],
    [/x/, ': an instance of RegExp; give a plain object'],
    [{ n: NaN }, ' at /n: NaN; give null, or a text'],
    [[-Infinity], ' at /0: -Infinity; give null, or a text'],
    [{ id: 1n }, ' at /id: a bigint; give a number, or a text'],
    [[() => 1], ' at /0: a function; leave it out'],
    [[Object('text')], ' at /0: an instance of String; give its text'],
    [[Symbol('x')], ' at /0: a symbol; leave it out'],
    [undefined, ': undefined; give null'],
    [
      {
        get at() {
          throw new Error('gone')
        },
      },
      ' at /at: gone',
    ],
  ])('is refused with its place, and with what to give instead (%#)', (value, expected) => {
    expect(() => copyOf(value)).toThrow(`What the tool returned is not JSON${expected}`)
  })

  test('or can never hold is refused, too: what is within itself', () => {
    const parent = { children: [] as unknown[] }
    parent.children.push({ parent })
    expect(() => jsonCopy(parent, 'emitted')).toThrow(
      'What the tool emitted is not JSON at /children/0/parent/children/0/parent/…: nested deeper than 150, or within itself',
    )
  })
})
