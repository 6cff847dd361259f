import { readFileSync } from 'node:fs'
import {
  ChatSession,
  ChatUser,
  type Committed,
  createRegistry,
  definePlugin,
  defineToolset,
} from '@retinue/kernel'
import { callTool, testSession } from '@retinue/testing'
import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { defineMachine } from '../src/machine.ts'
import { type MachineClass, plugin, triggerTool } from '../src/index.ts'
import { deskPlugin, makeSession, Tone } from './a-session.ts'

const code = (name: string) => expect.objectContaining({ code: name })

test('a tool brings its machine after its sections, and takes it away before them (SPEC 29, 30, D14)', () => {
  const { session, agent } = makeSession([])
  const before = JSON.stringify(session)
  const heard: string[] = []
  for (const event of [
    'sectionAdded',
    'machineAdded',
    'toolsetAdded',
    'machineRemoved',
    'sectionRemoved',
  ] as const) {
    session.on(event, ({ type }) => void heard.push(`${event} ${type}`))
  }
  agent.tools.push('desk')
  session.machines.tone.send('complain')
  session.machines.tone.$reset()
  agent.tools.remove('desk')
  expect(heard).toEqual([
    'sectionAdded apology',
    'machineAdded tone',
    'toolsetAdded desk',
    'machineRemoved tone',
    'sectionRemoved apology',
  ])
  expect(JSON.stringify(session)).toBe(before)
})

test('an agent and a section bring a machine as well, and explain says who did', () => {
  const { session, agent } = makeSession([])
  agent.machines.$get(Tone)
  expect(session.machines.$types()).toEqual(['tone'])
  expect(session.explain('machine.tone').requestedBy).toMatchObject([{ by: 'code', on: 'agent:desk' }])
  agent.machines.$delete(Tone)
  expect(session.machines.$types()).toEqual([])
  void session.sections.$get('apology' as never)
  expect(session.machines.$types()).toEqual(['tone'])
})

test('a trigger moves it, as one transaction with the data that it changes', () => {
  const { session } = makeSession()
  const heard: Committed[] = []
  session.on('committed', (committed) => void heard.push(committed))
  const { tone } = session.machines
  expect([tone.state, tone.active, tone.triggers, tone.data]).toEqual([
    'calm',
    ['calm'],
    ['complain', 'leave'],
    { complaints: 0 },
  ])
  expect(tone.send('complain')).toEqual({ upset: 'mildly' })
  expect([tone.active, tone.data]).toEqual([['upset', 'upset.mildly'], { complaints: 1 }])
  expect([tone.matches('upset'), tone.matches('upset.very')]).toEqual([true, false])
  expect(heard).toHaveLength(1)
  expect(heard[0]!.patches).toMatchObject([
    { kind: 'machine', type: 'tone', field: 'state', to: { upset: 'mildly' } },
    { kind: 'machine', type: 'tone', field: 'data', to: { complaints: 1 } },
  ])
  expect(tone.can({ type: 'apologise', well: true })).toBe(true)
  expect(tone.send({ type: 'apologise', well: true })).toBe('calm')
})

test('a trigger that it does not take, or turns down, is reported and changes nothing', () => {
  const { session } = makeSession()
  const { tone } = session.machines
  const before = JSON.stringify(session)
  expect(() => tone.send({ type: 'apologise', well: true })).toThrow(
    "The machine 'tone' takes no 'apologise' in the state 'calm'. It takes: complain, leave.",
  )
  for (const none of ['xstate.init', '', undefined, null, 5, {}, { type: 5 }] as never[])
    expect(() => tone.send(none)).toThrow(code('RETINUE_MACHINE_TRIGGER'))
  expect(JSON.stringify(session)).toBe(before)
  tone.send('complain')
  expect(() => tone.send({ type: 'apologise', well: false })).toThrow(
    "The machine 'tone' turns 'apologise' down in the state 'upset.mildly'.",
  )
  tone.send('leave')
  expect([tone.isDone, tone.triggers, tone.can('complain')]).toEqual([true, [], false])
  expect(() => tone.send('complain')).toThrow('It takes nothing any more.')
})

test('a state that is none is refused at once, in code, in a batch and in what was saved (SPEC 16, 51, D12)', () => {
  const { session, user, agent } = makeSession()
  const { tone } = session.machines
  expect(() => (tone.state = 'furious' as never)).toThrow(code('RETINUE_VALUE_INVALID'))
  expect(() => (tone.state = { upset: 'a bit' } as never)).toThrow(code('RETINUE_VALUE_INVALID'))
  expect(() => tone.matches('furious')).toThrow(code('RETINUE_MACHINE_STATE'))
  expect(() =>
    session.batch(() => {
      tone.send('complain')
      tone.send('complain')
      tone.send('complain')
    }),
  ).toThrow(code('RETINUE_MACHINE_TRIGGER'))
  expect([tone.state, tone.data.complaints]).toEqual(['calm', 0])

  tone.send('complain')
  const saved = JSON.stringify(session).replace('"mildly"', '"moderately"')
  session.close()
  const { session: again, report } = ChatSession.restore(saved, { user, agent })
  expect(report.ok).toBe(false)
  expect(again.machines.tone.state).toBe('calm')
  expect(again.quarantine).toMatchObject([{ value: { upset: 'moderately' } }])
})

test('it is where it was after a restart, and triggers go on from there (SPEC 49)', () => {
  const { session, user, agent } = makeSession()
  session.machines.tone.send('complain')
  const saved = JSON.stringify(session)
  session.close()
  const { session: again } = ChatSession.restore(saved, { user, agent })
  expect(again.machines.tone.send('complain')).toEqual({ upset: 'very' })
  expect(again.machines.tone.data).toEqual({ complaints: 1 })
})

test('what version 1 saved comes back as it was (SPEC 50)', () => {
  const { user, agent } = makeSession()
  const saved = readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')
  const { session, report } = ChatSession.restore(saved, { user, agent })
  expect(report.ok).toBe(true)
  expect(session.snapshot()).toEqual(JSON.parse(saved))
  expect(session.machines.tone.active).toEqual(['upset', 'upset.very'])
  expect(session.machines.details.data).toEqual({ turnsLeft: 2 })
})

test('states that were renamed are brought up to date by the author (SPEC 50)', () => {
  const old = defineMachine(
    'lamp',
    createMachine({ initial: 'off', states: { off: { on: { go: 'on' } }, on: {} } }),
  )
  const renamed = createMachine({ initial: 'dark', states: { dark: { on: { go: 'lit' } }, lit: {} } })
  class Lamp extends defineMachine('lamp', renamed, {
    version: 2,
    upgrade: {
      1: ({ state, ...rest }) => ({
        ...rest,
        ...(state && { state: { off: 'dark', on: 'lit' }[state as 'on'] }),
      }),
    },
  }) {}
  const made = (definition: typeof old) => {
    const registry = createRegistry()
    registry.register({ ...plugin, name: 'lamps', contributes: [definition] })
    return registry
  }
  const first = new ChatSession({ user: new ChatUser({ id: 'ada', registry: made(old) }) })
  first.machines.$get(old).send('go')
  const registry = made(Lamp as never)
  const again = new ChatUser({ id: 'ada', registry })
  const { session, report } = ChatSession.restore(first.snapshot(), { user: again })
  expect(report.ok).toBe(true)
  expect(session.machines.$get(Lamp).state).toBe('lit')
})

test('an interaction moves it for itself alone, until it keeps the move (SPEC 38, 39, D10)', () => {
  const { session } = makeSession()
  const before = JSON.stringify(session)
  {
    using turn = session.interact()
    turn.machines.tone.send('complain')
    expect(session.machines.tone.state).toBe('calm')
    expect(session.prompt({ interaction: turn }).text).toBe('Say that you are sorry.')
  }
  expect([JSON.stringify(session), session.prompt().text]).toEqual([before, ''])
  using turn = session.interact()
  turn.machines.tone.send('complain')
  turn.promote(Tone)
  expect(session.machines.tone.state).toEqual({ upset: 'mildly' })
})

test('a section says its text only while the machine is in the state, and is rendered when it moves (SPEC 46)', () => {
  const { session } = makeSession()
  expect(session.prompt().text).toBe('')
  session.machines.tone.send('complain')
  expect(session.prompt().text).toBe('Say that you are sorry.')
  session.machines.tone.send({ type: 'apologise', well: true })
  expect(session.prompt().text).toBe('')
  expect(session.prompt().notices).toEqual([])
})

test('the model fires the triggers that it is given, and hears what it may do next', async () => {
  const { session } = makeSession()
  using turn = session.interact()
  const feel = (trigger: string) => callTool(turn, 'desk_feel', { trigger })
  expect(await feel('complain')).toBe("'tone' is now in the state 'upset.mildly'. It takes: complain, leave.")
  expect(session.machines.tone.state).toEqual({ upset: 'mildly' })
  await feel('complain')
  await expect(feel('complain')).rejects.toThrow(
    "[RETINUE_MACHINE_TRIGGER] The machine 'tone' takes no 'complain' in the state 'upset.very'. It takes: leave.",
  )
  expect(await feel('leave')).toBe("'tone' is now in the state 'gone'. Nothing leads on from here.")
  const { tool } = turn.tools.published().find(({ name }) => name === 'desk_feel')!
  expect(tool.input.properties['trigger']).toMatchObject({
    enum: ['complain', 'leave'],
  })
})

test('a trigger that no state takes is refused where the tool is made', () => {
  const made = (machine: MachineClass, trigger: string) =>
    triggerTool(machine, { description: 'x', triggers: [trigger] })
  expect(() => made(Tone as never, 'complian')).toThrow(
    "The machine 'tone' takes no 'complian' in any state. It takes: leave, complain, apologise.",
  )
  const any = createMachine({ initial: 'a', states: { a: { on: { 'mood.*': 'b' } }, b: {} } })
  expect(() => made(defineMachine('any', any), 'mood.good')).not.toThrow()
  expect(() => made(defineMachine('any', any), 'moody')).toThrow(
    "takes no 'moody' in any state. It takes: mood.*.",
  )
})

test('of triggers that a state names by their beginning, the model hears as of any other', async () => {
  const chart = createMachine({
    initial: 'a',
    states: { a: { on: { 'mood.*': 'a', 'mood.bad': 'b' } }, b: {} },
  })
  class Any extends defineMachine('any', chart) {}
  const triggers = ['mood.good', 'mood.bad'] as const
  const tool = triggerTool(Any, { description: 'x', triggers })
  const any = defineToolset('any', { needs: [Any], tools: { fire: tool } })
  const anyPlugin = definePlugin({ name: 'any', version: '1.0.0', contributes: [Any, any] })
  const { session } = testSession({ plugins: [plugin, anyPlugin] })
  const fire = (trigger: string) => callTool(session, 'any_fire', { trigger })
  expect(await fire('mood.good')).toBe("'any' is now in the state 'a'. It takes: mood.good, mood.bad.")
  expect(await fire('mood.bad')).toBe("'any' is now in the state 'b'. Nothing leads on from here.")
})

test('a tool of one interaction fires there, and leaves nothing in the session (SPEC 40)', async () => {
  const { session } = makeSession([])
  const before = JSON.stringify(session)
  {
    using turn = session.interact()
    turn.tools.push('desk')
    await callTool(turn, 'desk_feel', { trigger: 'complain' })
    expect(turn.machines.tone.active).toEqual(['upset', 'upset.mildly'])
  }
  expect(JSON.stringify(session)).toBe(before)
})

test('a session without the plugin keeps its machines word for word, and they come alive with it (D12)', () => {
  const { session } = makeSession()
  session.machines.tone.send('complain')
  const saved = session.snapshot()
  const registry = createRegistry()
  const { session: again } = ChatSession.restore(saved, { user: new ChatUser({ id: 'ada', registry }) })
  expect(again.snapshot()).toEqual({ ...saved, agent: null })
  registry.register(plugin)
  registry.register(deskPlugin)
  expect(again.machines.$get(Tone).state).toEqual({ upset: 'mildly' })
})
