import { readFileSync } from 'node:fs'
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
import { callTool } from '@retinue/testing'
import { expect, test } from 'vitest'
import { approve } from '../src/index.ts'
import { plugin } from '../src/mcp.ts'
import { connected, serveDesk } from './connected.ts'

test('a server comes and goes without a trace, save what its user approved (SPEC 29, 30)', async () => {
  const { url } = await serveDesk()
  const { session, user, agent, server } = await connected({ url })
  agent.tools.remove('mcp_desk')
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('mcp_desk')
  await callTool(session, 'mcp_desk_echo', { text: 'hi' })
  agent.tools.remove('mcp_desk')
  expect(JSON.stringify([session, user, agent])).toBe(before)
  agent.tools.push('mcp_desk')
  await server.close()
  agent.tools.remove('mcp_desk')
  expect(JSON.stringify([session, user, agent])).toBe(before)
  approve(user, { name: 'mcp_desk_echo', hash: 'sha256-x' })
  const kept = user.snapshot().config
  expect(kept).toEqual({ mcp: { version: 1, values: { approved: { mcp_desk_echo: 'sha256-x' } } } })
})

test('what version 1 saved comes back as it was, and waits for its server (SPEC 49, 50)', () => {
  const registry = createRegistry()
  registry.register(plugin)
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'user' | 'agent' | 'session',
    object
  >
  const { user, report: ofUser } = ChatUser.restore(saved.user, { registry })
  const { agent, report: ofAgent } = AgentConfig.restore(saved.agent, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofUser.ok, ofAgent.ok, report.ok]).toEqual([true, true, true])
  expect({ user: user.snapshot(), agent: agent.snapshot(), session: session.snapshot() }).toEqual(saved)
  expect(user.config.mcp.approved).toEqual({ mcp_desk_echo: expect.stringMatching(/^sha256-/) as string })
  expect(session.tools.unresolved).toMatchObject([{ type: 'mcp_desk' }])
})

test('approvals in the snapshot of a session approve nothing: they are set aside (SPEC D12, D17)', () => {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const { session } = { session: new ChatSession({ user }) }
  const values = { approved: { mcp_desk_echo: 'sha256-x' } }
  const forged = { ...session.snapshot(), config: { mcp: { version: 1, values } } }
  const { session: again, report } = ChatSession.restore(forged, { user, registry })
  expect(report.ok).toBe(false)
  expect(again.config.mcp.approved).toEqual({})
})
