import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  RetinueError,
  Secret,
  Section,
  SessionManager,
  Type,
  type Contribution,
  type Json,
  type Message,
  type OwnerSnapshot,
  type SessionSnapshot,
} from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'

class SearchConfig extends Config('search', {
  limit: Type.Integer({ default: 5, minimum: 1 }),
  apiKey: Type.Optional(Secret()),
  budget: Type.Integer({ default: 1, setBy: ['agent'] }),
}) {}
class Findings extends Context(
  'findings',
  {
    query: Type.String({ default: '' }),
    results: Type.Array(Type.String(), { default: [] }),
    count: Type.Integer({ default: 0 }),
  },
  {
    version: 3,
    upgrade: {
      1: ({ q, ...rest }) => ({ ...rest, ...(q !== undefined && { query: q }) }),
      2: ({ hits, ...rest }) => ({ ...rest, ...(hits !== undefined && { results: hits }) }),
    },
  },
) {}
class Notes extends Context('notes', {
  text: Type.String({ default: '' }),
  facts: Type.Record(Type.String(), Type.Any(), { default: {} }),
}) {}
class Told extends Section('told', { style: Type.String({ default: 'plain' }) }) {}
const Machine = defineKind({ name: 'machine', bag: 'machines', owners: ['session'] })
const Fleeting = defineKind({ name: 'fleeting', bag: 'fleetings', snapshot: false })
class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}
class Spark extends Fleeting('spark', { heat: Type.Integer({ default: 0 }) }) {}

const nothing = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const search = defineToolset('search', { needs: [SearchConfig, Findings, Told], tools: { search: nothing } })
const think = defineToolset('think', { tools: { think: nothing } })

const all: readonly Contribution[] = [
  SearchConfig,
  Findings,
  Notes,
  Told,
  Machine,
  Door,
  Fleeting,
  Spark,
  search,
  think,
]
const start = () => aSession(...all)
const said = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] })

/** A saved session as JSON has it, loosely, so that tests can damage it. */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever may stand in a file
type Loose = Record<string, any>

/** What a session of 'ada' without anything in it is saved as, with changes. */
const saved = (changes: Loose = {}): Loose => ({
  format: 1,
  id: 's1',
  user: 'ada',
  agent: 'researcher',
  config: {},
  context: {},
  sections: {},
  machines: {},
  requested: [],
  tools: [],
  messages: [],
  ...changes,
})

/** Loads a session from its JSON text, in a registry and with owners of its own. */
function load(json: Loose | string, contributes: readonly Contribution[] = all, options: Loose = {}) {
  const { registry, user, agent, session: first } = aSession(...contributes)
  first.close()
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  const { session, report } = ChatSession.restore(text, { user, agent, ...options })
  return { registry, user, agent, session, report, snapshot: session.snapshot() as SessionSnapshot & Loose }
}

describe('a snapshot', () => {
  test('is plain JSON of what differs: own values, requests, tools, messages (SPEC 48)', () => {
    const { session, agent, user } = start()
    agent.tools.push('search')
    user.config.$get(SearchConfig).limit = 7
    session.config.$get(SearchConfig).limit = 9
    session.context.$get(Findings).query = 'q'
    session.context.$get(Notes)
    session.tools.push('think')
    session.tools.exclude('search')
    session.messages.push(said('hi'))
    const expected = {
      format: 1,
      id: 's1',
      user: 'ada',
      agent: 'researcher',
      config: { search: { version: 1, values: { limit: 9 } } },
      context: { findings: { version: 3, values: { query: 'q' } } }, // parked: the tool that needs it is excluded
      sections: {},
      machines: {},
      requested: ['context.notes'],
      tools: ['think'],
      excluded: ['search'],
      messages: [said('hi')],
    }
    expect(session.snapshot()).toEqual(expected)
    expect(JSON.parse(JSON.stringify(session))).toEqual(expected)
    expect(session.context.$parked()).toEqual(['findings'])
  })

  test('is shared, not copied, where it is wanted frozen', () => {
    const { session } = start()
    session.tools.push('think')
    session.messages.push(said('hi'))
    session.context.$set(Findings, { results: ['a'] })
    const frozen = session.snapshot({ frozen: true })
    expect(frozen).toEqual(session.snapshot({}))
    expect(frozen.messages).toBe(session.messages.items)
    expect(frozen.context['findings']?.values['results']).toBe(session.context.$get(Findings).results)
    const { user } = session
    user.context.$set(Findings, { results: ['b'] })
    const kept = user.snapshot({ frozen: true })
    expect(kept).toEqual(user.snapshot())
    expect(kept.context['findings']?.values['results']).toBe(user.context.$get(Findings).results)
  })

  test('of one session is the same text whatever the order of changes (SPEC 48)', () => {
    const [one, two] = [start().session, start().session]
    one.context.$set(Findings, { query: 'q', results: ['a'] })
    one.context.$set(Notes, { text: 'n' })
    two.context.$get(Notes)
    two.context.$delete(Notes)
    two.context.$set(Findings, { results: ['a'] })
    two.context.$get(Findings).query = 'q'
    two.context.$set(Notes, { text: 'n' })
    expect(JSON.stringify(two)).toBe(JSON.stringify(one))
  })

  test('creates nothing, changes nothing, and can be changed without harm (SPEC 48)', () => {
    const { session } = start()
    session.messages.push(said('hi'))
    const heard: unknown[] = []
    session.on('committed', (what) => heard.push(what))
    const [before, revision] = [JSON.stringify(session), session.revision]
    const snapshot = session.snapshot() as Loose
    snapshot.messages.push('mine')
    snapshot.tools.push('mine')
    snapshot.requested.push('mine')
    snapshot.context.mine = {}
    expect(JSON.stringify(session)).toBe(before)
    expect([session.revision, heard, session.context.$types()]).toEqual([revision, [], []])
  })

  test('has arrays that can be changed, in values and in messages (SPEC 48)', () => {
    const { session } = start()
    session.context.$set(Notes, { text: 'n', facts: { deep: [{ a: [1] }], flat: { b: 2 } } })
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't' }
    const result = { ...call, type: 'tool-result' }
    session.messages.push(
      said('hi'),
      {
        role: 'assistant',
        parts: [
          { ...call, input: { list: [[1]], not: null } },
          { ...call, input: null },
          { ...call, input: { a: 1 } },
          { type: 'provider', provider: 'p', content: { type: 'found', list: [[1]] } },
        ] as never,
      },
      {
        role: 'tool',
        parts: [
          { ...result, output: { type: 'json', value: [1] } },
          { ...result, output: { type: 'text', value: 'x' } },
        ] as never,
      },
    )
    const before = JSON.stringify(session)
    const snapshot = session.snapshot() as Loose
    const frozenIn = (value: unknown): unknown[] =>
      typeof value !== 'object' || value === null
        ? []
        : [
            ...(Array.isArray(value) && Object.isFrozen(value) ? [value] : []),
            ...Object.values(value).flatMap(frozenIn),
          ]
    expect(frozenIn(snapshot)).toEqual([])
    snapshot.messages[1].parts[0].input.list[0].push('mine')
    snapshot.messages[2].parts.length = 0
    snapshot.context.notes.values.facts.deep[0].a.push('mine')
    expect(JSON.stringify(session)).toBe(before)
  })

  test('has a parent only where there is one, and null for no agent (SPEC 27, 48)', () => {
    const { user, session } = start()
    expect(session.snapshot()).not.toHaveProperty('parent')
    using child = new ChatSession({ user, parent: session, agent: undefined })
    expect(child.snapshot()).toMatchObject({ parent: 's1', agent: null })
    const { session: again } = ChatSession.restore({ ...child.snapshot(), id: 'other' }, { user })
    expect(again.snapshot()).toEqual({ ...child.snapshot(), id: 'other' })
  })

  test('has the bags of other kinds, but for those that are not saved (D14, SPEC 48)', () => {
    const { session } = start()
    const { machines, fleetings } = session as unknown as Record<string, Record<string, Loose>>
    machines!.door!.state = 'open'
    fleetings!.spark!.heat = 9
    const snapshot = session.snapshot() as Loose & SessionSnapshot
    expect(snapshot.machines).toEqual({ door: { version: 1, values: { state: 'open' } } })
    expect(snapshot).not.toHaveProperty('fleetings')
    const { session: again, report } = load(snapshot)
    expect((again as unknown as Loose).machines.door.state).toBe('open')
    expect([report.ok, report.unknown]).toEqual([true, []])
  })

  test('of a user and of an agent follows the same rules (SPEC 48)', () => {
    const { registry, user, agent } = start()
    user.config.$set(SearchConfig, { limit: 7, apiKey: Secret.env('SEARCH_KEY') })
    user.context.$get(Notes)
    expect(user.snapshot()).toEqual({
      format: 1,
      id: 'ada',
      config: {
        search: { version: 1, values: { limit: 7, apiKey: { $secret: 'env', name: 'SEARCH_KEY' } } },
      },
      context: {},
      sections: {},
      requested: ['context.notes'],
    })
    agent.tools.push('search', 'not_yet')
    agent.model = 'openai/gpt-5'
    agent.instructions = 'Be {{user.id}}.'
    agent.config.$get(SearchConfig).budget = 3
    agent.sections.$get(Told).style = 'bold'
    expect(agent.snapshot()).toMatchObject({
      format: 1,
      name: 'researcher',
      model: 'openai/gpt-5',
      instructions: 'Be {{user.id}}.',
      config: { search: { values: { budget: 3 } } },
      tools: ['search', 'not_yet'],
    })
    const again = ChatUser.restore(JSON.stringify(user), { registry })
    expect(JSON.stringify(again.user)).toBe(JSON.stringify(user))
    const same = AgentConfig.restore(JSON.stringify(agent), { registry })
    expect(JSON.stringify(same.agent)).toBe(JSON.stringify(agent))
    expect([again.report.ok, same.report.ok, same.agent.tools.inForce]).toEqual([true, true, ['search']])
    agent.model = { modelId: 'an instance' }
    expect(agent.snapshot()).not.toHaveProperty('model')
  })

  test('of an agent keeps its exclusions; a user has no tools, so such a key is kept as it is (SPEC 48)', () => {
    const { registry } = start()
    const text = JSON.stringify({
      format: 1,
      name: 'a',
      config: {},
      context: {},
      sections: {},
      requested: [],
      tools: ['think'],
      excluded: ['think'],
    })
    const { agent } = AgentConfig.restore(text, { registry })
    expect(JSON.stringify(agent)).toBe(text)
    const stray = {
      format: 1,
      id: 'eve',
      config: {},
      context: {},
      sections: {},
      tools: ['think'],
      requested: [],
    }
    const { user, report } = ChatUser.restore(stray, { registry })
    expect(JSON.stringify(user)).toBe(JSON.stringify(stray))
    expect(report.unknown).toEqual(['tools'])
  })
})

describe('restoring', () => {
  test('is a fixed point, from text and from an object (SPEC 49)', () => {
    const { session, user, agent } = start()
    agent.tools.push('search')
    session.context.$set(Findings, { query: 'q', results: ['a', 'b'] })
    session.context.$set(Notes, { text: 'n', facts: { deep: [{ a: null }] } })
    session.tools.push('not_yet')
    session.messages.push(said('one'), said('two'))
    const text = JSON.stringify(session)
    session.close()
    for (const form of [text, JSON.parse(text)]) {
      const { session: again, report } = ChatSession.restore(form, { user, agent })
      expect(JSON.stringify(again)).toBe(text)
      expect(report).toEqual({
        ok: true,
        quarantined: [],
        unknown: [],
        upgraded: [],
        recovered: [],
        parked: [],
      })
      expect(again.context.$get(Findings).results).toEqual(['a', 'b'])
      expect(again.messages.items).toHaveLength(2)
      again.close()
    }
  })

  test('owns what it loaded, from text and from an object (SPEC 19, 49)', () => {
    const deep = {
      role: 'tool',
      parts: [
        {
          type: 'tool-result',
          toolCallId: 'c',
          toolName: 't',
          output: { type: 'json', value: { rows: [1] } },
        },
      ],
    }
    const text = JSON.stringify(saved({ messages: [said('hi'), deep] }))
    for (const form of [text, JSON.parse(text)]) {
      const { messages } = load(form as string).session
      expect(messages.items).toEqual([said('hi'), deep])
      const [
        ,
        {
          parts: [part],
        },
      ] = messages.items as [unknown, Loose]
      for (const each of [messages.at(0), messages.at(0)!.parts, part.output.value, part.output.value.rows])
        expect(Object.isFrozen(each)).toBe(true)
    }
  })

  test('sets aside a message that holds no JSON number, though the text can say it (SPEC 51)', () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input: { n: 0 } }
    const text = JSON.stringify(saved({ messages: [said('hi'), { role: 'assistant', parts: [call] }] }))
    const { session, report } = load(text.replace('"n":0', '"n":1e999'))
    expect(session.messages.items).toEqual([said('hi')])
    expect(report.quarantined).toMatchObject([{ at: 'messages', index: 1 }])
    expect(report.quarantined[0]!.reason).toContain('/parts/0/input/n is not JSON: Infinity')
  })

  test('keeps stored values whatever the user set meanwhile, and shows the rest live (SPEC 49)', () => {
    const { session, user, agent } = start()
    session.config.$get(SearchConfig).limit = 9
    const text = JSON.stringify(session)
    session.close()
    user.config.$get(SearchConfig).limit = 7
    user.context.$get(Notes).text = 'of the user'
    const { session: again } = ChatSession.restore(text, { user, agent })
    expect(again.config.$get(SearchConfig).limit).toBe(9)
    expect(again.context.$get(Notes).text).toBe('of the user')
    expect(JSON.stringify(again)).toBe(text)
  })

  test("refuses another user's session, leaving nothing (SPEC 49)", () => {
    const { session, registry } = start()
    const eve = new ChatUser({ id: 'eve', registry })
    const error = thrownBy(() => ChatSession.restore(session.snapshot(), { user: eve }))
    expect([error.code, error.details]).toEqual(['RETINUE_SNAPSHOT_OWNER', { saved: 'ada', given: 'eve' }])
    expect(registry.manager!.list(eve)).toEqual([])
  })

  test('reports another agent and applies the difference: values first, then presence (SPEC 49, D7)', () => {
    const { session, user, agent, registry } = start()
    agent.tools.push('search')
    session.context.$get(Findings).query = 'q'
    const text = JSON.stringify(session)
    session.close()
    const other = new AgentConfig({ name: 'writer', registry, tools: ['think'] })
    const { session: again, report } = ChatSession.restore(text, { user, agent: other })
    expect(report).toMatchObject({
      ok: true,
      agent: { saved: 'researcher', given: 'writer' },
      parked: ['context.findings'],
    })
    expect([again.context.$has(Findings), again.context.$parked()]).toEqual([false, ['findings']])
    again.agent = agent
    expect(again.context.$get(Findings).query).toBe('q')
    expect(JSON.stringify(again)).toBe(text)
    again.close()
    const without = ChatSession.restore(text, { user })
    expect(without.report.agent).toEqual({ saved: 'researcher', given: null })
  })

  test('refuses what is no snapshot, of another format, or without an id (SPEC 49)', () => {
    const { session, user, agent, registry } = start()
    const restore = (json: never) => thrownBy(() => ChatSession.restore(json, { user, agent })).code
    expect(restore('{' as never)).toBe('RETINUE_SNAPSHOT_INVALID')
    for (const format of [0, 0.5, 1.5, 2, '1', null])
      expect(restore({ ...session.snapshot(), format } as never)).toBe('RETINUE_SNAPSHOT_INVALID')
    expect(restore({} as never)).toBe('RETINUE_SNAPSHOT_INVALID')
    expect(restore(saved({ id: '' }) as never)).toBe('RETINUE_OWNER_INVALID')
    expect(registry.manager!.list()).toEqual([session])
    expect(thrownBy(() => ChatSession.restore('{}', undefined as never)).code).toBe('RETINUE_OPTION_INVALID')
    expect(thrownBy(() => ChatUser.restore(saved({ id: 5 }))).code).toBe('RETINUE_OWNER_INVALID')
  })

  test('counts as no change: no revision, no patches, whatever there is to load (SPEC 48, 52)', () => {
    const { session, snapshot } = load(
      saved({
        tools: ['think', 'search'],
        excluded: ['think'],
        messages: [said('a'), said('b')],
        context: { notes: { version: 1, values: { text: 'n' } } },
      }),
    )
    expect([session.revision, snapshot.tools, snapshot.excluded]).toEqual([0, ['think', 'search'], ['think']])
    session.messages.push(said('c'))
    expect(session.revision).toBe(1)
  })

  test("brings what the session's own tools need, on its user too (SPEC 29, 49)", () => {
    const { registry, user, session: first } = start()
    first.close()
    expect(user.config.$has(SearchConfig)).toBe(false)
    const { session } = ChatSession.restore(saved({ agent: null, tools: ['search'] }), { user, registry })
    expect([
      user.config.$has(SearchConfig),
      session.context.$has(Findings),
      session.sections.$has(Told),
    ]).toEqual([true, true, true])
    expect(Object.keys(user.config)).toEqual(['search'])
    session.close()
    expect(Object.keys(user.config)).toEqual([])
  })

  test('asks its user for nothing that only the tools need which it excludes (SPEC 49, D8)', () => {
    const { registry, user, agent, session: first } = start()
    first.close()
    agent.tools.replace(['search'])
    expect(user.config.$types()).toEqual([])
    const heard: string[] = []
    for (const event of ['configAdded', 'configRemoved'] as const) user.on(event, () => heard.push(event))
    const { session } = ChatSession.restore(saved({ excluded: ['search'] }), { user, agent, registry })
    expect([user.config.$types(), user.config.$has(SearchConfig), heard]).toEqual([[], false, []])
    session.tools.include('search')
    expect([user.config.$types(), heard]).toEqual([['search'], ['configAdded']])
  })

  test('loads a long history at once (SPEC 51, 53)', () => {
    const messages = Array.from({ length: 200_000 }, (_, i) => said(`${i}`))
    const begin = process.cpuUsage().user
    const { session, report } = load(saved({ messages }))
    expect((process.cpuUsage().user - begin) / 1000).toBeLessThan(10_000) // of CPU: the machine may be busy
    expect([session.messages.length, session.messages.at(-1), report.ok]).toEqual([
      200_000,
      said('199999'),
      true,
    ])
  })
})

describe('upgrading', () => {
  test('runs the steps in order, each with only what the layer stored (SPEC 50)', () => {
    const { session, report, snapshot } = load(
      saved({
        context: { findings: { version: 1, values: { q: 'old', hits: ['a'] } } },
        requested: ['context.findings'],
      }),
    )
    expect(session.context.$get(Findings).$values()).toEqual({ query: 'old', results: ['a'], count: 0 })
    expect(report).toMatchObject({ ok: true, upgraded: [{ at: 'context.findings', from: 1, to: 3 }] })
    expect(snapshot.context).toEqual({ findings: { version: 3, values: { query: 'old', results: ['a'] } } })
    expect(
      load(saved({ context: { findings: { version: 2, values: { hits: ['b'] } } } })).snapshot.context,
    ).toEqual({
      findings: { version: 3, values: { results: ['b'] } },
    })
  })

  test('of nothing gives nothing, and stores no default (SPEC 50)', () => {
    const { snapshot, report } = load(saved({ context: { findings: { version: 1, values: {} } } }))
    expect(snapshot.context).toEqual({})
    expect(report.ok).toBe(true)
  })

  test('that throws or gives no object quarantines the item word for word (SPEC 50, 51)', () => {
    class Bad extends Context(
      'bad',
      { x: Type.String({ default: '' }) },
      {
        version: 3,
        upgrade: {
          1: () => {
            throw new Error('no way')
          },
          2: () => [],
        },
      },
    ) {}
    for (const [version, reason] of [
      [1, 'no way'],
      [2, 'gave no plain object'],
    ] as const) {
      const { snapshot, report } = load(
        saved({
          context: { bad: { version, values: { y: [1] } }, notes: { version: 1, values: { text: 'n' } } },
        }),
        [...all, Bad],
      )
      expect(snapshot.quarantine).toEqual([
        {
          at: 'context.bad',
          version,
          value: { y: [1] },
          code: 'RETINUE_UPGRADE_FAILED',
          reason: expect.stringContaining(reason),
        },
      ])
      expect(report).toMatchObject({ ok: false, upgraded: [], quarantined: snapshot.quarantine })
      expect(snapshot.context.notes).toEqual({ version: 1, values: { text: 'n' } })
    }
  })

  test('never truncates what a newer version wrote: it is quarantined (SPEC 50)', () => {
    const { snapshot, report } = load(
      saved({ context: { findings: { version: 4, values: { query: 'q', brandNew: 1 } } } }),
    )
    expect(snapshot.context).toEqual({})
    expect(snapshot.quarantine).toMatchObject([
      {
        at: 'context.findings',
        version: 4,
        value: { query: 'q', brandNew: 1 },
        code: 'RETINUE_VERSION_NEWER',
      },
    ])
    expect(report.upgraded).toEqual([])
  })

  test('what an older version set aside is back in force where a newer one loads it, unless it was set since (SPEC 50, D12)', () => {
    class Later extends Context(
      'findings',
      { query: Type.String({ default: '' }), brandNew: Type.Integer({ default: 0 }) },
      { version: 4 },
    ) {}
    const newer = saved({ context: { findings: { version: 4, values: { query: 'q', brandNew: 1 } } } })
    const older = load(newer)
    const back = load(JSON.stringify(older.snapshot), [Machine, Later])
    expect(back.report).toEqual({
      ok: true,
      quarantined: [],
      unknown: [],
      upgraded: [],
      recovered: ['context.findings'],
      parked: ['context.findings'],
    })
    expect(back.snapshot).toEqual(newer)
    const { query } = older.session.context.$get(Findings)
    older.session.context.$get(Findings).query = `${query}since`
    const meanwhile = load(JSON.stringify(older.session), [Machine, Later])
    expect(meanwhile.session.context.$get(Later).query).toBe('since')
    expect(meanwhile.report).toMatchObject({ ok: false, quarantined: [], recovered: [] })
    expect(meanwhile.snapshot.quarantine).toEqual(older.snapshot.quarantine)
    const again = load(JSON.stringify(meanwhile.snapshot)) // a second time in the older one
    again.session.context.$get(Findings).$reset()
    expect(load(JSON.stringify(again.session), [Machine, Later]).snapshot).toMatchObject({
      context: { findings: { values: { query: 'since' } } }, // the last that was set aside
      quarantine: older.snapshot.quarantine,
    })
  })

  test('an upgrade that failed is tried again at each loading, and told as new once (SPEC 50, D12)', () => {
    let isMended = false
    const step = ({ x }: Record<string, unknown>): Record<string, unknown> => {
      if (!isMended) throw new Error('oops')
      return { y: x }
    }
    class Bad extends Context(
      'bad',
      { y: Type.Integer({ default: 0 }) },
      { version: 2, upgrade: { 1: step } },
    ) {}
    const first = load(saved({ context: { bad: { version: 1, values: { x: 3 } } } }), [Bad])
    const second = load(JSON.stringify(first.snapshot), [Bad])
    expect([first, second].map(({ report }) => [report.ok, report.quarantined.length])).toEqual([
      [false, 1],
      [false, 0],
    ])
    expect(second.snapshot).toEqual(first.snapshot)
    isMended = true
    const third = load(JSON.stringify(second.snapshot), [Bad])
    expect(third.report).toMatchObject({
      ok: true,
      recovered: ['context.bad'],
      upgraded: [{ at: 'context.bad', from: 1, to: 2 }],
    })
    expect(third.session.context.$get(Bad).y).toBe(3)
  })
})

describe('damage', () => {
  test('in one item, field, message or name does not stop the rest, and falls back to the layers below (SPEC 51, D12)', () => {
    const damaged = saved({
      config: { search: { version: 1, values: { limit: 0, nope: 1 } } },
      context: {
        findings: { version: 3, values: { query: 5, results: ['kept'] } },
        notes: 'no item',
        'Not A Name': { version: 1, values: {} },
      },
      sections: [],
      requested: ['context.notes', 'Context.Notes', 7, 'nodot', 'context.findings'],
      tools: ['think', null, 'Not A Name'],
      excluded: ['search', { a: 1 }],
      messages: [said('one'), { role: 'system', parts: [] }, said('two'), null],
    })
    const { registry, user, agent, session: first } = start()
    first.close()
    user.config.$get(SearchConfig).limit = 7
    const { session, report } = ChatSession.restore(damaged, { user, agent, registry })
    expect(session.config.$get(SearchConfig).limit).toBe(7)
    expect(session.context.$get(Findings).$values()).toEqual({ query: '', results: ['kept'], count: 0 })
    expect(session.messages.items).toEqual([said('one'), said('two')])
    expect([[...session.tools], session.tools.excluded, session.context.$types()]).toEqual([
      ['think'],
      ['search'],
      ['notes', 'findings'],
    ])
    const places = report.quarantined.map(({ at, field, index, value }) => [at, field ?? index, value])
    expect(places).toEqual([
      ['messages', 1, { role: 'system', parts: [] }],
      ['messages', 3, null],
      ['config.search', 'limit', 0],
      ['config.search', 'nope', 1],
      ['context.findings', 'query', 5],
      ['context.notes', undefined, 'no item'],
      ['context.Not A Name', undefined, { version: 1, values: {} }],
      ['sections', undefined, []],
      ['requested', 1, 'Context.Notes'],
      ['requested', 2, 7],
      ['requested', 3, 'nodot'],
      ['tools', 1, null],
      ['tools', 2, 'Not A Name'],
      ['excluded', 1, { a: 1 }],
    ])
    expect(report.ok).toBe(false)
    expect(report.quarantined[2]!.reason).toBe(
      "[RETINUE_VALUE_INVALID] The field 'limit' of the config 'search' must be >= 1. It was not set.",
    )
    expect(session.quarantine).toEqual(report.quarantined)
    expect(report.quarantined.every(({ code, reason }) => code.startsWith('RETINUE_') && reason !== '')).toBe(
      true,
    )
  })

  test('of a whole list or name is set aside, never corrected (SPEC 51, 13)', () => {
    const { snapshot } = load(
      saved({
        tools: 'think',
        excluded: { think: 1 },
        requested: null,
        messages: 'hi',
        parent: ['p'],
        agent: { name: 'researcher' },
        quarantine: 'none',
      }),
    )
    expect(snapshot.quarantine!.map(({ at, value }) => [at, value])).toEqual([
      ['messages', 'hi'],
      ['quarantine', 'none'],
      ['agent', { name: 'researcher' }],
      ['parent', ['p']],
      ['requested', null],
      ['tools', 'think'],
      ['excluded', { think: 1 }],
    ])
    expect([snapshot.tools, snapshot.messages, snapshot.requested]).toEqual([[], [], []])
  })

  test('of a message is never repaired: what follows it stays in its order (SPEC 51, D12)', () => {
    const deep = JSON.parse('['.repeat(210) + ']'.repeat(210)) as Json
    const call = {
      role: 'assistant',
      parts: [{ type: 'tool-call', toolCallId: 'c', toolName: 't', input: deep }],
    }
    const result = {
      role: 'tool',
      parts: [{ type: 'tool-result', toolCallId: 'c', toolName: 't', output: { type: 'text', value: 'x' } }],
    }
    const { session, report } = load(saved({ messages: [said('q'), call, result] }))
    expect(session.messages.items).toEqual([said('q'), result])
    expect(report.quarantined).toEqual([
      {
        at: 'messages',
        index: 1,
        value: call,
        code: 'RETINUE_VALUE_INVALID',
        reason: expect.stringContaining('nested deeper'),
      },
    ])
  })

  test('keeps its place in quarantine when what stands before it is tried again (SPEC 49, 51)', () => {
    class Bad extends Context('bad', {}, { version: 2, upgrade: { 1: () => 0 } }) {}
    const context = { bad: { version: 1, values: {} }, notes: { version: 1, values: { text: 5 } } }
    const { snapshot: first } = load(saved({ context }), [...all, Bad])
    expect(first.quarantine!.map(({ at }) => at)).toEqual(['context.bad', 'context.notes'])
    expect(JSON.stringify(load(first, [...all, Bad]).snapshot)).toBe(JSON.stringify(first))
  })

  test('stays in quarantine until somebody accepts it, and is a fixed point itself (SPEC 51, D12)', () => {
    const { snapshot: first } = load(
      saved({ context: { notes: { version: 1, values: { text: 5 } } }, messages: [7] }),
    )
    const { session, report, snapshot } = load(first)
    expect(JSON.stringify(snapshot)).toBe(JSON.stringify(first))
    expect(report).toMatchObject({ ok: false, quarantined: [] })
    const [one, two] = session.quarantine
    const heard: unknown[] = []
    session.on('committed', ({ patches }) => heard.push(...patches))
    session.acceptQuarantine({ ...one! })
    expect(session.quarantine).toHaveLength(2) // an entry is meant, not one that looks like it
    session.acceptQuarantine(one!)
    expect(session.quarantine).toEqual([two])
    session.acceptQuarantine()
    session.acceptQuarantine()
    expect(heard).toHaveLength(2)
    expect(session.snapshot()).not.toHaveProperty('quarantine')
    expect(load(session.snapshot()).report.ok).toBe(true)
  })

  test('in the quarantine itself is kept there (SPEC 51)', () => {
    const whole = { at: 'context.x', value: 1, code: 'C', reason: 'r', extra: true }
    const { snapshot, report } = load(saved({ quarantine: [whole, null, 5, { at: 'x' }] }))
    const misfit = {
      at: 'quarantine',
      code: 'RETINUE_SNAPSHOT_INVALID',
      reason: 'That is no entry of a quarantine.',
    }
    expect(snapshot.quarantine).toEqual([
      whole,
      { ...misfit, index: 1, value: null },
      { ...misfit, index: 2, value: 5 },
      { ...misfit, index: 3, value: { at: 'x' } },
    ])
    expect(report.ok).toBe(false)
    expect(load(snapshot).snapshot).toEqual(snapshot)
  })

  test('of a version that can not be compared is set aside like any other (SPEC 51)', () => {
    for (const version of [{ toString: null }, { valueOf: 1, toString: 2 }, [1], '1', null, -1, 0.5]) {
      const { session, report } = load(saved({ context: { notes: { version, values: { facts: {} } } } }))
      expect(report.quarantined.map(({ at }) => at)).toEqual(['context.notes'])
      expect(session.snapshot().quarantine).toMatchObject([{ value: { version, values: { facts: {} } } }])
    }
  })

  test('that hides behind names of the language harms nobody (SPEC 52)', () => {
    const hostile = '{"polluted":true,"version":1,"values":{"polluted":true}}'
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then']
    const text = JSON.stringify(saved({ requested: ['context.notes'] }))
    const entries = names.map((name) => `"${name}":${hostile}`).join(',')
    const message = `{"role":"user","parts":[{"type":"text","text":"x",${entries}}],${entries}}`
    const json = text
      .replace(
        '"context":{}',
        `"context":{${entries},"notes":{"version":1,"values":{"facts":{${entries}},${entries}}}}`,
      )
      .replace(
        '"messages":[]',
        `"messages":[${message},{"role":"__proto__","parts":[]},{"role":"constructor","parts":[]},{"role":{"toString":1}}]`,
      )
      .replace('"tools":[]', `"tools":["__proto__","constructor"]`)
      .replace(/\}$/, `,${entries}}`)
    const { session, snapshot, report } = load(json)
    expect(({} as Loose).polluted).toBeUndefined()
    expect((session as unknown as Loose).polluted).toBeUndefined()
    const facts = session.context.$get(Notes).facts
    expect(Object.getPrototypeOf(facts)).toBe(Object.prototype)
    expect(Object.keys(facts)).toEqual(names)
    const quarantined = report.quarantined.map(({ at, field, index }) =>
      `${at} ${field ?? index ?? ''}`.trim(),
    )
    for (const name of names) {
      expect(quarantined).toContain(`context.notes ${name}`)
      expect(quarantined).toContain(`context.${name}`)
      expect([...quarantined, ...report.unknown]).toContain(name)
    }
    expect(quarantined.filter((at) => at.startsWith('messages'))).toEqual([
      'messages 1',
      'messages 2',
      'messages 3',
    ])
    expect(JSON.stringify(load(snapshot).snapshot)).toBe(JSON.stringify(snapshot))
  })

  test('by keys that an item has beside its version and values is set aside, at once or when its plugin comes (D12, SPEC 51)', () => {
    const item = { version: 1, values: { text: 'n' }, by: 'hand' }
    const { registry, session, snapshot, report } = load(saved({ context: { notes: item, late: item } }))
    const reason = 'An item has a version and values, and nothing else.'
    const aside = { at: 'context.notes', value: { by: 'hand' }, code: 'RETINUE_SNAPSHOT_INVALID', reason }
    expect([report.quarantined, snapshot.quarantine]).toEqual([[aside], [aside]])
    expect(snapshot.context).toEqual({ late: item, notes: { version: 1, values: { text: 'n' } } })
    const Late = Context('late', { text: Type.String({ default: '' }) })
    registry.register(definePlugin({ name: '@test/late', version: '1.0.0', contributes: [Late] }))
    expect(session.snapshot().context.late).toEqual({ version: 1, values: { text: 'n' } })
    expect(session.quarantine).toEqual([aside, { ...aside, at: 'context.late' }])
  })

  test('by a bag that such an owner has not is set aside (SPEC 51, D14)', () => {
    const { registry } = start()
    const door = { door: { version: 1, values: { state: 'open' } } }
    const { user } = ChatUser.restore(
      { format: 1, id: 'eve', machines: door, fleetings: { spark: 1 }, toolsets: { x: 1 }, 'no bag': 5 },
      { registry },
    )
    expect(user.snapshot().quarantine).toMatchObject([
      { at: 'machines', value: door },
      { at: 'fleetings', value: { spark: 1 } },
      { at: 'toolsets', value: { x: 1 } },
      { at: 'no bag', value: 5, reason: 'No bag of that name is saved with a user.' },
    ])
  })
})

describe('what nobody has registered', () => {
  const item = { version: 7, values: { anything: ['goes', { a: 1 }] }, more: 'word for word' }

  test('is kept word for word and comes alive when its plugin registers (SPEC 5, D12)', () => {
    const old = { version: 1, values: { q: 'old' } }
    const json = saved({
      context: { unheard_of: item, findings: old },
      requested: ['context.findings', 'context.unheard_of'],
      tools: ['search'],
    })
    const { session, report, snapshot, registry } = load(json, [Notes, Machine])
    expect(report).toMatchObject({
      ok: true,
      unknown: ['context.unheard_of', 'context.findings'],
      upgraded: [],
    })
    expect(snapshot.context).toEqual({ findings: old, unheard_of: item })
    expect([session.context.$types(), session.context.$parked(), [...session.tools]]).toEqual([
      [],
      [],
      ['search'],
    ])
    registry.register(
      definePlugin({
        name: '@test/search',
        version: '1.0.0',
        contributes: [SearchConfig, Findings, Told, search],
      }),
    )
    expect(session.context.$get(Findings).query).toBe('old')
    expect(session.tools.inForce).toEqual(['search'])
    expect(session.snapshot().context).toEqual({
      findings: { version: 3, values: { query: 'old' } },
      unheard_of: item,
    })
  })

  test('goes where it is deleted by name (D12, D4)', () => {
    const { session } = load(saved({ context: { unheard_of: item } }))
    session.context.$delete('unheard_of' as never)
    expect(session.snapshot().context).toEqual({})
  })

  test('may be a whole bag of an unknown kind (SPEC 48, D14)', () => {
    const machines = { door: { version: 1, values: { state: 'open' } }, lift: item }
    const json = saved({ machines, gadgets: ['not', 'even', 'a bag'] })
    const { session, report, snapshot, registry } = load(json, [Notes])
    expect(report).toMatchObject({ ok: true, unknown: ['machines', 'gadgets'] })
    expect(snapshot).toMatchObject({ machines, gadgets: ['not', 'even', 'a bag'] })
    expect(JSON.stringify(load(snapshot, [Notes]).snapshot)).toBe(JSON.stringify(snapshot))
    registry.register(
      definePlugin({ name: '@test/machines', version: '1.0.0', contributes: [Machine, Door] }),
    )
    expect((session as unknown as Loose).machines.door.state).toBe('open')
    expect((session.snapshot() as Loose).machines).toEqual(machines)
  })

  test('may be what it was saved as under a plugin that is disposed of and comes back (SPEC 10, D12)', () => {
    const registry = createRegistry()
    const plugin = definePlugin({ name: '@test/notes', version: '1.0.0', contributes: [Notes] })
    const dispose = registry.register(plugin)
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    session.context.$get(Notes).text = 'kept'
    const before = JSON.stringify(session)
    dispose()
    expect(JSON.stringify(session)).toBe(before)
    registry.register(plugin)
    expect(session.context.$get(Notes).text).toBe('kept')
  })
})

test('loading runs no handler, no template and no secret look-up (SPEC 52)', () => {
  const asked: string[] = []
  const env = process.env
  process.env = new Proxy(env, {
    get: (target, key) => (asked.push(String(key)), Reflect.get(target, key) as string),
  })
  try {
    let ran = 0
    class Noisy extends Section(
      'noisy',
      { x: Type.String({ default: '' }) },
      { template: () => `${ran++}` },
    ) {
      get loud() {
        return ran++
      }
    }
    const { registry, agent, session: first } = aSession(...all, Noisy)
    first.close()
    const json = {
      format: 1,
      id: 'eve',
      config: { search: { version: 1, values: { apiKey: { $secret: 'env', name: 'RETINUE_TEST_SECRET' } } } },
      sections: { noisy: { version: 1, values: { x: 'x' } } },
      requested: ['section.noisy'],
    }
    const { user } = ChatUser.restore(json, { registry, secrets: ['RETINUE_TEST_SECRET'] })
    const { session } = ChatSession.restore(saved({ user: 'eve', requested: ['section.noisy'] }), {
      user,
      agent,
    })
    session.snapshot()
    expect(ran).toBe(0)
    expect(asked.filter((name) => name.includes('RETINUE'))).toEqual([])
  } finally {
    process.env = env
  }
})

test('who may set a field holds for what is loaded too (D17)', () => {
  const { snapshot, session } = load(
    saved({
      config: {
        search: { version: 1, values: { budget: 99, apiKey: { $secret: 'env', name: 'X' }, limit: 3 } },
      },
    }),
  )
  expect(session.config.$get(SearchConfig).$values()).toEqual({ limit: 3, budget: 1 })
  expect(snapshot.quarantine).toMatchObject([
    { at: 'config.search', field: 'budget', value: 99, code: 'RETINUE_VALUE_REFUSED' },
    {
      at: 'config.search',
      field: 'apiKey',
      value: { $secret: 'env', name: 'X' },
      code: 'RETINUE_VALUE_REFUSED',
    },
  ])
})

describe('for all sessions', () => {
  const registry = createRegistry()
  registry.register(definePlugin({ name: '@test/plugin', version: '1.0.0', contributes: all }))

  const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
  const word = fc.constantFrom<string[]>(
    '',
    'a',
    '__proto__',
    'constructor',
    '{{x}}',
    '\u2028',
    '\ud800',
    'ü',
    '"',
  )
  const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString')
  const facts = fc
    .array(fc.tuple(key, json), { maxLength: 3 })
    .map(
      (pairs) =>
        JSON.parse(
          `{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`,
        ) as Record<string, Json>,
    )
  const step = fc.oneof(
    fc.record({ do: fc.constant('query' as const), value: word }),
    fc.record({ do: fc.constant('results' as const), value: fc.array(word, { maxLength: 3 }) }),
    fc.record({ do: fc.constant('facts' as const), value: facts }),
    fc.record({ do: fc.constant('reset' as const) }),
    fc.record({ do: fc.constant('delete' as const) }),
    fc.record({ do: fc.constant('limit' as const), value: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ do: fc.constant('user' as const), value: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ do: fc.constant('style' as const), value: word }),
    fc.record({ do: fc.constant('door' as const), value: word }),
    fc.record({ do: fc.constant('request' as const) }),
    fc.record({
      do: fc.constant('agent tool' as const),
      value: fc.constantFrom('search', 'think', 'not_yet'),
    }),
    fc.record({ do: fc.constant('tool' as const), value: fc.constantFrom('search', 'think', 'not_yet') }),
    fc.record({ do: fc.constant('no tool' as const), value: fc.constantFrom('search', 'think', 'not_yet') }),
    fc.record({ do: fc.constant('exclude' as const), value: fc.constantFrom('search', 'think') }),
    fc.record({ do: fc.constant('say' as const), value: word }),
    fc.record({ do: fc.constant('call' as const), value: facts }),
  )
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
  type Made = { user: ChatUser; agent: AgentConfig; session: ChatSession }

  function take({ user, agent, session }: Made, step_: Step): void {
    switch (step_.do) {
      case 'query':
        return void (session.context.$get(Findings).query = step_.value)
      case 'results':
        return void (session.context.$get(Findings).results = step_.value)
      case 'facts':
        return void (session.context.$get(Notes).facts = step_.value)
      case 'reset':
        return session.context.$get(Findings).$reset()
      case 'delete':
        return session.context.$delete(Notes)
      case 'limit':
        return void (session.config.$get(SearchConfig).limit = step_.value)
      case 'user':
        return void (user.config.$get(SearchConfig).limit = step_.value)
      case 'style':
        return void (session.sections.$get(Told).style = step_.value)
      case 'door':
        return void ((session as unknown as Loose).machines.door.state = step_.value)
      case 'request':
        return void session.context.$get(Notes)
      case 'agent tool':
        return void agent.tools.push(step_.value)
      case 'tool':
        return void session.tools.push(step_.value)
      case 'no tool':
        return void session.tools.remove(step_.value)
      case 'exclude':
        return session.tools.exclude(step_.value)
      case 'say':
        return void session.messages.push(said(step_.value))
      case 'call':
        return void session.messages.push({
          role: 'assistant',
          partial: true,
          parts: [{ type: 'tool-call', toolCallId: 'c', toolName: 't', input: step_.value }],
        })
    }
  }

  function make(steps: readonly Step[]): Made {
    const user = new ChatUser({ id: 'ada', registry })
    const agent = new AgentConfig({ name: 'researcher', registry })
    const session = new ChatSession({ user, agent, id: 's1', manager: new SessionManager() })
    for (const each of steps) take({ user, agent, session }, each)
    return { user, agent, session }
  }

  const restore = (text: string, { user, agent }: Made) =>
    ChatSession.restore(text, { user, agent, manager: new SessionManager() })

  test('snapshot, JSON, restore and snapshot again give the same bytes (SPEC 49)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const made = make(steps)
        const text = JSON.stringify(made.session)
        const present = made.session.context.$types().toSorted()
        made.session.close()
        const { session, report } = restore(text, made)
        expect(JSON.stringify(session)).toBe(text)
        expect(report.ok).toBe(true)
        expect(session.context.$types().toSorted()).toEqual(present)
        session.close()
      }),
      cases,
    )
  })

  test('damage throws nothing but a RetinueError, changes no item beside it, and loses nothing (SPEC 51, 52)', () => {
    const rich = make([
      { do: 'agent tool', value: 'search' },
      { do: 'query', value: 'q' },
      { do: 'results', value: ['r'] },
      { do: 'facts', value: { a: { b: [1] } } },
      { do: 'limit', value: 3 },
      { do: 'style', value: 's' },
      { do: 'door', value: 'open' },
      { do: 'tool', value: 'think' },
      { do: 'exclude', value: 'think' },
      { do: 'say', value: 'one' },
      { do: 'call', value: { x: 1 } },
      { do: 'say', value: 'two' },
    ])
    const base = JSON.stringify({
      ...rich.session.snapshot(),
      parent: 'p',
      gadgets: { thing: { version: 1, values: { a: 1 } } },
      quarantine: [{ at: 'context.old', value: { kept: 1 }, code: 'C', reason: 'r' }],
      context: { ...rich.session.snapshot().context, unheard_of: { version: 1, values: { a: 1 } } },
    })
    const paths: (string | number)[][] = []
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 0) paths.push(path)
      if (Array.isArray(value)) value.forEach((each, i) => walk(each, [...path, i]))
      else if (typeof value === 'object' && value !== null)
        for (const [name, each] of Object.entries(value)) walk(each, [...path, name])
    }
    walk(JSON.parse(base), [])
    const mark = 'the mark'
    const value = fc.oneof(
      fc.constantFrom<Json>(null, true, 0, -1, 1.5, '', 'x', [], {}, [[]], 99),
      fc.constantFrom<Json>(
        mark,
        [mark],
        { mark },
        { version: 1, values: { mark } },
        { version: mark, values: {} },
      ),
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
    )
    const damage = fc.record({
      path: fc.constantFrom(...paths),
      how: fc.constantFrom('replace', 'replace', 'delete', 'rename', 'append'),
      value,
      name: fc.constantFrom('__proto__', 'constructor', 'toString', 'x', 'a b', 'version', 'context', 'thé'),
    })
    const itemsOf = (snapshot: Loose): [string, string][] =>
      ['config', 'context', 'sections', 'machines'].flatMap((bag) =>
        Object.entries((snapshot[bag] ?? {}) as object).map(([type, item]): [string, string] => [
          `${bag}.${type}`,
          JSON.stringify(item),
        ]),
      )
    const items = itemsOf(JSON.parse(base) as Loose)

    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const data = JSON.parse(base) as Loose
        const touched = new Set<string | number>()
        for (const { path, how, value: given, name } of damages) {
          const now = structuredClone(given)
          let at: Loose | undefined = data
          for (const each of path.slice(0, -1))
            at = Object.hasOwn(Object(at) as object, each) ? (at![each] as Loose) : undefined
          if (typeof at !== 'object' || at === null) continue
          touched.add(path[0]!)
          const last = path.at(-1)!
          if (how === 'delete' || how === 'rename') {
            const was = at[last] as Json
            if (Array.isArray(at)) at.splice(Number(last), 1)
            else delete at[last]
            if (how === 'delete') continue
            Object.defineProperty(at, Array.isArray(at) ? at.length : name, {
              value: was,
              enumerable: true,
              configurable: true,
              writable: true,
            })
            if (path.length === 1) touched.add(name)
          } else {
            if (how === 'append' && Array.isArray(at)) at.push(now)
            else at[last] = now
          }
        }
        const text = JSON.stringify(data)
        let restored: ReturnType<typeof restore>
        try {
          restored = restore(text, rich)
        } catch (error) {
          if (error instanceof RetinueError && ['format', 'id', 'user'].some((name) => touched.has(name)))
            return
          throw error
        }
        const { session, report } = restored
        const again = JSON.stringify(session)
        const after = new Map(itemsOf(JSON.parse(again) as Loose))
        const intact = new Map(itemsOf(data))
        const beside = items.filter(([name, item]) => intact.get(name) === item)
        expect(beside.map(([name]) => [name, after.get(name)])).toEqual(beside)
        // Each mark in the damaged text is in the snapshot: where it was, in quarantine, or as unknown.
        const marksIn = (json: string) => json.split(`"${mark}"`).length - 1
        const renamed = report.agent?.saved === mark ? 1 : 0
        expect(marksIn(again) + renamed).toBeGreaterThanOrEqual(marksIn(text))
        session.close()
        const second = restore(again, rich)
        expect(JSON.stringify(second.session)).toBe(again)
        second.session.close()
      }),
      cases,
    )
  })
})

test('a report names what an owner is saved as (SPEC 48)', () => {
  const { user } = start()
  const snapshot: OwnerSnapshot = user.snapshot()
  expect(Object.keys(snapshot)).toEqual(['format', 'id', 'config', 'context', 'sections', 'requested'])
})
