import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel' // with agent
// without tool: import { testSession } from '@retinue/testing'
import { callTool, testSession } from '@retinue/testing' // with tool
import { expect, test } from 'vitest'
import { createSampleThingAgent } from '../src/agent.ts' // with agent
import { SampleThingConfig } from '../src/config.ts' // with config
import { RecentSampleThing } from '../src/context.ts' // with context
import { plugin } from '../src/plugin.ts'
import { SampleThingSection } from '../src/section.ts' // with section
import '../src/index.ts' // with agent

test('all of it can be made without values', () => {
  const { registry } = testSession({ plugins: [plugin] })
  expect(registry.configs.create(SampleThingConfig).loud).toBe(false) // with config
  expect(registry.contexts.create(RecentSampleThing).latest).toBeUndefined() // with context
  expect(registry.sections.has(SampleThingSection)).toBe(true) // with section
  expect(registry.toolsets.has('sample_thing')).toBe(true) // with tool
})

test('a text is said back', async () => { // with tool
  const { session } = testSession({ plugins: [plugin] }) // with tool
  expect(await callTool(session, 'sample_thing_echo', { text: 'Hello' })).toBe('Hello') // with tool
  session.user.config.$get(SampleThingConfig).loud = true // with config, tool
  expect(await callTool(session, 'sample_thing_echo', { text: 'Hello' })).toBe('HELLO') // with config, tool
  expect(session.context.$get(RecentSampleThing).texts[0]).toBe('Hello') // with context, tool
}) // with tool

test('the agent is one that a session can be made with', () => { // with agent
  const agent = createSampleThingAgent() // with agent
  expect(agent).toBeInstanceOf(AgentConfig) // with agent
  const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent }) // with agent
  expect(session.prompt().text).toContain('You say things.') // with agent
}) // with agent
