import { readFileSync } from 'node:fs'
import { run } from '@retinue/agent'
import { ChatSession } from '@retinue/kernel'
import { scriptedModel, testSession } from '@retinue/testing'
import { expect, test } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/math.ts'

/** Has a model make these calls, a step each; gives what it was told. */
async function answers(session: ChatSession, ...expressions: string[]): Promise<unknown[]> {
  const steps = expressions.map((expression) => ({ calls: [{ tool: 'math', input: { expression } }] }))
  const told: unknown[] = []
  for await (const event of run(session, 'Go.', { model: scriptedModel([...steps, 'Done.']) })) {
    if (event.type === 'tool-result') told.push(event.output.value)
  }
  return told
}

test('a model has expressions worked out, and hears what is wrong with them (SPEC 55, 57)', async () => {
  const { session } = testSession({ plugins: [plugin] })
  expect(await answers(session, '(2 km + 300 m) / 20 min to km/h', '1/0', '', 'x'.repeat(2001))).toEqual([
    '6.9 km/h',
    expect.stringContaining('[RETINUE_MATH_DOMAIN] There is no such number. Nothing can be divided by zero.'),
    expect.stringContaining('/expression'),
    expect.stringContaining('/expression'),
  ])
})

test('the tool is published under its own name, and has no effect (SPEC 54)', () => {
  const { session } = testSession({ plugins: [plugin] })
  expect(session.tools.published().map(({ name, tool }) => [name, tool.effect])).toEqual([['math', 'pure']])
})

test('the section never changes (SPEC 45)', () => {
  const { session } = testSession({ plugins: [plugin] })
  const { parts, notices } = session.prompt()
  expect(parts.map(({ section, stability }) => [section, stability])).toEqual([['math', 'static']])
  expect(notices).toEqual([])
})

test('the toolset comes and goes without a trace (SPEC 29, 30)', async () => {
  const { user, agent, session } = testSession({ plugins: [plugin], list: [] })
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('math')
  await answers(session, '1 + 1')
  session.messages.clear() // what was said is the user's to keep
  agent.tools.remove('math')
  expect(events).toEqual(['+ section math', '+ toolset math', '- section math', '- toolset math'])
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('a session that version 1 saved comes back as it was (SPEC 49)', () => {
  const { registry, user, agent } = testSession({ plugins: [plugin], list: [] })
  const saved = readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')
  const { session, report } = ChatSession.restore(saved, { user, agent, registry })
  expect(report).toMatchObject({ ok: true, unknown: [], parked: [] })
  expect(session.snapshot()).toEqual(JSON.parse(saved))
  expect(session.sections.$types()).toEqual(['math'])
})
