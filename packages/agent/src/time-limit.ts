// Work with a limit on its time, inside a run that may be aborted. Whoever ignores the signal is left behind: the
// limit answers for it, and what it says later is not heard.
import { onAbort } from './abort-listener.ts'

/** The reason with which a time limit aborts. */
export class TimeLimitReached extends Error {
  readonly limitMs: number

  constructor(limitMs: number) {
    super(`the limit of ${limitMs} ms is reached`)
    this.name = 'TimeoutError'
    this.limitMs = limitMs
  }
}

/** What work with a limit knows of it. */
export class Limit {
  #controller: AbortController | undefined
  #stopped: { readonly reason: unknown } | undefined

  /** Aborts when the work is stopped; made when somebody wants it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#stopped !== undefined) this.#controller.abort(this.#stopped.reason)
    }
    return this.#controller.signal
  }

  /** Whether the work was stopped. */
  get isReached(): boolean {
    return this.#stopped !== undefined
  }

  stop(reason: unknown): void {
    this.#stopped = { reason }
    this.#controller?.abort(reason)
  }
}

/**
 * Runs work that must end within `limitMs` (`Infinity` for none) and before `outer` aborts.
 * @throws the reason of whichever came first: what the work threw, a `TimeLimitReached`, or `outer.reason`.
 */
export function withinLimit<T>(
  limitMs: number,
  outer: AbortSignal,
  work: (limit: Limit) => T | PromiseLike<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (outer.aborted) return reject(outer.reason as Error)
    const limit = new Limit()
    const settle = (): void => {
      clearTimeout(timer)
      unlisten()
    }
    const fail = (error: unknown): void => {
      settle()
      reject(error as Error)
    }
    const stop = (): void => {
      const reason: unknown = outer.aborted ? outer.reason : new TimeLimitReached(limitMs)
      fail(reason)
      limit.stop(reason)
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const unlisten = onAbort(outer, stop)
    const finish = (value: T): void => {
      settle()
      resolve(value)
    }
    try {
      const working = work(limit)
      if (!isPromise(working)) return finish(working)
      if (!limit.isReached) timer = startTimer(limitMs, stop)
      working.then(finish, fail)
    } catch (error) {
      fail(error)
    }
  })
}

/** Tells whether a value is to be awaited. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/** Waits, unless the signal aborts: then it throws its reason. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return withinLimit(Infinity, signal, (limit) => {
    return new Promise<void>((resolve) => {
      const timer = startTimer(delayMs, resolve)
      onAbort(limit.signal, () => clearTimeout(timer))
    })
  })
}

/** The longest time that timers know; beyond it they would fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** Starts a timer, unless the time is longer than timers know. */
export function startTimer(delayMs: number, callback: () => void): ReturnType<typeof setTimeout> | undefined {
  return delayMs <= longestTimerMs ? setTimeout(callback, delayMs) : undefined
}
