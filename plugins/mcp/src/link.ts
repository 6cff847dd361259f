// A link to a server: one process, or one connection, from its opening to its end. Opening it anew is somebody else's to
// decide. The SDK is loaded when the first link is opened, so that importing the package costs next to nothing.
import { setTimeout as delay } from 'node:timers/promises'
import type {
  AuthProvider,
  Client,
  JSONRPCRequest,
  OAuthClientProvider,
  StreamableHTTPClientTransport,
  Transport,
} from '@modelcontextprotocol/client'
import type { RetinueError } from '@retinue/kernel'
import { boundedFetch } from './bounded-fetch.ts'
import { failure, reasonOf, untaken } from './errors.ts'
import { bringIntoForm, type Tell } from './foreign-form.ts'
import { cleaned } from './foreign-text.ts'
import { plugin } from './mcp.ts'
import { graceMs, ProcessFamily } from './process-family.ts'
import { isRecord } from './record.ts'
import { brokenOff } from './server-error.ts'
import {
  type HttpServer,
  type Limits,
  maxMessageBytes,
  revealed,
  type ServerOptions,
  type StdioServer,
} from './server-options.ts'

type Sdk = typeof import('@modelcontextprotocol/client')

/** What a link tells. */
export interface LinkEvents {
  /** What the server offers is another. */
  changed(link: Link): void
  /** The server is gone, and nobody closed the link. */
  lost(link: Link): void
  /** Something was listed that is not of the protocol's form. */
  unfit(problem: RetinueError): void
}

/** An open link. */
export class Link {
  readonly client: Client
  readonly #secrets: readonly string[]
  /** What goes on over the link. */
  readonly #work = new Set<Promise<unknown>>()
  #isClosed = false
  #family: ProcessFamily | undefined

  private constructor(client: Client, secrets: readonly string[]) {
    this.client = client
    this.#secrets = secrets
  }

  /**
   * Opens a link. `isOld` says that an earlier one has found the server to be an old one, which saves asking again.
   * @throws {RETINUE_MCP_CONNECT}, {RETINUE_SECRET_REFUSED}
   */
  static async open(
    name: string,
    options: ServerOptions,
    limits: Limits,
    events: LinkEvents,
    signal: AbortSignal,
    isOld: boolean,
  ): Promise<Link> {
    const { connectTimeoutMs: timeout } = limits
    const { command, env, headers } = options as Partial<StdioServer & HttpServer>
    const { texts, secrets } = revealed(command ? env : headers)
    const sdk = await import('@modelcontextprotocol/client')
    const onChanged = (): void => events.changed(link)
    const changed = { autoRefresh: false, debounceMs: 50, onChanged }
    const client = new sdk.Client(
      { name: 'retinue', version: plugin.version },
      {
        // A process that answers nothing before its initialisation is an old server: half of the time is left to it.
        versionNegotiation: { mode: 'auto', ...(command && { probe: { timeoutMs: timeout / 2 } }) },
        listChanged: { tools: changed },
      },
    )
    // Also of a server that has not said that it tells: the SDK hears only those that have. Some tell at each look.
    client.setNotificationHandler('notifications/tools/list_changed', () => delay(50).then(onChanged))
    const link = new Link(client, secrets)
    const child = command ? await processOf(options as StdioServer, texts, limits) : undefined
    const transport: Transport = child?.transport ?? connectionOf(sdk, options as HttpServer, texts, limits)
    // Before the SDK sees it.
    transport.onmessage = (message) => {
      const { result } = message as { readonly result?: Record<string, unknown> }
      const tell: Tell = (...unfit) => events.unfit(untaken(...link.redacted(unfit)))
      if (result) bringIntoForm(result, sdk.specTypeSchemas, tell)
    }
    link.#family = child?.family
    try {
      await client.connect(transport, { timeout, signal, ...(isOld && { prior: { kind: 'legacy' } }) })
    } catch (error) {
      await link.close().catch(() => {})
      // Secrets first: what is cut may end within one. The last words are those that tell why.
      const said = cleaned(link.redacted(child?.said() ?? ''), Infinity)
        .trim()
        .slice(-1000)
      const reason = cleaned(link.redacted(reasonOf(error)), 500)
      signal.throwIfAborted()
      throw failure(
        'RETINUE_MCP_CONNECT',
        `The server '${name}' can't be ${command ? 'started' : 'reached'}: ${reason}.`,
        said ? `It said: ${said}` : undefined,
      )
    }
    const lost = (): void => {
      if (!link.#isClosed) events.lost(link)
    }
    client.onclose = lost
    void client.autoOpenedSubscription?.closed.then(lost) // over HTTP the only sign that a server is gone
    return link
  }

  /** Whether the server is one of before 2026, which the next link need not find out again. */
  get isOld(): boolean {
    return this.client.getProtocolEra() === 'legacy'
  }

  /** Takes out of what the server says the secrets that it was given. */
  redacted<T>(value: T): T {
    return this.#secrets.length === 0 ? value : (withoutSecrets(value, this.#secrets) as T)
  }

  /** Tells whether an error says that the server has forgotten the session of this link, as many do with a 400. */
  hasExpired(error: unknown): boolean {
    const { status } = error as { readonly status?: number }
    return (
      /^404|^400 .*(?:session|initial)/is.test(`${status} ${reasonOf(error)}`) &&
      this.client.transport?.sessionId !== undefined
    )
  }

  /** Keeps work going that a retired link is still needed for. */
  use<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work)
    return work.finally(() => this.#work.delete(work))
  }

  /** Closes the link when what goes on over it is done: where only its notifications broke off, calls go on. */
  async retire(): Promise<void> {
    await Promise.allSettled(this.#work)
    await this.close()
  }

  /**
   * Closes the link; a server that keeps a session is told that it may forget it; a process is asked to end, then told to,
   * then made to, and all that it has started with it.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    const transport = this.client.transport as Partial<StreamableHTTPClientTransport> | undefined
    const told = transport?.terminateSession?.().catch(() => {}) // it may be gone
    await Promise.race([told, delay(graceMs, undefined, { ref: false })])
    await this.client.close()
    await this.#family?.end()
  }
}

function withoutSecrets(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string')
    return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value)
  if (typeof value === 'number') return secrets.includes(String(value)) ? '[secret]' : value
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, secrets))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [withoutSecrets(key, secrets), withoutSecrets(each, secrets)]),
  )
}

async function processOf(
  { command, args = [], cwd }: StdioServer,
  env: Record<string, string>,
  limits: Limits,
) {
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const family = new ProcessFamily()
  const transport = new StdioClientTransport({
    command,
    args: args as string[],
    env: { ...env, ...family.env },
    stderr: 'pipe',
    maxBufferSize: maxMessageBytes(limits),
    cwd: cwd as string, // if any
  })
  let tail = '' // much longer than what is told of it, so that what is told begins with no part of a secret
  transport.stderr?.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-20_000)))
  family.first = transport
  return { transport, family, said: () => tail }
}

function connectionOf(sdk: Sdk, { url, auth }: HttpServer, headers: Record<string, string>, limits: Limits) {
  const { origin } = new URL(url)
  const bounded = boundedFetch(maxMessageBytes(limits))
  const transport = new sdk.StreamableHTTPClientTransport(new URL(url), {
    // The headers are the server's alone, and not for whom it names to get tokens from.
    fetch: (to, init) =>
      new URL(to).origin === origin
        ? sdk.createFetchWithInit(bounded, { headers: new Headers(headers) })(to, init)
        : bounded(to, init),
    authProvider: auth as OAuthClientProvider, // if any
  })
  // Calls that find the token expired renew it together: many servers end a login whose means of renewal comes twice.
  const tokens = transport['_authProvider'] as Required<AuthProvider> | undefined // made of `auth`, where that is OAuth
  if (tokens && tokens !== auth) {
    const renew = tokens.onUnauthorized
    let renewing: Promise<void> | undefined
    tokens.onUnauthorized = (refusal) => (renewing ??= renew(refusal).finally(() => (renewing = undefined)))
  }
  const send = transport.send.bind(transport)
  // An answer that breaks off is an error: the SDK would wait for it until the time is over.
  transport.send = (message, options) => {
    const { id } = message as JSONRPCRequest
    const onRequestStreamEnd = () => transport.onmessage?.({ jsonrpc: '2.0', id, error: brokenOff })
    return send(message, { onRequestStreamEnd, ...options })
  }
  return transport
}
