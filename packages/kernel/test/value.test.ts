import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Message, Secret } from '../src/index.ts'
import { takeMessage } from '../src/message.ts'
import { equal, maxValueDepth, takeOver, takeOverOnce, thaw } from '../src/value.ts'
import { cases } from './cases.ts'

const invalid = (what: string) =>
  expect.objectContaining({ code: 'RETINUE_VALUE_INVALID', message: expect.stringContaining(what) })

describe('a value that is taken over', () => {
  it('is frozen to the ground, and is the same object (SPEC 19, D5)', () => {
    const given = { list: [{ name: 'a' }], inner: { deep: [1, 2] } }
    const taken = takeOver(given)
    expect(taken).toBe(given)
    expect(() => taken.list.push({ name: 'b' })).toThrow(TypeError)
    expect(() => (taken.list[0]!.name = 'b')).toThrow(TypeError)
    expect(() => taken.inner.deep.pop()).toThrow(TypeError)
    expect(takeOver([...taken.list, { name: 'b' }])).toHaveLength(2)
  })

  it('holds no code: a getter or setter is refused, since it could give another value each time (SPEC 19)', () => {
    let times = 0
    const given = {
      rows: [
        {
          get at() {
            return ++times
          },
        },
      ],
    }
    expect(() => takeOver(given)).toThrow(invalid('The value at /rows/0/at is not JSON: a getter or setter'))
    expect(() => takeOverOnce({ set at(_value: number) {} })).toThrow(invalid('/at is not JSON'))
    expect(times).toBe(0)
  })

  it('loses the keys that hold undefined, as JSON has none', () => {
    expect(Object.keys(takeOver({ a: 1, b: undefined }))).toEqual(['a'])
    expect(takeOver({ rows: [{ a: undefined }] })).toEqual({ rows: [{}] })
  })

  it('that will hardly be handed in again is frozen just so', () => {
    const taken = takeOverOnce({ parts: [{ text: 'x' }] })
    expect(() => (taken.parts[0]!.text = 'y')).toThrow(TypeError)
    expect(() => takeOverOnce({ parts: [undefined] })).toThrow(invalid('/parts/0'))
    expect(() => takeOverOnce([{ at: Number.NaN }])).toThrow(invalid('/0/at'))
  })

  it('that grows in the end is gone through once, also where it is a message of many parts', () => {
    let walks = 0
    const part = new Proxy({ type: 'text', text: 'x' } as const, {
      ownKeys: (target) => (walks++, Reflect.ownKeys(target)),
    })
    const grow = (message: Message): Message =>
      takeMessage({ ...message, parts: [...message.parts, { type: 'text', text: 'y' }] } as Message)
    let message = takeMessage({ role: 'user', parts: Array(9).fill(part) })
    const before = walks
    for (let i = 0; i < 5; i++) message = grow(message)
    expect([walks, message.parts.length]).toEqual([before, 14])
  })

  it('is copied where it was frozen or sealed by somebody else and has such keys', () => {
    const frozen = Object.freeze({ a: 1, b: undefined })
    const sealed = Object.seal({ a: 1, b: undefined })
    expect(Object.keys(takeOver(frozen))).toEqual(['a'])
    expect(Object.keys(takeOver(sealed))).toEqual(['a'])
    expect(Object.keys(frozen)).toEqual(['a', 'b'])
    const rows = Object.freeze([frozen, frozen, { c: 1 }])
    expect(takeOver(rows).map((row) => Object.keys(row))).toEqual([['a'], ['a'], ['c']])
    const outer = Object.freeze({ rows, plain: 1 })
    expect(Object.keys(takeOver(outer).rows[0]!)).toEqual(['a'])
    expect(takeOver([frozen]).map((row) => Object.keys(row))).toEqual([['a']])
  })

  it.each([
    [undefined, 'undefined'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [10n, 'bigint'],
    [() => 1, 'function'],
    [Symbol('x'), 'symbol'],
    [new Date(0), 'an instance of Date'],
    [new Map(), 'an instance of Map'],
    [Object.create({ inherited: true }), 'an instance of Object'],
    [Object.create(Object.create(null)), 'an instance of class'],
  ])('must be JSON: %s is not (SPEC 19)', (value, what) => {
    expect(() => takeOver(value)).toThrow(invalid(what))
    expect(() => takeOver({ rows: [{ at: [value] }] })).toThrow(
      value === undefined ? invalid('/rows/0/at/0') : invalid(what),
    )
  })

  it('may be nested to a limit, and a circle is beyond it (SPEC 51)', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 'ground' : { in: nested(depth - 1) })
    expect(() => takeOver(nested(maxValueDepth + 1))).not.toThrow()
    expect(() => takeOver(nested(maxValueDepth + 2))).toThrow(invalid('nested deeper'))
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(() => takeOver(circle)).toThrow(invalid('nested deeper'))
  })

  it('holds no reference to a secret, which is a field of its own (SPEC D17)', () => {
    expect(() => takeOver({ rows: [Secret.value('x')] })).toThrow(invalid('at /rows/0 is not JSON: a secret'))
    expect(() => takeOver(Secret.env('KEY'))).toThrow(invalid('a secret'))
  })

  it('is told by the path of what is wrong, holes of lists included (SPEC 19)', () => {
    expect(() => takeOver({ none: null, fine: { a: [] }, bad: [() => 1] })).toThrow(invalid('/bad/0'))
    expect(() => takeOver(Object.freeze({ gone: undefined, bad: 1n }))).toThrow(invalid('/bad'))
    expect(() => takeOver({ rows: Array(2) })).toThrow(invalid('at /rows/0 is not JSON: undefined'))
  })

  it('may come from another realm, such as that of a test runner (SPEC 11, 19)', () => {
    const given = runInNewContext('({ list: [{ name: "a" }], at: new Date(0) })') as {
      list: object[]
      at: object
    }
    expect(takeOver(given.list)).toBe(given.list)
    expect(() => given.list.push({})).toThrow('not extensible')
    expect(() => takeOver(given)).toThrow(invalid('/at is not JSON: an instance of Date'))
  })

  it('may have no prototype, and keys that would harm an object by assignment (SPEC 52)', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object
    expect(JSON.stringify(takeOver(value))).toBe('{"__proto__":{"polluted":true},"constructor":1}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(takeOver(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 })
  })
})

describe('equality', () => {
  it('is that of JSON, whatever the order of keys (SPEC 21)', () => {
    expect(equal({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toBe(true)
    expect(equal(0, -0)).toBe(true)
    expect(equal([1, 2], [2, 1])).toBe(false)
    expect(equal([], {})).toBe(false)
    expect(equal({}, [])).toBe(false)
    expect(equal({ a: 1 }, { b: 1 })).toBe(false)
    expect(equal({ a: 1 }, { a: 1, b: 1 })).toBe(false)
    expect(equal(null, {})).toBe(false)
    expect(equal({}, null)).toBe(false)
    expect(equal('1', 1)).toBe(false)
  })

  it('of references to secrets is identity: one that data brought is not one that code made (D17)', () => {
    const secret = Secret.env('KEY')
    expect(equal(secret, secret)).toBe(true)
    expect(equal(secret, Secret.env('KEY'))).toBe(false)
    expect(equal({ $secret: 'env', name: 'KEY' }, secret)).toBe(false)
  })

  it('holds between a value and its copy, and says what JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(equal(a, structuredClone(a))).toBe(true)
        expect(equal(a, b)).toBe(sorted(a) === sorted(b))
        expect(equal(b, a)).toBe(equal(a, b))
        expect(equal(takeOver(structuredClone(a)), a)).toBe(true)
      }),
      cases,
    )
  })
})

/** JSON with sorted keys: a second opinion on equality. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

describe('a thawed value', () => {
  it('has arrays that can be changed, and shares what holds none (SPEC 48)', () => {
    const taken = takeOver({ list: [[1], { a: 'x', b: null }], plain: { deep: { c: 1 } } })
    const thawed = thaw(taken)
    expect(thawed).toEqual(taken)
    expect([thawed.plain === taken.plain, thawed.list[1] === taken.list[1]]).toEqual([true, true])
    ;(thawed.list[0] as unknown[]).push(2)
    thawed.list.pop()
    expect(taken.list).toEqual([[1], { a: 'x', b: null }])
    expect(thaw(taken.plain)).toBe(taken.plain)
  })

  it('is the same JSON, and taken over again the same value, for all values (SPEC 48)', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const taken = takeOver([value])
        const thawed = thaw(taken)
        expect(JSON.stringify(thawed)).toBe(JSON.stringify(taken))
        expect(thawed).not.toBe(taken)
        expect(equal(takeOver(thawed), taken)).toBe(true)
      }),
      cases,
    )
  })

  it('has keys of any name as its own (SPEC 52)', () => {
    const taken = takeOver(JSON.parse('{"__proto__":{"list":[1]}}') as object)
    const thawed = thaw(taken)
    expect([Object.keys(thawed), Object.getPrototypeOf(thawed)]).toEqual([['__proto__'], Object.prototype])
    expect(JSON.stringify(thawed)).toBe('{"__proto__":{"list":[1]}}')
  })
})
