import { describe, expect, test } from 'vitest'
import {
  Config,
  Context,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  Secret,
  Section,
  Type,
  type TemplateView,
} from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'

class SearchConfig extends Config('search', { limit: Type.Integer({ default: 5 }) }) {}
class Findings extends Context(
  'findings',
  {
    query: Type.String({ default: '' }),
    results: Type.Array(Type.Object({ url: Type.String() }), { default: [{ url: 'a' }] }),
    limit: Type.Integer({ default: 5 }),
    note: Type.Optional(Type.String()),
  },
  { follows: SearchConfig },
) {
  get isEmpty() {
    return this.query === ''
  }
  get label() {
    return `about ${this.query}`
  }
}
class BetterFindings extends Findings {
  override get label() {
    return `${super.label}!`
  }
}
class Account extends Context('account', {
  name: Type.String({ default: 'x' }),
  key: Type.Optional(Secret()),
}) {}
class Preferences extends Context('preferences', { timezone: Type.String({ default: 'UTC' }) }) {}

const Machine = defineKind({ name: 'machine', bag: 'machines', owners: ['session'] })
const Hidden = defineKind({ name: 'hidden', bag: 'hiddens', view: false })
class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {}
class Vault extends Hidden('vault', { state: Type.String({ default: 'closed' }) }) {}

type Seen = {
  [name: string]: unknown
  context: Record<string, Record<string, unknown>>
  sections: Record<string, Record<string, unknown>>
  user: { id: string; context: Record<string, Record<string, unknown>>; sections: object }
  session: { id: string; agent: string; context: Record<string, Record<string, unknown>>; sections: object }
  interactionContext: {
    id?: string
    input?: unknown
    context: Record<string, Record<string, unknown>>
    sections: object
  }
  section: Record<string, unknown>
  machines: Record<string, Record<string, unknown>>
  now: Date
}

/** Asks for the door of a session. */
function doorOf(session: object): unknown {
  return (session as { machines: { door: unknown } }).machines.door
}

/** A session with a section whose template is whatever a test looks at views with. */
function looking() {
  let look: (seen: Seen) => void
  let looks = 0
  class Looking extends Section(
    'looking',
    { style: Type.String({ default: 'plain' }) },
    {
      template: (view: TemplateView) => {
        const seen = view as unknown as Seen
        look(seen)
        return String(seen.section.style) // read, so that another one renders it anew
      },
    },
  ) {}
  const made = aSession(SearchConfig, Findings, Account, Preferences, Looking, Machine, Door, Hidden, Vault)
  /** Runs a function on the views and gives what it gave, or throws what it threw. */
  const see = <T>(from: (seen: Seen) => T, options: Parameters<typeof made.session.prompt>[0] = {}): T => {
    const results: (() => T)[] = []
    look = (seen) => {
      try {
        const value = from(seen)
        results.push(() => value)
      } catch (error) {
        results.push(() => {
          throw error
        })
      }
    }
    made.session.sections.$get(Looking).style = `look ${++looks}`
    made.session.prompt(options)
    return results[0]!()
  }
  return { ...made, see, Looking }
}

describe('templates see', () => {
  test('what is in a bag even after one of them tried to freeze it (SPEC 44, D11)', () => {
    const { session, see } = looking()
    session.context.$get(Findings)
    expect(() => see(({ context }) => Object.freeze(context))).toThrow(TypeError)
    expect(see(({ context }) => Object.keys(context))).toContain('findings')
  })

  test('context, sections, machines, interactionContext, session, user, section and now (SPEC 42)', () => {
    const { session, user, see } = looking()
    session.context.$get(Findings).query = 'q'
    user.context.$get(Preferences).timezone = 'CET'
    doorOf(session)
    const seen = see(
      ({ context, sections, machines, interactionContext, session: at, user: who, section, now }) => ({
        query: context.findings!.query,
        timezone: context.preferences!.timezone,
        style: typeof sections.looking!.style,
        door: machines.door!.state,
        agent: at.agent,
        session: [at.id, at.context.findings!.query],
        user: [who.id, who.context.preferences!.timezone, who.context.findings],
        interaction: [
          interactionContext.id,
          interactionContext.input,
          interactionContext.context.findings!.query,
        ],
        own: section.style === sections.looking!.style,
        now: now.getTime(),
      }),
      { now: new Date(5) },
    )
    expect(seen).toEqual({
      query: 'q',
      timezone: 'CET',
      style: 'string',
      door: 'closed',
      agent: 'researcher',
      session: ['s1', 'q'],
      user: ['ada', 'CET', undefined],
      interaction: [undefined, undefined, 'q'],
      own: true,
      now: 5,
    })
  })

  test('the bags of the interaction under interactionContext, those of the session under context (SPEC 42)', () => {
    const { session, see } = looking()
    session.context.$get(Findings).query = 'session'
    using turn = session.interact({ input: { question: 'Who?' } })
    turn.context.$get(Findings).query = 'turn'
    turn.context.$get(Preferences)
    const seen = see(
      ({ context, interactionContext }) => [
        interactionContext.id,
        interactionContext.input,
        interactionContext.context.findings!.query,
        context.findings!.query,
        'preferences' in interactionContext.context,
        'preferences' in context,
      ],
      { interaction: turn },
    )
    expect(seen).toEqual([turn.id, { question: 'Who?' }, 'turn', 'session', true, false])
  })

  test('no configs, and no bag of a kind that is not to be seen (SPEC 42, D14)', () => {
    const { see } = looking()
    expect(see((seen) => ['config' in seen, 'hiddens' in seen, 'config' in seen.user])).toEqual([
      false,
      false,
      false,
    ])
  })

  test('a config through what follows it, and optional fields as undefined (D6)', () => {
    const { session, user, see } = looking()
    user.config.$get(SearchConfig).limit = 9
    session.context.$get(Findings)
    expect(see(({ context }) => [context.findings!.limit, context.findings!.note])).toEqual([9, undefined])
  })

  test('any spelling of a name, and what is there when they list it (D11, SPEC 12)', () => {
    const { session, see } = looking()
    session.context.$get(Findings)
    session.context.$get(Preferences)
    const seen = see(({ context, sections, machines }) => [
      ['findings', 'Findings', 'FINDINGS', 'findings_context', 'FindingsContext'].map(
        (name) => name in context,
      ),
      Object.keys(context),
      Object.entries(sections).length,
      Object.keys(machines),
      JSON.stringify(context.preferences),
      JSON.stringify(context),
    ])
    expect(seen).toEqual([
      [true, true, true, true, true],
      ['findings', 'preferences'],
      1,
      [],
      '{"timezone":"UTC"}',
      '{"findings":{"query":"","results":[{"url":"a"}],"limit":5},"preferences":{"timezone":"UTC"}}',
    ])
  })

  test('getters, those of subclasses first (D11, D18)', () => {
    const { session, registry, see } = looking()
    session.context.$get(Findings).query = 'x'
    expect(see(({ context }) => [context.findings!.isEmpty, context.findings!.label])).toEqual([
      false,
      'about x',
    ])
    registry.register(
      definePlugin({
        name: '@test/better',
        version: '1.0.0',
        contributes: [BetterFindings],
        replaces: ['findings'],
      }),
    )
    expect(see(({ context }) => [context.findings!.isEmpty, context.findings!.label])).toEqual([
      false,
      'about x!',
    ])
  })

  test('no secret: reading one throws, and JSON leaves it out (D17)', () => {
    const { session, user, see } = looking()
    user.context.$get(Account).key = Secret.value('sesame')
    expect(session.context.$get(Account).key).toBeDefined()
    expect(thrownBy(() => see(({ context }) => context.account!.key)).code).toBe('RETINUE_SECRET_REFUSED')
    expect(see(({ context }) => JSON.stringify(context.account))).toBe('{"name":"x"}')
  })

  test('a machine only from owners that can have one (D14)', () => {
    const { see } = looking()
    expect(see((seen) => ['machines' in seen, 'machines' in seen.session, 'machines' in seen.user])).toEqual([
      true,
      true,
      false,
    ])
  })
})

describe('looking', () => {
  test('creates nothing, whatever is probed, and what is absent is undefined (D11, SPEC 44)', () => {
    const { session, user, agent, see } = looking()
    const state = () =>
      JSON.stringify([session, user, agent, session.context.$types(), user.context.$types()])
    see(() => 0)
    session.sections.$get('looking' as never)
    const seen = see(({ context, interactionContext, user: who, sections }) => {
      const before = state()
      const probed = [
        context.findings,
        context.nowhere,
        interactionContext.context.preferences,
        who.context.findings,
        sections.nothing,
        'findings' in context,
        ...['then', 'toJSON', 'constructor', '__proto__', 'nodeType', 'valueOf', 'a b()', ''].map(
          (name) => context[name],
        ),
        (context as Record<symbol, unknown>)[Symbol.iterator],
        Object.getOwnPropertyDescriptor(context, 'findings'),
        Object.keys(context).length,
        Object.getPrototypeOf(context),
        { ...context }.findings,
      ]
      return { probed: probed.filter((each) => each !== undefined), same: before === state() }
    })
    expect(seen).toEqual({ probed: [false, 0, null], same: true })
  })

  test('changes nothing: whatever tries throws or does nothing (D11, SPEC 44)', () => {
    const { session, see } = looking()
    session.context.$get(Findings).results = [{ url: 'mine' }]
    const input = { parts: [{ text: 'asked' }], when: new Date(7) }
    using turn = session.interact({ input })
    const now = new Date(5)
    const before = JSON.stringify(session.snapshot().context)
    const attempts: ((seen: Seen) => unknown)[] = [
      ({ context }) => (context.findings!.query = 'theirs'),
      ({ context }) => (context.findings!.isEmpty = false),
      ({ context }) => (context.findings!.fresh = 1),
      ({ context }) => delete context.findings!.query,
      ({ context }) => Object.defineProperty(context.findings, 'query', { value: 'theirs' }),
      ({ context }) => Object.setPrototypeOf(context.findings, null),
      ({ context }) => (context.findings!.results as unknown[]).push(1),
      ({ context }) => ((context.findings!.results as { url: string }[])[0]!.url = 'theirs'),
      ({ context }) => (context.findings!.results as unknown[]).fill(0),
      ({ context }) => ((context.findings!.results as unknown[]).length = 0),
      ({ context }) => (context.findings = {}),
      ({ context }) => (context.preferences = {}),
      ({ context }) => delete context.findings,
      ({ context }) => Object.defineProperty(context, 'findings', { value: {} }),
      (seen) => (seen.context = {}),
      ({ session: at }) => (at.id = 'other'),
      ({ session: at }) => ((at as { context: unknown }).context = {}),
      ({ user }) => Object.assign(user, { id: 'eve' }),
      ({ section }) => (section.style = 'theirs'),
      ({ interactionContext }) => (interactionContext.input = 'theirs'),
      ({ interactionContext: { input: it } }) => ((it as typeof input).parts[0]!.text = 'theirs'),
      ({ interactionContext: { input: it } }) => (it as typeof input).parts.pop(),
      ({ now: at }) => at.setFullYear(1999),
      ({ now: at }) => Object.assign(at, { getTime: () => 0 }),
      ({ now: at }) => Object.defineProperty(at, 'x', { value: 1 }),
    ]
    const quiet = attempts.filter((attempt) => {
      try {
        see(attempt, { interaction: turn, now })
        return true
      } catch (error) {
        return !/RETINUE_VALUE_REFUSED|TypeError/.test(String(error))
      }
    })
    expect(quiet.map((attempt) => attempt.toString().replace(/^.*=> /, ''))).toEqual([
      'delete context.findings.query',
      'at.setFullYear(1999)',
    ])
    const after = see(
      ({ context, now: at }) => [context.findings!.query, context.findings!.results, at.getTime()],
      { interaction: turn, now },
    )
    expect(after).toEqual(['', [{ url: 'mine' }], 5])
    expect(input).toEqual({ parts: [{ text: 'asked' }], when: new Date(7) })
    expect(Object.isFrozen(input.parts)).toBe(false)
    expect(now.getTime()).toBe(5)
    expect(JSON.stringify(session.snapshot().context)).toBe(before)
  })

  test('at now tells the time in every form (SPEC 42)', () => {
    const { see } = looking()
    const now = new Date('2026-11-22T10:00:00Z')
    const seen = see(
      ({ now: at }) => [
        `${at}`,
        at.toString(),
        JSON.stringify(at),
        +at,
        at.getTime(),
        at.getUTCHours(),
        at instanceof Date,
      ],
      { now },
    )
    const iso = '2026-11-22T10:00:00.000Z'
    expect(seen).toEqual([iso, iso, `"${iso}"`, now.getTime(), now.getTime(), 10, true])
    expect(see(({ now: at }) => (at as Date & { x?: unknown }).x)).toBeUndefined()
  })

  test('at an input shows what is not plain as it is (SPEC 42)', () => {
    const { session, see } = looking()
    const file = new Uint8Array([1])
    using turn = session.interact({ input: [{ file }, null, 'text'] })
    const input = see(({ interactionContext }) => interactionContext.input, { interaction: turn }) as [
      { file: unknown },
    ]
    expect(input[0].file).toBe(file)
    expect(input).toEqual([{ file }, null, 'text'])
  })

  test('finds a kind that was registered after the section had been rendered (SPEC 5, D14)', () => {
    class Told extends Section('told', {}, { template: '<%= machines.door?.state %>' }) {}
    const { session, registry } = aSession(Told)
    session.sections.$get(Told)
    expect(session.prompt().notices[0]!.message).toContain('machines is not defined')
    registry.register(
      definePlugin({ name: '@test/machines', version: '1.0.0', contributes: [Machine, Door] }),
    )
    doorOf(session)
    expect(session.prompt()).toMatchObject({ text: 'closed', notices: [] })
  })

  test('survives a class that is registered anew: values stay, new fields show (D18, SPEC 46)', () => {
    const versioned = (version: number, more: object) =>
      class extends Context(
        'notes',
        { text: Type.String({ default: 'x' }), ...more },
        { version, upgrade: {} },
      ) {}
    const plugin = (Notes: ReturnType<typeof versioned>) =>
      definePlugin({ name: '@test/notes', version: '1.0.0', contributes: [Notes] })
    class Told extends Section('told', {}, { template: '<%= json(context.notes) %>' }) {}
    const { session, registry } = aSession(Told)
    registry.register(plugin(versioned(1, {})))
    session.sections.$get(Told)
    session.context.$set('notes' as never, { text: 'mine' })
    expect(JSON.parse(session.prompt().text)).toEqual({ text: 'mine' })
    registry.register(plugin(versioned(2, { more: Type.String({ default: 'y' }) })))
    void session.context.$get('notes' as never)
    expect(JSON.parse(session.prompt().text)).toEqual({ text: 'mine', more: 'y' })
    expect(session.snapshot()).toMatchObject({ context: { notes: { version: 2, values: { text: 'mine' } } } })
    expect(session.quarantine).toEqual([])
  })
})

test('what a toolset brings is seen by templates as soon as it is there (SPEC 29, 42)', () => {
  const { agent, see, registry } = looking()
  const nothing = defineTool({ description: 'x', input: Type.Object({}), execute: () => null })
  const toolset = defineToolset('search', { needs: [Findings], tools: { search: nothing } })
  registry.register(definePlugin({ name: '@test/search', version: '1.0.0', contributes: [toolset] }))
  expect(see(({ context }) => context.findings)).toBeUndefined()
  agent.tools.push('search')
  expect(see(({ context }) => context.findings!.query)).toBe('')
})
