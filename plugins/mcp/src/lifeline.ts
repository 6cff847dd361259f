// A link that is kept up: lost, it is opened anew, after longer and longer pauses, and given up when that has failed too
// often. Whoever asks something meanwhile waits.
import { setTimeout as delay } from 'node:timers/promises'
import { aborted } from 'node:util'
import type { RequestOptions } from '@modelcontextprotocol/client'
import type { RetinueError, RunContext } from '@retinue/kernel'
import { failure } from './errors.ts'
import { Link } from './link.ts'
import { explained } from './server-error.ts'
import type { Limits, ServerOptions } from './server-options.ts'

/** How a server stands. */
export type ServerState = 'connected' | 'restarting' | 'failed' | 'closed'

/** What a lifeline tells. */
export interface LifelineEvents {
  /** A link was opened; it is used when this is done. */
  opened(link: Link): Promise<void>
  /** What the server offers is another. */
  changed(link: Link): void
  /** Something was listed that is not of the protocol's form. */
  unfit(problem: RetinueError): void
  /** It was given up. */
  failed(problem: unknown): void
}

const firstPauseMs = 250
const longestPauseMs = 30_000
/** What has lived so long is well: what was tried before is forgotten. */
const healthyMs = 20_000

/** The link to one server, from the first to the last. */
export class Lifeline {
  readonly #name: string
  readonly #options: ServerOptions
  readonly #limits: Limits
  readonly #events: LifelineEvents
  readonly #closing = new AbortController()
  #state: ServerState = 'failed'
  #link: Link | undefined
  /** Links that were lost, and over which something still goes on. */
  readonly #retired = new Set<Link>()
  /** Whether the last link found the server to be an old one. */
  #isOld = false
  #opening: Promise<void> | undefined
  #restarts = 0
  #openedAt = 0

  constructor(name: string, options: ServerOptions, limits: Limits, events: LifelineEvents) {
    this.#name = name
    this.#options = options
    this.#limits = limits
    this.#events = events
  }

  get state(): ServerState {
    return this.#state
  }

  /** Aborts when it is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  /** Tells whether a link is the one that is in use. */
  isInUse(link: Link): boolean {
    return link === this.#link && this.#state === 'connected'
  }

  /**
   * Opens a link, in place of the one that there is.
   * @throws {RETINUE_MCP_CONNECT} and others, and the server is given up.
   */
  async connect(): Promise<void> {
    this.signal.throwIfAborted()
    while (this.#opening !== undefined) {
      await this.#opening
      if (this.#state === 'connected') return
    }
    this.#restarts = 0
    const before = this.#link
    await this.#whileOpening(async () => {
      try {
        await before?.close()
        await this.#open()
      } catch (error) {
        if (!this.signal.aborted) this.#state = 'failed'
        throw error
      }
    })
  }

  /**
   * Asks the server something, when it is there.
   * @throws {RETINUE_MCP_DOWN}, {RETINUE_MCP_TIMEOUT}, {RETINUE_MCP_FAILED}
   */
  async ask<T>(
    signal: RunContext['signal'],
    work: (link: Link, options: RequestOptions) => Promise<T>,
    isAgain = false,
  ): Promise<T> {
    const link = await this.#linkIn(signal)
    try {
      return link.redacted(await link.use(work(link, { signal, timeout: this.#limits.timeoutMs })))
    } catch (error) {
      signal.throwIfAborted()
      if (link.hasExpired(error) && !isAgain) {
        this.#lost(link) // the server has forgotten us, and so has done nothing
        return this.ask(signal, work, true)
      }
      throw explained(this.#name, error, link)
    }
  }

  /** Ends it for good; a process is gone when this is done. */
  async close(): Promise<void> {
    this.#state = 'closed'
    this.#closing.abort(this.#down('was closed'))
    await this.#opening?.catch(() => {})
    await Promise.all([this.#link, ...this.#retired].map(async (link) => link?.close()))
  }

  async #open(): Promise<void> {
    const events = { ...this.#events, lost: (link: Link) => this.#lost(link) }
    const link = await Link.open(this.#name, this.#options, this.#limits, events, this.signal, this.#isOld)
    this.#link = link
    try {
      await this.#events.opened(link)
      this.signal.throwIfAborted()
    } catch (error) {
      await link.close()
      throw explained(this.#name, error, link)
    }
    this.#isOld = link.isOld
    this.#openedAt = performance.now()
    this.#state = 'connected'
  }

  async #whileOpening(open: () => Promise<void>): Promise<void> {
    this.#state = 'restarting'
    try {
      await (this.#opening = open())
    } finally {
      this.#opening = undefined
    }
  }

  #lost(link: Link): void {
    if (!this.isInUse(link)) return
    this.#retired.add(link)
    const forget = (): unknown => this.#retired.delete(link)
    void link.retire().then(forget, forget)
    if (performance.now() - this.#openedAt > healthyMs) this.#restarts = 0
    void this.#whileOpening(() => this.#restart())
  }

  /** Goes on trying; never throws. */
  async #restart(): Promise<void> {
    let problem: unknown = this.#down('ended', 'Connect it anew.')
    while (this.#restarts < this.#limits.maxRestarts) {
      try {
        const pauseMs = this.#restarts && Math.min(firstPauseMs * 2 ** this.#restarts, longestPauseMs)
        this.#restarts++
        await delay(pauseMs, undefined, { signal: this.signal })
        return await this.#open()
      } catch (error) {
        if (this.signal.aborted) return
        this.#isOld = false
        problem = error
      }
    }
    this.#state = 'failed'
    this.#events.failed(problem)
  }

  /** The link, as soon as there is one. */
  async #linkIn(signal: AbortSignal): Promise<Link> {
    while (this.#opening !== undefined && !signal.aborted)
      await Promise.race([this.#opening.catch(() => {}), aborted(signal, this.#opening)])
    signal.throwIfAborted()
    if (this.#link && this.#state === 'connected') return this.#link
    throw this.#down('is not there')
  }

  #down(what: string, hint = 'Go on without it, and say so.'): RetinueError {
    return failure('RETINUE_MCP_DOWN', `The server '${this.#name}' ${what}.`, hint)
  }
}
