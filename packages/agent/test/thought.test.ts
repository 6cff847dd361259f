import { ChatSession, defineTool, type Message, Type } from '@retinue/kernel'
import { callParts, finishPart, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { resume, run, type RunEvent } from '../src/index.ts'
import { aSession, eventsOf, registryOf, typesOf } from './a-session.ts'

const ponder = defineTool({
  description: 'x',
  input: Type.Object({ thought: Type.String(), mood: Type.Optional(Type.String()) }),
  effect: 'pure',
  thought: 'thought',
  execute: () => 'Go on.',
})
const thinking = (thought: string) => ({ calls: [{ tool: 'kit_ponder', input: { mood: 'grave', thought } }] })

function reasoned(events: readonly RunEvent[]): string {
  return events.map((event) => (event.type === 'reasoning-delta' ? event.delta : '')).join('')
}

describe('a thought', () => {
  test('streams as reasoning while it is written, beside the input of its call (SPEC 56)', async () => {
    const parts = [...callParts('kit_ponder', { thought: 'One "door",\nor two.' }, 'c1')]
    const input = JSON.stringify({ thought: 'One "door",\nor two.' })
    const pieces = Array.from(input, (delta) => ({ type: 'tool-input-delta' as const, id: 'c1', delta }))
    const start = { type: 'tool-input-start' as const, id: 'c1', toolName: 'kit_ponder' }
    const stream = [
      start,
      ...pieces,
      { type: 'tool-input-end', id: 'c1' },
      parts.at(-1)!,
      finishPart('tool-calls'),
    ]
    const hooked: RunEvent[] = []
    const events = await eventsOf(
      run(aSession({ ponder }), 'Hi', {
        model: scriptedModel([stream, 'Two.']),
        hooks: { onEvent: (event) => void hooked.push(event) },
      }),
    )
    expect(reasoned(events)).toBe('One "door",\nor two.')
    expect(hooked.filter(({ type }) => type === 'reasoning-delta').length).toBeGreaterThan(5)
    const types = typesOf(events)
    expect(types.indexOf('reasoning-start')).toBe(types.indexOf('tool-input-start') + 1)
    expect(types.indexOf('reasoning-end')).toBe(types.indexOf('tool-call') - 1)
  })

  test('that comes in one piece is told so, and one that breaks off is ended (SPEC 56, 58)', async () => {
    const whole = callParts('kit_ponder', { thought: 'Hm.' }, 'c1').filter(({ type }) => type === 'tool-call')
    const told = await eventsOf(
      run(aSession({ ponder }), 'Hi', {
        model: scriptedModel([[...whole, finishPart('tool-calls')], 'Two.']),
      }),
    )
    expect(reasoned(told)).toBe('Hm.')
    const begun = [
      { type: 'tool-input-start', id: 'c1', toolName: 'kit_ponder' },
      { type: 'tool-input-delta', id: 'c1', delta: '{"thought":"Half a' },
    ]
    const cut = await eventsOf(run(aSession({ ponder }), 'Hi', { model: scriptedModel([begun]) }))
    expect(reasoned(cut)).toBe('Half a')
    expect(
      typesOf(cut)
        .filter((type) => type.startsWith('reasoning'))
        .at(-1),
    ).toBe('reasoning-end')
  })

  test('is none where the input has no such text (SPEC 57)', async () => {
    const calls = [
      { tool: 'kit_ponder', input: { thought: 5 } },
      { tool: 'kit_ponder', input: 'no JSON' },
    ]
    const session = aSession({ ponder })
    const model = scriptedModel([{ calls }, 'Hm.', 'Hm.'])
    expect(reasoned(await eventsOf(run(session, 'Hi', { model })))).toBe('')
    await run(session, 'Go on', { model }).result
    model.done()
  })

  test('is shown to the end of its turn, and to none after it, also when its tool is gone (SPEC 55)', async () => {
    const session = aSession({ ponder })
    const model = scriptedModel([thinking('Secret one.'), thinking('Secret two.'), 'A.', 'B.', 'C.'])
    const shown = (i: number): string => JSON.stringify(model.requests[i]!.prompt)
    await run(session, 'First', { model }).result
    expect(shown(1)).toContain('Secret one.')
    expect(shown(2)).toMatch(/Secret one\..*Secret two\./)
    await run(session, 'Second', { model }).result
    expect(shown(3)).not.toContain('Secret')
    expect(shown(3)).toContain('"mood":"grave"')
    expect(shown(2) + shown(3)).not.toContain('providerOptions')
    expect(shown(3).match(/"type":"tool-(call|result)"/g)).toHaveLength(4)

    session.agent!.tools.clear()
    const saved = JSON.parse(JSON.stringify(session)) as object
    expect(JSON.stringify(saved)).toContain('Secret two.')
    const { user, agent } = session
    session.close()
    const restored = ChatSession.restore(saved, { user, agent: agent!, registry: registryOf(session) })
    await run(restored.session, 'Third', { model }).result
    expect(shown(4)).not.toContain('Secret')
  })

  test('leaves what is said and called beside it as it is (SPEC 55)', async () => {
    const session = aSession({ ponder })
    const { calls } = thinking('Secret.')
    const model = scriptedModel([{ text: 'Let me see.', calls }, 'A.', 'B.'])
    await run(session, 'First', { model }).result
    await run(session, 'Second', { model }).result
    expect((model.requests[2]!.prompt[1] as { content: readonly unknown[] }).content).toMatchObject([
      { type: 'text', text: 'Let me see.' },
      { type: 'tool-call', input: { mood: 'grave', thought: '[thought in an earlier turn]' } },
    ])
  })

  test('is shown again where the history is taken back to its turn, and a turn goes on with it (SPEC 58)', async () => {
    const session = aSession({ ponder })
    const model = scriptedModel([thinking('Secret.'), 'A.', 'B.', 'C.'])
    await run(session, 'First', { model }).result
    await run(session, 'Second', { model }).result
    expect(JSON.stringify(model.requests[2]!.prompt)).not.toContain('Secret')
    session.messages.splice(3, session.messages.length - 3)
    await resume(session, {}, { model }).result
    expect(JSON.stringify(model.requests[3]!.prompt)).toContain('Secret.')
  })

  test('goes back with what its provider attached to the call (SPEC 53)', async () => {
    const session = aSession({ ponder })
    const signed = { google: { thoughtSignature: 's' } }
    const [call] = callParts('kit_ponder', { thought: 'Secret.' }, 'c1').filter(
      ({ type }) => type === 'tool-call',
    )
    const model = scriptedModel([
      [{ ...call!, providerMetadata: signed }, finishPart('tool-calls')],
      'A.',
      'B.',
    ])
    await run(session, 'First', { model }).result
    await run(session, 'Second', { model }).result
    const { content } = model.requests[2]!.prompt[1] as unknown as Message & { content: readonly object[] }
    expect(content).toEqual([
      {
        type: 'tool-call',
        toolCallId: 'c1',
        toolName: 'kit_ponder',
        input: { thought: '[thought in an earlier turn]' },
        providerOptions: signed,
      },
    ])
  })
})
