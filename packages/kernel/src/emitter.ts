// The emitter: handlers by event. What handlers throw, and when events come, is the business of the domain.
import type { Failed } from './transaction.ts'

/** Takes a handler off again. Calling it twice does nothing more. */
export type Disposer = () => void

/** What is called on an event. */
export type Handler = (payload: never) => void

type Call = (payload: unknown) => unknown

/** Handlers by event, in order of registration. */
export class Emitter {
  /** Whether nobody hears anything but what is committed. */
  silent = true
  readonly #byEvent = new Map<string, Call[]>()
  /** The handlers that were asked for last: mostly they are asked for again. */
  #asked: string | undefined
  #handlers: Call[] | undefined

  /** Calls the handler on each event of that type; returns what takes it off. */
  on(type: string, handler: Handler): Disposer {
    checkHandler(type, handler)
    // A wrapper of its own for each registration: the same function twice is called twice, and removed once.
    const own: Call = (payload) => handler(payload as never)
    const handlers = this.#of(type) ?? []
    handlers.push(own)
    this.#byEvent.set(type, handlers)
    this.#changed()
    return () => {
      const at = handlers.indexOf(own)
      if (at < 0) return
      handlers.splice(at, 1)
      if (handlers.length === 0) this.#byEvent.delete(type)
      this.#changed()
    }
  }

  /** Tells whether anybody hears that event. */
  has(type: string): boolean {
    return this.#of(type) !== undefined
  }

  /** Calls every handler that is still registered when its turn comes; what one throws, or rejects with, goes to `failed`. */
  emit(type: string, payload: unknown, failed: Failed): void {
    const handlers = this.#of(type)
    if (handlers === undefined) return
    const snapshot = handlers.length === 1 ? handlers : handlers.slice()
    for (let i = 0, n = snapshot.length; i < n; i++) {
      const handler = snapshot[i]!
      if (snapshot !== handlers && !handlers.includes(handler)) continue
      try {
        const said: unknown = handler(payload)
        if (said instanceof Promise) failed(undefined, said)
      } catch (error) {
        failed(error)
      }
    }
  }

  #changed(): void {
    this.#asked = undefined
    this.silent = this.#byEvent.size === Number(this.#byEvent.has('committed'))
  }

  #of(type: string): Call[] | undefined {
    if (this.#asked !== type) {
      this.#asked = type
      this.#handlers = this.#byEvent.get(type)
    }
    return this.#handlers
  }
}

/** Calls the handler on the next event only. */
export function once(
  source: { on(event: string, handler: Handler): Disposer },
  event: string,
  handler: Handler,
): Disposer {
  checkHandler(event, handler)
  const off = source.on(event, (payload) => {
    off()
    return handler(payload)
  })
  return off
}

function checkHandler(event: string, handler: unknown): void {
  if (typeof handler !== 'function')
    throw new TypeError(`A handler of '${event}' is a function, not ${typeof handler}.`)
}
