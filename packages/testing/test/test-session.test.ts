import { Context, definePlugin, defineTool, defineToolset, registry, Type } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { scriptedModel, testSession } from '../src/index.ts'

const add = defineTool({
  description: 'Adds.',
  input: Type.Object({ a: Type.Number(), b: Type.Number() }),
  execute: ({ a, b }) => a + b,
})

test('a tool that stands alone is published under its own name, to an agent with a model and instructions', () => {
  const model = scriptedModel([])
  const { session, agent } = testSession({ tools: { add }, model, instructions: 'You add.' })
  expect(session.tools.published().map(({ name }) => name)).toEqual(['add'])
  expect(agent.model).toBe(model)
  expect(session.prompt().text).toBe('You add.')
})

test('every toolset of the plugins is there, or those that are listed, in a registry of their own', () => {
  class Sums extends Context('sums', { last: Type.Number({ default: 0 }) }) {}
  const sums = defineToolset('sums', { needs: [Sums], tools: { add } })
  const spare = defineToolset('spare', { tools: { add } })
  const plugin = definePlugin({ name: 'sums', version: '1.0.0', contributes: [Sums, sums, spare] })
  const all = testSession({ plugins: [plugin] })
  expect([...all.agent.tools]).toEqual(['spare', 'sums'])
  expect(all.session.context.$has(Sums)).toBe(true)

  const some = testSession({ plugins: [plugin], list: ['spare'], userId: 'bob' })
  expect([...some.agent.tools]).toEqual(['spare'])
  expect([some.user.id, all.user.id]).toEqual(['bob', 'ada'])
  expect(registry.toolsets.has('sums')).toBe(false)
})
