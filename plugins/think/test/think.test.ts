import { readFileSync } from 'node:fs'
import { offlineModel, run, type RunEvent } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, createRegistry, estimateTokens } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { expect, test } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/think.ts'

function makeSession(tools: readonly string[] = ['think']) {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'guide', model: offlineModel(), tools: [...tools], registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}

/** Has the offline model, which does what it is told, write a thought down. */
async function thinkIn(session: ChatSession): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of run(session, 'Write a thought down: "The lock is older than the door."')) {
    events.push(event)
  }
  return events
}

test('a model writes a thought down, and is told to go on (SPEC 55)', async () => {
  const { session } = makeSession()
  const events = await thinkIn(session)
  expect(events.find(({ type }) => type === 'tool-call')).toMatchObject({
    toolName: 'think',
    input: { thought: 'The lock is older than the door.' },
  })
  expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
    output: { type: 'text', value: 'Noted. Go on.' },
  })
})

test('the tool is published under its own name, and has no effect (SPEC 54)', () => {
  const { session } = makeSession()
  expect(session.tools.published().map(({ name, tool }) => [name, tool.effect])).toEqual([['think', 'pure']])
})

test('a thought streams as reasoning, and later prompts do not hold it (SPEC 56)', async () => {
  const { session } = makeSession()
  const events = await thinkIn(session)
  const told = events.map((event) => (event.type === 'reasoning-delta' ? event.delta : '')).join('')
  expect(told).toBe('The lock is older than the door.')
  using model = scriptedModel(['Hello again.'])
  await run(session, 'Hello again.', { model }).result
  const call = model.requests[0]!.prompt.find(({ role }) => role === 'assistant')
  expect(call!.content).toMatchObject([
    { toolName: 'think', input: { thought: '[thought in an earlier turn]' } },
  ])
})

test('a thought is kept by the conversation alone: no bag holds it, and no section says it later', async () => {
  const { session } = makeSession()
  const { messages: none, ...before } = session.snapshot()
  const text = session.prompt().text
  await thinkIn(session)
  const { messages, ...after } = session.snapshot()
  expect(JSON.stringify(messages)).toContain('The lock is older than the door.')
  expect(none).toEqual([])
  expect(after).toEqual(before)
  expect(session.prompt().text).toBe(text)
})

test('the section says when to think, in few words, and never changes (SPEC 45)', () => {
  const { session } = makeSession()
  const { parts, notices } = session.prompt()
  expect(parts.map(({ section, stability, slot }) => [section, stability, slot])).toEqual([
    ['think', 'static', 'tools'],
  ])
  expect(parts[0]!.text).toMatch(/^Think with the think tool before a step that is hard to take back/)
  expect(estimateTokens(parts[0]!.text)).toBeLessThan(100)
  expect(notices).toEqual([])
})

test('the toolset brings its section, and takes it away again without a trace (SPEC 29, 30)', async () => {
  const { user, agent, session } = makeSession([])
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('think')
  await thinkIn(session)
  session.messages.clear() // what was said is the user's to keep
  agent.tools.remove('think')
  expect(events).toEqual(['+ section think', '+ toolset think', '- section think', '- toolset think'])
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('a session that version 1 saved comes back as it was (SPEC 49)', () => {
  const { registry, user, agent } = makeSession([])
  const saved = readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')
  const { session, report } = ChatSession.restore(saved, { user, agent, registry })
  expect(report).toMatchObject({ ok: true, unknown: [], parked: [] })
  expect(session.snapshot()).toEqual(JSON.parse(saved))
  expect(session.sections.$types()).toEqual(['think'])
})
