// The reverse: the tools that are in force in a session, served as an MCP server. What comes to the session or leaves it
// comes to the server or leaves it. A call is one of a run: checked, limited, and asked about where its tool says so.
import { checkRunOptions, type RunOptions } from '@retinue/agent'
import {
  type ChatSession,
  checkOptions,
  type KnownOptions,
  option,
  type PublishedTool,
  type ToolOutput,
} from '@retinue/kernel'
import {
  type CallToolResult,
  type ContentBlock,
  type McpRequestContext,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server'
import { oneCall } from './one-call.ts'
import { isRecord } from './record.ts'
import { inTraceOf } from './trace-context.ts'

/** What is served, and how it is called. */
export interface ToolServerOptions extends Pick<
  RunOptions,
  'approve' | 'approvalPolicy' | 'hooks' | 'toolTimeoutMs'
> {
  /** The toolsets that are served, of those in force. @default all of them */
  readonly toolsets?: readonly string[]
  /** What the server calls itself. @default 'retinue' */
  readonly name?: string
  /** @default '1.0.0' */
  readonly version?: string
  /** What clients are told about its tools. */
  readonly instructions?: string
}

/**
 * Makes what the MCP SDK serves: a server for each connection or request, all of them on one session.
 *
 * @example
 * import { serveStdio } from '@modelcontextprotocol/server/stdio'
 * serveStdio(toolServer(session))
 */
export function toolServer(
  session: ChatSession,
  serverOptions: ToolServerOptions = {},
): (context: McpRequestContext) => Server {
  checkOptions('toolServer()', { session }, source, 'RETINUE_MCP_OPTIONS', 'session')
  checkOptions('toolServer()', serverOptions, known, 'RETINUE_MCP_OPTIONS')
  const { toolsets, name = 'retinue', version = '1.0.0', instructions, ...options } = serverOptions
  checkRunOptions(options)
  const served = (): readonly PublishedTool[] =>
    session.tools.published().filter(({ toolset }) => toolsets?.includes(toolset) ?? true)
  return ({ requestInfo }) => {
    const server = new Server(
      { name, version },
      { capabilities: { tools: { listChanged: true } }, ...(instructions !== undefined && { instructions }) },
    )
    server.setRequestHandler('tools/list', () => ({ tools: served().map(definitionOf) }))
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      const tool = served().find((each) => each.name === params.name)
      if (tool === undefined) return failed(`There is no tool '${params.name}'.`)
      const { signal } = context.mcpReq
      const onProgress = progressTo(context)
      const output = await inTraceOf(params._meta, () =>
        oneCall(session, tool.name, params.arguments ?? {}, { ...options, signal, onProgress }),
      )
      if (output === undefined) return failed("This call wants a person's yes, and nobody can be asked here.")
      return resultOf(output, tool)
    })
    if (requestInfo === undefined) tellChanges(server, session) // over HTTP a server answers one request
    return server
  }
}

const source: KnownOptions<{ session: unknown }> = {
  session: ['a session', (session) => 'interact' in Object(session)],
}

const known: KnownOptions<ToolServerOptions> = {
  toolsets: option.list,
  name: option.name,
  version: option.name,
  instructions: option.text,
  approve: option.any, // these are looked at as options of a run
  approvalPolicy: option.any,
  hooks: option.any,
  toolTimeoutMs: option.any,
}

/** Tells the client of a connection whenever there are other tools. */
function tellChanges(server: Server, session: ChatSession): void {
  let isTelling = false
  const tell = (): void => {
    if (isTelling) return // what comes at once is told at once
    isTelling = true
    queueMicrotask(() => {
      isTelling = false
      void server.sendToolListChanged().catch(() => {}) // nobody is connected any more
    })
  }
  const off = [
    session.on('toolsetAdded', tell),
    session.on('toolsetRemoved', tell),
    session.registry.on('registered', tell),
  ]
  server.onclose = () => off.forEach((each) => each())
}

function definitionOf({ name, tool }: PublishedTool): Tool {
  const { description, input, output, effect } = tool
  const isObject = typeof output === 'object' && (output as { type?: unknown }).type === 'object'
  return {
    name,
    description,
    inputSchema: JSON.parse(JSON.stringify(input)) as Tool['inputSchema'],
    ...(isObject && { outputSchema: JSON.parse(JSON.stringify(output)) as Tool['outputSchema'] }),
    annotations: { readOnlyHint: effect === 'pure', idempotentHint: effect !== 'once' },
  }
}

function resultOf({ type, value }: ToolOutput, { tool }: PublishedTool): CallToolResult {
  if (type === 'content') return { content: value.map(blockOf) }
  const told = typeof value === 'string' ? value : JSON.stringify(value)
  if (type === 'error-text' || type === 'error-json') return failed(told)
  const isStructured = type === 'json' && typeof tool.output === 'object' && isRecord(value)
  return { content: [{ type: 'text', text: told }], ...(isStructured && { structuredContent: value }) }
}

type OutputPart = Extract<ToolOutput, { type: 'content' }>['value'][number]

function blockOf(part: OutputPart): ContentBlock {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType, data, filename = 'file' } = part
  if (/^https?:/.test(data)) return { type: 'resource_link', uri: data, name: filename, mimeType: mediaType }
  if (mediaType.startsWith('image/')) return { type: 'image', data, mimeType: mediaType }
  if (mediaType.startsWith('audio/')) return { type: 'audio', data, mimeType: mediaType }
  const uri = `file:///${encodeURIComponent(filename)}`
  return { type: 'resource', resource: { uri, mimeType: mediaType, blob: data } }
}

/** Passes progress on to a client that wants it: as it is where it has a number, else as a text that counts. */
function progressTo({ mcpReq }: ServerContext): (data: unknown) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  let count = 0
  return (data) => {
    const told = isRecord(data) && typeof data['progress'] === 'number' ? data : undefined
    const { total, message } = told ?? { message: typeof data === 'string' ? data : JSON.stringify(data) }
    const params = {
      progressToken,
      progress: told === undefined ? ++count : (told['progress'] as number),
      ...(typeof total === 'number' && { total }),
      ...(typeof message === 'string' && { message }),
    }
    void mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {}) // it has gone
  }
}

function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}
