import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  estimateTokens,
  Section,
  SessionManager,
  Type,
  type Contribution,
  type InteractionContext,
  type Prompt,
  type SectionOptions,
  type TemplateView,
} from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'

class SearchConfig extends Config('search', { limit: Type.Integer({ default: 5 }) }) {}
class Findings extends Context(
  'findings',
  { query: Type.String({ default: '' }), limit: Type.Integer({ default: 5 }) },
  { follows: SearchConfig },
) {
  get shout() {
    return this.query.toUpperCase()
  }
}
class Notes extends Context('notes', { text: Type.String({ default: '' }) }) {}

/** What templates see, as loosely as a template written in JavaScript sees it. */
// oxlint-disable-next-line typescript/no-explicit-any -- a template of text is not typed either
type Loose = any

/** A section whose text is given, or made by a function of the views. */
const section = (type: string, template: string | ((view: Loose) => string), options: SectionOptions = {}) =>
  Section(type, {}, { template: template as SectionOptions['template'] & {}, ...options }) as Contribution & {
    readonly type: string
  }

/** A session in which sections are present, in the order given. */
function withSections(...sections: (Contribution & { readonly type: string })[]) {
  const made = aSession(SearchConfig, Findings, Notes, ...sections)
  for (const { type } of sections) made.session.sections.$get(type as never)
  return made
}

const names = (prompt: Prompt) => prompt.parts.map((part) => part.section)
const kinds = (prompt: Prompt) => prompt.notices.map(({ kind }) => kind)
const words = (tokens: number) => 'x'.repeat(tokens * 4)

describe('the plan', () => {
  test('sorts by stability, then slot, order and type name (SPEC 45)', () => {
    const { session } = withSections(
      section('turn_system', 'a', { stability: 'turn', slot: 'system' }),
      section('b_after', 'b'),
      section('a_after', 'c'),
      section('z_first', 'd', { order: -1 }),
      section('session_end', 'e', { slot: 'end' }),
      section('session_system', 'f', { slot: 'system' }),
      section('session_before', 'g', { slot: 'before' }),
      section('session_tools', 'h', { slot: 'tools' }),
      section('static_end', 'i', { stability: 'static', slot: 'end' }),
      section('static_system', 'j', { stability: 'static', slot: 'system' }),
    )
    expect(names(session.prompt())).toEqual([
      'static_system',
      'static_end',
      'session_system',
      'session_before',
      'z_first',
      'a_after',
      'b_after',
      'session_tools',
      'session_end',
      'turn_system',
    ])
  })

  test('is the same whatever the order of arrival (SPEC 45)', () => {
    const sections = ['c', 'a', 'd', 'b'].map((type) => section(type, type))
    const text = withSections(...sections).session.prompt().text
    expect(withSections(...sections.toReversed()).session.prompt().text).toBe(text)
    expect(text).toBe('a\n\nb\n\nc\n\nd')
  })

  test('is the same for a user who is loaded again, also where it lists what is in a bag (SPEC 45, 49)', () => {
    const { registry } = aSession(
      SearchConfig,
      Findings,
      Notes,
      section('listing', '<%= Object.keys(context) %>'),
    )
    const user = new ChatUser({ id: 'eve', registry })
    user.context.$get(Notes).text = 'x'
    user.context.$get(Findings).query = 'y'
    const again = ChatUser.restore(user.snapshot(), { registry }).user
    const texts = [user, again].map(
      (each) =>
        new ChatSession({ user: each, sections: ['listing'], manager: new SessionManager() }).prompt().text,
    )
    expect(texts).toEqual(['["findings","notes"]', '["findings","notes"]'])
  })

  test("has the agent's instructions in its slot, static while they are plain (SPEC 45, D15)", () => {
    const { session, agent } = withSections(
      section('first', '1', { stability: 'static', slot: 'before' }),
      section('last', '3', { stability: 'static' }),
    )
    agent.instructions = 'Be brief.'
    expect(session.prompt().parts[1]).toMatchObject({
      section: 'instructions',
      text: 'Be brief.',
      slot: 'agent',
      stability: 'static',
    })
    agent.instructions = 'Help {{user.id}}.'
    expect(session.prompt().parts.map((part) => [part.text, part.stability])).toEqual([
      ['1', 'static'],
      ['3', 'static'],
      ['Help ada.', 'session'],
    ])
    agent.instructions = undefined
    expect(names(session.prompt())).toEqual(['first', 'last'])
  })

  test('gives each part its section, origin, tokens, stability, slot and form (SPEC 46)', () => {
    const { session } = withSections(section('told', 'twelve chars', { slot: 'tools', stability: 'turn' }))
    const [part] = session.prompt().parts
    expect(part).toEqual({
      section: 'told',
      text: 'twelve chars',
      origin: { package: '@test/plugin', version: '1.0.0', file: expect.stringContaining('a-session.ts') },
      tokens: 3,
      stability: 'turn',
      slot: 'tools',
      form: 'full',
    })
    expect([estimateTokens(''), estimateTokens('abcd'), estimateTokens('abcde')]).toEqual([0, 1, 2])
  })

  test('has no part for a section that says nothing (SPEC 45)', () => {
    const { session } = withSections(section('empty', '  \n '), section('told', 'x'))
    const Bare = Section('bare', {})
    expect(names(session.prompt())).toEqual(['told'])
    expect(names(withSections(Bare).session.prompt())).toEqual([])
  })

  test('includes tool definitions and their tokens, those of the interaction last (SPEC 45)', () => {
    const tool = (description: string) =>
      defineTool({ description, input: Type.Object({ q: Type.String() }), execute: () => null })
    const { session, agent } = aSession(
      defineToolset('own', { tools: { own: tool('Of the agent.') } }),
      defineToolset('extra', { tools: { extra: tool('Of the turn.'), other: tool('Too.') } }),
    )
    agent.tools.push('own')
    using turn = session.interact()
    turn.tools.push('extra')
    const prompt = session.prompt({ interaction: turn })
    expect(prompt.tools.map(({ name }) => name)).toEqual(['own', 'extra', 'extra_other'])
    expect(prompt.tools[0]).toMatchObject({
      description: 'Of the agent.',
      inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
      origin: { package: '@test/plugin' },
    })
    expect(prompt.tokens).toBe(prompt.tools.reduce((sum, each) => sum + each.tokens, 0))
    expect(prompt.tools[0]!.tokens).toBe(
      estimateTokens(`ownOf the agent.${JSON.stringify(prompt.tools[0]!.inputSchema)}`),
    )
    expect(session.prompt().tools[0]).toBe(prompt.tools[0]) // made once
  })

  test('shows a tool under each name that it is published by (SPEC 45)', () => {
    const shared = defineTool({ description: 'Shared.', input: Type.Object({}), execute: () => null })
    const { session, agent } = aSession(
      defineToolset('one', { tools: { act: shared } }),
      defineToolset('two', { tools: { act: shared } }),
    )
    agent.tools.push('one', 'two')
    expect(session.prompt().tools.map(({ name }) => name)).toEqual(['one_act', 'two_act'])
    expect(session.prompt().tools.map(({ name }) => name)).toEqual(['one_act', 'two_act'])
  })

  test('keeps the longest prefix byte-equal when only what changes by turn changes (SPEC 45)', () => {
    const { session } = withSections(
      section('turn', ({ interactionContext }: Loose) => `asked: ${interactionContext.input}`, {
        stability: 'turn',
        slot: 'system',
      }),
      section('fixed', 'fixed', { stability: 'static' }),
      section('about', ({ session: at }: Loose) => `session ${at.id}`),
    )
    const texts = ['one', 'two'].map((input) => {
      using turn = session.interact({ input })
      return session.prompt({ interaction: turn }).text
    })
    expect(texts).toEqual(['fixed\n\nsession s1\n\nasked: one', 'fixed\n\nsession s1\n\nasked: two'])
  })

  test('keeps the place of a pinned section and says what each change of it costs (SPEC 45)', () => {
    const { session } = withSections(
      section('clock', ({ now }: Loose) => now.toISOString(), {
        stability: 'turn',
        slot: 'system',
        pinned: true,
      }),
      section('fixed', words(10), { stability: 'static' }),
      section('about', words(5)),
      section('later', words(7), { stability: 'turn' }),
    )
    const prompt = session.prompt()
    expect(names(prompt)).toEqual(['clock', 'fixed', 'about', 'later'])
    expect(prompt.notices).toEqual([
      {
        kind: 'pinned',
        section: 'clock',
        message: "'clock' is pinned: each change of it costs 15 cached tokens.",
        tokens: 15,
      },
    ])
    const { session: free } = withSections(section('only', 'x', { pinned: true, stability: 'turn' }))
    expect(free.prompt().notices).toEqual([])
  })
})

describe('a section', () => {
  test('renders itself (SPEC 43)', () => {
    class Told extends Section(
      'told',
      { style: Type.String({ default: 'plain' }) },
      { template: 'In <%= section.style %>: <%= context.notes?.text %>' },
    ) {}
    const { session } = aSession(Told, Notes)
    session.context.$get(Notes).text = 'n'
    session.sections.$get(Told).style = 'bold'
    expect(session.sections.$get(Told).render()).toBe('In bold: n')
    using turn = session.interact()
    turn.sections.$get(Told).style = 'long'
    expect(turn.sections.$get(Told).render()).toBe('In long: n')
    expect(session.prompt({ interaction: turn }).text).toBe('In long: n')
  })

  test('that fails throws when it is rendered by code, and belongs to nobody until a session has it (SPEC 43, 44)', () => {
    class Failing extends Section('failing', {}, { template: '<%= boom %>' }) {}
    const { session, registry } = aSession(Failing)
    expect(thrownBy(() => session.sections.$get(Failing).render()).message).toContain("section 'failing'")
    expect(thrownBy(() => registry.sections.create(Failing).render()).code).toBe('RETINUE_OWNER_INVALID')
  })

  test('may have a render of its own, which sees what a template sees of it; a summary stays a template (SPEC 43, 47)', () => {
    class Told extends Section('told', { style: Type.String({ default: 'plain' }) }, { summary: 'short' }) {
      get loud() {
        return this.style.toUpperCase()
      }
      override render() {
        return `  ${this.loud} ${words(10)} `
      }
    }
    class Told2 extends Told {}
    const { session, registry } = aSession(Told)
    session.sections.$get(Told)
    expect(session.prompt().text).toBe(`PLAIN ${words(10)}`)
    session.sections.$get(Told).style = 'bold'
    expect(session.prompt().text).toBe(`BOLD ${words(10)}`)
    expect(session.prompt({ maxTokens: 5 }).text).toBe('short')
    registry.register(
      definePlugin({ name: '@test/two', version: '1', contributes: [Told2], replaces: ['told'] }),
    )
    expect(session.prompt().text).toBe(`BOLD ${words(10)}`)
  })

  test('may wrap the text of its template, or what the class that it extends says, by super.render() (SPEC 43, D18)', () => {
    class Told extends Section(
      'told',
      { style: Type.String({ default: 'plain' }) },
      { template: 'Be <%= section.style %>.' },
    ) {}
    class Wrapped extends Told {
      override render() {
        return `[${super.render()}]`
      }
    }
    class Twice extends Wrapped {
      override render() {
        return `(${super.render()})`
      }
    }
    const { session, user } = aSession(Twice)
    const told = session.sections.$get(Twice)
    expect([session.prompt().text, told.render()]).toEqual(['([Be plain.])', '([Be plain.])'])
    user.sections.$get(Twice).style = 'bold'
    expect([session.prompt().text, told.render()]).toEqual(['([Be bold.])', '([Be bold.])'])
    class Failing extends Section('failing', {}, { template: '<%= boom %>' }) {
      override render() {
        return super.render()
      }
    }
    const other = aSession(Failing).session
    expect(thrownBy(() => other.sections.$get(Failing).render()).message).toContain("section 'failing'")
    expect(other.prompt().notices).toMatchObject([{ kind: 'failed', section: 'failing' }])
  })

  test('that is placed in another stands there and not in its own place (SPEC 43)', () => {
    const { session } = withSections(
      section('outer', '[<%= sections.inner.render() %>]'),
      section('inner', 'inner', { stability: 'static' }),
      section('other', 'other'),
    )
    expect(session.prompt().text).toBe('other\n\n[inner]')
  })

  test('is rendered once in a pass, even where it is placed again (SPEC 43)', () => {
    let count = 0
    const { session } = withSections(
      section('a', '<%= sections.inner.render() %>+<%= sections.inner.render() %>'),
      section('b', '<%= sections.inner.render() %>!'),
      section('inner', () => `inner ${++count}`),
    )
    expect(session.prompt().text).toBe('inner 1+inner 1\n\ninner 1!')
    expect(count).toBe(1)
  })

  test('that is placed takes its reads along: the outer one is rendered anew with it (SPEC 43, 46)', () => {
    const { session } = withSections(
      section('outer', '[<%= sections.inner.render() %>]'),
      section('inner', '<%= context.notes?.text %>'),
    )
    expect(session.prompt().text).toBe('[]')
    session.context.$get(Notes).text = 'new'
    expect(session.prompt().text).toBe('[new]')
  })

  test('that renders in a circle fails by name, and the others stand (SPEC 43, 44)', () => {
    const { session } = withSections(
      section('a', '<%= sections.b.render() %>'),
      section('b', '<%= sections.a.render() %>'),
      section('c', '<%= section.render() %>'),
      section('d', 'fine'),
    )
    const prompt = session.prompt()
    expect(prompt.text).toBe('fine')
    expect(prompt.notices.map(({ kind, section: name }) => [kind, name])).toEqual([
      ['failed', 'a'],
      ['failed', 'b'],
      ['failed', 'c'],
    ])
    expect(prompt.notices[0]!.message).toContain('Sections render each other in a circle: a → b → a.')
    expect(prompt.notices[2]!.message).toContain('circle: c → c.')
  })

  test('that asks for the prompt that it is rendered for fails by name, and the others stand (SPEC 43, 44)', () => {
    class Size extends Context('size', {}) {
      get tokens() {
        return session.prompt().tokens
      }
      get ofTurn() {
        return session.prompt({ interaction: turn }).tokens
      }
    }
    const sections = [
      section('a', '<%= context.notes.text %>', { needs: [Notes] }),
      section('b', 'It has <%= context.size.tokens %> tokens.', { needs: [Size] }),
      section('c', ({ context }: Loose) => `The turn has ${context.size.ofTurn} tokens.`, { needs: [Size] }),
      section('d', '<%= context.notes.text.length %>', { needs: [Notes] }),
    ]
    const { session } = aSession(Notes, Size, ...sections)
    for (const { type } of sections) session.sections.$get(type as never)
    const turn = session.interact()
    const notes = session.context.$get(Notes)
    for (const text of ['one', 'three']) {
      notes.text = text
      const prompt = session.prompt()
      expect(prompt.text).toBe(`${text}\n\n${text.length}`)
      expect(prompt.notices.filter(({ kind }) => kind === 'failed').map(({ message }) => message)).toEqual([
        expect.stringMatching(
          /^\[RETINUE_TEMPLATE_FAILED\] The section 'b' .* 'b' asks for the prompt that it is being rendered for\..* Let it read/,
        ),
        expect.stringContaining("'c' asks for the prompt that it is being rendered for."),
      ])
    }
  })

  test('may ask for the prompt of another session (SPEC 43)', () => {
    const other = withSections(
      section('x', 'Others say <%= context.notes.text %>.', { needs: [Notes] }),
    ).session
    const { session } = withSections(
      section('a', () => other.prompt().text),
      section('b', '<%= context.notes.text %>', { needs: [Notes] }),
    )
    other.context.$get(Notes).text = 'hm'
    session.context.$get(Notes).text = 'yes'
    expect(session.prompt().text).toBe('Others say hm.\n\nyes')
    session.context.$get(Notes).text = 'no'
    expect(session.prompt().text).toBe('Others say hm.\n\nno')
  })

  test('that was placed in one that failed stands in its own place (SPEC 44)', () => {
    const { session } = withSections(
      section('outer', '<%= sections.inner.render() %><%= boom %>'),
      section('inner', 'inner'),
    )
    const prompt = session.prompt()
    expect([prompt.text, kinds(prompt)]).toEqual(['inner', ['failed']])
  })

  test('that fails within another is named, with its own line (SPEC 44)', () => {
    const { session } = withSections(
      section('outer', 'one\ntwo\n<%= sections.inner.render() %>'),
      section('inner', 'one\n<%= boom %>'),
    )
    const message =
      "[RETINUE_TEMPLATE_FAILED] The section 'inner' of @test/plugin@1.0.0 can't be rendered: boom is not defined; " +
      'a template sees context, sections, interactionContext, session, user, section, now (line 2)'
    expect(session.prompt().notices).toEqual([
      { kind: 'failed', section: 'inner', message },
      { kind: 'failed', section: 'outer', message },
    ])
  })

  test('that is optional is left out with a notice and tried again; one that is required stops the run (SPEC 44)', () => {
    let broken = true
    const fragile = (view: TemplateView) => {
      if (broken) throw new Error('not today')
      return `fine ${Object.keys(view).length > 0}`
    }
    const optional = withSections(section('fragile', fragile), section('fine', 'fine')).session
    expect(optional.prompt()).toMatchObject({
      text: 'fine',
      notices: [
        { kind: 'failed', section: 'fragile', message: expect.stringContaining('@test/plugin@1.0.0') },
      ],
    })
    const required = withSections(
      section('fragile', fragile, { required: true }),
      section('fine', 'fine'),
    ).session
    const error = thrownBy(() => required.prompt())
    expect(error).toMatchObject({
      code: 'RETINUE_TEMPLATE_FAILED',
      details: { section: 'fragile', package: '@test/plugin' },
    })
    broken = false
    expect([optional, required].map((session) => session.prompt().parts.length)).toEqual([2, 2])
  })

  test('that is required stops the run within an optional one too (SPEC 44)', () => {
    const { session } = withSections(
      section('outer', '<%= sections.inner.render() %>'),
      section('inner', '<%= boom %>', { required: true }),
    )
    expect(thrownBy(() => session.prompt()).details.section).toBe('inner')
  })
})

describe('rendering', () => {
  /** Counts how often a section is rendered, by what it is made to read. */
  function counting(read: (view: Loose) => unknown) {
    let count = 0
    const made = withSections(
      section('told', (view) => `${++count} ${String(read(view))}`),
      section('still', () => 'still'),
    )
    const rendersOn = (change: () => unknown, options?: Parameters<ChatSession['prompt']>[0]) => {
      made.session.prompt(options)
      const before = count
      change()
      made.session.prompt(options)
      return count - before
    }
    return { ...made, rendersOn }
  }

  test('renders only the sections whose inputs changed (SPEC 46)', () => {
    const counts = { a: 0, b: 0, c: 0 }
    const { session } = withSections(
      section('a', ({ context }: Loose) => `${++counts.a}${context.notes?.text}`),
      section('b', ({ context }: Loose) => `${++counts.b}${context.findings?.query}`),
      section('c', () => `${++counts.c}`),
    )
    session.context.$get(Notes)
    session.context.$get(Findings)
    session.prompt()
    session.prompt()
    expect(counts).toEqual({ a: 1, b: 1, c: 1 })
    session.context.$get(Notes).text = 'new'
    session.prompt()
    expect(counts).toEqual({ a: 2, b: 1, c: 1 })
    session.context.$get(Findings).query = 'new'
    session.context.$get(Findings).query = ''
    session.prompt()
    expect(counts).toEqual({ a: 2, b: 1, c: 1 })
  })

  test('is the same prompt as long as nothing has happened to it, and nobody can change it (SPEC 46)', () => {
    const { session } = withSections(section('a', '<%= context.notes?.text %>'), section('b', 'B'))
    session.context.$get(Notes).text = 'new'
    const findings = session.context.$get(Findings)
    const first = session.prompt()
    expect(session.prompt()).toBe(first)
    findings.query = 'read by none'
    expect(session.prompt({ maxTokens: 100 })).toBe(first)
    session.context.$get(Notes).text = 'newer'
    const second = session.prompt()
    expect([second.text, kinds(second)]).toEqual(['newer\n\nB', ['cache']])
    const third = session.prompt()
    expect([third.text, kinds(third)]).toEqual(['newer\n\nB', []])
    expect(() => (third.parts as unknown[]).pop()).toThrow(TypeError)
    expect(() => (third.notices as unknown[]).push(1)).toThrow(TypeError)
  })

  test('joins anew what changed, whatever stands around it comes or goes (SPEC 46)', () => {
    const { session } = withSections(
      section('a', '<%= context.notes?.text %>', { order: 1 }),
      section('b', 'B', { order: 2 }),
      section('c', '<%= context.findings?.query %>', { order: 3 }),
    )
    const [notes, findings] = [session.context.$get(Notes), session.context.$get(Findings)]
    const texts = [
      ['', ''],
      ['A', ''],
      ['A', 'C'],
      ['', 'C'],
      ['AA', 'CC'],
      ['A', 'CCC'],
      ['A', ''],
    ] as const
    for (const [text, query] of texts) {
      notes.text = text
      findings.query = query
      expect(session.prompt().text).toBe([text, 'B', query].filter((each) => each !== '').join('\n\n'))
    }
    session.sections.$delete('b')
    expect(session.prompt().text).toBe('A')
    notes.text = ''
    expect(session.prompt().text).toBe('')
    session.sections.$delete('c')
    const empty = session.prompt()
    findings.query = 'read by none that is there'
    expect(session.prompt()).toBe(empty)
  })

  test('renders anew what a section itself changed while it was rendered (SPEC 46)', () => {
    let times = 0
    const { session } = withSections(
      section('a', ({ context }: Loose) => {
        const text = context.notes.text as string
        session.context.$get(Notes).text = `written ${++times}`.slice(0, 9)
        return text
      }),
    )
    session.context.$get(Notes)
    expect([session.prompt().text, session.prompt().text]).toEqual(['', 'written 1'])
  })

  test('renders nothing a second time for the same, by values, getters and JSON (SPEC 46)', () => {
    const { session, rendersOn } = counting(
      ({ context, json }) =>
        context.notes && context.findings && json(context.notes) + context.findings.shout,
    )
    session.context.$get(Notes)
    const findings = session.context.$get(Findings)
    expect(rendersOn(() => 0)).toBe(0)
    expect(rendersOn(() => (findings.limit = 9))).toBe(0)
    expect(rendersOn(() => (findings.query = 'q'))).toBe(1)
    expect(rendersOn(() => (session.context.$get(Notes).text = 'n'))).toBe(1)
    expect(rendersOn(() => (session.context.$get(Notes).text = 'n'))).toBe(0)
  })

  test('renders anew when what it asked for comes or goes (SPEC 46, D7)', () => {
    const { session, rendersOn } = counting(({ context }) => ('notes' in context ? 'here' : 'away'))
    expect(rendersOn(() => session.context.$get(Findings))).toBe(0)
    expect(rendersOn(() => session.context.$get(Notes))).toBe(1)
    expect(session.prompt().text).toContain('here')
    expect(rendersOn(() => session.context.$delete(Notes))).toBe(1)
    expect(session.prompt().text).toContain('away')
  })

  test('renders anew when what is listed comes or goes (SPEC 46)', () => {
    const { session, rendersOn } = counting(({ context }) => Object.keys(context).join())
    expect(rendersOn(() => session.context.$get(Notes))).toBe(1)
    expect(rendersOn(() => (session.context.$get(Notes).text = 'x'))).toBe(0)
    expect(rendersOn(() => session.context.$get(Findings))).toBe(1)
  })

  test('renders anew when a config changes that is followed, and no other time (SPEC 33, 46, D6)', () => {
    const { session, user, rendersOn } = counting(({ context }) => context.findings?.limit)
    session.context.$get(Findings)
    const config = user.config.$get(SearchConfig)
    expect(rendersOn(() => (config.limit = 9))).toBe(1)
    expect(session.prompt().text).toContain('9')
    expect(rendersOn(() => (config.limit = 9))).toBe(0)
    expect(rendersOn(() => (session.context.$get(Findings).limit = 3))).toBe(1)
    expect(rendersOn(() => (config.limit = 10))).toBe(0)
  })

  test('renders anew when the user sets what shows through (SPEC 33, 46)', () => {
    const { session, user, rendersOn } = counting(
      ({ context, user: who }) => `${context.notes?.text} ${who.context.notes?.text} ${who.id}`,
    )
    session.context.$get(Notes)
    expect(rendersOn(() => (user.context.$get(Notes).text = 'of the user'))).toBe(1)
    expect(session.prompt().text).toContain('of the user of the user ada')
    expect(rendersOn(() => (session.context.$get(Notes).text = 'own'))).toBe(1)
  })

  test('renders anew for an interaction that differs, and again after it (SPEC 38, 46)', () => {
    const { session, rendersOn } = counting(
      ({ interactionContext }) => interactionContext.context.notes?.text,
    )
    session.context.$get(Notes).text = 'session'
    session.prompt()
    using same = session.interact()
    expect(rendersOn(() => session.prompt({ interaction: same }))).toBe(0)
    using other = session.interact()
    other.context.$get(Notes).text = 'turn'
    expect(session.prompt({ interaction: other }).text).toContain('turn')
    expect(session.prompt({ interaction: same }).text).toContain('session')
  })

  test('renders anew when the input, the interaction or the session id that it shows differs (SPEC 46)', () => {
    const { session, rendersOn } = counting(
      ({ interactionContext, session: at }) =>
        `${interactionContext.input} ${interactionContext.id} ${at.id}`,
    )
    using turn = session.interact({ input: 'hello', id: 't1' })
    expect(session.prompt({ interaction: turn }).text).toContain('hello t1 s1')
    expect(rendersOn(() => 0, { interaction: turn })).toBe(0)
    expect(session.prompt().text).toContain('undefined undefined s1')
  })

  test('renders anew when the agent is swapped, as far as that shows (SPEC 46)', () => {
    const { session, agent, registry, rendersOn } = counting(
      ({ session: at, context }) => `${at.agent} ${context.notes?.text}`,
    )
    agent.instructions = 'Be one.'
    session.context.$get(Notes)
    const other = new AgentConfig({
      name: 'writer',
      registry,
      instructions: 'Be two.',
      context: { notes: { text: 'of the writer' } },
    })
    expect(rendersOn(() => (session.agent = other))).toBe(1)
    expect(session.prompt().text).toMatch(/Be two\.\n\nstill\n\n\d+ writer of the writer/)
    expect(rendersOn(() => (session.agent = undefined))).toBe(1)
    expect(session.prompt().text).not.toContain('Be')
  })

  test('renders anew when time went on, if a section looks at the clock (SPEC 46)', () => {
    let count = 0
    const { session } = withSections(
      section('clock', ({ now }: Loose) => `${++count} ${now.toISOString()}`, { stability: 'turn' }),
    )
    session.prompt({ now: new Date(1) })
    session.prompt({ now: new Date(1) })
    expect(count).toBe(1)
    expect(session.prompt({ now: new Date(2) }).text).toBe('2 1970-01-01T00:00:00.002Z')
    session.prompt()
    expect(count).toBe(3)
  })

  test('takes what it read again into account where sections of one name come from elsewhere (SPEC 46, D18)', () => {
    const { session, registry } = aSession(section('told', 'one'))
    session.sections.$get('told' as never)
    expect(session.prompt().text).toBe('one')
    registry.register(
      definePlugin({ name: '@test/plugin', version: '1.0.0', contributes: [section('told', 'two')] }),
    )
    expect(session.prompt().text).toBe('two')
  })

  test('renders a form anew that was left aside while its inputs changed (SPEC 46, 47)', () => {
    const { session } = withSections(
      section('told', ({ context }: Loose) => `${words(10)} ${context.notes.text}`, {
        summary: '<%= context.notes.text %>',
        needs: [Notes],
      }),
    )
    const at = session.context.$get(Notes)
    at.text = 'one'
    expect(session.prompt({ maxTokens: 5 }).text).toBe('one')
    at.text = 'two'
    expect(session.prompt().text).toBe(`${words(10)} two`)
    expect(session.prompt({ maxTokens: 5 }).text).toBe('two')
  })

  test('renders anew what was not in the last prompt, whatever happened meanwhile (SPEC 46)', () => {
    const { session } = withSections(
      section('outer', ({ context, sections }: Loose) =>
        context.findings?.limit === 5 ? sections.inner.render() : 'alone',
      ),
      section('inner', ({ context }: Loose) => `inner ${context.notes?.text}`, {
        shrink: ['full', 'omit'],
        priority: -1,
      }),
      section('long', words(10), { required: true }),
    )
    session.context.$get(Notes).text = 'one'
    session.context.$get(Findings)
    expect(session.prompt().text).toContain('inner one')
    session.context.$get(Findings).limit = 4
    session.context.$get(Notes).text = 'two'
    expect(session.prompt({ maxTokens: 13 }).text).toBe(`${words(10)}\n\nalone`)
    session.context.$get(Notes).text = 'three'
    session.context.$get(Findings).limit = 5
    expect(session.prompt().text).toContain('inner three')
  })

  test('renders anew where a template catches what a placed section threw (SPEC 44, 46)', () => {
    const caught =
      '<% let text = "none"; try { text = sections.inner.render() } catch {} %><%= text %> <%= context.findings.query %>'
    const { session } = withSections(
      section('outer', caught, { needs: [Findings] }),
      section('inner', '<% if (!context.notes.text) throw 1 %>inner', { needs: [Notes] }),
      section('strict', '<% if (!context.notes.text) throw 1 %>strict', { needs: [Notes] }),
    )
    expect(session.prompt().text).toBe('none')
    session.context.$get(Findings).query = 'q'
    expect(session.prompt().text).toBe('none q')
    session.context.$get(Notes).text = 'there'
    expect(session.prompt().text).toBe('inner q\n\nstrict')
  })

  test('changes nothing: snapshot, presence and revision stay as they are (SPEC 44)', () => {
    const toolset = defineToolset('search', {
      needs: [SearchConfig, Findings],
      tools: { search: defineTool({ description: 'x', input: Type.Object({}), execute: () => null }) },
    })
    const { session, user, agent } = aSession(
      SearchConfig,
      Findings,
      Notes,
      toolset,
      section(
        'told',
        'At <%= now %> <%= context.findings.query %><%= context.notes %><%= user.context.notes %><%= json(sections) %><%= boom %>',
      ),
      section('other', '<%= sections.told %><%= interactionContext.context.nothing %>', {
        summary: 's',
        maxTokens: 1,
      }),
    )
    agent.tools.push('search')
    session.sections.$get('told' as never)
    session.sections.$get('other' as never)
    const heard: unknown[] = []
    for (const owner of [session, user, agent])
      for (const event of ['committed', 'changed', 'contextAdded', 'configAdded'])
        owner.on(event, (what) => heard.push(what))
    const state = () =>
      JSON.stringify([
        session,
        user,
        agent,
        ...[session, user, agent].flatMap((at) => [
          at.revision,
          at.config.$types(),
          at.context.$types(),
          at.sections.$types(),
        ]),
      ])
    const before = state()
    session.prompt()
    session.prompt({ maxTokens: 1, now: new Date(0) })
    expect(state()).toBe(before)
    expect(heard).toEqual([])
  })
})

describe('for all sessions', () => {
  const template = '<%= context.notes?.text %>|<%= context.findings?.limit %>'
  const Sections = {
    a: section('a', '<%= context.findings?.query %>|<%= context.findings?.shout %>', {
      summary: template,
      priority: -1,
    }),
    b: section(
      'b',
      '<%= Object.keys(context) %>|<%= interactionContext.context.notes?.text %>|<%= user.context.notes?.text %>|<%= session.agent %>',
    ),
    c: section(
      'c',
      '[<%= sections.d?.render() %>]<%= interactionContext.input %>|<%= sections.s?.render() %>',
    ),
    d: section(
      'd',
      '<%= context.findings ? json(context.findings) : "" %>|<%= interactionContext.context.findings?.query %>',
    ),
    s: section('s', template),
  }
  const registry = aSession(SearchConfig, Findings, Notes, ...Object.values(Sections)).registry
  const word = fc.constantFrom('', 'x', 'y')
  const owner = fc.constantFrom('user', 'agent', 'other', 'session', 'turn', 'child')
  const step = fc.oneof(
    fc.record({ do: fc.constant('query' as const), owner, word }),
    fc.record({ do: fc.constant('text' as const), owner, word }),
    fc.record({ do: fc.constant('limit' as const), owner, word }),
    fc.record({ do: fc.constant('reset' as const), owner, word }),
    fc.record({ do: fc.constant('delete' as const), owner, word }),
    fc.record({ do: fc.constant('hide' as const), owner: fc.constantFrom('a', 'c', 'd', 's'), word }),
    fc.record({ do: fc.constant('show' as const), owner: fc.constantFrom('a', 'c', 'd', 's'), word }),
    fc.record({ do: fc.constant('swap' as const), owner: fc.constantFrom('agent', 'other'), word }),
    fc.record({ do: fc.constant('fail' as const), owner, word }),
    fc.record({
      do: fc.constant('prompt' as const),
      owner: fc.constantFrom('session', 'turn', 'child'),
      word: fc.constantFrom('', 'short'),
    }),
  )

  function rollBack(session: ChatSession, change: () => unknown): void {
    try {
      session.batch(() => {
        change()
        throw new Error('no')
      })
    } catch {
      // as it was
    }
  }

  test('what is kept from pass to pass reads as if it were rendered anew (SPEC 46)', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 9 }), (steps) => {
        const user = new ChatUser({ id: 'ada', registry })
        const [agent, other] = ['agent', 'other'].map(
          (name) => new AgentConfig({ name, registry, instructions: `${name} {{context.notes.text}}` }),
        )
        const session = new ChatSession({
          user,
          agent: agent!,
          sections: Object.keys(Sections),
          manager: new SessionManager(),
        })
        using turn = session.interact({ input: 'in' })
        const owners: Record<string, ChatUser | AgentConfig | ChatSession | InteractionContext> = {
          user,
          agent: agent!,
          other: other!,
          session,
          turn,
          child: turn.child(),
        }
        const look = (name: string, maxTokens: number): void => {
          const at = owners[name] as ChatSession | InteractionContext
          const prompt = session.prompt({
            maxTokens,
            ...(at !== session && { interaction: at as InteractionContext }),
          })
          const notes = session.context.$peek(Notes)?.text ?? ''
          const anew = (type: string) => (at.sections.$get(type as never) as { render(): string }).render()
          const expected = prompt.parts.map(({ section: type, form }) =>
            type === 'instructions'
              ? `${session.agent!.name} ${notes}`
              : anew(form === 'summary' ? 's' : type),
          )
          expect(prompt.parts.map(({ text }) => text)).toEqual(expected)
        }
        for (const { do: what, owner: name, word: value } of steps) {
          const at = owners[name] ?? session
          if (what === 'query') at.context.$get(Findings).query = value
          else if (what === 'text') at.context.$get(Notes).text = value
          else if (what === 'limit') at.config.$get(SearchConfig).limit = value.length
          else if (what === 'reset') at.context.$get(Findings).$reset()
          else if (what === 'delete') at.context.$delete(Notes)
          else if (what === 'hide') session.sections.$delete(name as never)
          else if (what === 'show') void session.sections.$get(name as never)
          else if (what === 'swap') session.agent = owners[name] as AgentConfig
          else if (what === 'prompt') look(name, value === '' ? Infinity : 4)
          else rollBack(session, () => (at.context.$get(Notes).text = 'undone'))
        }
        look('session', Infinity)
        session.close()
      }),
      cases,
    )
  })
})

describe('notices', () => {
  test('say what a change costs the cache: all that stood behind it (SPEC 45)', () => {
    const { session } = withSections(
      section('fixed', words(10), { stability: 'static' }),
      section('notes', ({ context }: Loose) => `${words(5)}${context.notes?.text ?? ''}`),
      section('rest', words(7), { slot: 'end' }),
    )
    expect(session.prompt().notices).toEqual([])
    expect(session.prompt().notices).toEqual([])
    session.context.$get(Notes).text = 'x'
    expect(session.prompt().notices).toEqual([
      {
        kind: 'cache',
        section: 'notes',
        message: "'notes' changed: invalidates 12 cached tokens.",
        tokens: 12,
      },
    ])
    session.sections.$delete('rest' as never)
    expect(session.prompt().notices).toMatchObject([{ section: 'rest', tokens: 7 }])
    session.sections.$get('rest' as never)
    expect(session.prompt().notices).toEqual([]) // what comes at the end costs nothing
  })

  test('say that other tools cost everything behind them, since providers put tools first (SPEC 45)', () => {
    const tool = (description: string) =>
      defineTool({ description, input: Type.Object({}), execute: () => null })
    const { session, agent } = aSession(
      ...['one', 'two', 'three'].map((name) => defineToolset(name, { tools: { [name]: tool(name) } })),
      section('told', words(10)),
    )
    agent.tools.push('one', 'two')
    session.sections.$get('told' as never)
    const [one, two] = session.prompt().tools.map(({ tokens }) => tokens)
    agent.tools.push('three')
    expect(session.prompt().notices).toEqual([
      { kind: 'cache', message: 'The tools changed: invalidates 10 cached tokens.', tokens: 10 },
    ])
    agent.tools.remove('three')
    const three = session.prompt().notices[0]!.tokens! - 10
    expect(three).toBe(estimateTokens('threethree{"type":"object","properties":{}}'))
    agent.tools.replace(['three', 'two'])
    expect(session.prompt().notices[0]!.tokens).toBe(one! + two! + 10)
  })

  test('say nothing where nothing was cached (SPEC 45)', () => {
    const toolset = defineToolset('late', {
      tools: { late: defineTool({ description: 'x', input: Type.Object({}), execute: () => null }) },
    })
    const { session, agent } = aSession(toolset)
    expect(session.prompt()).toMatchObject({ text: '', tokens: 0 })
    agent.tools.push('late')
    expect(session.prompt().notices).toEqual([])
  })

  test('report a section that claims to be more stable than what it reads (SPEC 45)', () => {
    const { session } = withSections(
      section('honest', 'x', { stability: 'static' }),
      section('dated', ({ now }: Loose) => `${now}`, { stability: 'static' }),
      section('asking', ({ interactionContext }: Loose) => `${interactionContext.input}`),
      section('noting', ({ context }: Loose) => `${context.notes?.text}`, { stability: 'static' }),
      section('fair', ({ now }: Loose) => `${now}`, { stability: 'turn' }),
    )
    session.context.$get(Notes).text = 'x'
    const claims = session.prompt().notices.filter(({ kind }) => kind === 'stability')
    expect(claims.map(({ message }) => message).toSorted()).toEqual([
      "'asking' claims to be 'session' but reads interactionContext.input, which changes by turn.",
      "'dated' claims to be 'static' but reads now, which changes by turn.",
      "'noting' claims to be 'static' but reads whether context.notes is present, which changes by session.",
    ])
  })

  test('report a false claim that a placed section makes false, and one by an overlay or a listing (SPEC 45)', () => {
    const { session } = withSections(
      section('outer', '<%= sections.inner.render() %>'),
      section('inner', '<%= now %>', { stability: 'turn' }),
      section('overlaid', '<%= interactionContext.context.notes?.text %>'),
      section('arriving', '<%= interactionContext.context.findings?.limit %>'),
      section('listing', '<%= Object.keys(interactionContext.context) %>'),
      section('styled', '<%= section.style %>', { stability: 'static' }),
    )
    session.context.$get(Notes)
    const claimsOf = (prompt: Prompt) =>
      Object.fromEntries(
        prompt.notices
          .filter(({ kind }) => kind === 'stability')
          .map(({ section: name, message }) => [name, /reads (.*), which/.exec(message)![1]]),
      )
    expect(claimsOf(session.prompt())).toEqual({ outer: 'now', listing: 'what is in context' })
    using turn = session.interact()
    turn.context.$get(Notes).text = 'x'
    turn.context.$get(Findings)
    expect(claimsOf(session.prompt({ interaction: turn }))).toEqual({
      outer: 'now',
      overlaid: 'context.notes text',
      arriving: 'whether context.findings is present',
      listing: 'what is in context',
    })
  })

  test('take what the agent or a default says for static, and what the user says for the session (SPEC 45)', () => {
    class Told extends Section(
      'told',
      { style: Type.String({ default: 'plain' }) },
      { stability: 'static', template: '<%= section.style %>' },
    ) {}
    const { session, agent, user } = aSession(Told)
    session.sections.$get(Told)
    expect(session.prompt().notices).toEqual([])
    agent.sections.$get(Told).style = 'of the agent'
    expect(kinds(session.prompt())).toEqual(['cache'])
    user.sections.$get(Told).style = 'of the user'
    expect(kinds(session.prompt())).toEqual(['stability', 'cache'])
  })
})

describe('a budget', () => {
  test('that is no number is refused, not taken for none (SPEC 47)', () => {
    const { session } = withSections(section('long', words(10)))
    for (const maxTokens of [-1, Number.NaN, '100', null])
      expect(() => session.prompt({ maxTokens: maxTokens as number })).toThrow('RETINUE_OPTION_INVALID')
  })

  test('shrinks the lowest priority first, of equals what stands last, and reports it (SPEC 47)', () => {
    const { session } = withSections(
      section('high', words(10), { priority: 5 }),
      section('low_first', words(10), { summary: words(2) }),
      section('low_last', words(10), { summary: words(2), order: 1 }),
    )
    const shrunk = (maxTokens: number) => {
      const prompt = session.prompt({ maxTokens })
      const steps = prompt.notices
        .filter(({ kind }) => kind === 'shrunk')
        .map(({ section: name, tokens }) => `${name} -${tokens}`)
      return [prompt.tokens, Object.fromEntries(prompt.parts.map((part) => [part.section, part.form])), steps]
    }
    expect(shrunk(30)).toEqual([30, { high: 'full', low_first: 'full', low_last: 'full' }, []])
    expect(shrunk(29)).toEqual([
      22,
      { high: 'full', low_first: 'full', low_last: 'summary' },
      ['low_last -8'],
    ])
    expect(shrunk(21)).toEqual([20, { high: 'full', low_first: 'full' }, ['low_last -8', 'low_last -2']])
    expect(shrunk(12)).toEqual([
      12,
      { high: 'full', low_first: 'summary' },
      ['low_last -8', 'low_last -2', 'low_first -8'],
    ])
    expect(shrunk(10)).toEqual([
      10,
      { high: 'full' },
      ['low_last -8', 'low_last -2', 'low_first -8', 'low_first -2'],
    ])
    expect(shrunk(9)[1]).toEqual({})
  })

  test('never omits what is required, and says by how much it is over (SPEC 47)', () => {
    const { session } = withSections(
      section('needed', words(10), { required: true, summary: words(4) }),
      section('fixed', words(3), { required: true, shrink: ['omit'] }),
      section('rigid', words(1), { shrink: [] }),
    )
    const prompt = session.prompt({ maxTokens: 2 })
    expect(prompt.parts.map(({ form, tokens }) => [form, tokens])).toEqual([
      ['full', 3],
      ['summary', 4],
      ['full', 1],
    ])
    expect(prompt.notices.at(-1)).toEqual({
      kind: 'over',
      message: 'The prompt is 6 tokens over its budget of 2.',
      tokens: 6,
    })
  })

  test('counts tools in (SPEC 47)', () => {
    const toolset = defineToolset('search', {
      tools: { search: defineTool({ description: words(20), input: Type.Object({}), execute: () => null }) },
    })
    const { session, agent } = aSession(toolset, section('told', words(10)))
    agent.tools.push('search')
    session.sections.$get('told' as never)
    const { tokens } = session.prompt()
    expect(names(session.prompt({ maxTokens: tokens - 1 }))).toEqual([])
    expect(kinds(session.prompt({ maxTokens: 5 }))).toEqual(['shrunk', 'over'])
  })

  test('of its own shrinks a section whatever the whole may take (SPEC 45)', () => {
    const { session } = withSections(
      section('long', words(10), { maxTokens: 5, summary: words(4) }),
      section('longer', words(10), { maxTokens: 3, summary: words(4) }),
      section('stays', words(10), { maxTokens: 5, required: true }),
      section('small', words(5), { maxTokens: 5 }),
    )
    const prompt = session.prompt()
    expect(prompt.parts.map((part) => [part.section, part.form])).toEqual([
      ['long', 'summary'],
      ['small', 'full'],
      ['stays', 'full'],
    ])
    expect(prompt.notices.map(({ kind, section: name, tokens }) => [kind, name, tokens])).toEqual([
      ['shrunk', 'long', 5],
      ['shrunk', 'longer', 7],
      ['shrunk', 'longer', 1],
      ['over', 'stays', 5],
    ])
  })

  test('of its own is told of as it stands, also while the section stays in the same form (SPEC 45, 46)', () => {
    const template = ({ context }: Loose) => context.notes?.text ?? ''
    const { session } = withSections(
      section('left', template, { maxTokens: 2 }),
      section('short', template, { maxTokens: 2, summary: 'x' }),
    )
    const notes = session.context.$get(Notes)
    const over = () => session.prompt().notices.map(({ section: name, tokens }) => [name, tokens])
    const told = [4, 9].map((tokens) => {
      notes.text = words(tokens)
      return over()
    })
    expect(told).toEqual([
      [
        ['left', 2],
        ['short', 2],
      ],
      [
        ['left', 7],
        ['short', 7],
      ],
    ])
    expect(session.prompt()).toBe(session.prompt())
  })

  test('shows what was placed in a section that is omitted (SPEC 43, 47)', () => {
    const { session } = withSections(
      section('outer', `${words(10)}<%= sections.inner.render() %>`, { priority: -1 }),
      section('inner', words(2)),
    )
    expect(names(session.prompt())).toEqual(['outer'])
    expect(names(session.prompt({ maxTokens: 5 }))).toEqual(['inner'])
  })
})

test('a session without an agent has a prompt too (SPEC 28)', () => {
  const { registry } = aSession(section('told', 'x'))
  const session = new ChatSession({ user: new ChatUser({ id: 'eve', registry }), sections: ['told'] })
  expect(session.prompt()).toMatchObject({ text: 'x', tools: [], tokens: 1, notices: [] })
})
