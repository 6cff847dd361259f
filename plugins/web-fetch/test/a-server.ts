// A server on loopback that answers as a test says, and a session that may read from it.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import '../src/index.ts'
import { plugin } from '../src/web-fetch.ts'

/** What a server answers at each path: HTML, or whatever a listener does. */
export type Site = Readonly<Record<string, string | RequestListener>>

/** Starts a server for the time of a test; gives its host and what it was asked for. */
export async function serve(site: Site) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    asked.push(path)
    const answer = site[path]
    if (answer === undefined) response.writeHead(404).end()
    else if (typeof answer === 'string') response.setHeader('content-type', 'text/html').end(answer)
    else answer(request, response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, at: (path: string) => `http://${host}${path}`, asked }
}

/** Makes a session that may read from these places in private networks, as from all public ones. */
export function makeSession(...privateHosts: string[]) {
  const made = testSession({ plugins: [plugin], list: ['web_fetch'] })
  if (privateHosts.length > 0) made.agent.config.webFetch.privateHosts = privateHosts
  return made
}
