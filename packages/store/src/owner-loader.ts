// Makes live owners of stored ones. Whoever asks for the same at the same time gets the same, and what is live is given
// as it is.
import { type AgentConfig, ChatSession, type ChatUser, type Report, SessionManager } from '@retinue/kernel'
import { failure } from './errors.ts'
import type { LiveOwners } from './live-owners.ts'
import type { LoadOptions, StoredSessionManagerOptions } from './manager-options.ts'
import { putTogether, type OwnerState } from './owner-state.ts'
import { missing } from './session-records.ts'
import { readSession, type SessionState, type StoredSession } from './stored-session.ts'
import { readUser, restoreUser, type RestoreSettings } from './user-records.ts'

/** A session that was loaded. */
export interface Loaded {
  readonly session: ChatSession
  /** What loading found; `undefined` for a session that was made here and is live. */
  readonly report: Report | undefined
}

/** What a session is loaded with. */
interface Parts {
  readonly user: ChatUser
  readonly agent: AgentConfig | null
}

/** Loads users and sessions. */
export class OwnerLoader {
  readonly #options: StoredSessionManagerOptions
  readonly #owners: LiveOwners
  readonly #manager: SessionManager
  /** How snapshots are restored. */
  readonly #settings: RestoreSettings
  /** What is being loaded, by what it is and its id. */
  readonly #loading = new Map<string, Promise<unknown>>()
  #restoring: string | undefined

  /** Has the sessions that it makes known to the manager. */
  constructor(
    options: StoredSessionManagerOptions,
    settings: RestoreSettings,
    owners: LiveOwners,
    manager: SessionManager,
  ) {
    this.#options = options
    this.#owners = owners
    this.#manager = manager
    this.#settings = settings
  }

  /** Whether the session that is being made comes from the store, and is not new. */
  isRestoring(id: string): boolean {
    return id === this.#restoring
  }

  /** The user of that id: the live one, or what the store has, or a new one. */
  async user(id: string): Promise<ChatUser> {
    return this.#owners.user(id) ?? this.#once(`user ${id}`, () => this.#loadUser(id))
  }

  /** The session of that id: the live one, or what the store has. */
  async session(id: string, options: LoadOptions): Promise<Loaded> {
    const live = this.#manager.get(id)
    const loaded =
      live === undefined
        ? await this.#once(`session ${id}`, () => this.#loadSession(id, options))
        : this.#loaded(live)
    refuseStranger(loaded.session.user.id, options.user)
    return loaded
  }

  /**
   * Reads a session that must be there, with what was changed before it was closed.
   * @throws {RETINUE_SESSION_MISSING}
   */
  async read(id: string): Promise<StoredSession & SessionState> {
    await this.#owners.whenSaved(id)
    const found = await readSession(this.#options.store, id)
    if (found !== undefined) return found
    throw missing(id)
  }

  /**
   * The user and the agent that a session is loaded with.
   * @throws {RETINUE_SNAPSHOT_OWNER}, {RETINUE_SESSION_AGENT_UNKNOWN}
   */
  async partsOf(own: OwnerState['own'], { user, agent }: LoadOptions): Promise<Parts> {
    const [userId, name] = [own['user'] as string, own['agent'] as string | null]
    refuseStranger(userId, user)
    const given = agent === undefined && name !== null ? await this.#options.agents?.(name) : agent
    if (given === undefined && name !== null) {
      throw failure(
        'RETINUE_SESSION_AGENT_UNKNOWN',
        `The session is on the agent '${name}', and nobody gives it.`,
        'Pass { agent }, or { agent: null } to do without, or give the manager agents: (name) => ….',
        { agent: name },
      )
    }
    return {
      user: user ?? (await this.#owners.current(userId)) ?? (await this.user(userId)),
      agent: given ?? null,
    }
  }

  /** Makes a live session of what is stored, which is its own from now on; or gives the live one of its id. */
  restore(stored: StoredSession & SessionState, parts: Parts): Loaded {
    const { id } = stored
    const live = this.#manager.get(id)
    if (live !== undefined) return this.#loaded(live)
    const { items, messages, ...known } = stored // the session holds the items from now on
    this.#restoring = id
    try {
      const { session, report } = this.#make(id, stored, parts, this.#manager)
      this.#owners.keepSession(session, known, { items, messages, report })
      return { session, report }
    } finally {
      this.#restoring = undefined
    }
  }

  /** Throws what `restore` would throw of a state, before it is stored. */
  tryOut(id: string, state: SessionState, parts: Parts): void {
    parts.user.batch(() => this.#make(id, state, parts, new SessionManager()).session.close()) // nobody hears of it
  }

  #make(
    id: string,
    state: SessionState,
    { user, agent }: Parts,
    manager: SessionManager,
  ): { session: ChatSession; report: Report } {
    const snapshot = { ...putTogether(id, state), messages: state.messages }
    return ChatSession.restore(snapshot, {
      ...this.#settings,
      user,
      agent: agent ?? undefined,
      manager,
    })
  }

  async #loadSession(id: string, options: LoadOptions): Promise<Loaded> {
    const stored = await this.read(id)
    return this.restore(stored, await this.partsOf(stored.own, options))
  }

  async #loadUser(id: string): Promise<ChatUser> {
    const stored = await readUser(this.#options.store, id)
    const live = this.#owners.user(id)
    if (live !== undefined) return live
    const loaded = restoreUser(stored, this.#settings)
    this.#owners.keepUser(loaded.user, loaded.stored)
    return loaded.user
  }

  #loaded(session: ChatSession): Loaded {
    return { session, report: this.#owners.ofSession(session).report }
  }

  /** Runs something that is under way already only once. */
  #once<T>(what: string, run: () => Promise<T>): Promise<T> {
    const known = this.#loading.get(what) as Promise<T> | undefined
    if (known !== undefined) return known
    const running = run().finally(() => this.#loading.delete(what))
    this.#loading.set(what, running)
    return running
  }
}

function refuseStranger(owner: string, user: ChatUser | undefined): void {
  if (user === undefined || user.id === owner) return
  throw failure(
    'RETINUE_SNAPSHOT_OWNER',
    `The session belongs to the user '${owner}', not to '${user.id}'.`,
    'Load it with its own user.',
    { saved: owner, given: user.id },
  )
}
