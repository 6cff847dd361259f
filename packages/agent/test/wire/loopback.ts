// A server on loopback that answers each request with what a test has queued, and records what it was asked: for the
// faults of a connection, which a well-behaved server can't be made to show.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export interface WireRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the server does with a request. */
export type Answer = (response: ServerResponse, request: WireRequest) => void | Promise<void>

/** The server. */
export class Loopback implements AsyncDisposable {
  readonly requests: WireRequest[] = []
  readonly #answers: Answer[] = []
  readonly #server = createServer((request, response) => {
    void (async () => {
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += chunk as string
      const received = { path: request.url!, headers: request.headers, body }
      this.requests.push(received)
      const answer = this.#answers.shift() ?? failing(500, `No answer is queued for ${request.url}.`)
      await answer(response, received)
    })()
  })

  static async start(): Promise<Loopback> {
    const loopback = new Loopback()
    await once(loopback.#server.listen(0, '127.0.0.1'), 'listening')
    return loopback
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Queues answers, one a request. */
  answer(...answers: Answer[]): void {
    this.#answers.push(...answers)
  }

  /** Forgets what was asked, and what is queued. */
  reset(): void {
    this.requests.length = this.#answers.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

/** Sends events, and then ends the response, or drops the connection. */
export function streaming(events: readonly string[], end: 'ended' | 'dropped' = 'ended'): Answer {
  return (response) => {
    if (events.join('') === '' && end === 'dropped') return void response.destroy()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (end === 'ended') return void response.end(events.join(''))
    response.write(events.join(''), () => response.destroy())
  }
}

/** Fails with a status, in the shape of an error that all providers read. */
export function failing(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(
      JSON.stringify({ type: 'error', error: { type: 'test_error', message, code: status, status: 'TEST' } }),
    )
  }
}

/** Passes a request on, and gives what came back to `keep` as the events that it consists of. */
export function passing(url: string, keep: (events: readonly string[]) => void): Answer {
  return async (response, { path, body }) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url + path, { method: 'POST', headers, body })
    const text = await answer.text()
    keep(text.split(/(?<=\n\n)/).filter((event) => event.trim() !== ''))
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text)
  }
}
