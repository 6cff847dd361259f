// A server as others write them, on the SDK: what it offers can be changed while it runs, and it tells so.
import { type CallToolResult, Server, type ServerContext, type Tool } from '@modelcontextprotocol/server'

/** What a server has, and what happened to it. */
export interface Desk {
  tools: Tool[]
  instructions: string | undefined
  /** What is answered by each tool; others echo. */
  answers: Record<
    string,
    (input: Record<string, unknown>, context: ServerContext) => CallToolResult | Promise<CallToolResult>
  >
  readonly calls: string[]
}

export const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] })

export const tool = (name: string, description?: string, properties: object = {}): Tool => ({
  name,
  ...(description !== undefined && { description }),
  inputSchema: { type: 'object', properties } as Tool['inputSchema'],
})

/** Makes what a server has: a tool that echoes, unless there are others. */
export function makeDesk(options: Partial<Desk> = {}): Desk {
  const tools = [tool('echo', 'Says it again.', { text: { type: 'string' } })]
  return { tools, instructions: undefined, answers: {}, calls: [], ...options }
}

/** Makes the server of a desk, for one connection or request. */
export function deskServer(desk: Desk): Server {
  const capabilities = { tools: { listChanged: true }, resources: { listChanged: true }, prompts: {} }
  const { instructions } = desk
  const server = new Server(
    { name: 'desk', version: '1.0.0' },
    { capabilities, ...(instructions !== undefined && { instructions }) },
  )
  server.setRequestHandler('tools/list', () => ({ tools: desk.tools }))
  server.setRequestHandler('tools/call', ({ params: { name, arguments: input = {} } }, context) => {
    desk.calls.push(name)
    return (desk.answers[name] ?? (({ text: value }) => text(String(value))))(input, context)
  })
  server.setRequestHandler('resources/list', () => ({
    resources: [{ uri: 'desk://drawer', name: 'The drawer', mimeType: 'text/plain' }],
  }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: [{ uriTemplate: 'desk://{what}', name: 'Anything' }],
  }))
  server.setRequestHandler('resources/read', ({ params: { uri } }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: `what is in ${uri}` }],
  }))
  server.setRequestHandler('prompts/list', () => ({
    prompts: [{ name: 'greet', description: 'Greets.', arguments: [{ name: 'who', required: true }] }],
  }))
  server.setRequestHandler('prompts/get', ({ params }) => ({
    messages: [
      { role: 'user', content: { type: 'text', text: `Greet ${String(params.arguments?.['who'])}.` } },
      { role: 'assistant', content: { type: 'text', text: 'Hello.' } },
    ],
  }))
  return server
}
