import { readFileSync } from 'node:fs'
import { offlineModel, resume, run } from '@retinue/agent'
import { ChatSession, estimateTokens } from '@retinue/kernel'
import { callTool, testSession } from '@retinue/testing'
import { expect, test } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/planning.ts'

const house = 'Build a house\n  Walls\n  Roof'

test('a plan is made, worked on and shown, each answer with the numbers of the tasks', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  expect(await callTool(turn, 'planning_show', {})).toBe('Nothing is planned.')
  expect(await callTool(turn, 'planning_add', { outline: house })).toBe(
    'Added:\n1 Build a house\n  2 Walls\n  3 Roof',
  )
  const changes = [
    { id: 2, state: 'done', note: 'Brick, 30 cm.' },
    { id: 3, state: 'doing', title: 'Roof of slate' },
  ]
  expect(await callTool(turn, 'planning_update', { changes })).toBe(
    'Changed:\n  2 Walls (done)\n  3 Roof of slate (doing)',
  )
  expect(await callTool(turn, 'planning_show', { id: 2 })).toBe(
    'Tasks 1–1 of 1\n  2 Walls (done)\n    - Brick, 30 cm.',
  )
  expect(session.prompt().text).toMatch(/\n\n.*number:\n1 Build a house\n {2}3 Roof of slate \(doing\)$/)
})

test('changes are made all or not at all', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  await callTool(turn, 'planning_add', { outline: house })
  const before = session.context.plan.tasks
  const changes = [
    { id: 2, state: 'done' },
    { id: 9, state: 'done' },
  ]
  await expect(callTool(turn, 'planning_update', { changes })).rejects.toMatchObject({
    code: 'RETINUE_PLANNING_TASK',
  })
  expect(session.context.plan.tasks).toBe(before)
})

test('a plan of 500 tasks takes no more of the prompt than one of 20 does (SPEC 45)', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  const tokens = (): number => session.prompt({ interaction: turn }).parts[0]!.tokens
  const none = tokens()
  const outline = Array.from({ length: 500 }, (_, i) => `${i % 10 === 0 ? 'Part' : '  Step'} ${i}`).join('\n')
  await callTool(turn, 'planning_add', { outline })
  expect(session.context.plan.tasks).toHaveLength(500)
  expect(tokens() - none).toBeLessThan(120)
  expect(estimateTokens(JSON.stringify(session.context.plan.tasks))).toBeGreaterThan(5000)
  expect(session.prompt({ interaction: turn }).notices.filter(({ kind }) => kind !== 'cache')).toEqual([])
  session.sections.planning.maxTasks = 2
  expect(tokens() - none).toBeLessThan(40)
})

test('a large plan is shown page by page', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  await callTool(turn, 'planning_add', { outline: 'x\n'.repeat(150) })
  const show = async (input: object): Promise<string[]> =>
    ((await callTool(turn, 'planning_show', input)) as string).split('\n')
  expect([(await show({}))[0], (await show({})).length]).toEqual([
    'Tasks 1–100 of 150; continue with offset 101',
    101,
  ])
  expect((await show({ offset: 101 })).slice(0, 2)).toEqual(['Tasks 101–150 of 150', '101 x'])
  expect(await show({ offset: 151 })).toEqual(['There are 150 tasks: give an offset from 1 to 150.'])
})

test('a task that needs a sign-off waits for a person, over a restart too (SPEC 59)', async () => {
  const { registry, user, agent, session } = testSession({ plugins: [plugin] })
  {
    using turn = session.interact()
    await callTool(turn, 'planning_add', { outline: house })
    await callTool(turn, 'planning_update', { changes: [{ id: 2, signOff: true }] })
    await expect(callTool(turn, 'planning_update', { changes: [{ id: 2, state: 'done' }] })).rejects.toThrow(
      'Ask for that with planning_sign_off.',
    )
  }
  const question = 'Sign off with planning_sign_off, id 2, summary: "They stand."'
  const { approvals } = await run(session, question, { model: offlineModel() }).result
  expect(approvals).toMatchObject([
    { toolName: 'planning_sign_off', input: { id: 2, summary: 'They stand.' } },
  ])
  expect(session.context.plan.tasks[1]).toMatchObject({ state: 'todo', signOff: 'wanted' })
  const saved = JSON.stringify(session)
  session.close()

  const { session: again } = ChatSession.restore(saved, { user, agent, registry })
  await resume(again, { [approvals[0]!.toolCallId]: { approved: true } }, { model: offlineModel() }).result
  expect(again.context.plan.tasks[1]).toMatchObject({
    state: 'done',
    signOff: 'given',
    notes: ['They stand.'],
  })
})

test('what is over can be removed', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  await callTool(turn, 'planning_add', { outline: house })
  await expect(callTool(turn, 'planning_remove', { id: 1 })).rejects.toMatchObject({
    code: 'RETINUE_PLANNING_ORDER',
  })
  await callTool(turn, 'planning_update', { changes: [{ id: 1, state: 'dropped' }] })
  expect(await callTool(turn, 'planning_remove', { id: 1 })).toBe('Removed 3 of 3 tasks.')
  expect(session.context.plan.$values()).toEqual({ tasks: [], lastId: 3 })
})

test('input that does not fit is refused by its schema', async () => {
  const { session } = testSession({ plugins: [plugin] })
  using turn = session.interact()
  await expect(callTool(turn, 'planning_add', { outline: '' })).rejects.toThrow('/outline')
  await expect(callTool(turn, 'planning_update', { changes: [] })).rejects.toThrow('/changes')
  for (const wrong of [
    { title: 'two\nlines' },
    { title: '  ' },
    { state: 'perhaps' },
    { note: '' },
    { signOff: 'wanted' },
  ]) {
    const changes = [{ id: 1, ...wrong }]
    await expect(callTool(turn, 'planning_update', { changes }), JSON.stringify(wrong)).rejects.toThrow(
      '/changes/0',
    )
  }
})

test('the plan outlives the turn and the process, and is parked when the toolset goes (SPEC 30, 49)', async () => {
  const { registry, user, agent, session } = testSession({ plugins: [plugin] })
  {
    using turn = session.interact()
    await callTool(turn, 'planning_add', { outline: house })
  }
  const saved = JSON.stringify(session)
  const text = session.prompt().text
  session.close()
  const { session: again, report } = ChatSession.restore(saved, { user, agent, registry })
  expect(report.ok).toBe(true)
  expect(again.prompt().text).toBe(text)
  using turn = again.interact()
  expect(await callTool(turn, 'planning_add', { outline: 'Garden' })).toBe('Added:\n4 Garden')
  agent.tools.remove('planning')
  expect([again.context.$parked(), again.prompt().text]).toEqual([['plan'], ''])
  agent.tools.push('planning')
  expect(again.context.plan.tasks).toHaveLength(4)
})

test('the toolset brings its retinue in order, and takes it away without a trace (SPEC 29, 30)', async () => {
  const { user, agent, session } = testSession({ plugins: [plugin], list: [] })
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('planning')
  {
    using turn = session.interact()
    await callTool(turn, 'planning_add', { outline: house })
    await callTool(turn, 'planning_update', { changes: [{ id: 1, state: 'dropped' }] })
    await callTool(turn, 'planning_remove', { id: 1 })
    session.prompt({ interaction: turn })
  }
  session.context.plan.$reset() // what was planned is the session's to keep, and so is which numbers were given
  agent.tools.remove('planning')
  expect(events).toEqual([
    '+ context plan',
    '+ section planning',
    '+ toolset planning',
    '- section planning',
    '- context plan',
    '- toolset planning',
  ])
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('a toolset of one interaction plans there, and leaves nothing in the session (SPEC 38, 40)', async () => {
  const { session } = testSession({ plugins: [plugin], list: [] })
  const before = JSON.stringify(session)
  {
    using turn = session.interact()
    turn.tools.push('planning')
    await callTool(turn, 'planning_add', { outline: house })
    expect(session.prompt({ interaction: turn }).text).toContain('2 Walls')
  }
  expect(JSON.stringify(session)).toBe(before)
})

test('a session that version 1 saved comes back as it was (SPEC 49, 50)', async () => {
  const { registry, user, agent } = testSession({ plugins: [plugin], list: [] })
  const saved = readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')
  const { session, report } = ChatSession.restore(saved, { user, agent, registry })
  expect(report).toMatchObject({ ok: true, unknown: [], parked: [] })
  expect(session.snapshot()).toEqual(JSON.parse(saved))
  using turn = session.interact()
  expect(await callTool(turn, 'planning_show', {})).toBe(`Tasks 1–5 of 5
1 Build a house (doing)
  2 Walls (done, signed off)
    - Brick, 30 cm.
  3 Roof (blocked, needs sign-off)
    - No tiles.
  5 Pool (dropped)
6 Lay out the garden`)
})

test('a title without end is refused at once', async () => {
  const { session } = testSession({ plugins: [plugin] })
  const changes = [{ id: 1, title: `${'x'.repeat(1_000_000)}\n` }] // held against it in all ways, it would take hours
  await expect(callTool(session, 'planning_update', { changes })).rejects.toThrow('RETINUE_TOOL_INPUT')
})
