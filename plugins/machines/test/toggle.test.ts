import { run } from '@retinue/agent'
import { scriptedModel } from '@retinue/testing'
import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { defineMachine, defineToggle, endTurn, triggerTool, whileIn } from '../src/index.ts'
import { Details, makeSession } from './a-session.ts'

const code = (name: string) => expect.objectContaining({ code: name })

function toggled() {
  const { session } = makeSession([])
  void session.sections.$get('details' as never)
  return { session, details: session.machines.details }
}

test('a toggle is closed, or open, and says so in the prompt', () => {
  const { session, details } = toggled()
  expect([details.isOpen, session.prompt().text]).toEqual([false, ''])
  details.open()
  expect([details.isOpen, session.prompt().text]).toEqual([true, 'Go into detail, always.'])
  details.close()
  details.close()
  expect([details.isOpen, session.prompt().text]).toEqual([false, ''])
})

test('it is open for so many turns, the one that goes on included', () => {
  const { session, details } = toggled()
  details.open({ turns: 2 })
  expect(session.prompt().text).toBe('Go into detail, 2.')
  endTurn(session)
  expect(session.prompt().text).toBe('Go into detail, 1.')
  endTurn(session)
  expect([session.prompt().text, details.data.turnsLeft]).toEqual(['', null])
  endTurn(session)
  details.open()
  for (let turn = 0; turn < 10; turn++) endTurn(session)
  expect(details.isOpen).toBe(true)
  details.open({ turns: 1 })
  endTurn(session)
  expect(details.isOpen).toBe(false)
})

test.each([0, -1, 1.5, Number.NaN])('%s turns are refused, with nothing changed', (turns) => {
  const { details } = toggled()
  expect(() => details.open({ turns })).toThrow(code('RETINUE_VALUE_INVALID'))
  expect(details.isOpen).toBe(false)
})

test('the ends of runs are heard as those of turns', async () => {
  const { session, details } = toggled()
  session.on('turnEnded', () => endTurn(session))
  details.open({ turns: 3 })
  await run(session, 'Hello', { model: scriptedModel(['Hello.']) }).result
  expect(details.data.turnsLeft).toBe(2)
  await expect(
    run(session, 'Hello', { model: scriptedModel([new Error('no luck')]) }).result,
  ).rejects.toThrow()
  expect(details.data.turnsLeft).toBe(1)
})

test('it may be open at first', () => {
  class Open extends defineToggle('open_one', { isOpen: true }) {}
  expect([new Open().isOpen, new Details().isOpen]).toEqual([true, false])
})

test('what is misspelt of it is refused', () => {
  const { details } = toggled()
  expect(() => details.open({ turn: 3 } as never)).toThrow(
    "open() has no option 'turn'. Did you mean 'turns'?",
  )
  expect(details.isOpen).toBe(false)
  expect(() => defineToggle('shut', { isOpne: true } as never)).toThrow(
    "The toggle 'shut' has no option 'isOpne'. Did you mean 'isOpen'?",
  )
  expect(() => defineToggle('shut', { isOpen: 'false' } as never)).toThrow("can't have 'false' as isOpen")
  expect(() => defineToggle('shut', null as never)).toThrow('takes options, not null')
  expect(() => defineMachine('shut', createMachine({}), { data: 'x' } as never)).toThrow(
    "The machine 'shut' can't have 'x' as data.",
  )
  expect(() => whileIn(Details, 'open', undefined as never)).toThrow('whileIn() has no template.')
  expect(() => triggerTool(undefined as never, { description: 'x', triggers: ['open'] })).toThrow(
    code('RETINUE_MACHINE_INVALID'),
  )
  expect(() => triggerTool(Details, { description: 'x' } as never)).toThrow('triggerTool() has no triggers.')
  expect(() => whileIn({} as never, 'open', 'x')).toThrow(code('RETINUE_MACHINE_INVALID'))
})
