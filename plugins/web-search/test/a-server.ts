// A server on loopback that answers as the engines do, and a session that asks it.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/web-search.ts'

/** Starts a server for the time of a test; gives its address and the paths that it was asked for. */
export async function serve(answer: (response: ServerResponse) => void) {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    answer(response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Answers with JSON. */
export const json = (value: unknown) => (response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))

/** Makes a session that may search. */
export function makeSession(list: readonly string[] = ['web_search']) {
  return testSession({ plugins: [plugin], list })
}
