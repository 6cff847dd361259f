// A server on loopback that answers as the engines do, and a session that asks it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/web-search.ts'

/** What came in. */
export interface Asked {
  readonly method: string | undefined
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Starts a server for the time of a test; gives its address and what it was asked. */
export async function serve(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      asked.push({ method: request.method, url, headers: request.headers, body })
      answer(asked.at(-1)!, response)
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Answers with JSON. */
export const json = (value: unknown) => (_: Asked, response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))

/** Makes a session that may search. */
export function makeSession(list: readonly string[] = ['web_search']) {
  return testSession({ plugins: [plugin], list })
}
