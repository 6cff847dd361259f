// Servers over the wire, and sessions that have them: what was started is ended when its test is.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server'
import type { Registry } from '@retinue/kernel'
import { testSession } from '@retinue/testing'
import { onTestFinished } from 'vitest'
import { connectServer } from '../src/index.ts'
import { plugin } from '../src/mcp.ts'
import type { ServerOptions, StdioServer } from '../src/server-options.ts'
import { type Desk, deskServer, makeDesk } from './servers/desk.ts'

/** Starts a desk on loopback; `changed` tells those who are connected that it offers something else. */
export async function serveDesk(desk: Desk = makeDesk(), at = 0) {
  const handler = createMcpHandler(() => deskServer(desk), { keepAliveMs: 0 })
  return { ...(await serveHandler(handler, at)), desk, changed: () => handler.notify.toolsChanged() }
}

/** Serves what the SDK made on loopback; `requests` are the headers that came, `open` the answers that go on. */
export async function serveHandler(handler: McpHttpHandler, at = 0) {
  const requests: IncomingHttpHeaders[] = []
  const open = new Set<ServerResponse>()
  const handle = toNodeHandler(handler)
  const server = createServer((request, response) => {
    requests.push(request.headers)
    open.add(response)
    response.once('close', () => open.delete(response))
    void handle(request as never, response)
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  const stop = async (): Promise<void> => {
    await handler.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(stop)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, requests, open, stop }
}

/** A server of `test/servers` as a process. */
export function processOf(file: string, ...args: string[]): StdioServer {
  return {
    command: process.execPath,
    args: [fileURLToPath(new URL(`servers/${file}`, import.meta.url)), ...args],
  }
}

/** Connects a server, and makes a session whose agent has its tools. */
export async function connected(options: ServerOptions, name = 'desk') {
  const made = testSession({ plugins: [plugin] })
  const problems: Error[] = []
  const server = await connectIn(made.registry, options, name, problems)
  made.agent.tools.push(server.toolset)
  return { ...made, server, problems }
}

/** Connects a server in a registry. */
export async function connectIn(
  registry: Registry,
  options: ServerOptions,
  name: string,
  problems: Error[] = [],
) {
  const server = await connectServer(name, options, {
    registry,
    onProblem: (problem) => void problems.push(problem),
  })
  onTestFinished(() => server.close())
  return server
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 3000) throw new Error('It never came to hold.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Tells whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
