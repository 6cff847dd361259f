import { readFileSync } from 'node:fs'
import { run } from '@retinue/agent'
import { ChatSession, ChatUser } from '@retinue/kernel'
import { callTool, scriptedModel, testSession } from '@retinue/testing'
import { expect, test } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/random.ts'

const rolls = { tool: 'random_roll', input: { dice: '10d1000000' } }

/** Has a model make these calls, a step each; gives what it was told. */
async function answers(
  session: ChatSession,
  ...calls: { tool: string; input: object }[]
): Promise<unknown[]> {
  const told: unknown[] = []
  for await (const event of run(session, 'Go.', {
    model: scriptedModel([...calls.map((call) => ({ calls: [call] })), 'Done.']),
  })) {
    if (event.type === 'tool-result') told.push(event.output.value)
  }
  return told
}

test('the same seed gives the same, and another one something else', async () => {
  const made = (seed: number) => {
    const { user, session } = testSession({ plugins: [plugin] })
    user.config.random.seed = seed
    return answers(session, rolls, rolls)
  }
  const [a, b, c] = await Promise.all([made(42), made(42), made(43)])
  expect(a).toEqual(b)
  expect(a).not.toEqual(c)
  expect(a[0]).not.toBe(a[1])
})

test('what a seed gives is pinned: an upgrade that changes it would break what people repeat', async () => {
  const { user, session } = testSession({ plugins: [plugin] })
  user.config.random.seed = 42
  expect(
    await answers(
      session,
      { tool: 'random_roll', input: { dice: '3d6' } },
      { tool: 'random_pick', input: { from: ['a', 'b', 'c', 'd'], count: 4 } },
      { tool: 'random_number', input: { min: 1, max: 1000, count: 3 } },
    ),
  ).toMatchInlineSnapshot(`
    [
      "3d6: 4, 5, 5 = 14",
      [
        "c",
        "b",
        "a",
        "d",
      ],
      [
        528,
        734,
        220,
      ],
    ]
  `)
})

test('a seeded source goes on after a restart, in the next turn, and after a call that failed (SPEC 49)', async () => {
  const { registry, user, agent, session } = testSession({ plugins: [plugin] })
  user.config.random.seed = 42
  const whole = await answers(session, rolls, rolls, rolls)

  const other = new ChatSession({ user, agent })
  const first = await answers(other, rolls, { tool: 'random_roll', input: { dice: 'nonsense' } })
  const saved = JSON.stringify(other)
  other.close()
  const { session: again } = ChatSession.restore(saved, { user, agent, registry })
  const rest = [...(await answers(again, rolls)), ...(await answers(again, rolls))]
  expect([first[0], ...rest]).toEqual(whole)
})

test('another seed begins anew, and without one nothing is kept', async () => {
  const { user, session } = testSession({ plugins: [plugin] })
  const before = JSON.stringify(session.snapshot().context)
  const free = await answers(session, rolls, rolls)
  expect(free[0]).not.toBe(free[1])
  expect(JSON.stringify(session.snapshot().context)).toBe(before)
  user.config.random.seed = 1
  const [one] = await answers(session, rolls)
  user.config.random.seed = 2
  await answers(session, rolls)
  user.config.random.seed = 1
  expect(await answers(session, rolls)).toEqual([one])
})

test('a model hears what is wrong with its input (SPEC 57)', async () => {
  const { session } = testSession({ plugins: [plugin] })
  const told = await answers(
    session,
    { tool: 'random_roll', input: { dice: 'a pair' } },
    { tool: 'random_pick', input: { from: ['a'], count: 2 } },
    { tool: 'random_number', input: { min: 2, max: 1 } },
    { tool: 'random_number', input: { min: 0.5, max: 1 } },
  )
  expect(told).toEqual([
    expect.stringContaining('RETINUE_RANDOM_DICE'),
    expect.stringContaining('RETINUE_RANDOM_RANGE'),
    expect.stringContaining('RETINUE_RANDOM_RANGE'),
    expect.stringContaining('/min'),
  ])
})

test('the toolset comes and goes without a trace but for where a seed stands, which is parked (SPEC 29, 30)', async () => {
  const { user, agent, session } = testSession({ plugins: [plugin], list: [] })
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('random')
  await answers(session, rolls)
  session.messages.clear() // what was said is the user's to keep
  agent.tools.remove('random')
  expect(events).toEqual([
    '+ config random',
    '+ context random_state',
    '+ toolset random',
    '- context random_state',
    '- config random',
    '- toolset random',
  ])
  expect(JSON.stringify([session, user, agent])).toBe(before)

  agent.tools.push('random')
  user.config.random.seed = 1
  await answers(session, rolls)
  agent.tools.remove('random')
  expect(session.context.$parked()).toEqual(['random_state'])
})

test('a toolset of one interaction leaves nothing in the session (SPEC 38, 40)', async () => {
  const { user, session } = testSession({ plugins: [plugin], list: [] })
  user.config.random.seed = 1
  const before = JSON.stringify(session)
  {
    using turn = session.interact()
    turn.tools.push('random')
    await callTool(turn, 'random_roll', { dice: 'd6' })
    expect(turn.context.randomState.seed).toBe(1)
  }
  expect(JSON.stringify(session)).toBe(before)
})

test('what version 1 saved comes back as it was (SPEC 49, 50)', async () => {
  const { registry, agent } = testSession({ plugins: [plugin] })
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'user' | 'session',
    object
  >
  const { user, report: ofUser } = ChatUser.restore(saved.user, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofUser.ok, report.ok, report.unknown, report.parked]).toEqual([true, true, [], []])
  expect({ user: user.snapshot(), session: session.snapshot() }).toEqual(saved)
  await answers(session, rolls)
  expect(session.context.randomState.state).not.toEqual([1, 2, 3, 4])
})
