// The server as pages have it that fall asleep, and as visitors have it where something goes wrong inside.
import {
  AgentConfig,
  ChatSession,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Type,
} from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { scriptedModel, type ScriptedStep } from '@retinue/testing'
import { expect, it, vi } from 'vitest'
import { chatServer } from '../server.ts'

async function serve(script: readonly ScriptedStep[]) {
  const registry = createRegistry()
  const order = defineTool({
    description: 'Orders. Our margin is 40 %.',
    input: Type.Object({ count: Type.Integer() }),
    approval: ({ count }) => count > 7,
    execute: () => 'It is on its way.',
  })
  const contributes = [defineToolset('shop', { tools: { order } })]
  registry.register(definePlugin({ name: '@example/shop', version: '1.0.0', contributes }))
  const model = scriptedModel(script)
  const agent = new AgentConfig({ name: 'clerk', model, tools: ['shop'], registry })
  const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent, registry })
  const session = new ChatSession({ user: await manager.user('ada'), agent, manager })
  const app = chatServer(manager, agent, () => 'ada')
  const say = (text: string) =>
    app.request(`/sessions/${session.id}/turns`, { method: 'POST', body: JSON.stringify({ text }) })
  return { app, manager, session, say }
}

it('lets a person go on in another page while one does not read what was answered', async () => {
  const { manager, session, say } = await serve(['One.', 'Two.'])
  const { promise: over, resolve } = Promise.withResolvers<void>()
  session.on('turnEnded', () => resolve())
  const asleep = await say('Hello?')
  await over
  await manager.saved(session)
  expect(await (await say('Are you there?')).text()).toContain('"finishReason":"stop"')
  expect(await asleep.text()).toContain('One.')
})

it('asks a proxy to hand on what is said as it comes', async () => {
  const { say } = await serve(['One.'])
  expect((await say('Hello?')).headers.get('x-accel-buffering')).toBe('no')
})

it('tells visitors that something went wrong, and not what, which it logs', async () => {
  using log = vi.spyOn(console, 'error').mockReturnValue()
  const { say } = await serve([{ text: 'Half a', cut: new Error('db-7 is down') }])
  const said = await (await say('Hello?')).text()
  expect(said).toContain('\n{"type":"error","code":"RETINUE_STREAM_CUT"}\n')
  expect(said).not.toContain('db-7')
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'RETINUE_STREAM_CUT' }))
})

it('shows what a tool is asked to do, and not what it is', async () => {
  const { app, session, say } = await serve([{ calls: [{ tool: 'shop_order', input: { count: 9 } }] }])
  const told = await (await say('Nine.')).text()
  const shown = await (await app.request(`/sessions/${session.id}`)).text()
  for (const text of [told, shown]) {
    expect(text).toContain('"toolName":"shop_order","input":{"count":9}')
    expect(text).not.toMatch(/margin|> 7/)
  }
})
