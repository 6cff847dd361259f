// What the types promise to whoever imports the package.
import { type AgentConfig, type ChatSession, type ChatUser, type Message, Secret } from '@retinue/kernel'
import { test } from 'vitest'
import { approve, connectServer, type ConnectedServer } from '../src/index.ts'
import { toolServer } from '../src/tool-server.ts'

declare const agent: AgentConfig
declare const user: ChatUser
declare const session: ChatSession
declare const server: ConnectedServer

test('a server is a command or an address', () => {
  void connectServer('files', { command: 'node', args: ['server.js'], env: { KEY: Secret.env('KEY') } })
  void connectServer('web', {
    url: 'https://example.com/mcp',
    headers: { authorization: 'x' },
    timeoutMs: 1000,
  })
  // @ts-expect-error arguments are a list
  void connectServer('files', { command: 'node', args: 'server.js' })
  // @ts-expect-error it is one or the other
  void connectServer('files', { timeoutMs: 1000 })
})

test('tools are approved as they are defined', () => {
  approve(user, ...server.tools)
  approve(agent, { name: 'mcp_files_read', hash: 'sha256-…' })
  // @ts-expect-error a name alone pins nothing
  approve(user, { name: 'mcp_files_read' })
  agent.config.mcp.approved satisfies Readonly<Record<string, string>>
  // @ts-expect-error there is no field for commands
  void agent.config.mcp.servers
})

test('a prompt is messages, and a session is served', async () => {
  session.messages.push(...((await server.prompt('greet')) satisfies Message[]))
  toolServer(session, { toolsets: ['math'] })
  // @ts-expect-error a user has no tools to serve
  toolServer(user)
})
