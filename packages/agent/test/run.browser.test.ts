// A run in a browser: nothing of the loop is Node's.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Type,
} from '@retinue/kernel'
import { expect, it } from 'vitest'
import { offlineModel, run } from '../src/index.ts'

const dice = defineToolset('dice', {
  tools: {
    roll: defineTool({
      description: 'Rolls dice.',
      input: Type.Object({ sides: Type.Integer({ minimum: 1 }) }),
      execute: ({ sides }) => `rolled one of ${sides}`,
    }),
  },
})

it('calls a tool and answers from its result (SPEC 55)', async () => {
  const registry = createRegistry()
  registry.register(definePlugin({ name: 'dice', version: '1.0.0', contributes: [dice] }))
  const agent = new AgentConfig({ name: 'guide', registry, model: offlineModel(), tools: ['dice'] })
  const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), agent })

  const types: string[] = []
  const running = run(session, 'Roll dice with 6 sides.')
  for await (const { type } of running) types.push(type)

  expect(types).toContain('tool-result')
  expect((await running.result).text).toContain('rolled one of 6')
})
