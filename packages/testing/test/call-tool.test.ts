import { Config, Context, definePlugin, defineTool, defineToolset, Secret, Type } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { callTool, testSession } from '../src/index.ts'

class BellConfig extends Config('bell', { key: Type.Optional(Secret()) }) {}
class Rings extends Context('rings', { times: Type.Array(Type.Integer(), { default: [] }) }) {}
let later: (() => string) | undefined
const bell = defineToolset('bell', {
  needs: [BellConfig, Rings],
  tools: {
    ring: defineTool({
      description: 'Rings.',
      input: Type.Object({ at: Type.Integer({ minimum: 0 }) }),
      execute({ at }, { interaction, config, secret, emit, signal }) {
        interaction.context.$get(Rings).times = [at]
        emit({ rung: at })
        signal.throwIfAborted()
        later = () => secret(config.$get(BellConfig), 'key')
        return later()
      },
    }),
  },
})
const plugin = definePlugin({ name: 'bell', version: '1.0.0', contributes: [BellConfig, Rings, bell] })

function ringing() {
  const made = testSession({ plugins: [plugin] })
  made.user.config.$get(BellConfig).key = Secret.value('open')
  return made
}

test('a tool is called as a run would: with bags, events, and secrets for the time of the call', async () => {
  const { session } = ringing()
  const events: unknown[] = []
  expect(await callTool(session, 'bell_ring', { at: 3 }, { onEvent: (event) => events.push(event) })).toBe(
    'open',
  )
  expect(events).toEqual([{ rung: 3 }])
  expect(() => later!()).toThrow('RETINUE_SECRET_REFUSED')
  expect(session.context.$get(Rings).times).toEqual([]) // its interaction has ended
})

test('what it wrote in an interaction can be looked at', async () => {
  const { session } = ringing()
  using turn = session.interact()
  await callTool(turn, 'bell_ring', { at: 5 })
  expect(turn.context.$get(Rings).times).toEqual([5])
})

test('what a tool keeps at home lasts as long as it is equipped: with the session, or with the turn', async () => {
  const keep = defineTool({
    description: 'Keeps.',
    input: Type.Object({}),
    execute: (_input, { home }) => (home.context.$get(Rings).times = [...home.context.$get(Rings).times, 1]),
  })
  const keeper = defineToolset('keeper', { needs: [Rings], tools: { keep } })
  const keeping = definePlugin({ name: 'keeper', version: '1.0.0', contributes: [Rings, keeper] })
  const { session } = testSession({ plugins: [keeping] })
  await callTool(session, 'keeper_keep')
  expect(await callTool(session, 'keeper_keep')).toEqual([1, 1])
  const { session: bare } = testSession({ plugins: [keeping], list: [] })
  using turn = bare.interact()
  turn.tools.push('keeper')
  await callTool(turn.child(), 'keeper_keep')
  expect(await callTool(turn, 'keeper_keep')).toEqual([1, 1])
  turn.end()
  expect(JSON.stringify(bare.snapshot().context)).toBe('{}')
})

test('a tool whose plugin forgot to contribute what it needs is told by what is missing', async () => {
  const forgetful = definePlugin({ name: 'bell', version: '1.0.0', contributes: [BellConfig, bell] })
  const { session } = testSession({ plugins: [forgetful] })
  await expect(callTool(session, 'bell_ring', { at: 3 })).rejects.toThrow(
    /No tool 'bell_ring' is in force here\. No tool is\. .*toolset\.bell needs the context 'rings'/,
  )
})

test('a name that is not in force and an input that does not fit are refused, as is a call that is aborted', async () => {
  const { session } = ringing()
  await expect(callTool(session, 'ring')).rejects.toThrow(
    "[RETINUE_TOOL_UNKNOWN] No tool 'ring' is in force here. In force are: bell_ring.",
  )
  await expect(callTool(testSession().session, 'ring')).rejects.toThrow('No tool is.')
  await expect(callTool(session, 'bell_ring', { at: -1 })).rejects.toThrow(
    "[RETINUE_TOOL_INPUT] The input does not fit 'bell_ring': must be >= 0 at /at.",
  )
  await expect(callTool(session, 'bell_ring', { at: 1 }, { signal: AbortSignal.abort() })).rejects.toThrow(
    'abort',
  )
})
