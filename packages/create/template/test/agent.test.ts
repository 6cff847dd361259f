import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { guide } from '../src/agent.ts'

test('the model is told what the guide is, and has each of its tools', async () => {
  const agent = new AgentConfig(guide)
  const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })
  assert.deepEqual(session.tools.unresolved, []) // a toolset whose plugin is not imported

  const model = scriptedModel(['At your service.'])
  const { text } = await run(session, 'Hello!', { model }).result
  model.done()

  assert.equal(text, 'At your service.')
  const [request] = model.requests
  assert.match(JSON.stringify(request?.prompt[0]), /You are a guide\./)
  assert.equal(request?.tools?.length, session.tools.published().length)
})
