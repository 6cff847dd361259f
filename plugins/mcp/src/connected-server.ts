// A server that is connected, for as long as somebody wants it: what it offers stands in a registry, is what the server
// says now, and leaves when the server is closed or given up.
import process from 'node:process'
import type { Progress, RequestOptions, Tool as ServerTool } from '@modelcontextprotocol/client'
import {
  checkOptions,
  type Disposer,
  type KnownOptions,
  type Message,
  option,
  registry as shared,
  type Registry,
  type RetinueError,
  type RunContext,
} from '@retinue/kernel'
import { failure } from './errors.ts'
import { cleaned } from './foreign-text.ts'
import { Lifeline, type ServerState } from './lifeline.ts'
import type { Link } from './link.ts'
import { type McpTool, type Offer, type OfferedTool, takeOffer, type ToolValue } from './offer.ts'
import { type McpPrompt, messagesOf, promptOf } from './prompts.ts'
import { listResources, type McpResource, resourceTools } from './resources.ts'
import { resourceParts, type ResultPart, resultParts } from './result-parts.ts'
import { explained, said } from './server-error.ts'
import { type Limits, limitsOf, type ServerOptions } from './server-options.ts'
import { traceContext } from './trace-context.ts'

/** Where a server is connected, and who hears of what goes wrong. */
export interface ConnectOptions {
  /** Where its toolsets are registered. @default the shared registry */
  readonly registry?: Registry
  /**
   * Hears of what goes wrong while nobody waits: a tool or a list that can't be taken, a server that is given up.
   * @default a warning of the process
   */
  readonly onProblem?: (problem: Error) => void
}

/**
 * Starts or reaches a server, and registers what it offers: the toolset `mcp_<name>`, which brings a toolset for each of
 * its tools. Close it when it is not needed any more.
 *
 * @example
 * await using files = await connectServer('files', { command: 'npx', args: ['-y', 'files-server', '/data'] })
 * agent.tools.push(files.toolset)
 * @throws {RETINUE_MCP_OPTIONS}, {RETINUE_MCP_CONNECT}, {RETINUE_SECRET_REFUSED}
 */
export async function connectServer(
  name: string,
  options: ServerOptions,
  connect: ConnectOptions = {},
): Promise<ConnectedServer> {
  checkOptions('connectServer()', connect, connectOptions, 'RETINUE_MCP_OPTIONS')
  const { registry = shared, onProblem = warn } = connect
  const server = new ConnectedServer(name, options, registry, onProblem)
  await server.reconnect()
  return server
}

const connectOptions: KnownOptions<ConnectOptions> = { registry: option.object, onProblem: option.function }

/** A server that `connectServer` connected. */
export class ConnectedServer implements AsyncDisposable {
  readonly name: string
  /** The toolset that brings all that it offers: `mcp_<name>`. */
  readonly toolset: string
  readonly #limits: Limits
  readonly #registry: Registry
  readonly #onProblem: (problem: Error) => void
  readonly #lifeline: Lifeline
  readonly #reading: readonly OfferedTool[]
  #offer: Offer | undefined
  /** What it has listed since it was opened that is not of the protocol's form, by what is said of it. */
  readonly #unfit = new Map<string, RetinueError>()
  #dispose: Disposer | undefined
  #isStale = false
  #isTaking = false

  /** @internal */
  constructor(name: string, options: ServerOptions, registry: Registry, onProblem: (problem: Error) => void) {
    this.#limits = limitsOf(name, options)
    this.name = name
    this.toolset = `mcp_${name}`
    this.#registry = registry
    this.#onProblem = onProblem
    this.#refuseTaken()
    this.#lifeline = new Lifeline(name, options, this.#limits, {
      opened: (link) => {
        this.#unfit.clear()
        return this.#takeAll(link)
      },
      changed: (link) => void this.#follow(link),
      unfit: (problem) => {
        if (this.#unfit.has(problem.message) || this.#unfit.size > 99) return // it may list new ones without end
        this.#unfit.set(problem.message, problem)
        this.#report(problem)
      },
      failed: (problem) => {
        this.#leave()
        this.#report(problem as Error)
      },
    })
    this.#reading = resourceTools(this, this.#limits.timeoutMs)
  }

  /** How it stands. Its tools stay while it is restarted, and leave when it is given up. */
  get state(): ServerState {
    return this.#lifeline.state
  }

  /** The tools that it offers now, those that read its resources included. */
  get tools(): readonly McpTool[] {
    return this.#offer?.tools ?? []
  }

  /** Why some of its tools, resources and prompts were not taken, since it was last started or reached. */
  get problems(): readonly RetinueError[] {
    return [...(this.#offer?.problems ?? []), ...this.#unfit.values()]
  }

  /** The resources that it has, and the templates of such. */
  resources(signal: RunContext['signal'] = this.#lifeline.signal): Promise<McpResource[]> {
    return this.#lifeline.ask(signal, ({ client }, options) => listResources(client, options))
  }

  /** Reads a resource, as parts of a message. */
  async read(uri: string, signal: RunContext['signal'] = this.#lifeline.signal): Promise<ResultPart[]> {
    const read = ({ client }: Link, options: RequestOptions) =>
      client.readResource({ uri, _meta: traceContext() }, options)
    return resourceParts((await this.#lifeline.ask(signal, read)).contents, this.#limits)
  }

  /** The prompts that it has, for people to pick from. */
  prompts(): Promise<McpPrompt[]> {
    return this.#lifeline.ask(this.#lifeline.signal, async ({ client }, options) => {
      if (!client.getServerCapabilities()?.prompts) return []
      return (await client.listPrompts(undefined, options)).prompts.map(promptOf)
    })
  }

  /** The messages that a prompt comes to, to be put into a session. */
  async prompt(name: string, given: Readonly<Record<string, string>> = {}): Promise<Message[]> {
    const result = await this.#lifeline.ask(this.#lifeline.signal, ({ client }, options) =>
      client.getPrompt({ name, arguments: { ...given }, _meta: traceContext() }, options),
    )
    return messagesOf(result, this.#limits)
  }

  /**
   * Starts or reaches it anew, also after it was given up.
   * @throws {RETINUE_MCP_CONNECT} and others; its tools have left then.
   */
  async reconnect(): Promise<void> {
    try {
      await this.#lifeline.connect()
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  /** Takes its tools away and ends it; a process is gone when this is done. */
  async close(): Promise<void> {
    this.#leave()
    await this.#lifeline.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Calls a tool, if it still is the one that was asked for. */
  async #call(tool: McpTool, definition: ServerTool, input: object, run: RunContext): Promise<ToolValue> {
    const result = await this.#lifeline.ask(run.signal, (link, options) => {
      if (!this.tools.includes(tool)) {
        const hint = 'Look at it now, and call it again.'
        throw failure('RETINUE_MCP_CHANGED', `The tool '${tool.name}' has changed since it was called.`, hint)
      }
      const onprogress = (progress: Progress): void => run.emit(progressOf(link.redacted(progress)))
      // Structured results are for the model to read: none is held against what the server says that it would be.
      return link.client.callTool(
        { name: tool.tool, arguments: { ...input }, _meta: traceContext() },
        { ...options, onprogress, toolDefinition: { ...definition, outputSchema: undefined as never } },
      )
    })
    const parts = resultParts(result, this.#limits)
    const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
    if (result.isError === true) throw said(this.name, texts.join('\n') || 'it does not say which.')
    // Texts that follow each other are one.
    return texts.length === parts.length ? (texts[0] ?? 'Done; the tool gave nothing back.') : parts
  }

  /** Takes what it offers, since that has changed. */
  async #follow(link: Link): Promise<void> {
    this.#isStale = true
    if (this.#isTaking || !this.#lifeline.isInUse(link)) return
    try {
      await this.#takeAll(link)
    } catch (error) {
      if (this.#lifeline.isInUse(link)) this.#report(explained(this.name, error, link))
    }
  }

  /** Takes what it offers, and again where that has changed meanwhile: for a while, as a server may never stop saying so. */
  async #takeAll(link: Link): Promise<void> {
    const end = performance.now() + this.#limits.connectTimeoutMs
    this.#isTaking = true
    try {
      do {
        this.#isStale = false
        await this.#take(link)
      } while (this.#isStale && performance.now() < end)
    } finally {
      this.#isTaking = false
    }
  }

  /** Registers what it offers now, as one change: what is new comes, what is gone leaves, what is the same stays. */
  async #take(link: Link): Promise<void> {
    const { client } = link
    const has = client.getServerCapabilities() ?? {}
    const options = { signal: this.#lifeline.signal, timeout: this.#limits.connectTimeoutMs }
    const { tools } = has.tools
      ? await client.listTools(undefined, { ...options, cacheMode: 'refresh' })
      : { tools: [] }
    this.#lifeline.signal.throwIfAborted()
    const listing = {
      ...link.redacted({ tools, instructions: client.getInstructions() }),
      resources: has.resources ? this.#reading : [],
    }
    const caller = {
      ...this.#limits,
      name: this.name,
      call: this.#call.bind(this),
    }
    const offer = takeOffer(caller, listing, (type) => this.#isTaken(type), this.#offer)
    if (offer.plugin !== this.#offer?.plugin) {
      if (!this.#offer) this.#refuseTaken()
      const dispose = this.#registry.register(offer.plugin)
      this.#dispose?.() // of what was there before, what is gone now
      this.#dispose = dispose
    }
    const known = new Set(this.problems.map(({ message }) => message))
    this.#offer = offer
    for (const problem of offer.problems) if (!known.has(problem.message)) this.#report(problem)
  }

  #report(problem: Error): void {
    try {
      this.#onProblem(problem)
    } catch (error) {
      warn(error as Error)
    }
  }

  #leave(): void {
    this.#dispose?.()
    this.#dispose = undefined
    this.#offer = undefined
  }

  #isTaken(type: string): boolean {
    const entry = this.#registry.toolsets.get(type)
    return entry !== undefined && !this.#offer?.offered.some(({ toolset }) => toolset === entry.definition)
  }

  #refuseTaken(): void {
    if (!this.#registry.toolsets.has(this.toolset)) return
    const what = `There is a toolset '${this.toolset}' already.`
    throw failure('RETINUE_MCP_OPTIONS', what, 'Close it, or take another name.')
  }
}

/** Progress as a tool tells it. */
function progressOf({ progress, total, message }: Progress): object {
  return { progress, total, message: message && cleaned(message, 500) }
}

function warn(problem: Error): void {
  process.emitWarning(problem)
}
