// Work with a limit on its time, inside a run that may be aborted. Whoever ignores the signal is left behind: the
// limit answers for it, and what it says later is not heard.
import { onAbort } from './abort-listener.ts'

/** The reason with which a time limit aborts. */
export class TimeLimitReached extends Error {
  readonly limitMs: number

  constructor(limitMs: number) {
    super(`The limit of ${limitMs} ms is reached.`)
    this.name = 'TimeoutError'
    this.limitMs = limitMs
  }
}

/**
 * Runs work that must end within `limitMs` (`Infinity` for none) and before `outer` aborts.
 * @throws the reason of whichever came first: what the work threw, a `TimeLimitReached`, or `outer.reason`.
 */
export function withinLimit<T>(
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (outer.aborted) return reject(outer.reason as Error)
    const controller = new AbortController()
    const stop = (reason: unknown): void => {
      settled()
      reject(reason as Error)
      controller.abort(reason)
    }
    const settled = (): void => {
      clearTimeout(timer)
      unlisten()
    }
    const timer = startTimer(limitMs, () => stop(new TimeLimitReached(limitMs)))
    const unlisten = onAbort(outer, () => stop(outer.reason))
    const working = new Promise<T>((done) => done(work(controller.signal)))
    working.then(resolve, reject).then(settled, settled)
  })
}

/** Waits, unless the signal aborts: then it throws its reason. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return withinLimit(Infinity, signal, (inner) => {
    return new Promise<void>((resolve) => {
      const timer = startTimer(delayMs, resolve)
      inner.addEventListener('abort', () => clearTimeout(timer), { once: true })
    })
  })
}

/** The longest time that timers know; beyond it they would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** Starts a timer, unless the time is longer than timers know. */
export function startTimer(delayMs: number, callback: () => void): ReturnType<typeof setTimeout> | undefined {
  return delayMs <= longestTimerMs ? setTimeout(callback, delayMs) : undefined
}
