// The server as pages have it that fall asleep.
import { AgentConfig, ChatSession, createRegistry } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { scriptedModel } from '@retinue/testing'
import { expect, it } from 'vitest'
import { chatServer } from '../server.ts'

it('lets a person go on in another page while one does not read what was answered', async () => {
  const registry = createRegistry()
  const agent = new AgentConfig({ name: 'clerk', model: scriptedModel(['One.', 'Two.']), registry })
  const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent, registry })
  const session = new ChatSession({ user: await manager.user('ada'), agent, manager })
  const app = chatServer(manager, agent, () => 'ada')
  const say = (text: string) =>
    app.request(`/sessions/${session.id}/turns`, { method: 'POST', body: JSON.stringify({ text }) })

  const { promise: over, resolve } = Promise.withResolvers<void>()
  session.on('turnEnded', () => resolve())
  const asleep = await say('Hello?')
  await over
  await manager.saved(session)
  expect(await (await say('Are you there?')).text()).toContain('"finishReason":"stop"')
  expect(await asleep.text()).toContain('One.')
})
