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
      expect(parseWithin(form, exact)).toEqual(data)
      for (const limit of Object.keys(exact) as (keyof Limits)[]) {
        expect(parseWithin(form, { [limit]: exact[limit] })).toEqual(data)
        const error = thrownBy(() => parseWithin(form, { [limit]: exact[limit] - 1 }))
        expect(error.code).toBe('RETINUE_SNAPSHOT_LIMIT')
        expect(error.details).toEqual({ limit, allowed: exact[limit] - 1 })
        expect(error.message).toContain('pass { limits } when you restore it')
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
      expect(parseWithin({ a: text }, { maxBytes: bytes + 1 })).toEqual({ a: text })
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
      const begin = performance.now()
      const form = typeof snapshot === 'string' && snapshot.startsWith('[') ? `{"a":${snapshot}}` : snapshot
      expect(thrownBy(() => ChatUser.restore(form, { registry })).details.limit).toBe(limit)
      expect(performance.now() - begin).toBeLessThan(3_000)
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
    expect(defaultLimits).toEqual({
      maxBytes: 67_108_864,
      maxDepth: 256,
      maxNodes: 4_000_000,
      maxKeys: 2_000_000,
    })
    expect(Object.isFrozen(defaultLimits)).toBe(true)
  })
})

test('only an object is a snapshot (SPEC 49)', () => {
  for (const none of ['', 'x', '[]', 'null', '5', '"text"', [], null, undefined, 5]) {
    expect(thrownBy(() => parseWithin(none as never)).code).toBe('RETINUE_SNAPSHOT_INVALID')
  }
})
