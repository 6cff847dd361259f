import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { createRegistry, Secret } from '@retinue/kernel'
import { callTool } from '@retinue/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connectServer } from '../src/index.ts'
import { Lifeline } from '../src/lifeline.ts'
import { plugin } from '../src/mcp.ts'
import { limitsOf } from '../src/server-options.ts'
import { connected, connectIn, isAlive, processOf, serveDesk, until } from './connected.ts'
import { deskServer, makeDesk, text } from './servers/desk.ts'

test('a server is a process: it is given no more of the environment than it is told, and ends when it is closed', async () => {
  vi.stubEnv('OUTER', 'outer')
  const { session, server } = await connected({
    ...processOf('desk-stdio.ts'),
    env: { INNER: Secret.value('inner') },
  })
  vi.unstubAllEnvs()
  expect(await callTool(session, 'mcp_desk_env', { name: 'OUTER' })).toBe('undefined')
  expect(await callTool(session, 'mcp_desk_env', { name: 'INNER' })).toBe('[secret]')
  const pid = Number(await callTool(session, 'mcp_desk_pid'))
  expect(await callTool(session, 'mcp_desk_grow')).toBe('grown')
  await until(() => session.tools.published().some(({ name }) => name === 'mcp_desk_grown'))
  expect(isAlive(pid)).toBe(true)
  await server.close()
  expect([isAlive(pid), server.state]).toEqual([false, 'closed'])
  await expect(server.resources()).rejects.toThrow('RETINUE_MCP_DOWN')
})

test('a server that ends, or whose message has no end, is started anew: its tools stay, and calls wait (SPEC 57)', async () => {
  const { session, server } = await connected({
    ...processOf('tiny.mjs'),
    maxResultChars: 1000,
    maxFileBytes: 1000,
  })
  const events: string[] = []
  session.on('toolsetRemoved', ({ type }) => void events.push(type))
  const pids = [await callTool(session, 'mcp_desk_pid')]
  for (const tool of ['mcp_desk_die', 'mcp_desk_flood']) {
    await expect(callTool(session, tool)).rejects.toThrow('RETINUE_MCP_DOWN')
    expect(server.state).toBe('restarting')
    pids.push(await callTool(session, 'mcp_desk_pid'))
  }
  expect(new Set(pids).size).toBe(3)
  expect([server.state, events]).toEqual(['connected', []])
})

test('one that ends too often is given up: its tools leave, and come back when it is connected anew (SPEC 30)', async () => {
  const { session, server, problems } = await connected({
    ...processOf('tiny.mjs', 'stubborn'),
    maxRestarts: 0,
  })
  await expect(callTool(session, 'mcp_desk_die')).rejects.toThrow('RETINUE_MCP_DOWN')
  await until(() => server.state === 'failed')
  expect(problems).toMatchObject([{ code: 'RETINUE_MCP_DOWN' }])
  expect([session.tools.published(), session.tools.unresolved.map(({ type }) => type)]).toEqual([
    [],
    ['mcp_desk'],
  ])
  await server.reconnect()
  expect([server.state, session.tools.published().length]).toEqual(['connected', 4])
  expect([await server.resources(), await server.prompts()]).toEqual([[], []]) // it says that it has none
  // And one that ignores that it should end is killed.
  const pid = Number(await callTool(session, 'mcp_desk_pid'))
  await server.close()
  await until(() => !isAlive(pid))
})

test.runIf(process.platform === 'linux')(
  'what a server has started ends with it, when it is closed and when it ends by itself',
  async () => {
    const { session, server } = await connected(processOf('tiny.mjs', 'helped'))
    const first = Number(await callTool(session, 'mcp_desk_pid'))
    await expect(callTool(session, 'mcp_desk_die')).rejects.toThrow('RETINUE_MCP_DOWN')
    await until(() => !isAlive(first))
    const second = Number(await callTool(session, 'mcp_desk_pid'))
    expect(isAlive(second)).toBe(true)
    await server.close()
    await until(() => !isAlive(second))
  },
)

test('of those who connect it anew at once, one does; nothing is left when it is closed', async () => {
  const options = { ...processOf('tiny.mjs'), maxRestarts: 1 }
  const pids: number[] = []
  const lifeline = new Lifeline('tiny', options, limitsOf('tiny', options), {
    async opened({ client }) {
      pids.push((client.transport as StdioClientTransport).pid!)
      if (pids.length !== 2) return
      anew.push(lifeline.connect(), lifeline.connect()) // both wait for this one, which fails
      throw new Error('no good')
    },
    changed: () => {},
    unfit: () => {},
    failed: () => {},
  })
  const anew: Promise<void>[] = []
  await lifeline.connect()
  process.kill(pids[0]!, 'SIGKILL')
  await until(() => pids.length === 2)
  await Promise.all(anew)
  await lifeline.close()
  expect(pids).toHaveLength(3)
  for (const pid of pids) await until(() => !isAlive(pid))
})

test('what can not be started is told, with what it said and without its secrets', async () => {
  const registry = createRegistry()
  registry.register(plugin)
  const env = { LICENCE: Secret.value('abc-123') }
  await expect(
    connectServer('tiny', { ...processOf('tiny.mjs', 'broken'), env }, { registry }),
  ).rejects.toThrow(
    /\[RETINUE_MCP_CONNECT\] The server 'tiny' can't be started: .* It said: [^]*No licence for \[secret\]\.$/,
  )
  await expect(
    connectServer('tiny', { ...processOf('tiny.mjs', 'silent'), connectTimeoutMs: 500 }, { registry }),
  ).rejects.toThrow('RETINUE_MCP_CONNECT')
  await expect(connectServer('none', { command: '/nonexistent/server' }, { registry })).rejects.toThrow(
    /can't be started: .*ENOENT/,
  )
  expect(registry.toolsets.list()).toEqual([])
})

test('a server that says without end that its tools have changed is connected with those of that time', async () => {
  const { server } = await connected({ ...processOf('tiny.mjs', 'restless'), connectTimeoutMs: 1000 })
  expect([server.state, server.tools.length]).toEqual(['connected', 4])
})

test('closing while a server is being started leaves nothing behind', async () => {
  const registry = createRegistry()
  registry.register(plugin)
  const server = await connectIn(registry, processOf('tiny.mjs'), 'desk')
  const [again] = await Promise.allSettled([server.reconnect(), server.close()])
  expect(again).toMatchObject({ status: 'rejected', reason: { code: 'RETINUE_MCP_DOWN' } })
  expect([server.state, registry.toolsets.list()]).toEqual(['closed', []])
})

test('a server over HTTP that is back after a while is reached anew, and its list is taken anew', async () => {
  const desk = makeDesk()
  const first = await serveDesk(desk)
  const { session, server } = await connected({ url: first.url })
  const port = Number(new URL(first.url).port)
  await first.stop()
  await until(() => server.state === 'restarting')
  desk.tools = [...desk.tools, { name: 'added', inputSchema: { type: 'object' } }]
  const { changed } = await serveDesk(desk, port)
  expect(await callTool(session, 'mcp_desk_echo', { text: 'again' })).toBe('again')
  expect(session.tools.published()[0]!.name).toBe('mcp_desk_added')
  desk.tools = desk.tools.slice(0, 1)
  changed()
  await until(() => session.tools.published()[0]!.name === 'mcp_desk_echo')
})

test('where only the notifications break off, a call goes on', async () => {
  let answer = (): void => {}
  const desk = makeDesk()
  desk.answers['echo'] = async () => {
    await new Promise<void>((resolve) => (answer = resolve))
    return text('here')
  }
  const { url, open, requests } = await serveDesk(desk)
  const { session, server } = await connected({ url })
  await until(() => open.size === 1)
  const [notifications] = open
  const call = callTool(session, 'mcp_desk_echo', { text: '' })
  await until(() => desk.calls.length === 1)
  const before = requests.length
  notifications!.destroy()
  await until(() => requests.length > before + 2 && server.state === 'connected')
  answer()
  expect([await call, desk.calls]).toEqual(['here', ['echo']])
})

test.each(['end', 'destroy'] as const)(
  'an answer over HTTP that breaks off (%s) is a call that was lost, at once (SPEC 57)',
  async (breakOff) => {
    const desk = makeDesk()
    const { url, open } = await serveDesk(desk)
    const { session } = await connected({ url })
    await until(() => open.size === 1)
    desk.answers['echo'] = async (_input, { mcpReq }) => {
      const params = { progressToken: mcpReq._meta!.progressToken!, progress: 1 }
      await mcpReq.notify({ method: 'notifications/progress', params })
      return new Promise(() => {})
    }
    const call = callTool(session, 'mcp_desk_echo', { text: '' })
    await until(() => open.size === 2 && [...open][1]!.headersSent)
    ;[...open][1]![breakOff]()
    await expect(call).rejects.toThrow('RETINUE_MCP_DOWN')
    delete desk.answers['echo']
    expect(await callTool(session, 'mcp_desk_echo', { text: 'again' })).toBe('again')
  },
)

test('a server over HTTP that keeps a session is told when it may forget it, and not waited for', async () => {
  const methods: unknown[] = []
  const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: () => 'a-session' })
  await deskServer(makeDesk()).connect(transport)
  const http = createServer((request, response) => {
    methods.push(request.method)
    if (request.method !== 'DELETE') void transport.handleRequest(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const { server } = await connected({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/` })
  await server.close()
  expect(methods.at(-1)).toBe('DELETE')
})

test.each([
  [404, ''],
  [400, 'Bad Request: No valid session ID provided'],
  [400, 'Bad Request: Server not initialized'],
])(
  'a session that the server has forgotten (%i %s) is opened anew, and the call is made all the same',
  async (status, words) => {
    let ids = 0
    let transport: NodeStreamableHTTPServerTransport
    const open = async (): Promise<void> => {
      transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: () => `session-${++ids}` })
      await deskServer(makeDesk()).connect(transport)
    }
    await open()
    const http = createServer((request, response) => {
      const id = request.headers['mcp-session-id']
      if (id === undefined || id === transport.sessionId) void transport.handleRequest(request, response)
      else response.writeHead(status).end(words)
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      http.closeAllConnections()
      http.close()
    })
    const { session } = await connected({ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/` })
    expect(await callTool(session, 'mcp_desk_echo', { text: 'one' })).toBe('one')
    await open()
    expect(await callTool(session, 'mcp_desk_echo', { text: 'two' })).toBe('two')
  },
)
