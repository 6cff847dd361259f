import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  type Bag,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  type InteractionContext,
  Section,
  Type,
} from '../src/index.ts'

/** A toy kind: what a door is like at the moment. */
const Machine = defineKind({
  name: 'machine',
  bag: 'machines',
  after: 'section',
  owners: ['session', 'interaction'],
})
class Door extends Machine('door', { state: Type.String({ default: 'closed' }) }) {
  get isOpen() {
    return this.state === 'open'
  }
}
class HouseConfig extends Config('house', { rooms: Type.Integer({ default: 1 }) }) {}
class Visitors extends Context('visitors', { names: Type.Array(Type.String(), { default: [] }) }) {}
class HouseSection extends Section(
  'house',
  {},
  {
    template: 'The door is <%= machines.door ? machines.door.state + machines.door.isOpen : "nowhere" %>.',
  },
) {}
const open = defineTool({ description: 'Opens.', input: Type.Object({}), execute: () => null })
const house = defineToolset('house', { needs: [Door, HouseSection, Visitors, HouseConfig], tools: { open } })

type Machines = { readonly machines: Bag<{ door: Door }> }
const machinesOf = (owner: object) => (owner as Machines).machines

const kindPlugin = definePlugin({ name: 'kinds', version: '1.0.0', contributes: [Machine] })
const housePlugin = definePlugin({
  name: 'house',
  version: '1.0.0',
  contributes: [house, HouseSection, Visitors, HouseConfig, Door],
})

function world() {
  const registry = createRegistry()
  const dispose = registry.register(housePlugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'butler', registry })
  const session = new ChatSession({ user, agent })
  return { registry, dispose, user, agent, session }
}

const code = (name: string) => expect.objectContaining({ name: 'RetinueError', code: name })

describe('a kind that a plugin adds', () => {
  it('hangs its bag on the owners it names, and on no others (D14, SPEC 1)', () => {
    const { session, user, agent } = world()
    expect(machinesOf(session).door.state).toBe('closed')
    expect(machinesOf(session.interact()).door).toBeInstanceOf(Door)
    expect(machinesOf(user)).toBeUndefined()
    expect(machinesOf(agent)).toBeUndefined()
    expect('machines' in session.context).toBe(false)
  })

  it('has a catalogue like those of the kernel (D14, SPEC 1, 2)', () => {
    const { registry } = world()
    const machines = registry.of('machine')
    expect(machines.list()).toEqual(['door'])
    expect(machines.has('DoorMachine')).toBe(true)
    expect(machines.create('door', { state: 'ajar' })).toMatchObject({ state: 'ajar', isOpen: false })
    expect(registry.of(Machine).get('door')?.key).toBe('machine.door')
    expect(() => registry.of('engine')).toThrow(code('RETINUE_TYPE_UNKNOWN'))
  })

  it('is announced after the kind it names and before the toolset, and leaves in the reverse order (D14, SPEC 29, 30)', () => {
    const { session, agent } = world()
    const heard: string[] = []
    const kinds = ['toolset', 'machine', 'section', 'context', 'config']
    for (const event of kinds.flatMap((kind) => [`${kind}Added`, `${kind}Removed`])) {
      session.on(event, (payload) => heard.push(`${event} ${(payload as { type: string }).type}`))
    }
    session.on('machineAdded', () => expect(session.tools.inForce).toEqual(['house']))
    agent.tools.push('house')
    agent.tools.remove('house')
    expect(heard).toEqual([
      'configAdded house',
      'contextAdded visitors',
      'sectionAdded house',
      'machineAdded door',
      'toolsetAdded house',
      'machineRemoved door',
      'sectionRemoved house',
      'contextRemoved visitors',
      'configRemoved house',
      'toolsetRemoved house',
    ])
  })

  it('is saved under its bag, and comes back (D14, SPEC 48, 49)', () => {
    const { user, registry } = world()
    const session = new ChatSession({ user })
    machinesOf(session).door.state = 'open'
    const saved = session.snapshot()
    expect(saved).toMatchObject({
      machines: { door: { version: 1, values: { state: 'open' } } },
      requested: ['machine.door'],
    })
    session.close()
    const { session: again, report } = ChatSession.restore(JSON.stringify(saved), { user, registry })
    expect(report.ok).toBe(true)
    expect(machinesOf(again).door.isOpen).toBe(true)
    expect(again.snapshot()).toEqual(saved)
  })

  it('is kept word for word where its plugin is not there, and comes alive when it registers (D12, D14)', () => {
    const session = new ChatSession({ user: world().user })
    machinesOf(session).door.state = 'open'
    const saved = session.snapshot()
    const registry = createRegistry()
    const user = new ChatUser({ id: 'ada', registry })
    const { session: again, report } = ChatSession.restore(saved, { user })
    expect(report.unknown).toEqual(['machines'])
    expect(again.snapshot()).toEqual(saved)
    registry.register(housePlugin)
    expect(machinesOf(again).door.state).toBe('open')
  })

  it('is seen by templates, read-only, with its getters (D14, D11)', () => {
    const { session, agent } = world()
    agent.tools.push('house')
    expect(session.prompt().text).toContain('The door is closedfalse.')
    machinesOf(session).door.state = 'open'
    expect(session.prompt().text).toContain('The door is opentrue.')
  })

  it('lets an interaction write on top of its session, as every bag does (D14, D10)', () => {
    const { session } = world()
    machinesOf(session).door.state = 'open'
    using turn: InteractionContext = session.interact()
    machinesOf(turn).door.state = 'ajar'
    expect(machinesOf(turn).door.$source('state')).toBe('interaction')
    expect(machinesOf(session).door.state).toBe('open')
  })

  it.each([
    { owner: 'interaction', shown: ['away', 'ajar'] },
    { owner: 'session', shown: ['ajar', 'ajar'] },
  ] as const)(
    'of an owner, the $owner, shows in prompts what it has there, whatever was rendered before (D14, SPEC 46)',
    ({ owner, shown }) => {
      const Gate = defineKind({ name: 'gate', bag: 'gates', owners: [owner] })
      class Front extends Gate('front', { state: Type.String({ default: 'shut' }) }) {}
      const template = '<%= interactionContext.gates.front?.state ?? "away" %>'
      class Told extends Section('told', {}, { template }) {}
      const registry = createRegistry()
      registry.register(definePlugin({ name: 'gates', version: '1.0.0', contributes: [Front, Told] }))
      const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), sections: [Told] })
      using interaction = session.interact()
      const at = { session, interaction }[owner] as unknown as { gates: Bag<{ front: Front }> }
      at.gates.front.state = 'ajar'
      const texts = [{}, { interaction }].map((options) => session.prompt(options).text)
      expect(texts).toEqual(shown)
      expect(session.prompt().text).toBe(shown[0])
    },
  )

  it('may be kept from snapshots and templates (D14)', () => {
    const Mood = defineKind({ name: 'mood', bag: 'moods', snapshot: false, view: false })
    class Today extends Mood('today', { is: Type.String({ default: 'fair' }) }) {}
    class Weather extends Section('weather', {}, { template: '<%= typeof moods %>' }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'mood', version: '1.0.0', contributes: [Today, Weather] }))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    ;(session as unknown as { moods: Bag<{ today: Today }> }).moods.today.is = 'foul'
    void session.sections.$get(Weather)
    expect(session.snapshot()).not.toHaveProperty('moods')
    expect(session.prompt().text).toBe('undefined')
  })

  it('has its defaults where an option is undefined (D14)', () => {
    const none = {
      after: undefined,
      owners: undefined,
      snapshot: undefined,
      view: undefined,
      home: undefined,
    }
    const { after, owners, snapshot, view, home } = defineKind({
      name: 'mood',
      bag: 'moods',
      ...(none as object),
    })
    expect({ after, snapshot, view, home }).toEqual({
      after: 'section',
      snapshot: true,
      view: true,
      home: 'session',
    })
    expect(owners).toEqual(['user', 'agent', 'session', 'interaction'])
  })

  it('may be requested on the user by tools, as configs are (D14, D7)', () => {
    const Licence = defineKind({
      name: 'licence',
      bag: 'licences',
      owners: ['user', 'session'],
      home: 'user',
    })
    class Driving extends Licence('driving', { until: Type.Integer({ default: 2030 }) }) {}
    const drive = defineToolset('drive', { needs: [Driving], tools: { drive: open } })
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'drive', version: '1.0.0', contributes: [Driving, drive] }))
    const user = new ChatUser({ id: 'ada', registry })
    const session = new ChatSession({
      user,
      agent: new AgentConfig({ name: 'a', registry, tools: ['drive'] }),
    })
    const { licences } = user as unknown as { licences: Bag<{ driving: Driving }> }
    expect(licences.$types()).toEqual(['driving'])
    session.close()
    expect(licences.$types()).toEqual([])
  })

  it('can be contributed without any of its items, before or after them (D14, SPEC 4)', () => {
    const registry = createRegistry()
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    expect(machinesOf(session)).toBeUndefined()
    registry.register(kindPlugin)
    expect(machinesOf(session).$types()).toEqual([])
    expect(registry.of('machine').list()).toEqual([])
    registry.register(kindPlugin)
    registry.register(housePlugin)
    expect(machinesOf(session).door.state).toBe('closed')
  })
})

describe('disposing of a kind', () => {
  it('frees its name once nobody brings or uses it any more (SPEC 10, D14)', () => {
    const registry = createRegistry()
    const other = defineKind({ name: 'machine', bag: 'engines' })
    const rival = definePlugin({ name: 'rival', version: '1.0.0', contributes: [other] })
    const disposeKind = registry.register(kindPlugin)
    const disposeHouse = registry.register(housePlugin)
    disposeKind()
    disposeKind()
    expect(registry.of('machine').list()).toEqual(['door'])
    expect(() => registry.register(rival)).toThrow(code('RETINUE_TYPE_TAKEN'))
    disposeHouse()
    expect(() => registry.of('machine')).toThrow(code('RETINUE_TYPE_UNKNOWN'))
    registry.register(rival)
    expect(registry.kinds.map(({ bag }) => bag)).toContain('engines')
    expect(registry.kinds.map(({ bag }) => bag)).not.toContain('machines')
  })

  it('leaves the name to a kind of another name with the same bag too (SPEC 10)', () => {
    const registry = createRegistry()
    registry.register(kindPlugin)()
    const Engine = defineKind({ name: 'engine', bag: 'machines' })
    registry.register(definePlugin({ name: 'engines', version: '1.0.0', contributes: [Engine] }))
    expect(registry.kindOfBag('machines')?.name).toBe('engine')
  })

  it('keeps what sessions stored under it in their snapshots (SPEC 10, D12)', () => {
    const { session, dispose, registry } = world()
    machinesOf(session).door.state = 'open'
    const saved = session.snapshot()
    const heard: unknown[] = []
    session.on('machineRemoved', (payload) => heard.push(payload))
    dispose()
    expect(heard).toEqual([{ type: 'door' }])
    expect(session.snapshot()).toEqual(saved)
    registry.register(housePlugin)
    expect(machinesOf(session).door.state).toBe('open')
  })
})

describe('the definition of a kind', () => {
  it.each([
    ['Machine', 'machines'],
    ['', 'machines'],
    ['state_machine', 'machines'],
    ['machine', ''],
    ['machine', 'my-machines'],
    ['machine', 'Machines'],
    ...'tools messages id requested prompt then toString toJSON constructor json on options layout output include it'
      .split(' ')
      .map((bag) => ['machine', bag]),
  ])('is refused where its name or bag can not be used: %s, %s (D14, D4)', (name, bag) => {
    expect(() => defineKind({ name: name!, bag: bag! })).toThrow(code('RETINUE_DEFINITION_INVALID'))
  })

  it.each([
    ['machine', 'engines'],
    ['engine', 'machines'],
    ['context', 'memories'],
    ['note', 'context'],
    ['tool', 'toolsets'],
  ])('is refused where another has that name or bag: %s, %s (SPEC 6)', (name, bag) => {
    const { registry } = world()
    const Rival = defineKind({ name, bag })
    const rival = definePlugin({ name: 'rival', version: '1.0.0', contributes: [Rival] })
    expect(() => registry.register(rival)).toThrow(code('RETINUE_TYPE_TAKEN'))
    expect(() => createRegistry({ parent: registry }).register(rival)).toThrow(code('RETINUE_TYPE_TAKEN'))
  })

  it('is refused where one plugin brings two that clash (SPEC 6)', () => {
    const Other = defineKind({ name: 'machine', bag: 'engines' })
    const both = definePlugin({ name: 'both', version: '1.0.0', contributes: [Machine, Other] })
    expect(() => createRegistry().register(both)).toThrow(code('RETINUE_TYPE_TAKEN'))
  })

  it('may be made twice alike: two copies of a package do so (D18, SPEC 11)', () => {
    const { registry } = world()
    const Again = defineKind({
      name: 'machine',
      bag: 'machines',
      after: 'section',
      owners: ['session', 'interaction'],
    })
    class Window extends Again('window', {}) {}
    registry.register(definePlugin({ name: 'window', version: '1.0.0', contributes: [Again, Window] }))
    expect(registry.of('machine').list()).toEqual(['door', 'window'])
  })

  it('places its events behind the kind it names, however many there are (D14)', () => {
    const kind = (name: string, after?: string) =>
      defineKind({ name, bag: `${name}s`, ...(after !== undefined && { after }) })
    const registry = createRegistry()
    const contributes = [
      kind('d', 'c'),
      kind('c', 'b'),
      kind('b'),
      kind('lost', 'nowhere'),
      kind('early', 'config'),
      kind('late', 'toolset'),
    ]
    registry.register(definePlugin({ name: 'kinds', version: '1.0.0', contributes }))
    const names = registry.kinds.map(({ name }) => name)
    expect(names).toEqual(['config', 'context', 'section', 'b', 'c', 'd', 'early', 'late', 'lost', 'toolset'])
  })
})
