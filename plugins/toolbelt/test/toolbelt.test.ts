import { readFileSync } from 'node:fs'
import { type PolicyCall, resume, run, type RunEvent } from '@retinue/agent'
import { AgentConfig, ChatSession } from '@retinue/kernel'
import { scriptedModel, type ScriptedCall } from '@retinue/testing'
import { expect, test } from 'vitest'
import { makeSession } from './a-session.ts'

/** Runs one turn in which the model makes a call in each step; gives what each was answered, and the model. */
async function turn(session: ChatSession, ...calls: ScriptedCall[]) {
  const model = scriptedModel([...calls.map((call) => ({ calls: [call] })), 'Done.'])
  const answers: unknown[] = []
  for await (const event of run(session, 'Go.', { model }) as AsyncIterable<RunEvent>) {
    if (event.type === 'tool-result') answers.push(event.output.value)
  }
  model.done()
  const tools = model.requests.map(({ tools }) => (tools ?? []).map(({ name }) => name))
  return { answers, tools, model }
}

const equip = (toolsets: string[], span?: string): ScriptedCall => ({
  tool: 'toolbelt_equip',
  input: { toolsets, ...(span !== undefined && { for: span }) },
})
const drop = (...toolsets: string[]): ScriptedCall => ({ tool: 'toolbelt_drop', input: { toolsets } })
const note: ScriptedCall = { tool: 'notes', input: { title: 'milk' } }
const belt = ['toolbelt_list', 'toolbelt_describe', 'toolbelt_equip', 'toolbelt_drop']

test('in one run the model equips a toolset, uses it, and drops it again (SPEC 40, 55)', async () => {
  const { session } = makeSession()
  const before = session.snapshot()
  const { answers, tools, model } = await turn(session, equip(['notes']), note, drop('notes'))
  expect(answers).toEqual([
    'Equipped for this turn. You can call from the next step on: notes, notes_list.',
    'Kept.',
    'Dropped: notes.',
  ])
  expect(tools).toEqual([belt, [...belt, 'notes', 'notes_list'], [...belt, 'notes', 'notes_list'], belt])
  const system = model.requests.map(({ prompt }) => JSON.stringify(prompt[0]).includes('Note what matters.'))
  expect(system).toEqual([false, true, true, false])
  expect({ ...session.snapshot(), messages: [] }).toEqual(before)
})

test('what is equipped for a turn is gone after it, what is for the session stays (SPEC 38, 40)', async () => {
  const { session, Notes } = makeSession()
  await turn(session, equip(['notes']), note)
  expect([session.tools.inForce, session.context.$types()]).toEqual([['toolbelt'], []])
  const events: string[] = []
  session.on('contextAdded', ({ type }) => void events.push(`context ${type}`))
  session.on('sectionAdded', ({ type }) => void events.push(`section ${type}`))
  session.on('toolsetAdded', ({ type }) => void events.push(`toolset ${type}`))
  await turn(session, equip(['notes'], 'session'), note)
  expect(events).toEqual(['context notes', 'section notes', 'toolset notes'])
  expect(session.context.$get(Notes).titles).toEqual(['milk'])
  const { answers, tools } = await turn(session, { tool: 'toolbelt_list' }, drop('notes'))
  expect(answers[0]).toBe(
    'notes (equipped for the session): notes, notes_list\ncalculator (not equipped): calculator_add',
  )
  expect(tools[2]).toEqual(belt)
  expect([session.tools.inForce, session.context.$parked()]).toEqual([['toolbelt'], ['notes']])
})

test('a turn that waits for a yes has what it was equipped with until it is over (SPEC 40, 59)', async () => {
  const { session } = makeSession()
  const approvalPolicy = ({ toolName }: PolicyCall) => (toolName === 'notes' ? 'ask' : undefined)
  const model = scriptedModel([{ calls: [equip(['notes'])] }, { calls: [{ ...note, id: 'one' }] }])
  await run(session, 'Go.', { model, approvalPolicy }).result
  expect(session.tools.inForce).toEqual(['toolbelt'])
  const last = scriptedModel(['Done.'])
  await resume(session, { one: true }, { model: last, approvalPolicy }).result
  expect(JSON.stringify(last.requests[0]!.prompt.at(-1))).toContain('Kept.')
  expect(session.tools.inForce).toEqual(['toolbelt'])
})

test('list and describe tell what there is without equipping it', async () => {
  const { session } = makeSession(['notes', 'absent'], ['toolbelt', 'calculator'])
  const events: string[] = []
  session.on('configAdded', ({ type }) => void events.push(type))
  const { answers } = await turn(
    session,
    { tool: 'toolbelt_list' },
    { tool: 'toolbelt_describe', input: { toolset: 'notes' } },
  )
  expect(answers).toEqual([
    'notes (not equipped): notes, notes_list\nabsent: not installed',
    `notes (not equipped), from @test/others@1.2.3
- notes: Keeps a note.
- notes_list: Lists notes.
It brings: config.notes, context.notes, section.notes.`,
  ])
  expect(events).toEqual([])
})

test('the tools of a toolset are also those of the toolsets that it brings', async () => {
  const { session } = makeSession(['notes', 'secretary'])
  const { answers } = await turn(
    session,
    { tool: 'toolbelt_describe', input: { toolset: 'secretary' } },
    equip(['secretary', 'notes']),
  )
  expect(answers[0]).toContain(
    '- notes: Keeps a note.\n- notes_list: Lists notes.\n- secretary: Lists notes.',
  )
  expect(answers[1]).toContain('You can call from the next step on: notes, notes_list, secretary.')
})

test('nothing but what the application allows is equipped, and nobody else may allow it (SPEC D17)', async () => {
  const { user, session } = makeSession(['notes', 'absent'])
  const { answers } = await turn(
    session,
    equip(['notes', 'calculator']),
    { tool: 'toolbelt_describe', input: { toolset: 'calculator' } },
    equip(['absent']),
    drop('toolbelt'),
  )
  expect(answers).toEqual([
    expect.stringContaining(
      "[RETINUE_TOOLBELT_REFUSED] 'calculator' is not among the toolsets that you may equip. They are: notes, absent.",
    ),
    expect.stringContaining('RETINUE_TOOLBELT_REFUSED'),
    expect.stringContaining("[RETINUE_TOOLBELT_UNRESOLVED] 'absent' is not installed."),
    expect.stringContaining('RETINUE_TOOLBELT_REFUSED'),
  ])
  using other = session.interact()
  for (const { config } of [user, session, other]) {
    expect(() => (config.toolbelt.allow = ['calculator'])).toThrow('RETINUE_VALUE_REFUSED')
  }
  expect(() => (session.sections.toolbelt.allow = ['calculator'])).toThrow('RETINUE_VALUE_REFUSED')
})

test('a list in a snapshot allows nothing: it is quarantined (SPEC D12, D17)', () => {
  const { registry, user, agent, session } = makeSession([])
  const saved = {
    ...session.snapshot(),
    config: { toolbelt: { version: 1, values: { allow: ['calculator'] } } },
  }
  const { session: again, report } = ChatSession.restore(saved, { user, agent, registry })
  expect(report.ok).toBe(false)
  expect(again.config.toolbelt.allow).toEqual([])
})

test('a toolset may be named as one likes, and be equipped twice', async () => {
  const { session } = makeSession(['notes'])
  const { answers } = await turn(
    session,
    equip(['Notes', 'notes'], 'session'),
    equip(['notes']),
    drop('NOTES'),
  )
  expect(answers[2]).toBe('Dropped: NOTES.')
  expect(session.tools.inForce).toEqual(['toolbelt'])
})

test('a tool that the application keeps out is not told to be there', async () => {
  const { session } = makeSession(['secretary'])
  session.tools.exclude('notes')
  const { answers } = await turn(session, equip(['secretary']))
  expect(answers[0]).toBe('Equipped for this turn. You can call from the next step on: secretary.')
})

test('what can not be in force is refused with the reason, and nothing is equipped (SPEC 31)', async () => {
  const { session } = makeSession(['notes', 'broken', 'calculator'])
  session.tools.exclude('calculator')
  const before = JSON.stringify(session.snapshot().tools)
  const { answers } = await turn(session, equip(['notes', 'broken'], 'session'), equip(['calculator']), {
    tool: 'toolbelt_list',
  })
  expect(answers[0]).toMatch(
    /\[RETINUE_TOOLBELT_UNRESOLVED\] 'broken' can't be equipped here: .* needs the context 'nowhere'/,
  )
  expect(answers[1]).toContain(
    "'calculator' can't be equipped here: The application keeps it out. Nothing was equipped.",
  )
  expect(answers[2]).toContain('notes (not equipped)')
  expect(JSON.stringify(session.snapshot().tools)).toBe(before)
})

test('what is installed no longer can be dropped', async () => {
  const { session } = makeSession(['notes', 'absent'])
  session.tools.push('absent')
  const { answers } = await turn(session, drop('absent', 'notes'))
  expect(answers).toEqual(['Dropped: absent, notes.'])
  expect([...session.tools, ...session.tools.unresolved]).toEqual([])
})

test('what the agent has is always there, also if it is equipped; what another toolset brings is there with that', async () => {
  const { session } = makeSession(['notes', 'secretary', 'calculator'], ['toolbelt', 'calculator'])
  const { answers } = await turn(session, equip(['secretary', 'calculator']), { tool: 'toolbelt_list' })
  expect(answers[1]).toBe(`notes (there with another): notes, notes_list
secretary (equipped for this turn): notes, notes_list, secretary
calculator (always there): calculator_add`)
})

test('what the agent has, or what another toolset needs, is not dropped (SPEC 30)', async () => {
  const { session } = makeSession(['notes', 'secretary', 'calculator'], ['toolbelt', 'calculator'])
  const { answers } = await turn(
    session,
    drop('calculator'),
    equip(['notes', 'secretary']),
    drop('notes'),
    drop('notes', 'secretary'),
  )
  expect(answers[0]).toContain(
    "[RETINUE_TOOLBELT_FIXED] 'calculator' belongs to the agent, or something else that is equipped needs it; nothing was dropped.",
  )
  expect(answers[2]).toContain('RETINUE_TOOLBELT_FIXED')
  expect(answers[3]).toBe('Dropped: notes, secretary.')
})

test('the section names what can be equipped, and says nothing where nothing can (SPEC 45)', () => {
  const { agent, session } = makeSession()
  expect(session.prompt().text)
    .toBe(`Where your tools do not suffice, equip more with toolbelt_equip; drop what you need no longer.
These toolsets can be equipped: notes, calculator. toolbelt_describe tells what one of them does.`)
  expect(session.prompt().notices).toEqual([])
  agent.config.toolbelt.allow = []
  expect(session.prompt().text).toBe('')
})

test('the toolbelt itself comes and goes without a trace (SPEC 29, 30)', async () => {
  const { user, agent, session } = makeSession([], [])
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('toolbelt')
  const { answers } = await turn(session, { tool: 'toolbelt_list' }, equip(['notes']))
  expect(answers).toEqual(['No toolset can be equipped.', expect.stringContaining('They are: none.')])
  session.messages.clear()
  agent.tools.remove('toolbelt')
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('what version 1 saved comes back as it was, with what was equipped for the session (SPEC 49, 50)', () => {
  const { registry, user, Notes } = makeSession()
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'agent' | 'session',
    object
  >
  const { agent, report: ofAgent } = AgentConfig.restore(saved.agent, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofAgent.ok, report.ok, report.unknown, report.parked]).toEqual([true, true, [], []])
  expect({ agent: agent.snapshot(), session: session.snapshot() }).toEqual(saved)
  expect(session.config.toolbelt.allow).toEqual(['notes', 'calculator'])
  expect(session.context.$get(Notes).titles).toEqual(['milk'])
})
