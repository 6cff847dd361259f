import { describe, expect, it } from 'vitest'
import {
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  Secret,
  Type,
  type EntryClass,
} from '../src/index.ts'

const code = (name: string, text = '') =>
  expect.objectContaining({
    name: 'RetinueError',
    code: name,
    message: expect.stringContaining(text) as string,
  })

function world(...contributes: EntryClass[]) {
  const registry = createRegistry()
  registry.register(definePlugin({ name: 'test', version: '1.0.0', contributes }))
  const user = new ChatUser({ id: 'ada', registry })
  return { registry, user, session: new ChatSession({ user }) }
}

/** Restores a session whose context holds one saved item. */
function load(definition: EntryClass, version: number, values: unknown) {
  const { user, session } = world(definition)
  const saved = { ...session.snapshot(), id: 'saved', context: { [definition.type]: { version, values } } }
  return ChatSession.restore(JSON.stringify(saved), { user })
}

describe('a default', () => {
  it('that throws leaves the bag unchanged, and the error names the type and the field (SPEC 18)', () => {
    const fails = () => {
      throw new Error('the moon is wrong')
    }
    class Broken extends Context('broken', { phase: Type.String({ default: fails as never }) }) {}
    const { session, registry } = world(Broken)
    const heard: unknown[] = []
    session.on('contextAdded', (payload) => heard.push(payload))
    expect(() => session.context.$get(Broken)).toThrow(
      code('RETINUE_DEFAULT_FAILED', "the default of 'phase' threw: the moon is wrong"),
    )
    expect(session.context.$has(Broken)).toBe(false)
    expect(Object.keys(session.context)).toEqual([])
    expect(session.snapshot().requested).toEqual([])
    expect(heard).toEqual([])
    expect(() => registry.contexts.create(Broken)).toThrow(
      code('RETINUE_DEFAULT_FAILED', "The context 'broken'"),
    )
  })

  it('may throw what is no error, and the text of it is told (SPEC 18)', () => {
    const fails = () => {
      throw 'bare words' // oxlint-disable-line no-throw-literal -- people do
    }
    class Bare extends Context('bare', { word: Type.String({ default: fails as never }) }) {}
    expect(() => new Bare().word).toThrow(code('RETINUE_DEFAULT_FAILED', 'bare words'))
  })

  it('that threw once is asked again the next time (SPEC 18)', () => {
    let ready = false
    const later = () => {
      if (!ready) throw new Error('not yet')
      return 'now'
    }
    class Later extends Context('later', { word: Type.String({ default: later as never }) }) {}
    expect(() => new Later().word).toThrow('not yet')
    ready = true
    expect(new Later().word).toBe('now')
  })

  it('that reads its own bag does not recurse for ever (SPEC 18)', () => {
    let read: () => string = () => ''
    class Mirror extends Context('mirror', { face: Type.String({ default: (() => read()) as never }) }) {}
    const { session } = world(Mirror)
    read = () => session.context.$get(Mirror).face
    expect(() => session.context.$get(Mirror)).toThrow(code('RETINUE_DEFAULT_FAILED', 'it reads itself'))
    expect(session.context.$types()).toEqual([])
    read = () => new Mirror().face
    expect(() => new Mirror().face).toThrow(code('RETINUE_DEFAULT_FAILED', 'it reads itself'))
  })

  it('that does not fit its own schema is refused (SPEC 18, 19)', () => {
    class Wrong extends Context('wrong', { count: Type.Integer({ default: 0, minimum: 1 }) }) {}
    expect(() => new Wrong().count).toThrow(code('RETINUE_DEFAULT_FAILED', "the default of 'count'"))
    class Worse extends Context('worse', { any: Type.Unknown({ default: () => () => 1 }) }) {}
    expect(() => new Worse().any).toThrow(code('RETINUE_DEFAULT_FAILED', "'any' threw"))
    class Dated extends Context('dated', { any: Type.Unknown({ default: { at: new Date(0) } }) }) {}
    expect(() => new Dated().any).toThrow(
      code('RETINUE_DEFAULT_FAILED', 'at /at is not JSON: an instance of Date'),
    )
  })

  it('is made once and frozen; the definition keeps its own (SPEC 8)', () => {
    const given = { rows: [1] }
    class Table extends Context('table', {
      data: Type.Object({ rows: Type.Array(Type.Number()) }, { default: given }),
    }) {}
    expect(new Table().data).toBe(new Table().data)
    expect(Object.isFrozen(new Table().data.rows)).toBe(true)
    given.rows.push(2)
    expect(new Table().data.rows).toEqual([1])
  })
})

describe('a value', () => {
  it('must be JSON, whatever its schema permits (SPEC 19)', () => {
    class Loose extends Context('loose', {
      any: Type.Unknown({ default: null }),
      when: Type.Optional(Type.Unknown()),
    }) {}
    const loose = new Loose()
    for (const value of [() => 1, 10n, Symbol('x'), Number.NaN]) {
      expect(() => (loose.any = value)).toThrow(code('RETINUE_VALUE_INVALID', 'is not JSON'))
    }
    expect(() => (loose.any = { made: [new Date()] })).toThrow(
      code(
        'RETINUE_VALUE_INVALID',
        "'any' of the context 'loose' is not JSON: an instance of Date at /made/0",
      ),
    )
    const { proxy, revoke } = Proxy.revocable({}, {}) // such as a draft of Immer, after its recipe is over
    revoke()
    expect(() => (loose.any = proxy)).toThrow(
      new TypeError("Cannot perform 'has' on a proxy that has been revoked"),
    )
    for (const value of ['text', 5, true, null, { deep: [1] }]) {
      loose.any = value
      expect(loose.any).toEqual(value)
    }
  })

  it('that does not fit a schema without words of its own is refused all the same', () => {
    const mute = Type.Refine(
      Type.Integer({ default: 1 }),
      (n) => n % 2 === 1,
      () => '',
    )
    class Odd extends Context('odd', { flag: mute }) {}
    expect(() => (new Odd().flag = 2)).toThrow(
      code('RETINUE_VALUE_INVALID', "The field 'flag' of the context 'odd' does not fit."),
    )
  })

  it('of an unknown field is refused, and the fields are named (SPEC 3)', () => {
    class Empty extends Context('empty', {}) {}
    expect(() => new Empty({ nope: 1 } as never)).toThrow(
      code('RETINUE_FIELD_UNKNOWN', 'Its fields are: none.'),
    )
  })
})

describe('saved fields', () => {
  class Results extends Context(
    'results',
    {
      query: Type.String({ default: '' }),
      count: Type.Integer({ default: 0 }),
      rows: Type.Array(Type.String(), { default: [] }),
    },
    {
      version: 3,
      upgrade: {
        1: ({ q, ...rest }: { q?: string }) => ({ ...rest, query: q }),
        2: (stored: object) => ({ ...stored, rows: undefined }),
      },
    },
  ) {}

  it('go through every step of their upgrade in order, and stay differences (SPEC 50)', () => {
    const { session, report } = load(Results, 1, { q: 'moon', count: 2 })
    expect(report).toMatchObject({ ok: true, upgraded: [{ at: 'context.results', from: 1, to: 3 }] })
    expect(session.snapshot().context).toEqual({
      results: { version: 3, values: { query: 'moon', count: 2 } },
    })
    expect(load(Results, 1, {}).session.snapshot().context).toEqual({})
  })

  it('that are undefined, as objects may hold them, are none (SPEC 50, 51)', () => {
    const { user, session } = world(Results)
    const context = { results: { version: 3, values: { query: undefined, count: 2 } } }
    const restored = ChatSession.restore({ ...session.snapshot(), id: 'saved', context }, { user })
    expect(restored.report.ok).toBe(true)
    expect(restored.session.snapshot().context).toEqual({ results: { version: 3, values: { count: 2 } } })
  })

  it('of a version without a step are taken as they are (SPEC 50)', () => {
    class Sparse extends Context('sparse', { word: Type.String({ default: '' }) }, { version: 4 }) {}
    expect(load(Sparse, 2, { word: 'x' }).session.snapshot().context).toEqual({
      sparse: { version: 4, values: { word: 'x' } },
    })
  })

  it('are handed to a step as a copy of its own, with keys that harm nobody (SPEC 50, 52)', () => {
    const seen: unknown[] = []
    class Changed extends Context(
      'changed',
      { rows: Type.Array(Type.Unknown(), { default: [] }) },
      {
        version: 2,
        upgrade: {
          1: (stored: { rows: unknown[] }) => {
            seen.push(stored)
            stored.rows.push('more')
            return { rows: stored.rows }
          },
        },
      },
    ) {}
    const values = JSON.parse('{"rows": [{"a": null}], "__proto__": {"polluted": true}}') as object
    const { session } = load(Changed, 1, values)
    expect(Object.keys(seen[0] as object)).toEqual(['rows', '__proto__'])
    expect(seen[0]).not.toHaveProperty('polluted')
    expect(session.snapshot().context).toEqual({
      changed: { version: 2, values: { rows: [{ a: null }, 'more'] } },
    })
  })

  it('of a newer version are set aside whole, never truncated (SPEC 50, D12)', () => {
    const { session, report } = load(Results, 4, { query: 'x', future: true })
    expect(report.quarantined).toEqual([
      {
        at: 'context.results',
        code: 'RETINUE_VERSION_NEWER',
        reason: 'It was saved by version 4; the code that read it knew 3.',
        version: 4,
        value: { query: 'x', future: true },
      },
    ])
    expect(session.snapshot().context).toEqual({})
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no way up')
      },
      'no way up',
    ],
    ['gives nothing', () => undefined, 'gave no plain object'],
    ['gives an array', () => [], 'gave no plain object'],
    ['gives a promise', () => Promise.resolve({ word: 'x' }), 'gave no plain object'],
    ['gives what is not JSON', () => ({ word: new Date(0) }), 'at /word is not JSON: an instance of Date'],
  ])('are set aside whole where a step %s (SPEC 50, D12)', (_, step, reason) => {
    class Stuck extends Context(
      'stuck',
      { word: Type.String({ default: '' }) },
      { version: 2, upgrade: { 1: step } },
    ) {}
    const { report } = load(Stuck, 1, { word: 'x' })
    expect(report.quarantined).toEqual([
      {
        at: 'context.stuck',
        code: 'RETINUE_UPGRADE_FAILED',
        reason: expect.stringContaining(reason) as string,
        version: 1,
        value: { word: 'x' },
      },
    ])
  })

  it('whose check throws are set aside like those that do not fit (SPEC 51, D12)', () => {
    class Picky extends Context('picky', {
      word: Type.Refine(Type.String({ default: '' }), (word) => {
        if (word === 'x') throw new TypeError('not that word')
        return true
      }),
    }) {}
    const { report } = load(Picky, 1, { word: 'x' })
    expect(report.quarantined).toMatchObject([
      {
        at: 'context.picky',
        field: 'word',
        code: 'RETINUE_VALUE_INVALID',
        reason: 'not that word',
        value: 'x',
      },
    ])
  })

  it('that are damaged fall back one by one, and the rest is loaded (SPEC 51, D12)', () => {
    const { session, report } = load(Results, 3, { query: 5, count: 2, rows: ['a'], gone: 1 })
    expect(report.quarantined).toEqual([
      expect.objectContaining({
        at: 'context.results',
        field: 'query',
        code: 'RETINUE_VALUE_INVALID',
        value: 5,
      }),
      expect.objectContaining({
        at: 'context.results',
        field: 'gone',
        code: 'RETINUE_FIELD_UNKNOWN',
        value: 1,
      }),
    ])
    expect(session.snapshot().context).toEqual({ results: { version: 3, values: { count: 2, rows: ['a'] } } })
  })

  it('whose check itself throws are set aside too (SPEC 51)', () => {
    const fussy = Type.Refine(Type.String({ default: 'calm' }), (word) => {
      if (word === 'storm') throw new Error('fussy')
      return true
    })
    class Mood extends Context('mood', { word: fussy }) {}
    expect(load(Mood, 1, { word: 'storm' }).report.quarantined).toEqual([
      expect.objectContaining({
        field: 'word',
        code: 'RETINUE_VALUE_INVALID',
        reason: 'fussy',
        value: 'storm',
      }),
    ])
  })

  it('of a secret are references, which work where the application allows them by name (D17)', () => {
    class Key extends Config('key', { key: Type.Optional(Secret()) }) {}
    const { user, registry } = world(Key)
    user.config.$get(Key).key = Secret.env('HOME')
    const saved = user.snapshot()
    expect(saved.config).toEqual({ key: { version: 1, values: { key: { $secret: 'env', name: 'HOME' } } } })
    expect(ChatUser.restore(saved, { registry }).report.ok).toBe(true)
    expect(ChatUser.restore(saved, { registry, secrets: ['HOME'] }).user.snapshot()).toEqual(saved)
    const forged = { ...saved, config: { key: { version: 1, values: { key: 'hunter2' } } } }
    expect(ChatUser.restore(forged, { registry }).report.quarantined[0]).toMatchObject({
      field: 'key',
      code: 'RETINUE_VALUE_INVALID',
    })
    user.config.$get(Key).key = Secret.value('hunter2')
    expect(JSON.stringify(user)).not.toContain('hunter2')
  })
})
