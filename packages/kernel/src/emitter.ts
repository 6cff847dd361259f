// The emitter. It keeps its handlers in mitt and calls them itself, because mitt stops at the first handler that throws
// and calls the others depth first. What handlers throw, and when events come, is the business of the domain.
import * as mittModule from 'mitt'
import { checkArgument, option } from './options.ts'
import type { Failed } from './delivery.ts'

// Under nodenext mitt's ES module is typed as CommonJS.
const mitt = mittModule.default as unknown as typeof mittModule.default.default

/** Takes a handler off again. Calling it twice does nothing more. */
export type Disposer = () => void

/** What is called on an event. */
export type Handler = (payload: never) => void

interface Hub {
  readonly all: Map<string, ((payload: unknown) => void)[]>
  on(type: string, handler: (payload: unknown) => void): void
  off(type: string, handler: (payload: unknown) => void): void
}

/** Handlers by event, in order of registration. Nothing is allocated for an event before its first handler. */
export class Emitter {
  /** Whether nobody hears anything but what is committed. */
  silent = true
  // Events are named by strings alone: mitt's wildcard, which is typed apart, is left to nobody.
  readonly #hub = mitt<Record<string, unknown>>() as unknown as Hub
  /** The handlers that were asked for last: mostly they are asked for again. */
  #asked: string | undefined
  #handlers: readonly ((payload: unknown) => void)[] | undefined

  /** Calls the handler on each event of that type; returns what takes it off. */
  on(type: string, handler: Handler): Disposer {
    checkHandler(type, handler)
    // A wrapper of its own for each registration: the same function twice is called twice, and removed once.
    const own = (payload: unknown) => handler(payload as never)
    this.#hub.on(type, own)
    this.#changed()
    return () => {
      this.#hub.off(type, own)
      if (this.#hub.all.get(type)?.length === 0) this.#hub.all.delete(type)
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
    this.silent = this.#hub.all.size === Number(this.#hub.all.has('committed'))
  }

  #of(type: string): readonly ((payload: unknown) => void)[] | undefined {
    if (this.#asked !== type) {
      this.#asked = type
      this.#handlers = this.#hub.all.get(type)
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
  checkArgument(`An observer of '${event}'`, 'handler', handler, option.function)
}
