import { describe, expect, test } from 'vitest'
import { pause, withinLimit } from '../src/time-limit.ts'

/** A signal that counts who listens to it. */
function counted() {
  const controller = new AbortController()
  const { signal } = controller
  const count = { listening: 0 }
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count.listening++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count.listening--
    removeEventListener.apply(signal, args)
  }
  return { controller, signal, count }
}

describe('work with a time limit', () => {
  test('gives what it gives, and lets go of the signal (SPEC 57)', async () => {
    const { signal, count } = counted()
    const working = withinLimit(1000, signal, async () => 'done')
    expect(count.listening).toBe(1)
    expect(await working).toBe('done')
    await expect(withinLimit(1000, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(count.listening).toBe(0)
  })

  test('throws what the work throws at once (SPEC 57)', async () => {
    const working = withinLimit(1000, new AbortController().signal, () => {
      throw new Error('at once')
    })
    await expect(working).rejects.toThrow('at once')
  })

  test('does not begin where the signal has aborted, and ends when it does (SPEC 58)', async () => {
    const { controller, signal, count } = counted()
    const working = withinLimit(Infinity, signal, (inner) => {
      return new Promise((_, reject) =>
        inner.signal.addEventListener('abort', () => reject(new Error('inner'))),
      )
    })
    controller.abort(new Error('outer'))
    await expect(working).rejects.toThrow('outer')
    let began = false
    await expect(withinLimit(1, signal, () => (began = true))).rejects.toThrow('outer')
    expect([began, count.listening]).toEqual([false, 0])
  })

  test('may have a limit that no timer knows (SPEC 57)', async () => {
    const wait = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 5, 'done'))
    expect(await withinLimit(2 ** 40, new AbortController().signal, wait)).toBe('done')
  })
})

test('a pause ends with its time, or with the signal (SPEC 58)', async () => {
  const { controller, signal, count } = counted()
  await pause(1, signal)
  const pausing = pause(60_000, signal)
  controller.abort(new Error('enough'))
  await expect(pausing).rejects.toThrow('enough')
  expect(count.listening).toBe(0)
})
