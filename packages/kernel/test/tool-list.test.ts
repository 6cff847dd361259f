import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
  type Toolset,
} from '../src/index.ts'

class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }) }) {}
class Notes extends Context('notes', {}) {}
class Rules extends Section('rules', {}, { needs: ['context.notes'] }) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('my_kit', { needs: [Knobs, Rules], tools: { my_kit: tool, more: tool } })
const both = defineToolset('both', { needs: [kit], tools: {} })
const lost = defineToolset('lost', { needs: ['context.late'], tools: { lost: tool } })
const round = defineToolset('round', { needs: ['toolset.about'], tools: {} })
const about = defineToolset('about', { needs: [round], tools: {} })
const plugin = definePlugin({
  name: 'tools',
  version: '1.0.0',
  contributes: [Knobs, Notes, Rules, kit, both, lost, round, about],
})

function house(strict = false) {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'x', registry, strict })
  return { registry, user, agent, session: new ChatSession({ user, agent, id: 's', strict }) }
}

describe('a list of tools', () => {
  it('is an ordered set: what is there already is no change, and tells nobody (SPEC 20, D9)', () => {
    const { agent } = house()
    const heard: unknown[] = []
    agent.tools.push('my_kit', 'both', 'my_kit')
    agent.tools.on('changed', (splice) => heard.push(splice))
    agent.tools.push('my_kit')
    agent.tools.insert(0, 'both', 'MyKit')
    agent.tools.set(1, 'both')
    agent.tools.replace(['my_kit', 'both', 'my_kit'])
    expect([agent.tools.items, heard]).toEqual([['my_kit', 'both'], []])
    agent.tools.set(0, 'both')
    expect([agent.tools.items, heard]).toEqual([['both'], [{ index: 0, removed: ['my_kit'], added: [] }]])
  })

  it('takes no text for a list, which would be read letter by letter (SPEC 20)', () => {
    const { agent } = house()
    agent.tools.push('both')
    // @ts-expect-error a text is iterable, and no list of names
    expect(() => agent.tools.replace('my_kit')).toThrow('RETINUE_VALUE_INVALID')
    // @ts-expect-error the same
    expect(() => new AgentConfig({ name: 'y', tools: 'my_kit' })).toThrow('RETINUE_OWNER_INVALID')
    expect(() => new AgentConfig({ name: 'y', tools: null as never }).tools).toThrow('RETINUE_OWNER_INVALID')
    expect(agent.tools.items).toEqual(['both'])
  })

  it('takes toolsets and every spelling of their names, and asks by them (SPEC 12, 20)', () => {
    const { agent } = house()
    for (const key of [kit, 'my_kit', 'MyKit', 'my-kit', 'MyKitToolset'] as (Toolset | string)[]) {
      agent.tools.push(key)
      expect([agent.tools.items, agent.tools.has(key), agent.tools.indexOf('myKit')]).toEqual([
        ['my_kit'],
        true,
        0,
      ])
      expect([agent.tools.remove(key), agent.tools.remove(key), agent.tools.length]).toEqual([true, false, 0])
    }
  })

  it('refuses what can be no name, and answers no where that is asked for (SPEC 13, 20)', () => {
    const { agent } = house()
    expect(() => agent.tools.push('no name!')).toThrow('RETINUE_NAME_INVALID')
    for (const reserved of ['then', 'toJSON', 'constructor'])
      expect(() => agent.tools.push(reserved)).toThrow('RETINUE_NAME_INVALID')
    expect([agent.tools.has('no name!'), agent.tools.remove(''), agent.tools.length]).toEqual([
      false,
      false,
      0,
    ])
  })

  it('takes no more changes once its session has ended (SPEC 25, D19)', () => {
    const { session } = house()
    session.close()
    for (const attempt of [() => session.tools.push('my_kit'), () => session.tools.exclude('my_kit')])
      expect(attempt).toThrow('RETINUE_OWNER_ENDED')
  })
})

describe('what can not be in force', () => {
  it('stays listed with its reason, is told, and comes into force by itself when its plugin registers (SPEC 5, D9)', () => {
    const { registry, agent, session } = house()
    const heard: unknown[] = []
    session.on('toolsetUnresolved', ({ type, code }) => heard.push([type, code]))
    session.on('toolsetAdded', (event) => heard.push(event))
    agent.on('toolsetUnresolved', ({ type }) => heard.push(type))
    agent.tools.push('web_search', 'lost', 'round')
    expect(heard).toEqual([
      'web_search',
      'lost',
      'round',
      ['web_search', 'RETINUE_TYPE_UNKNOWN'],
      ['lost', 'RETINUE_NEED_MISSING'],
      ['round', 'RETINUE_NEED_CYCLE'],
    ])
    expect(session.tools.unresolved.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("the toolset 'web_search'"),
      expect.stringContaining("toolset.lost needs the context 'late'"),
      expect.stringContaining('toolset.round → toolset.about → toolset.round'),
    ])
    expect(session.tools.inForce).toEqual([])
    heard.splice(0)
    class Late extends Context('late', {}) {}
    const dispose = registry.register(definePlugin({ name: 'late', version: '1.0.0', contributes: [Late] }))
    expect([heard, session.tools.inForce, session.context.$has(Late)]).toEqual([
      [{ type: 'lost', index: 1 }],
      ['lost'],
      true,
    ])
    dispose()
    expect([
      session.tools.inForce,
      session.context.$types(),
      agent.tools.unresolved.map(({ type }) => type),
    ]).toEqual([[], [], ['web_search', 'lost', 'round']])
  })

  it('is told once though it is listed twice (SPEC D9, 29)', () => {
    const { agent, session } = house()
    const heard: unknown[] = []
    session.on('toolsetUnresolved', ({ type }) => heard.push(type))
    session.batch(() => {
      agent.tools.push('lost')
      session.tools.push('lost')
    })
    expect([heard, session.tools.unresolved.length]).toEqual([['lost'], 1])
  })

  it('is refused where the owner of the list is strict, by every way of adding, with nothing changed (SPEC D9)', () => {
    const { user, agent, session } = house(true)
    session.replay([])
    agent.tools.push('my_kit')
    for (const { tools } of [agent, session, agent.fork()]) {
      const before = [...tools.items]
      for (const attempt of [
        () => tools.push('both', 'lost'),
        () => tools.replace(['nothing']),
        () => tools.insert(0, 'round'),
      ]) {
        expect(attempt).toThrow(/RETINUE_(NEED_MISSING|TYPE_UNKNOWN|NEED_CYCLE)/)
        expect(tools.items).toEqual(before)
      }
    }
    expect(user.config.$types()).toEqual(['knobs'])
  })

  it('stays refused where patches were replayed before the list was looked at (SPEC D9, 24)', () => {
    const { session } = house(true)
    session.replay([{ owner: 'session:s', list: 'tools', index: 0, removed: [], added: ['my_kit'] }])
    expect(() => session.tools.push('lost')).toThrow('RETINUE_NEED_MISSING')
    expect(session.tools.items).toEqual(['my_kit'])
  })
})

describe('excluding', () => {
  it('keeps a tool of the agent out of one session, with its retinue, and is saved (SPEC D8)', () => {
    const { user, agent, session } = house()
    const other = new ChatSession({ user, agent })
    agent.tools.push('my_kit')
    session.tools.exclude('MyKit')
    session.tools.exclude(kit)
    expect([session.tools.inForce, session.context.$types(), session.tools.excluded]).toEqual([
      [],
      [],
      ['my_kit'],
    ])
    expect([other.tools.inForce, other.context.$types(), user.config.$types()]).toEqual([
      ['my_kit'],
      ['notes'],
      ['knobs'],
    ])
    const saved = session.snapshot()
    expect(saved.excluded).toEqual(['my_kit'])
    session.close()
    const again = ChatSession.restore(saved, { user, agent }).session
    expect(again.tools.inForce).toEqual([])
    again.tools.include('my_kit')
    again.tools.include('my_kit')
    expect([again.tools.inForce, again.snapshot().excluded]).toEqual([['my_kit'], undefined])
  })

  it('takes a toolset away from one that needs it, and what only it needs (SPEC D8)', () => {
    const { agent, session } = house()
    agent.tools.push('both')
    expect(session.tools.inForce).toEqual(['my_kit', 'both'])
    session.tools.exclude('my_kit')
    expect([session.tools.inForce, session.context.$types()]).toEqual([['both'], []])
  })

  it('by a parent shrinks what its children have, and never the other way round (SPEC D8, 40)', () => {
    const { session } = house()
    const turn = session.interact()
    const child = turn.child()
    child.tools.push('my_kit', 'both')
    turn.tools.exclude('my_kit')
    expect([child.tools.inForce, turn.tools.inForce]).toEqual([['both'], []])
    child.tools.include('my_kit')
    expect(child.tools.inForce).toEqual(['both'])
    session.tools.push('my_kit')
    expect([session.tools.inForce, turn.tools.inForce, child.tools.inForce]).toEqual([
      ['my_kit'],
      [],
      ['both'],
    ])
    turn.tools.include('my_kit')
    child.tools.exclude('both')
    expect([turn.tools.inForce, child.tools.inForce]).toEqual([['my_kit'], ['my_kit']])
  })

  it('holds for a toolset that comes with what code asked for, there or below (SPEC D8, D7)', () => {
    const { registry, user, agent, session } = house()
    class Usage extends Section('usage', {}, { needs: [kit] }) {}
    registry.register(definePlugin({ name: 'usage', version: '1.0.0', contributes: [Usage] }))
    const turn = session.interact()
    const inForce = () => [session, turn].map(({ tools }) => tools.inForce)
    for (const asker of [user, agent, session, turn]) {
      asker.sections.$get(Usage)
      expect(turn.tools.inForce).toEqual(['my_kit'])
      for (const { tools } of [session, agent]) {
        tools.exclude('my_kit')
        expect([inForce(), turn.tools.published(), turn.sections.$has(Usage)]).toEqual([[[], []], [], true])
        tools.include('my_kit')
      }
      asker.sections.$delete(Usage)
      expect(inForce()).toEqual([[], []])
    }
  })

  it('by an agent holds for all its sessions, those with tools of their own included, and is saved (SPEC D8)', () => {
    const { registry, user, agent, session } = house()
    const other = new ChatSession({ user, agent })
    other.tools.push('both')
    agent.tools.push('my_kit')
    agent.tools.exclude('my_kit')
    expect([session.tools.inForce, other.tools.inForce, agent.tools.inForce]).toEqual([[], ['both'], []])
    expect(AgentConfig.restore(agent.snapshot(), { registry }).agent.tools.excluded).toEqual(['my_kit'])
    agent.tools.include('my_kit')
    expect([session.tools.inForce, other.tools.inForce]).toEqual([['my_kit'], ['my_kit', 'both']])
  })
})

describe('published tools', () => {
  it('are named by toolset and tool, or by the toolset where the tool bears its name, with their origin (SPEC 54)', () => {
    const { agent, session } = house()
    agent.tools.push('my_kit')
    expect(
      session.tools
        .published()
        .map(({ name, toolset, tool: each, origin }) => [name, toolset, each === tool, origin.package]),
    ).toEqual([
      ['my_kit', 'my_kit', true, 'tools'],
      ['my_kit_more', 'my_kit', true, 'tools'],
    ])
    session.tools.exclude('my_kit')
    expect([session.tools.published(), agent.tools.published().length]).toEqual([[], 2])
  })
})
