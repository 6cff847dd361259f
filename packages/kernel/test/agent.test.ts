import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  Type,
} from '../src/index.ts'

class Notes extends Context('notes', { n: Type.Integer({ default: 0 }) }) {}
class Nested extends Context('nested', { n: Type.Integer({ default: 0 }) }, { needs: [Notes] }) {}
const Gadget = defineKind({ name: 'gadget', bag: 'gadgets' })
class Wheel extends Gadget('wheel', { turns: Type.Integer({ default: 0 }) }) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Notes], tools: { kit: tool } })

function own() {
  const registry = createRegistry()
  registry.register(
    definePlugin({ name: 'agent', version: '1.0.0', contributes: [Notes, Nested, Gadget, Wheel, kit] }),
  )
  return registry
}

describe('an agent', () => {
  it('is refused where its parts are unusable (SPEC 26)', () => {
    for (const options of [
      undefined,
      {},
      { name: '' },
      { name: 'x', model: '' },
      { name: 'x', model: 5 },
      { name: 'x', model: null },
      { name: 'x', model: [] },
      { name: 'x', model: ['a/b', ['c/d']] },
      { name: 'x', instructions: 5 },
    ]) {
      expect(() => new AgentConfig(options as never)).toThrow('RETINUE_OWNER_INVALID')
    }
    expect(() => new AgentConfig({ name: 'x', instructions: 'Hello {{user | shout}}' })).toThrow(
      'RETINUE_TEMPLATE_FAILED',
    )
    expect(new AgentConfig({ name: 'x' }).tools.items).toEqual([])
  })

  it('tells when its model and instructions change, and not when they are equal (SPEC 21, 23)', () => {
    const model = { provider: 'mine' }
    const agent = new AgentConfig({ name: 'x', registry: own(), model: 'a/b', instructions: 'Be kind.' })
    const told: unknown[] = []
    agent.on('committed', ({ patches }) => told.push(...patches))
    agent.model = 'a/b'
    agent.instructions = 'Be kind.'
    agent.model = model
    agent.model = model
    agent.instructions = undefined
    expect([agent.model, agent.instructions]).toEqual([model, undefined])
    expect(told).toEqual([
      { owner: 'agent:x', field: 'model', from: 'a/b' },
      { owner: 'agent:x', field: 'instructions', from: 'Be kind.' },
    ])
    expect(() => (agent.model = '')).toThrow('RETINUE_OWNER_INVALID')
    expect(() => (agent.instructions = 5 as never)).toThrow('RETINUE_OWNER_INVALID')
    expect(() =>
      agent.batch(() => {
        agent.model = 'c/d'
        agent.instructions = 'Be brief.'
        throw new Error('on purpose')
      }),
    ).toThrow('on purpose')
    expect([agent.model, agent.instructions]).toEqual([model, undefined])
  })

  it('changes nothing in the presence of its sessions by another model (SPEC 29)', () => {
    const registry = own()
    const agent = new AgentConfig({ name: 'x', registry, tools: ['kit'] })
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), agent })
    const heard: string[] = []
    for (const event of ['contextAdded', 'contextRemoved', 'toolsetAdded', 'changed'])
      session.on(event, () => heard.push(event))
    agent.model = 'a/b'
    expect([heard, session.context.$types()]).toEqual([[], ['notes']])
  })

  it('is held by its sessions by reference: a change reaches every live one (SPEC D8, 29)', () => {
    const registry = own()
    const user = new ChatUser({ id: 'ada', registry })
    const agent = new AgentConfig({ name: 'x', registry, tools: ['kit'] })
    const sessions = [new ChatSession({ user, agent }), new ChatSession({ user, agent })]
    expect(sessions.map(({ tools }) => tools.inForce)).toEqual([['kit'], ['kit']])
    agent.tools.clear()
    agent.context.$set(Notes, { n: 4 })
    expect(sessions.map(({ context, tools }) => [context.$get(Notes).n, tools.inForce])).toEqual([
      [4, []],
      [4, []],
    ])
  })

  it('forks into a private copy of all it holds and asks for, and nothing more (SPEC D8)', () => {
    const registry = own()
    const stored = {
      format: 1,
      name: 'x',
      model: 'a/b',
      instructions: 'Be kind.',
      context: { stranger: { version: 1, values: { a: 1 } }, 'no name!': 1 },
      robots: { r: 1 },
      tools: ['kit'],
      excluded: ['other'],
    }
    const { agent } = AgentConfig.restore(stored, { registry })
    agent.context.$get(Nested)
    agent.context.$set(Notes, { n: 4 })
    ;(agent as never as { gadgets: { wheel: { turns: number } } }).gadgets.wheel.turns = 2
    const fork = agent.fork()
    expect(JSON.stringify(fork)).toBe(JSON.stringify(agent))
    expect([fork.context.$types(), fork.model, fork.tools.inForce]).toEqual([
      agent.context.$types(),
      'a/b',
      ['kit'],
    ])
    const before = JSON.stringify(agent)
    fork.context.$get(Notes).n = 5
    fork.context.$delete(Nested)
    fork.context.$delete('stranger')
    fork.tools.clear()
    fork.tools.include('other')
    fork.acceptQuarantine()
    expect(JSON.stringify(agent)).toBe(before)
    expect(new AgentConfig({ name: 'y', registry }).fork({ name: 'z' }).snapshot()).toMatchObject({
      name: 'z',
      tools: [],
    })
  })

  it('forks though it lists what can not be in force, strict or not (SPEC D8, D9)', () => {
    const registry = createRegistry()
    const dispose = registry.register(
      definePlugin({ name: 'kit', version: '1.0.0', contributes: [Notes, kit] }),
    )
    const agent = new AgentConfig({ name: 'x', registry, strict: true, tools: ['kit'] })
    dispose()
    expect(agent.fork().tools.items).toEqual(['kit'])
  })

  it('is saved with the names among several models, which nobody can change from outside (SPEC 48, 49)', () => {
    const models = ['a/b', { provider: 'mine' }, 'c/d']
    const agent = new AgentConfig({ name: 'x', registry: own(), model: models })
    models.pop()
    expect(agent.model).toEqual(['a/b', { provider: 'mine' }, 'c/d'])
    const { agent: again } = AgentConfig.restore(JSON.stringify(agent), { registry: own() })
    expect(again.model).toEqual(['a/b', 'c/d'])
    agent.model = [{ provider: 'mine' }]
    expect(agent.snapshot()).not.toHaveProperty('model')
  })

  it('is saved and restored, but for a model that is an instance (SPEC 48, 49)', () => {
    const registry = own()
    const agent = new AgentConfig({
      name: 'x',
      registry,
      model: { provider: 'mine' },
      instructions: 'Be kind.',
      tools: ['kit'],
      context: { notes: { n: 3 } },
    })
    const saved = agent.snapshot()
    expect(saved).toEqual({
      format: 1,
      name: 'x',
      instructions: 'Be kind.',
      config: {},
      context: { notes: { version: 1, values: { n: 3 } } },
      sections: {},
      gadgets: {},
      requested: [],
      tools: ['kit'],
    })
    const { agent: again, report } = AgentConfig.restore(JSON.stringify(agent), { registry, model: 'a/b' })
    expect([again.snapshot(), report.ok]).toEqual([{ ...saved, model: 'a/b' }, true])
    expect(AgentConfig.restore({ format: 1, name: 'bare' }).agent.snapshot()).toMatchObject({
      name: 'bare',
      tools: [],
    })
  })

  it('is restored without a model or instructions that are none, and says so (SPEC 51)', () => {
    const { agent, report } = AgentConfig.restore(
      { format: 1, name: 'x', model: '', instructions: 5, tools: ['kit'] },
      { registry: own() },
    )
    expect([agent.model, agent.instructions, agent.tools.items]).toEqual([undefined, undefined, ['kit']])
    expect(report.quarantined.map(({ at }) => at)).toEqual(['model', 'instructions'])
  })
})
