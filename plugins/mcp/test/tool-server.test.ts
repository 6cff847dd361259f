import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createMcpHandler, InMemoryTransport } from '@modelcontextprotocol/server'
import { run, type RunHooks } from '@retinue/agent'
import { defineTool, type Tool, Type } from '@retinue/kernel'
import { callTool, scriptedModel, testSession } from '@retinue/testing'
import { expect, onTestFinished, test } from 'vitest'
import { toolServer, type ToolServerOptions } from '../src/tool-server.ts'
import { connected, serveHandler, until } from './connected.ts'

const add = defineTool({
  description: 'Adds.',
  input: Type.Object({ a: Type.Number(), b: Type.Number() }),
  output: Type.Object({ sum: Type.Number() }),
  effect: 'pure',
  execute: ({ a, b }) => ({ sum: a + b }),
})
const erase = defineTool({
  description: 'Erases.',
  input: Type.Object({}),
  approval: true,
  execute: () => 'erased',
})
const draw = defineTool({
  description: 'Draws.',
  input: Type.Object({}),
  output: 'content',
  execute: () => [
    { type: 'text', text: 'Here:' },
    { type: 'file', mediaType: 'image/png', data: 'AAAA' },
    { type: 'file', mediaType: 'audio/wav', data: 'AAAA' },
    { type: 'file', mediaType: 'text/csv', data: 'AAAA', filename: 'a b.csv' },
    { type: 'file', mediaType: 'application/pdf', data: 'https://example.com/a.pdf' },
  ],
})
const slow = defineTool({
  description: 'Takes long.',
  input: Type.Object({}),
  async execute(_input, { emit, signal }) {
    emit({ progress: 1, total: 2, message: 'half' })
    emit('more')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    stopped++
  },
})
let stopped = 0

/** Serves a session that has these tools, and connects a client to it. */
async function served(
  options: ToolServerOptions = {},
  tools: Record<string, Tool> = { add, erase, draw, slow },
) {
  const made = testSession({ tools })
  const [near, far] = InMemoryTransport.createLinkedPair()
  const changes: unknown[] = []
  const changed = (_error: unknown, tools: readonly { name: string }[] | null): void =>
    void changes.push(tools?.map(({ name }) => name))
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { listChanged: { tools: { debounceMs: 0, onChanged: changed } } },
  )
  await toolServer(made.session, options)({ era: 'legacy' }).connect(far)
  await client.connect(near)
  onTestFinished(() => client.close())
  return { ...made, client, changes }
}

test('the tools in force are served, with the schemas that models see', async () => {
  const { client } = await served({ toolsets: ['add', 'erase', 'absent'], name: 'desk', version: '2.0.0' })
  expect(client.getServerVersion()).toMatchObject({ name: 'desk', version: '2.0.0' })
  const { tools } = await client.listTools()
  expect(tools).toEqual([
    {
      name: 'add',
      description: 'Adds.',
      inputSchema: {
        type: 'object',
        required: ['a', 'b'],
        properties: { a: { type: 'number' }, b: { type: 'number' } },
      },
      outputSchema: { type: 'object', required: ['sum'], properties: { sum: { type: 'number' } } },
      annotations: { readOnlyHint: true, idempotentHint: true },
    },
    {
      name: 'erase',
      description: 'Erases.',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: false, idempotentHint: false },
    },
  ])
  expect(await client.callTool({ name: 'draw' })).toMatchObject({ isError: true })
})

test('a call is one of a run, and leaves nothing in the session (SPEC 38, 54, 57)', async () => {
  const { client, session } = await served()
  const before = JSON.stringify(session)
  expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })).toEqual({
    content: [{ type: 'text', text: '{"sum":3}' }],
    structuredContent: { sum: 3 },
  })
  const misfit = await client.callTool({ name: 'add', arguments: { a: 1 } })
  expect(misfit).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('must have required properties b') }],
  })
  expect(JSON.stringify(session)).toBe(before)
})

test('hooks hear of the call, and of models that are asked: the client is none', async () => {
  const heard: string[] = []
  const hooks: RunHooks = {
    onEvent: ({ type }) => void (type === 'run-start' && heard.push(type)),
    around(call, work) {
      heard.push(`around ${call.kind}`)
      return work()
    },
    beforeModel: () => void heard.push('beforeModel'),
    afterModel: () => void heard.push('afterModel'),
    beforeTool: () => void heard.push('beforeTool'),
    afterTool: () => void heard.push('afterTool'),
  }
  const { client } = await served({ hooks })
  await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })
  expect(heard).toEqual(['run-start', 'beforeTool', 'around tool', 'afterTool'])
})

test("a tool that has a model do something has the agent's, and says so where there is none", async () => {
  const ask = defineTool({
    description: 'Asks a model.',
    input: Type.Object({}),
    execute: async (_, call) => (await run(call.interaction.child(), 'Hello?', { parent: call }).result).text,
  })
  const { client, agent } = await served({}, { ask })
  expect(await client.callTool({ name: 'ask' })).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('the agent of the session that is served has none') }],
  })
  agent.model = scriptedModel(['I am here.', 'And again.'])
  for (const text of ['I am here.', 'And again.'])
    expect(await client.callTool({ name: 'ask' })).toEqual({ content: [{ type: 'text', text }] })
})

test('each kind of part becomes content', async () => {
  const { client } = await served()
  expect((await client.callTool({ name: 'draw' })).content).toEqual([
    { type: 'text', text: 'Here:' },
    { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
    { type: 'resource', resource: { uri: 'file:///a%20b.csv', mimeType: 'text/csv', blob: 'AAAA' } },
    { type: 'resource_link', uri: 'https://example.com/a.pdf', name: 'file', mimeType: 'application/pdf' },
  ])
})

test('a tool that wants a yes is not called without one (SPEC 59)', async () => {
  const { client } = await served()
  expect(await client.callTool({ name: 'erase' })).toEqual({
    content: [{ type: 'text', text: "This call wants a person's yes, and nobody can be asked here." }],
    isError: true,
  })
  const asking = await served({ approve: ({ toolName }) => toolName === 'erase' })
  expect(await asking.client.callTool({ name: 'erase' })).toEqual({
    content: [{ type: 'text', text: 'erased' }],
  })
})

test('progress goes to the client, and its cancellation to the tool (SPEC 56, 58)', async () => {
  const { client } = await served()
  const abort = new AbortController()
  const told: unknown[] = []
  const before = stopped
  const onprogress = (progress: object): void => {
    told.push(progress)
    if (told.length === 2) abort.abort()
  }
  await expect(client.callTool({ name: 'slow' }, { signal: abort.signal, onprogress })).rejects.toThrow()
  await until(() => stopped > before)
  expect(told).toEqual([
    { progress: 1, total: 2, message: 'half' },
    { progress: 1, message: 'more' },
  ])
})

test('what comes to the session or leaves it comes to the clients or leaves them (SPEC 29, 30)', async () => {
  const { client, session, changes } = await served()
  session.tools.exclude('slow')
  await until(() => changes.length === 1)
  session.tools.include('slow')
  await until(() => changes.length === 2)
  expect(changes).toEqual([
    ['add', 'draw', 'erase'],
    ['add', 'draw', 'erase', 'slow'],
  ])
  await client.close()
  session.tools.exclude('slow') // nobody is there any more, and nobody minds
})

test('one session uses the tools of another over HTTP', async () => {
  const { session: far } = testSession({ tools: { add } })
  const { url } = await serveHandler(createMcpHandler(toolServer(far), { keepAliveMs: 0 }))
  const { session } = await connected({ url }, 'far')
  expect(await callTool(session, 'mcp_far_add', { a: 20, b: 22 })).toBe('{"sum":42}')
  const legacy = new Client({ name: 'old', version: '1.0.0' })
  await legacy.connect(new StreamableHTTPClientTransport(new URL(url)))
  expect(await legacy.callTool({ name: 'add', arguments: { a: 1, b: 1 } })).toMatchObject({
    structuredContent: { sum: 2 },
  })
  await legacy.close()
})

test('options that it does not know are refused before anything is served', () => {
  const { session } = testSession({ tools: { add } })
  for (const [options, why] of [
    [{ toolset: ['add'] }, "toolServer() has no option 'toolset'. Did you mean 'toolsets'?"],
    [{ toolsets: 'add' }, "can't have 'add' as toolsets. Give a list."],
    [{ toolTimeoutMs: Number.NaN }, "A run can't have NaN as toolTimeoutMs."],
  ] as const) {
    expect(() => toolServer(session, options as never)).toThrow(why)
  }
  expect(() => toolServer(undefined as never)).toThrow('toolServer() has no session. Give a session.')
})
