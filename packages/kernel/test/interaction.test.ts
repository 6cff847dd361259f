import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ChatSession,
  Config,
  Context,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  homeOf,
  InteractionContext,
  Section,
  SessionManager,
  Type,
} from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'
import { cases } from './cases.ts'

class Findings extends Context('findings', {
  query: Type.String({ default: '' }),
  results: Type.Array(Type.String(), { default: [] }),
}) {}
class Notes extends Context('notes', { text: Type.String({ default: '' }) }) {}
class SearchConfig extends Config('search', { limit: Type.Integer({ default: 5 }) }) {}
class SearchSection extends Section(
  'search',
  { style: Type.String({ default: 'concise' }) },
  { template: 'Search, <%= section.style %>: <%= interactionContext.context.findings?.query %>' },
) {}

const nothing = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const search = defineToolset('search', {
  needs: [SearchConfig, Findings, SearchSection],
  tools: { search: nothing },
})
const think = defineToolset('think', { tools: { think: nothing } })

const start = () => aSession(Findings, Notes, SearchConfig, SearchSection, search, think)

describe('an interaction', () => {
  test('has an id, its input, three bags and tools of its own (SPEC 37)', () => {
    const { session, user } = start()
    const turn = session.interact({
      input: { question: 'Who?' },
      context: { findings: { query: 'who' } },
      config: [SearchConfig],
      sections: ['search'],
    })
    expect(turn).toBeInstanceOf(InteractionContext)
    expect(turn.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(session.interact().id).not.toBe(turn.id)
    expect(session.interact({ id: 'mine' }).id).toBe('mine')
    expect(turn.input).toEqual({ question: 'Who?' })
    expect(turn.context.$get(Findings).query).toBe('who')
    expect(turn.config.$types()).toEqual(['search'])
    expect(turn.sections.$types()).toEqual(['search'])
    expect([...turn.tools]).toEqual([])
    expect(turn.tools).toBe(turn.tools)
    expect([turn.session, turn.user, turn.parent]).toEqual([session, user, undefined])
  })

  test('is refused with an unusable id, unusable content, or on a closed session, and leaves nothing (SPEC 37)', () => {
    const { session } = start()
    const before = JSON.stringify(session)
    expect(thrownBy(() => session.interact({ id: '' })).code).toBe('RETINUE_OWNER_INVALID')
    const controller = new AbortController()
    const bad = { context: { findings: { query: 5 } }, signal: controller.signal }
    expect(thrownBy(() => session.interact(bad)).code).toBe('RETINUE_VALUE_INVALID')
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    expect(JSON.stringify(session)).toBe(before)
    session.close()
    expect(thrownBy(() => session.interact()).code).toBe('RETINUE_OWNER_ENDED')
  })

  test('is discarded by using, by end, by an exception and by an abort (SPEC 37)', () => {
    const { session } = start()
    const before = JSON.stringify(session)
    const write = (turn: InteractionContext) => {
      turn.context.$get(Findings).query = 'mine'
      turn.tools.push('search')
      turn.sections.$get(SearchSection).style = 'long'
    }
    const turns: InteractionContext[] = []
    {
      using turn = session.interact()
      turns.push(turn)
      write(turn)
    }
    const ended = session.interact()
    turns.push(ended)
    write(ended)
    ended.end()
    ended.end()
    const failing = () => {
      using turn = session.interact()
      turns.push(turn)
      write(turn)
      throw new TypeError('boom')
    }
    expect(failing).toThrow(TypeError)
    const aborted = session.interact()
    turns.push(aborted)
    write(aborted)
    aborted.abort('enough')
    expect(turns.map((turn) => turn.ended)).toEqual([true, true, true, true])
    expect(turns.every((turn) => turn.signal.aborted)).toBe(true)
    expect(aborted.signal.reason).toBe('enough')
    expect(JSON.stringify(session)).toBe(before)
  })

  test('ends when the signal that it was given aborts, with its reason (SPEC 37)', () => {
    const { session } = start()
    const controller = new AbortController()
    const turn = session.interact({ signal: controller.signal })
    const heard: unknown[] = []
    turn.signal.addEventListener('abort', () => heard.push(turn.ended))
    controller.abort('stop')
    expect([turn.ended, turn.signal.aborted, turn.signal.reason]).toEqual([true, true, 'stop'])
    expect(heard).toEqual([false]) // whoever cleans up at the abort still has the interaction
    const late = session.interact({ signal: controller.signal })
    expect([late.ended, late.signal.reason]).toEqual([true, 'stop'])
  })

  test('hands the reason of an abort on to those within it (SPEC 37, 39)', () => {
    const { session } = start()
    const turn = session.interact()
    const child = turn.child()
    const running = child.child().signal
    turn.abort('stop')
    expect([running.reason, child.signal.reason]).toEqual(['stop', 'stop'])
  })

  test('leaves no listener on a signal that outlives it (SPEC 37, 25)', () => {
    const { session } = start()
    const { signal } = new AbortController()
    for (let i = 0; i < 100; i++) {
      using turn = session.interact({ signal })
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      turn.child({ signal })
      expect(getEventListeners(signal, 'abort')).toHaveLength(2)
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('aborts what runs in it and lets go of its signal when its session closes (SPEC 37, 25)', () => {
    const { session } = start()
    const { signal } = new AbortController()
    const turn = session.interact({ signal })
    const child = turn.child()
    const running = [turn.signal, child.signal]
    session.close()
    expect(running.map((each) => each.aborted)).toEqual([true, true])
    expect([turn.ended, child.ended]).toEqual([true, true])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('refuses every write after its end (SPEC 37, D19)', () => {
    const { session } = start()
    const turn = session.interact()
    const findings = turn.context.$get(Findings)
    findings.query = 'kept'
    turn.end()
    for (const write of [
      () => (findings.query = 'late'),
      () => findings.$patch({ query: 'late' }),
      () => findings.$reset(),
      () => turn.context.$get(Notes),
      () => turn.context.$set(Notes, {}),
      () => turn.context.$delete(Findings),
      () => turn.tools.push('think'),
      () => turn.tools.exclude('think'),
      () => turn.promote(Findings),
      () => turn.child(),
    ]) {
      expect(thrownBy(write).code).toBe('RETINUE_OWNER_ENDED')
    }
    expect(findings.query).toBe('kept')
  })
})

describe('what an interaction sees', () => {
  test('falls through to the session until it writes, and its write stays local (SPEC 38, D10)', () => {
    const { session } = start()
    session.context.$get(Findings).query = 'of the session'
    using turn = session.interact()
    const mine = turn.context.$get(Findings)
    expect(mine.query).toBe('of the session')
    session.context.$get(Findings).query = 'changed meanwhile'
    expect(mine.query).toBe('changed meanwhile')
    mine.query = 'mine'
    expect(mine.$source('query')).toBe('interaction')
    expect(session.context.$get(Findings).query).toBe('changed meanwhile')
    mine.$reset('query')
    expect([mine.query, mine.$source('query')]).toEqual(['changed meanwhile', 'session'])
  })

  test('leaves the session snapshot byte-equal, whatever was read, written and rendered in it (SPEC 38)', () => {
    const { session } = start()
    session.context.$get(Findings).results = ['a']
    const before = JSON.stringify(session)
    const { revision } = session
    {
      using turn = session.interact({ input: 'x' })
      turn.context.$get(Findings).results = ['b']
      turn.context.$get(Notes).text = 'n'
      turn.tools.push('search')
      turn.tools.exclude('think')
      turn.sections.$get(SearchSection).style = 'long'
      session.prompt({ interaction: turn })
      turn.child().context.$get(Notes).text = 'deeper'
    }
    session.prompt()
    expect(JSON.stringify(session)).toBe(before)
    expect(session.revision).toBe(revision)
  })

  test('shows its sections in its own prompt and in no later one (SPEC 38)', () => {
    const { session } = start()
    {
      using turn = session.interact()
      turn.sections.$get(SearchSection)
      turn.context.$get(Findings).query = 'x'
      expect(session.prompt({ interaction: turn }).text).toBe('Search, concise: x')
      expect(session.prompt().text).toBe('')
    }
    expect(session.prompt().text).toBe('')
    using later = session.interact()
    expect(session.prompt({ interaction: later }).text).toBe('')
  })

  test('nests: a child sees and shadows its parent and leaks nothing to it or to its siblings (SPEC 39)', () => {
    const { session } = start()
    using parent = session.interact()
    parent.context.$get(Findings).query = 'of the parent'
    parent.context.$get(Notes)
    const [one, two] = [parent.child(), parent.child()]
    expect(one.parent).toBe(parent)
    expect(one.context.$has(Notes)).toBe(true)
    expect(one.context.$get(Findings).query).toBe('of the parent')
    one.context.$get(Findings).query = 'of the child'
    one.sections.$get(SearchSection)
    expect(one.context.$get(Findings).query).toBe('of the child')
    expect(parent.context.$get(Findings).query).toBe('of the parent')
    expect(two.context.$get(Findings).query).toBe('of the parent')
    expect([parent, two].map((each) => each.sections.$has(SearchSection))).toEqual([false, false])
    const grandchild = one.child()
    expect(grandchild.context.$get(Findings).query).toBe('of the child')
  })

  test('keeps concurrent interactions of one session apart (SPEC 39)', () => {
    const { session } = start()
    const turns = Array.from({ length: 10 }, () => session.interact())
    turns.forEach((turn, i) => (turn.context.$get(Findings).query = `query ${i}`))
    turns.forEach((turn, i) => i % 2 && turn.tools.push('think'))
    expect(turns.map((turn) => turn.context.$get(Findings).query)).toEqual(turns.map((_, i) => `query ${i}`))
    expect(turns.map((turn) => turn.tools.inForce.length)).toEqual(turns.map((_, i) => i % 2))
    expect(session.context.$has(Findings)).toBe(false)
    turns[0]!.end()
    expect(turns[1]!.context.$get(Findings).query).toBe('query 1')
  })

  test('ends its children with it (SPEC 39, D10)', () => {
    const { session } = start()
    const parent = session.interact()
    const child = parent.child()
    const grandchild = child.child()
    const { signal } = grandchild
    parent.end()
    expect([child.ended, grandchild.ended, signal.aborted]).toEqual([true, true, true])
    expect(thrownBy(() => grandchild.context.$get(Notes)).code).toBe('RETINUE_OWNER_ENDED')
  })
})

test('interactions may be nested deeper than the stack: all of them end with their session (SPEC 39)', () => {
  const { session } = start()
  let innermost = session.interact()
  for (let depth = 1; depth < 5000; depth++) innermost = innermost.child()
  session.close()
  expect(innermost.ended).toBe(true)
})

test('what is read, heard and asked for far within is that of the session (SPEC 38, 39)', () => {
  const { session, agent } = start()
  let innermost = session.interact()
  for (let depth = 1; depth < 300; depth++) innermost = innermost.child()
  const heard: string[] = []
  innermost.on('contextAdded', ({ type }) => void heard.push(type))
  session.context.$get(Notes).text = 'seen'
  expect(innermost.context.$get(Notes).text).toBe('seen')
  agent.tools.push('search')
  expect(heard).toEqual(['notes', 'findings'])
})

describe('the tools of an interaction', () => {
  test('bring their retinue, their configs on the user, and take it away at the end (SPEC 40, D7)', () => {
    const { session, user } = start()
    const heard: string[] = []
    user.on('configAdded', ({ type }) => heard.push(`user + ${type}`))
    user.on('configRemoved', ({ type }) => heard.push(`user - ${type}`))
    for (const event of ['contextAdded', 'sectionAdded', 'toolsetAdded'] as const) {
      session.on(event, ({ type }) => heard.push(`session ${event} ${type}`))
    }
    const turn = session.interact()
    for (const event of ['configAdded', 'contextAdded', 'sectionAdded', 'toolsetAdded'] as const) {
      turn.on(event, ({ type }) => heard.push(`turn ${event} ${type}`))
    }
    turn.tools.push('search')
    expect(heard).toEqual([
      'user + search',
      'turn configAdded search',
      'turn contextAdded findings',
      'turn sectionAdded search',
      'turn toolsetAdded search',
    ])
    expect([user.config.$has(SearchConfig), turn.context.$has(Findings)]).toEqual([true, true])
    expect([session.context.$has(Findings), session.sections.$has(SearchSection)]).toEqual([false, false])
    expect(session.tools.inForce).toEqual([])
    expect(session.prompt({ interaction: turn }).tools.map(({ name }) => name)).toEqual(['search'])
    turn.end()
    expect(heard.slice(5)).toEqual(['user - search'])
    expect(user.config.$has(SearchConfig)).toBe(false)
    expect(session.prompt().tools).toEqual([])
  })

  test('are in force in its children too, and only there (SPEC 39, 40)', () => {
    const { session, agent } = start()
    agent.tools.push('think')
    using turn = session.interact()
    turn.tools.push('search')
    const child = turn.child()
    expect(child.tools.inForce).toEqual(['think', 'search'])
    expect(child.context.$has(Findings)).toBe(true)
    expect(session.interact().tools.inForce).toEqual(['think'])
  })

  test('are at home where they are in force: in the session, else in the outermost interaction (SPEC 39, 40)', () => {
    const { session, agent } = start()
    using turn = session.interact()
    const [child, sibling] = [turn.child(), turn.child()]
    const grandchild = child.child()
    child.tools.push('search')
    const homes = (): unknown[] => [grandchild, child, sibling].map((at) => homeOf(at, 'search'))
    expect(homes()).toEqual([child, child, sibling])
    turn.tools.push('search')
    expect(homes()).toEqual([turn, turn, turn])
    agent.tools.push('search')
    expect(homes()).toEqual([session, session, session])
    session.tools.exclude('search')
    expect(homes()).toEqual([grandchild, child, sibling])
  })

  test('only shrink by what is excluded above (D8)', () => {
    const { session, agent } = start()
    agent.tools.push('search', 'think')
    using parent = session.interact()
    parent.tools.exclude('search')
    const child = parent.child()
    expect(child.tools.inForce).toEqual(['think'])
    child.tools.include('search')
    child.tools.push('search')
    expect(child.tools.inForce).toEqual(['think'])
    child.tools.exclude('think')
    expect(child.tools.inForce).toEqual([])
    expect(parent.tools.inForce).toEqual(['think'])
    parent.tools.include('search')
    expect(child.tools.inForce).toEqual(['search'])
    session.tools.exclude('search')
    expect([parent.tools.inForce, child.tools.inForce]).toEqual([['think'], []])
  })
})

describe('promote', () => {
  test('moves what the interaction set to the session, and asks for it there (SPEC 38, D10)', () => {
    const { session } = start()
    {
      using turn = session.interact()
      const findings = turn.context.$get(Findings)
      findings.query = 'kept'
      findings.results = ['a']
      turn.promote(Findings)
      expect(findings.$source('query')).toBe('session')
    }
    expect(session.context.$get(Findings).$values()).toEqual({ query: 'kept', results: ['a'] })
    expect(session.snapshot().requested).toEqual(['context.findings'])
  })

  test('moves one field only where one is named (D10)', () => {
    const { session } = start()
    {
      using turn = session.interact()
      turn.context.$set(Findings, { query: 'kept', results: ['a'] })
      turn.promote(Findings, 'query')
      expect(thrownBy(() => turn.promote(Findings, 'nope' as never)).code).toBe('RETINUE_FIELD_UNKNOWN')
    }
    expect(session.context.$get(Findings).$values()).toEqual({ query: 'kept', results: [] })
  })

  test('takes any spelling, and a kind before it (SPEC 12, D10)', () => {
    const { session } = start()
    using turn = session.interact()
    for (const spelling of [
      'findings',
      'Findings',
      'context.findings',
      'findings_context',
      'FindingsContext',
    ]) {
      turn.context.$get(Findings).query = spelling
      turn.promote(spelling)
      expect(session.context.$get(Findings).query).toBe(spelling)
    }
    turn.sections.$get(SearchSection).style = 'long'
    turn.promote('sections.search')
    expect(session.sections.$get(SearchSection).style).toBe('long')
    turn.sections.$get(SearchSection).style = 'longer'
    turn.promote('section.search', 'style')
    expect(session.sections.$get(SearchSection).style).toBe('longer')
  })

  test('refuses what nobody registered, and what has no fields (D10)', () => {
    const { session } = start()
    class Stranger extends Context('stranger', {}) {}
    using turn = session.interact()
    for (const key of [Stranger, 'findngs', 'section.nope', 'toolset.search', 'nowhere.findings']) {
      expect(thrownBy(() => turn.promote(key as string)).code).toBe('RETINUE_TYPE_UNKNOWN')
    }
    for (const key of [undefined, null, 5, {}]) {
      expect(thrownBy(() => turn.promote(key as never)).code).toBe('RETINUE_NAME_INVALID')
    }
    expect(thrownBy(() => turn.promote('findngs')).message).toContain("Did you mean 'findings'?")
  })

  test('refuses what no session has, which would be lost when it is saved', () => {
    const Draft = defineKind({ name: 'draft', bag: 'drafts', owners: ['interaction'] })
    class Letter extends Draft('letter', { text: Type.String({ default: '' }) }) {}
    const { session } = start()
    session.registry.register(definePlugin({ name: 'drafts', version: '1.0.0', contributes: [Letter] }))
    using turn = session.interact()
    const { letter } = (turn as unknown as { readonly drafts: { readonly letter: Letter } }).drafts
    letter.text = 'Dear'
    expect(thrownBy(() => turn.promote(Letter)).message).toBe(
      "[RETINUE_OPTION_INVALID] promote() can't have 'draft.letter' as type. Give one that sessions have.",
    )
    expect(letter.text).toBe('Dear')
  })

  test('moves what parents set, the nearest first, and leaves nothing of it behind (SPEC 39, D10)', () => {
    const { session } = start()
    using parent = session.interact()
    parent.context.$set(Findings, { query: 'of the parent', results: ['p'] })
    const child = parent.child()
    child.context.$get(Findings).query = 'of the child'
    child.promote(Findings)
    expect(session.context.$get(Findings).$values()).toEqual({ query: 'of the child', results: ['p'] })
    expect(parent.context.$get(Findings).$source('query')).toBe('session')
    expect(child.context.$get(Findings).$source('results')).toBe('session')
  })

  test('only asks for the item where nothing was set (D10)', () => {
    const { session } = start()
    using turn = session.interact()
    turn.promote(Notes)
    turn.promote(Notes)
    expect(session.snapshot()).toMatchObject({ requested: ['context.notes'], context: {} })
  })

  test('refuses a field that the session changed meanwhile, with nothing changed (D10)', () => {
    const { session } = start()
    session.context.$get(Findings).query = 'before'
    using turn = session.interact()
    turn.context.$set(Findings, { results: ['mine'], query: 'mine' })
    session.context.$get(Findings).query = 'theirs'
    const [ours, theirs] = [turn.context.$get(Findings), JSON.stringify(session)]
    const error = thrownBy(() => turn.promote(Findings))
    expect(error.code).toBe('RETINUE_PROMOTE_CONFLICT')
    expect(error.details).toEqual({ field: 'query', mine: 'mine', theirs: 'theirs', before: 'before' })
    expect(JSON.stringify(session)).toBe(theirs)
    expect([ours.$source('query'), ours.$source('results')]).toEqual(['interaction', 'interaction'])
    turn.promote(Findings, 'results')
    expect(session.context.$get(Findings).results).toEqual(['mine'])
  })

  test('is no conflict where what the session stands on changed: only the session is written to (D10, D5)', () => {
    const { session, user } = start()
    using turn = session.interact()
    turn.context.$get(Findings).query = 'mine'
    user.context.$get(Findings).query = 'of the user'
    turn.promote(Findings)
    expect([session.context.$get(Findings).query, user.context.$get(Findings).query]).toEqual([
      'mine',
      'of the user',
    ])
    using next = session.interact()
    next.context.$get(Findings).results = ['mine']
    session.context.$get(Findings).results = ['theirs']
    expect(thrownBy(() => next.promote(Findings)).details).toMatchObject({ theirs: ['theirs'], before: [] })
  })

  test('takes a class that was registered anew for no change of the session (D10, D18)', () => {
    const make = () => class extends Context('anew', { n: Type.Integer({ default: 0 }) }) {}
    const [First, Second] = [make(), make()]
    const { registry, session } = aSession(First)
    using turn = session.interact()
    turn.context.$get(First).n = 3
    registry.register(definePlugin({ name: '@test/plugin', version: '1.0.0', contributes: [Second] }))
    turn.promote(Second)
    expect([session.context.$get(Second).n, turn.context.$get(Second).$source('n')]).toEqual([3, 'session'])
  })

  test('merges by a function where one is given, and asks it for conflicts only (D10)', () => {
    const { session } = start()
    session.context.$set(Findings, { query: 'q', results: ['a'] })
    using turn = session.interact()
    turn.context.$set(Findings, { query: 'mine', results: ['a', 'b'] })
    session.context.$get(Findings).results = ['a', 'c']
    const asked: unknown[] = []
    turn.promote(Findings, undefined, (mine, theirs, before) => {
      asked.push([mine, theirs, before])
      return [...new Set([...(theirs as string[]), ...(mine as string[])])]
    })
    expect(asked).toEqual([[['a', 'b'], ['a', 'c'], ['a']]])
    expect(session.context.$get(Findings).$values()).toEqual({ query: 'mine', results: ['a', 'c', 'b'] })
  })

  test('is no conflict where the session changed and changed back, or came to the same (D10)', () => {
    const { session } = start()
    session.context.$get(Findings).query = 'before'
    using turn = session.interact()
    turn.context.$get(Findings).query = 'mine'
    session.context.$get(Findings).query = 'theirs'
    session.context.$get(Findings).query = 'before'
    turn.promote(Findings)
    expect(session.context.$get(Findings).query).toBe('mine')
  })

  test('sees a change that a parent interaction hid from its child, and the other way round (D10)', () => {
    const { session } = start()
    const at = session.context.$get(Findings)
    at.query = 'A'
    using parent = session.interact()
    parent.context.$get(Findings).query = 'of the parent'
    at.query = 'B'
    const child = parent.child()
    child.context.$get(Findings).query = 'of the child'
    const error = thrownBy(() => child.promote(Findings))
    expect(error.details).toMatchObject({ mine: 'of the child', theirs: 'B', before: 'A' })

    using other = session.interact()
    const first = other.child()
    first.context.$get(Findings).query = 'of the child'
    at.query = 'C'
    other.context.$get(Findings).query = 'of the parent'
    expect(thrownBy(() => first.promote(Findings)).details).toMatchObject({ before: 'B', theirs: 'C' })
  })

  test('still sees what the session changed after a batch that throws has set the field anew (D10, D13)', () => {
    const { session } = start()
    using turn = session.interact()
    const [mine, theirs] = [turn, session].map(({ context }) => context.$get(Findings)) as [
      Findings,
      Findings,
    ]
    mine.query = 'mine'
    theirs.query = 'theirs'
    const setAnew = () =>
      session.batch(() => {
        mine.$reset('query')
        mine.query = 'anew'
        throw new TypeError('no way')
      })
    expect(setAnew).toThrow(TypeError)
    expect(thrownBy(() => turn.promote(Findings)).code).toBe('RETINUE_PROMOTE_CONFLICT')
    expect([mine.query, theirs.query]).toEqual(['mine', 'theirs'])
  })

  test('sees each conflict and no other, whatever was set, promoted and taken back before (D10, D13)', () => {
    const { user } = start()
    const simple = fc.oneof(
      fc.record({
        do: fc.constant('set' as const),
        at: fc.constantFrom('session', 'turn', 'child'),
        to: fc.constantFrom('x', 'y', undefined),
      }),
      fc.record({
        do: fc.constant('promote' as const),
        at: fc.constantFrom('turn', 'child'),
        merges: fc.boolean(),
      }),
    )
    const batch = fc.record({
      do: fc.constant('batch' as const),
      ops: fc.array(simple, { maxLength: 4 }),
      throws: fc.boolean(),
    })
    const run = (op: Promoting | { do: 'batch'; ops: Promoting[]; throws: boolean }, pair: Pair): void => {
      if (op.do !== 'batch') return pair.run(op)
      const { own, base } = structuredClone(pair.model)
      try {
        pair.session.batch(() => {
          for (const each of op.ops) pair.run(each)
          if (op.throws) throw new TypeError('on purpose')
        })
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        pair.model = { own, base }
      }
    }
    fc.assert(
      fc.property(fc.array(fc.oneof(simple, simple, batch), { maxLength: 8 }), (ops) => {
        const pair = new Pair(new ChatSession({ user, manager: new SessionManager() }))
        for (const op of ops) {
          run(op, pair)
          pair.compare(op)
        }
        pair.session.close()
      }),
      cases,
    )
  })

  test('leaves nothing changed where the merge throws (D10, D13)', () => {
    const { session } = start()
    using turn = session.interact()
    turn.context.$set(Findings, { query: 'mine', results: ['mine'] })
    session.context.$get(Findings).results = ['theirs']
    const before = JSON.stringify(session)
    const merge = () => {
      throw new TypeError('no way')
    }
    expect(() => turn.promote(Findings, undefined, merge)).toThrow(TypeError)
    expect(JSON.stringify(session)).toBe(before)
    expect(turn.context.$get(Findings).$source('query')).toBe('interaction')
  })
})

test('patches of an interaction never enter its session, but for what is promoted (SPEC 23)', () => {
  const { session } = start()
  const heard: unknown[] = []
  session.on('committed', ({ patches }) => heard.push(...patches))
  using turn = session.interact()
  turn.context.$get(Findings).query = 'mine'
  turn.tools.push('think')
  expect(heard).toEqual([])
  turn.promote(Findings)
  expect(heard).toEqual([
    { owner: 'session:s1', kind: 'context', type: 'findings', requested: true },
    { owner: 'session:s1', kind: 'context', type: 'findings', field: 'query', to: 'mine' },
  ])
})

type Name = 'session' | 'turn' | 'child'
type Promoting =
  | { readonly do: 'set'; readonly at: Name; readonly to: string | undefined }
  | { readonly do: 'promote'; readonly at: 'turn' | 'child'; readonly merges: boolean }
type Values = Partial<Record<Name, string | undefined>>

/** A field in a session, a turn and a child of that, for real and as a naive model: what is set, and over what. */
class Pair {
  readonly session: ChatSession
  readonly #owners: Readonly<Record<Name, ChatSession | InteractionContext>>
  model: { own: Values; base: Values } = { own: {}, base: {} }

  constructor(session: ChatSession) {
    const turn = session.interact()
    this.session = session
    this.#owners = { session, turn, child: turn.child() }
  }

  run(op: Promoting): void {
    const at = this.#owners[op.at]
    if (op.do === 'set') {
      const { own, base } = this.model
      if (own[op.at] === undefined) base[op.at] = own.session
      own[op.at] = op.to
      at.context.$get(Findings).$patch({ query: op.to as string })
      return
    }
    const promote = () =>
      (at as InteractionContext).promote(Findings, 'query', op.merges ? (mine) => mine : undefined)
    if (!this.#promote(op)) promote()
    else if (thrownBy(promote).code !== 'RETINUE_PROMOTE_CONFLICT') throw new Error('No conflict was seen.')
  }

  /** Tells whether it is a conflict. */
  #promote({ at, merges }: Promoting & { do: 'promote' }): boolean {
    const { own, base } = this.model
    const from = (['child', 'turn'] as const).slice(at === 'child' ? 0 : 1).filter((name) => own[name])
    if (!merges && from.some((name) => base[name] !== own.session)) return true
    own.session = from.length > 0 ? own[from[0]!] : own.session
    for (const name of from) own[name] = undefined
    return false
  }

  compare(op: object): void {
    const { session, turn, child } = this.model.own
    const should = [session, turn ?? session, child ?? turn ?? session].map((value) => value ?? '')
    const is = Object.values(this.#owners).map(({ context }) => context.$get(Findings).query)
    if (is.join() !== should.join())
      throw new Error(`${JSON.stringify(op)} gave ${is}, should give ${should}`)
  }
}
