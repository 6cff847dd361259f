import { expect, test } from 'vitest'
import { abortController } from '../src/signal.ts'
import { aSession } from './a-session.ts'

test("is the runtime's own signal, so that whatever takes one takes an interaction's (SPEC 37, 41)", () => {
  const { session } = aSession()
  const turn = session.interact()
  expect(turn.signal).toBeInstanceOf(AbortSignal)
  expect(turn.signal).toBe(turn.signal)
  const any = AbortSignal.any([turn.signal])
  turn.abort('over')
  expect([any.aborted, any.reason]).toEqual([true, 'over'])
  expect(() => turn.signal.throwIfAborted()).toThrow('over')
})

test('makes a controller that aborts with a reason (SPEC 37)', () => {
  const controller = abortController()
  controller.abort(new TypeError('why'))
  expect(controller.signal.reason).toBeInstanceOf(TypeError)
})
