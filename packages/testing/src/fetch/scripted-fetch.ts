// A fetch that answers what a test wrote down for it, without a network. It keeps each request as it came, refuses what
// its script does not have, and tells which steps nobody asked for. Redirects, aborts and broken bodies are as those of
// the real one: what is asked and answered are real requests and responses.
import { RetinueError } from '@retinue/kernel'
import { from, networkFailure, responseOf } from './fetch-response.ts'
import { routesOf, type FetchRoute } from './fetch-routes.ts'
import type { FetchRequest, FetchScript, FetchStep } from './fetch-step.ts'
import { redirected } from './redirect.ts'

/** A fetch that plays a script. */
export interface ScriptedFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Every request so far, as it came; those that redirects led to, too. */
  readonly requests: readonly FetchRequest[]
  /** The number of steps that no request has used. */
  readonly unused: number
  /** Puts it in the place of the global fetch, until it is disposed of. */
  install(): this
  /**
   * Checks that each step was asked for, and nothing else: call it at the end of a test, or let
   * `using web = scriptedFetch({ … }).install()` do so.
   * @throws {RETINUE_SCRIPT_UNUSED}, {RETINUE_SCRIPT_ENDED}
   */
  done(): void
  [Symbol.dispose](): void
}

/**
 * Makes a fetch that plays a script: steps by address, or in the order of the requests.
 *
 * @example
 * using web = scriptedFetch({ 'https://example.com/rates': { json: { EUR: 1.08 } } }).install()
 * await callTool(session, 'rates_now', {})
 * web.requests[0].url.searchParams.get('base') // what the tool asked for
 */
export function scriptedFetch(script: FetchScript): ScriptedFetch {
  const player = new Player(script)
  const fetch = player.fetch as ScriptedFetch
  let replaced: (() => void) | undefined
  return Object.defineProperties(fetch, {
    requests: { value: player.requests },
    unused: { get: () => player.unused },
    install: {
      value() {
        const { fetch: real } = globalThis
        replaced ??= () => void (globalThis.fetch = real)
        globalThis.fetch = fetch as typeof real
        return fetch
      },
    },
    done: { value: () => player.done() },
    [Symbol.dispose]: {
      value() {
        replaced?.()
        player.done()
      },
    },
  })
}

class Player {
  readonly requests: FetchRequest[] = []
  readonly #routes: readonly FetchRoute[]
  #unexpected: RetinueError | undefined

  constructor(script: FetchScript) {
    this.#routes = routesOf(script)
  }

  get unused(): number {
    return this.#routes.reduce((sum, { steps, asked }) => sum + Math.max(0, steps.length - asked), 0)
  }

  done(): void {
    if (this.#unexpected !== undefined) throw this.#unexpected
    if (this.unused > 0) throw this.#unused()
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    let request = new Request(input, init)
    const signal = init?.signal ?? request.signal
    for (let hops = 0; ; hops++) {
      signal.throwIfAborted()
      const step = this.#claim(request)
      const body = await request.arrayBuffer()
      const asked = this.#keep(request, body, signal)
      const answer = from(await answerOf(step, asked), asked.url, hops > 0)
      const next = redirected(request, body, answer, hops)
      if (next === undefined) return answer
      await answer.body?.cancel()
      request = next
    }
  }

  /** Takes the next step for a request, at once: parallel requests are answered in the order in which they came. */
  #claim({ method, url }: Request): FetchStep {
    const route = this.#routes.find(({ fits }) => fits(method, new URL(url)))
    const step = route?.steps[route.asked++]
    if (step !== undefined) return step
    const error = this.#ended(`${method} ${url}`, route)
    this.#unexpected ??= error
    return () => {
      throw error
    }
  }

  #keep({ method, url, headers }: Request, body: ArrayBuffer, signal: AbortSignal): FetchRequest {
    const request = { method, url: new URL(url), headers, body: new TextDecoder().decode(body), signal }
    this.requests.push(request)
    return request
  }

  #ended(asked: string, route: FetchRoute | undefined): RetinueError {
    const names = this.#routes.map(({ name }) => name).join(', ')
    const what = route === undefined ? 'no step for it' : `${steps(route.steps.length)} for ${route.name}`
    return new RetinueError('RETINUE_SCRIPT_ENDED', `${asked} was fetched, and the script has ${what}.`, {
      hint: route === undefined ? `Add one. It has: ${names || 'nothing'}.` : 'Add one, or ask less often.',
      details: { asked },
    })
  }

  #unused(): RetinueError {
    const left = this.#routes
      .filter(({ steps, asked }) => asked < steps.length)
      .map(({ name, steps, asked }) => `${name} (${asked} of ${steps.length})`)
    const asked = this.requests.map(({ method, url }) => `${method} ${url.href}`).join(', ')
    return new RetinueError(
      'RETINUE_SCRIPT_UNUSED',
      `The script has steps that nobody asked for: ${left.join(', ')}.`,
      { hint: `Take them out, or find out why. Asked for was: ${asked || 'nothing'}.` },
    )
  }
}

/** Does what a step says, or fails with the signal meanwhile. */
async function answerOf(step: FetchStep, request: FetchRequest): Promise<Response> {
  let said = step
  while (typeof said === 'function') said = await unlessAborted(said(request), request.signal)
  request.signal.throwIfAborted()
  if (said instanceof Error) throw networkFailure(said)
  if (said instanceof Response) return said
  return responseOf(typeof said === 'string' ? { body: said } : said, request.signal)
}

function unlessAborted<T>(result: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    Promise.resolve(result)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}

function steps(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`
}
