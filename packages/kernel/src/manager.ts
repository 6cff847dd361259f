// Managers know the live sessions by id. They hold them weakly: a session that everybody dropped is gone.
import { RetinueError } from './errors.ts'
import { LAYER, type Layer } from './layers.ts'
import { firstSweep, sweep, weakTo } from './live.ts'
import { checkArgument, checkOptions, type OptionRule } from './options.ts'
import { anOwner, type Owner } from './owner.ts'
import { afterThisJob } from './runtime.ts'
import type { ChatSession } from './session.ts'

const aSession = anOwner('session', 'ChatSession({ user })')
const listOptions = { owner: ['a user or an agent', (owner) => LAYER in Object(owner)] satisfies OptionRule }

/**
 * The live sessions, by id. Each registry has a default one; an application may make its own.
 *
 * @example
 * const manager = new SessionManager()
 * const session = new ChatSession({ user, manager })
 * manager.get(session.id) === session
 */
export class SessionManager {
  /** Those that came in the job that runs: weak references to them would be kept until its end anyway. */
  #fresh = new Map<string, Layer>()
  readonly #refs = new Map<string, WeakRef<Layer>>()
  #scheduled = false
  #sweepAt = firstSweep

  /**
   * Adds a session. Adding one object twice does nothing.
   * @throws {RETINUE_SESSION_EXISTS} when another live session has that id, {RETINUE_OWNER_ENDED} when it has ended.
   */
  add(session: ChatSession): void {
    checkArgument('add()', 'session', session, aSession)
    this.enter(session[LAYER])
  }

  /** Adds the layer of a session that is being made. */
  enter(layer: Layer): void {
    layer.refuseEnded()
    const known = this.#live(layer.name)
    if (known === layer) return
    if (known !== undefined) {
      throw new RetinueError('RETINUE_SESSION_EXISTS', `Another live session has the id '${layer.name}'.`, {
        hint: 'Take that one by get(id), close it first, or let the id be generated.',
        details: { id: layer.name },
      })
    }
    this.#refs.delete(layer.name)
    this.#fresh.set(layer.name, layer)
    if (this.#scheduled) return
    this.#scheduled = true
    afterThisJob(() => this.#weaken())
  }

  /** The live session of that id. */
  get(id: string): ChatSession | undefined {
    return this.#live(id)?.owner as ChatSession | undefined
  }

  /** The live sessions; those of a user or on an agent where one is given. */
  list(owner?: Owner): ChatSession[] {
    checkOptions('list()', { owner }, listOptions)
    const of = owner?.[LAYER]
    return [...this.#refs.keys(), ...this.#fresh.keys()]
      .flatMap((id) => this.#live(id) ?? [])
      .filter((layer) => of === undefined || layer.user === of || layer.agent === of)
      .map((layer) => layer.owner as ChatSession)
  }

  /** Closes the session of that id; tells whether there was one. */
  close(id: string): boolean {
    const session = this.get(id)
    session?.close()
    return session !== undefined
  }

  /** Lets a session go that has ended. */
  leave(layer: Layer): void {
    if (this.#fresh.get(layer.name) === layer) this.#fresh.delete(layer.name)
    else if (this.#refs.get(layer.name) === layer.weak) this.#refs.delete(layer.name)
  }

  /** A session leaves the manager that it was made with; in others it counts no more once it has ended. */
  #live(id: string): Layer | undefined {
    const layer = this.#fresh.get(id) ?? this.#refs.get(id)?.deref()
    return layer?.ended ? undefined : layer
  }

  #weaken(): void {
    this.#scheduled = false
    for (const [id, layer] of this.#fresh) this.#refs.set(id, weakTo(layer))
    this.#fresh = new Map() // as in `Live`
    this.#sweepAt = sweep(this.#refs, this.#sweepAt)
  }
}
