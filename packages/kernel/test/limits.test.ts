import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AgentConfig, ChatSession, ChatUser, defaultLimits, type Limits } from '../src/index.ts'
import { parseWithin } from '../src/limits.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'

/** What the limits count, by the plainest code there is. */
function countsOf(value: unknown): Limits {
  const below = typeof value === 'object' && value !== null ? Object.values(value).map(countsOf) : []
  const names = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  const text = [...names, typeof value === 'string' ? value : ''].join('')
  const sum = (key: keyof Limits) => below.reduce((total, each) => total + each[key], 0)
  return {
    maxBytes: Buffer.byteLength(text) + sum('maxBytes'),
    maxDepth:
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...below.map((each) => each.maxDepth))
        : 0,
    maxNodes: 1 + sum('maxNodes'),
    maxKeys: names.length + sum('maxKeys'),
  }
}

const data = { format: 1, a: [1, 'zwölf', [{ b: null, ключ: '😀' }], {}], c: true }

describe('limits', () => {
  test('let through what is at each of them, and refuse what is one over, of text and of objects (SPEC 51)', () => {
    const text = JSON.stringify(data)
    for (const [form, bytes] of [
      [text, Buffer.byteLength(text)],
      [data, countsOf(data).maxBytes],
    ] as const) {
      const exact: Limits = { ...countsOf(data), maxBytes: bytes }
      expect(parseWithin(form, exact).data).toEqual(data)
      for (const limit of Object.keys(exact) as (keyof Limits)[]) {
        expect(parseWithin(form, { [limit]: exact[limit] }).data).toEqual(data)
        const error = thrownBy(() => parseWithin(form, { [limit]: exact[limit] - 1 }))
        expect(error.code).toBe('RETINUE_SNAPSHOT_LIMIT')
        expect(error.details).toEqual({ limit, allowed: exact[limit] - 1 })
        expect(error.message).toContain('Pass { limits } for more, up to a depth of 1000.')
      }
    }
  })

  test('count as plain code would, for all data (SPEC 51)', () => {
    const json = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(
        json,
        fc.constantFrom<(keyof Limits)[]>('maxBytes', 'maxDepth', 'maxNodes', 'maxKeys'),
        fc.boolean(),
        (value, limit, asText) => {
          const text = JSON.stringify(value)
          const parsed = JSON.parse(text) as object
          const exact = limit === 'maxBytes' && asText ? Buffer.byteLength(text) : countsOf(parsed)[limit]
          parseWithin(asText ? text : parsed, { [limit]: exact })
          const less = () => parseWithin(asText ? text : parsed, { [limit]: exact - 1 })
          expect(exact === 0 || thrownBy(less).code).toBeOneOf([true, 'RETINUE_SNAPSHOT_LIMIT'])
        },
      ),
      cases,
    )
  })

  test('count the bytes of halves of pairs as the encoder writes them (SPEC 51)', () => {
    for (const text of [
      '\ud83d\ude00',
      '\ud83d',
      '\ude00',
      '\ude00\ud83d',
      'é',
      '\u07ff\u0800',
      '\uffff',
      'a\udc00',
    ]) {
      const bytes = Buffer.byteLength(text)
      expect(parseWithin({ a: text }, { maxBytes: bytes + 1 }).data).toEqual({ a: text })
      expect(thrownBy(() => parseWithin({ a: text }, { maxBytes: bytes })).details.limit).toBe('maxBytes')
    }
  })

  test('are checked quickly and before anything is built (SPEC 51)', () => {
    const { registry, user } = aSession()
    const hostile: [string | object, keyof Limits][] = [
      ['['.repeat(3_000_000) + ']'.repeat(3_000_000), 'maxDepth'],
      [`{"a":${'{"a":'.repeat(400)}1${'}'.repeat(401)}`, 'maxDepth'],
      [{ list: Array.from({ length: 4_000_001 }, () => 0) }, 'maxNodes'],
      [Object.fromEntries(Array.from({ length: 2_000_001 }, (_, i) => [i, 0])), 'maxKeys'],
      ['x'.repeat(64 * 1024 * 1024 + 1), 'maxBytes'],
    ]
    for (const [snapshot, limit] of hostile) {
      const begin = process.cpuUsage().user
      const form = typeof snapshot === 'string' && snapshot.startsWith('[') ? `{"a":${snapshot}}` : snapshot
      expect(thrownBy(() => ChatUser.restore(form, { registry })).details.limit).toBe(limit)
      expect((process.cpuUsage().user - begin) / 1000).toBeLessThan(3_000) // of CPU: the machine may be busy
    }
    expect(registry.manager!.list(user)).toHaveLength(1)
  })

  test('end what goes round in a circle (SPEC 51)', () => {
    const round: Record<string, unknown> = { format: 1 }
    round.self = round
    round.again = [round]
    expect(thrownBy(() => parseWithin(round)).code).toBe('RETINUE_SNAPSHOT_LIMIT')
  })

  test('hold for sessions, users and agents, and can be set for each (SPEC 51)', () => {
    const { session, user, agent, registry } = aSession()
    const limits = { maxNodes: 3 }
    expect(thrownBy(() => ChatSession.restore(session.snapshot(), { user, agent, limits })).code).toBe(
      'RETINUE_SNAPSHOT_LIMIT',
    )
    expect(thrownBy(() => ChatUser.restore(user.snapshot(), { registry, limits })).code).toBe(
      'RETINUE_SNAPSHOT_LIMIT',
    )
    expect(thrownBy(() => AgentConfig.restore(agent.snapshot(), { registry, limits })).code).toBe(
      'RETINUE_SNAPSHOT_LIMIT',
    )
    expect(ChatUser.restore(user.snapshot(), { registry, limits: { maxNodes: 10 } }).report.ok).toBe(true)
  })

  test('are what they are said to be where nobody says otherwise (SPEC 51)', () => {
    const deep = `{"a":${'['.repeat(256)}${']'.repeat(256)}}`
    expect(thrownBy(() => parseWithin(deep, { maxDepth: undefined } as never)).details.allowed).toBe(256)
    expect(defaultLimits).toEqual({
      maxBytes: 67_108_864,
      maxDepth: 256,
      maxNodes: 4_000_000,
      maxKeys: 2_000_000,
    })
    expect(Object.isFrozen(defaultLimits)).toBe(true)
  })
})

describe('what was a text', () => {
  test('is owned: frozen to the ground, since nobody else holds it; an object is not (SPEC 19, 51)', () => {
    const { data: frozen, owned } = parseWithin('{"a":[{"b":{}},1],"c":"x"}')
    const { a } = frozen as { a: [{ b: object }, number] }
    expect(owned).toBe(true)
    expect([frozen, a, a[0], a[0].b].every((each) => Object.isFrozen(each))).toBe(true)
    expect(parseWithin(data).owned).toBe(false)
    expect([data, data.a, data.a[2]].some((each) => Object.isFrozen(each))).toBe(false)
  })

  test('is not where it holds what no value may be (SPEC 19, 51)', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(parseWithin('{"a":[1e999]}').owned).toBe(false)
    expect([parseWithin(nested(200)).owned, parseWithin(nested(201)).owned]).toEqual([true, false])
  })

  test('and all else is nested a thousand deep at most, whatever limit is set (SPEC 51)', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    for (const form of [(text: string) => text, (text: string) => JSON.parse(text) as object]) {
      parseWithin(form(nested(1000)), { maxDepth: Infinity })
      const error = thrownBy(() => parseWithin(form(nested(1001)), { maxDepth: Infinity }))
      expect(error.details).toEqual({ limit: 'maxDepth', allowed: 1000 })
    }
  })
})

test('only an object is a snapshot (SPEC 49)', () => {
  for (const none of ['', 'x', '[]', 'null', '5', '"text"', [], null, undefined, 5]) {
    expect(thrownBy(() => parseWithin(none as never)).code).toBe('RETINUE_SNAPSHOT_INVALID')
  }
})

test('an object that holds what JSON has no word for is no snapshot: what is set aside of one is saved again (SPEC 48, 51)', () => {
  for (const [stranger, what] of [
    [10n, 'bigint'],
    [() => 1, 'function'],
    [Symbol('x'), 'symbol'],
    [Number.NaN, 'number'],
    [new Date(0), 'Date'],
    [new Map(), 'Map'],
    [new (class Note {})(), 'Note'],
  ] as const) {
    const error = thrownBy(() => parseWithin({ format: 1, context: { notes: [stranger] } }))
    expect(error.message).toContain(
      `[RETINUE_SNAPSHOT_INVALID] A snapshot is JSON, and this one holds a ${what}.`,
    )
  }
  const elsewhere = runInNewContext('({ notes: [] })') as object
  const plain = { format: 1, left: undefined, none: Object.create(null) as object, elsewhere }
  expect(parseWithin(plain).owned).toBe(false)
})
