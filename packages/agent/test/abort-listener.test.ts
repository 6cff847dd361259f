import { describe, expect, test } from 'vitest'
import { onAbort } from '../src/abort-listener.ts'

describe('listening to an abort signal', () => {
  test('takes one listener of the runtime for any number of callbacks (SPEC 58)', () => {
    const controller = new AbortController()
    const { signal } = controller
    const listening: unknown[] = []
    signal.addEventListener = (_: string, listener: unknown) => void listening.push(listener)
    signal.removeEventListener = (_: string, listener: unknown) =>
      void listening.splice(listening.indexOf(listener), 1)
    const ends = Array.from({ length: 50 }, () => onAbort(signal, () => {}))
    expect(listening).toHaveLength(1)
    for (const end of ends) end()
    expect(listening).toHaveLength(0)
    onAbort(signal, () => {})
    expect(listening).toHaveLength(1)
  })

  test('calls back once each who still listens, in order (SPEC 58)', () => {
    const controller = new AbortController()
    const called: string[] = []
    const say = (name: string) => () => void called.push(name)
    onAbort(controller.signal, say('a'))
    const end = onAbort(controller.signal, say('b'))
    onAbort(controller.signal, say('c'))
    end()
    end()
    controller.abort()
    controller.abort()
    onAbort(controller.signal, say('late'))()
    expect(called).toEqual(['a', 'c', 'late'])
  })

  test('works on one that takes nothing any more (SPEC 58)', () => {
    const controller = new AbortController()
    const signal = Object.seal(controller.signal)
    const called: string[] = []
    onAbort(signal, () => void called.push('a'))
    onAbort(signal, () => void called.push('b'))()
    controller.abort()
    expect(called).toEqual(['a'])
  })

  test('spares a listener that another one ended in the meantime (SPEC 58)', () => {
    const controller = new AbortController()
    const called: string[] = []
    onAbort(controller.signal, () => end())
    const end = onAbort(controller.signal, () => void called.push('b'))
    controller.abort()
    expect(called).toEqual([])
  })
})
