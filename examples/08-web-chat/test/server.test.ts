// The server as pages have it that fall asleep, and as visitors have it where something goes wrong inside.
import { AgentConfig, ChatSession, createRegistry } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { scriptedModel, type ScriptedStep } from '@retinue/testing'
import { expect, it, vi } from 'vitest'
import { chatServer } from '../server.ts'

async function serve(script: readonly ScriptedStep[]) {
  const registry = createRegistry()
  const agent = new AgentConfig({ name: 'clerk', model: scriptedModel(script), registry })
  const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent, registry })
  const session = new ChatSession({ user: await manager.user('ada'), agent, manager })
  const app = chatServer(manager, agent, () => 'ada')
  const say = (text: string) =>
    app.request(`/sessions/${session.id}/turns`, { method: 'POST', body: JSON.stringify({ text }) })
  return { manager, session, say }
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

it('tells visitors that something went wrong, and not what, which it logs', async () => {
  using log = vi.spyOn(console, 'error').mockReturnValue()
  const { say } = await serve([{ text: 'Half a', cut: new Error('db-7 is down') }])
  const said = await (await say('Hello?')).text()
  expect(said).toContain('\n{"type":"error","code":"RETINUE_STREAM_CUT"}\n')
  expect(said).not.toContain('db-7')
  expect(log).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'RETINUE_STREAM_CUT' }))
})
