import { offlineModel } from '@retinue/agent'
import { expectTypeOf, test } from 'vitest'
import { defineConfig, type RetinueConfig } from '../src/index.ts'

test('a configuration knows its fields', () => {
  const config = defineConfig({
    model: ['openai/gpt-5', offlineModel()],
    agents: [{ name: 'guide', tools: ['clock'] }],
    user: { id: 'ada', config: { clock: { timeZone: 'Europe/Zurich' } } },
    run: { maxSteps: 3, approvalPolicy: ({ tool }) => (tool?.effect === 'once' ? 'ask' : undefined) },
  })
  expectTypeOf(config).toEqualTypeOf<RetinueConfig>()
  // @ts-expect-error -- a misspelt field
  defineConfig({ modle: 'openai/gpt-5' })
  // @ts-expect-error -- the command asks itself
  defineConfig({ run: { approve: () => true } })
  // @ts-expect-error -- an agent has a name
  defineConfig({ agents: [{ tools: ['clock'] }] })
})
