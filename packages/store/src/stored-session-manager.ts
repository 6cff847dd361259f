// The manager of sessions that are kept in a store: it saves what is committed, loads, lists, forks and rewinds.
// It stands on what sessions and users show to everybody: snapshots, committed patches, restoring and replaying.
import {
  ChatSession,
  ChatUser,
  type AgentConfig,
  type Committed,
  type Json,
  type Limits,
  registry as sharedRegistry,
  type Registry,
  type Report,
  RetinueError,
  SessionManager,
} from '@retinue/kernel'
import { checkCount } from './input.ts'
import { putTogether, type OwnerState } from './owner-state.ts'
import { readPast, type Point } from './point.ts'
import type { RecordStore } from './record-store.ts'
import { SaveQueue } from './save-queue.ts'
import type { SavedOwner } from './saved-owner.ts'
import { SavedSession } from './saved-session.ts'
import { SavedUser } from './saved-user.ts'
import { copyLogs, readHistory, type Revision } from './session-history.ts'
import {
  damaged,
  newSession,
  readRecent,
  readSession,
  saveSession,
  type SessionInfo,
  type SessionState,
  type StoredSession,
} from './session-records.ts'
import { removeSession } from './session-removal.ts'
import { readUser } from './user-records.ts'

/** What a manager of stored sessions is made of. */
export interface StoredSessionManagerOptions {
  readonly store: RecordStore
  /** That of the users, agents and sessions. @default the shared registry */
  readonly registry?: Registry
  /** Finds the agent that a stored session names, where `load` is not given one. */
  readonly agents?: (name: string) => AgentConfig | undefined | Promise<AgentConfig | undefined>
  /** Limits on what is loaded that differ from the kernel's usual ones. */
  readonly limits?: Partial<Limits>
  /** Names of the secret references that stored data may use. */
  readonly secrets?: readonly string[]
}

/** How a session is loaded. Of a session that is live already, these are those that it has. */
export interface LoadOptions {
  /** @default the user that the session belongs to, live or loaded */
  readonly user?: ChatUser
  /** `null` loads it without one. @default what the manager's `agents` finds by the stored name */
  readonly agent?: AgentConfig | null
}

/** A session that was loaded. */
export interface Loaded {
  readonly session: ChatSession
  /** What loading found; `undefined` for a session that was made here and is live. */
  readonly report: Report | undefined
}

/** How a session is forked. */
export interface ForkOptions extends LoadOptions {
  /** @default one that nobody can guess */
  readonly id?: string
  /** @default as it is now */
  readonly at?: Point
}

/** A part of the list of a user's sessions, newest first. */
export interface SessionPage {
  readonly sessions: readonly SessionInfo[]
  /** Pass it as `after` for the next page; `undefined`: this is the last. */
  readonly next: string | undefined
}

/** What a manager of stored sessions tells. */
export interface StoredSessionEvents {
  /** A save failed. What was changed stays in memory, and goes along with the next save of its owner. */
  saveFailed: { readonly owner: ChatSession | ChatUser; readonly error: unknown }
}

/**
 * Keeps sessions and their users in a store. Each commit is saved by itself, as soon as the job that made it is over;
 * `saved` waits until that is so.
 *
 * @example
 * const manager = new StoredSessionManager({ store, agents: (name) => agents.get(name) })
 * const user = await manager.user('ada')
 * const session = new ChatSession({ user, agent, manager })
 * session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello' }] })
 * await manager.saved(session) // it is on disk
 * const { session: again } = await manager.load(session.id) // here the same one; tomorrow, one that is equal
 */
export class StoredSessionManager extends SessionManager {
  readonly #store: RecordStore
  readonly #registry: Registry
  readonly #options: StoredSessionManagerOptions
  readonly #queue: SaveQueue
  readonly #saved = new WeakMap<ChatSession | ChatUser, SavedOwner>()
  readonly #users = new Map<string, WeakRef<ChatUser>>()
  readonly #forgotten = new FinalizationRegistry<string>((id) => {
    if (this.#users.get(id)?.deref() === undefined) this.#users.delete(id)
  })
  /** Sessions that came in the job that runs. */
  readonly #arrived = new Set<ChatSession>()
  /** What is being loaded, by the place of its records: whoever asks for the same gets the same. */
  readonly #loading = new Map<string, Promise<unknown>>()
  /** The session that is being restored: it comes from the store, and is not new. */
  #restoring: string | undefined
  readonly #handlers = new Set<(event: StoredSessionEvents['saveFailed']) => void>()

  constructor(options: StoredSessionManagerOptions) {
    super()
    this.#options = options
    this.#store = options.store
    this.#registry = options.registry ?? sharedRegistry
    this.#queue = new SaveQueue(options.store, ({ owner }, error, wasTold) =>
      this.#tell(owner, error, wasTold),
    )
  }

  /** Calls the handler when a save failed; returns what takes it off. Without one, and where nobody awaits `saved`, failures go to the console. */
  on<E extends keyof StoredSessionEvents>(
    _event: E,
    handler: (event: StoredSessionEvents[E]) => void,
  ): () => void {
    const own = (event: StoredSessionEvents[E]): void => handler(event)
    this.#handlers.add(own)
    return () => void this.#handlers.delete(own)
  }

  /** The user of that id: the live one, or what the store has, or a new one. There is one live user of an id. */
  user(id: string): Promise<ChatUser> {
    const live = this.#users.get(id)?.deref()
    return live === undefined ? this.#once(`user ${id}`, () => this.#loadUser(id)) : Promise.resolve(live)
  }

  /**
   * Loads a session, or gives the live one of that id.
   * @throws {RETINUE_SESSION_MISSING}, {RETINUE_SESSION_AGENT_UNKNOWN}, and what `ChatSession.restore` throws.
   */
  async load(id: string, options: LoadOptions = {}): Promise<Loaded> {
    const live = this.get(id)
    if (live !== undefined) return this.#loaded(live)
    return this.#once(`session ${id}`, () => this.#load(id, options))
  }

  /**
   * Resolves when all that was committed until now is kept: of a session and its user, of a user, or of everybody. A
   * session that nothing was ever changed of is stored by it, too.
   * @throws what the store threw; the changes stay in memory, and are tried again with the next.
   */
  async saved(owner?: ChatSession | ChatUser): Promise<void> {
    if (owner === undefined) {
      this.#adoptArrived()
      await all(this.#queue.unsaved().map((each) => this.#queue.whenSaved(each)))
      return
    }
    const saved = isSession(owner) ? this.#trackSession(owner) : this.#trackUser(owner)
    if (saved instanceof SavedSession && !saved.isStored) saved.want()
    const owners = isSession(owner) ? [saved, this.#trackUser(owner.user)] : [saved]
    await all(owners.map((each) => this.#queue.whenSaved(each)))
  }

  /** The stored sessions of a user, those that were saved last first. */
  async sessions(
    user: ChatUser | string,
    { limit = 50, after }: { readonly limit?: number; readonly after?: string } = {},
  ): Promise<SessionPage> {
    checkCount(limit, 'limit')
    const found: { readonly info: SessionInfo; readonly cursor: string }[] = []
    const id = typeof user === 'string' ? user : user.id
    for await (const each of readRecent(this.#store, id, limit + 1, after)) found.push(each)
    const page = found.slice(0, limit)
    return {
      sessions: page.map(({ info }) => info),
      next: found.length > limit ? page.at(-1)?.cursor : undefined,
    }
  }

  /** Tells what each save of a session changed, oldest first: `revision` is a place to fork from or to rewind to. */
  history(id: string): AsyncIterable<Revision> {
    return readHistory(this.#store, id)
  }

  /** Makes a session of its own from another: as that one is, or as it was. The other stays as it is. */
  async fork(session: ChatSession | string, options: ForkOptions = {}): Promise<Loaded> {
    const { stored, live } = await this.#settled(session)
    const { revision, state, messages, journal, log } = await readPast(this.#store, stored, options.at)
    const parts = await this.#parts(stored.own, { ...partsOf(live), ...options })
    const id = options.id ?? crypto.randomUUID()
    const forkedFrom = { id: stored.id, revision }
    const copied = { ...newSession(id), forkedFrom, revision, messages, logLength: log.length }
    await this.#store.transact([...copyLogs(id, journal, log), ...saveSession(copied, state).ops])
    return this.load(id, parts)
  }

  /**
   * Takes a session back to an earlier place. What came after it stays in the history: this can be taken back, too.
   * A live session is closed, and the one that is returned stands in its place.
   */
  async rewind(session: ChatSession | string, to: Point, options: LoadOptions = {}): Promise<Loaded> {
    for (;;) {
      const { stored, live } = await this.#settled(session)
      const { state, now } = await readPast(this.#store, stored, to)
      const parts = await this.#parts(stored.own, { ...partsOf(live), ...options })
      if (live !== undefined && this.#saved.get(live)!.isUnsaved) continue
      live?.close()
      const items = new Map<string, Json | undefined>(state.items)
      for (const key of stored.itemRevs.keys()) if (!items.has(key)) items.set(key, undefined)
      const { ops } = saveSession({ ...stored, messages: now }, { ...state, items })
      if (ops.length > 0) await this.#store.transact(ops)
      return this.load(stored.id, parts)
    }
  }

  /** Takes a session away, the live one included. Its forks stay. Tells whether there was one. */
  async delete(session: ChatSession | string): Promise<boolean> {
    const id = typeof session === 'string' ? session : session.id
    const live = this.get(id)
    live?.close()
    for (const each of this.#unsavedOf(id)) await this.#queue.whenSaved(each).catch(() => undefined)
    this.discard(id)
    return removeSession(this.#store, id)
  }

  /** Saves a live session, then closes it: from then on it is in the store alone. Tells whether it was live. */
  async evict(session: ChatSession | string): Promise<boolean> {
    const live = typeof session === 'string' ? this.get(session) : session
    if (live === undefined || live.closed) return false
    do await this.saved(live)
    while (this.#saved.get(live)!.isUnsaved)
    live.close()
    return true
  }

  /** Closes a session without saving what is not saved yet. */
  discard(session: ChatSession | string): void {
    const id = typeof session === 'string' ? session : session.id
    this.get(id)?.close()
    for (const each of this.#arrived) if (each.id === id) this.#arrived.delete(each)
    for (const each of this.#unsavedOf(id)) this.#queue.drop(each)
  }

  /** Has a live user take what is stored in place of what was changed here and is not saved yet. */
  async revert(user: ChatUser): Promise<void> {
    const saved = this.#trackUser(user)
    await this.#queue.whenSaved(saved).catch(() => undefined) // what can be saved is no reason to lose it
    await saved.revert()
    this.#queue.drop(saved)
  }

  /** For the kernel: a session is being made. */
  override enter(layer: Parameters<SessionManager['enter']>[0]): void {
    super.enter(layer)
    if (layer.name === this.#restoring) return
    if (this.#arrived.size === 0) queueMicrotask(() => this.#adoptArrived())
    this.#arrived.add(layer.owner as ChatSession)
  }

  /** What was made since the last time is complete by now, or has failed: then nothing was ever committed on it. */
  #adoptArrived(): void {
    for (const session of this.#arrived) {
      const isFailed = session.closed && session.revision === 0
      if (!isFailed && session.revision > 0) this.#queue.add(this.#trackSession(session))
      else if (!isFailed) this.#trackSession(session)
    }
    this.#arrived.clear()
  }

  #trackSession(session: ChatSession): SavedOwner {
    this.#arrived.delete(session)
    const known = this.#saved.get(session)
    if (known !== undefined) return known
    const saved = new SavedSession(session, this.#registry, newSession(session.id))
    if (session.revision > 0) saved.want()
    this.#follow(session, saved)
    this.#trackUser(session.user)
    return saved
  }

  #trackUser(user: ChatUser): SavedUser {
    const known = this.#saved.get(user) as SavedUser | undefined
    if (known !== undefined) return known
    const saved = new SavedUser(user, this.#registry, this.#store, { id: user.id, records: new Map() })
    this.#follow(user, saved)
    this.#keepUser(user)
    if (user.revision > 0) {
      saved.want()
      this.#queue.add(saved)
    }
    return saved
  }

  #keepUser(user: ChatUser): void {
    if (this.#users.get(user.id)?.deref() !== undefined) return
    this.#users.set(user.id, new WeakRef(user))
    this.#forgotten.register(user, user.id)
  }

  #follow(owner: ChatSession | ChatUser, saved: SavedOwner): void {
    this.#saved.set(owner, saved)
    owner.on('committed', (committed: Committed) => {
      saved.take(committed)
      this.#queue.add(saved, committed.id)
    })
  }

  async #load(id: string, options: LoadOptions): Promise<Loaded> {
    await this.#closedSaved(id)
    const stored = await this.#read(id)
    const parts = await this.#parts(stored.own, options)
    const live = this.get(id)
    if (live !== undefined) return this.#loaded(live)
    const { registry, limits, secrets } = { ...this.#options, registry: this.#registry }
    const snapshot = { ...putTogether(id, stored), messages: stored.messages }
    this.#restoring = id
    try {
      const { session, report } = ChatSession.restore(snapshot, {
        user: parts.user,
        agent: parts.agent ?? undefined,
        manager: this,
        registry,
        ...(limits && { limits }),
        ...(secrets && { secrets }),
      })
      this.#follow(session, new SavedSession(session, this.#registry, stored, report))
      this.#trackUser(parts.user)
      return { session, report }
    } finally {
      this.#restoring = undefined
    }
  }

  async #loadUser(id: string): Promise<ChatUser> {
    const stored = await readUser(this.#store, id)
    const live = this.#users.get(id)?.deref()
    if (live !== undefined) return live
    const registry = this.#registry
    const { limits, secrets } = this.#options
    const items = new Map([...stored.records].map(([key, { value }]) => [key, value]))
    const own = items.get('') as OwnerState['own'] | undefined
    items.delete('')
    if (own === undefined && items.size > 0) throw damaged(id, 'its head is missing')
    const user =
      own === undefined
        ? new ChatUser({ id, registry })
        : ChatUser.restore(putTogether(id, { own, items }), {
            registry,
            ...(limits && { limits }),
            ...(secrets && { secrets }),
          }).user
    this.#follow(user, new SavedUser(user, registry, this.#store, stored))
    this.#keepUser(user)
    return user
  }

  /** Reads a session that must be there. */
  async #read(id: string): Promise<StoredSession & SessionState> {
    const found = await readSession(this.#store, id)
    if (found !== undefined) return found
    throw new RetinueError('RETINUE_SESSION_MISSING', `The store has no session '${id}'.`, {
      hint: 'List those of a user with sessions(user).',
      details: { id },
    })
  }

  /** A session with nothing unsaved, as it is stored. */
  async #settled(
    session: ChatSession | string,
  ): Promise<{ stored: StoredSession & SessionState; live: ChatSession | undefined }> {
    const id = typeof session === 'string' ? session : session.id
    const live = this.get(id)
    if (live !== undefined) await this.saved(live)
    else await this.#closedSaved(id)
    return { stored: await this.#read(id), live }
  }

  /** The user and the agent that a session is loaded with. */
  async #parts(own: OwnerState['own'], { user, agent }: LoadOptions): Promise<Required<LoadOptions>> {
    const [userId, name] = [own['user'] as string, own['agent'] as string | null]
    if (user !== undefined && user.id !== userId) {
      throw new RetinueError(
        'RETINUE_SNAPSHOT_OWNER',
        `The session belongs to the user '${userId}', not to '${user.id}'.`,
        {
          details: { saved: userId, given: user.id },
        },
      )
    }
    const given = agent === undefined && name !== null ? await this.#options.agents?.(name) : agent
    if (given === undefined && name !== null) {
      throw new RetinueError(
        'RETINUE_SESSION_AGENT_UNKNOWN',
        `The session is on the agent '${name}', and nobody gives it.`,
        {
          hint: 'Pass { agent }, or { agent: null } to do without, or give the manager agents: (name) => ….',
          details: { agent: name },
        },
      )
    }
    return { user: user ?? (await this.user(userId)), agent: given ?? null }
  }

  #loaded(session: ChatSession): Loaded {
    return { session, report: (this.#saved.get(session) as SavedSession | undefined)?.report }
  }

  /** Waits until what was changed before a session was closed is saved. */
  async #closedSaved(id: string): Promise<void> {
    this.#adoptArrived()
    for (const each of this.#unsavedOf(id)) await this.#queue.whenSaved(each)
  }

  #unsavedOf(id: string): readonly SavedOwner[] {
    return this.#queue.unsaved().filter(({ owner }) => isSession(owner) && owner.id === id)
  }

  /** Runs something that is under way already only once. */
  #once<T>(what: string, run: () => Promise<T>): Promise<T> {
    const known = this.#loading.get(what) as Promise<T> | undefined
    if (known !== undefined) return known
    const running = run().finally(() => this.#loading.delete(what))
    this.#loading.set(what, running)
    return running
  }

  #tell(owner: ChatSession | ChatUser, error: unknown, wasTold: boolean): void {
    if (this.#handlers.size === 0 && !wasTold) console.error(error)
    for (const handler of this.#handlers) {
      try {
        handler({ owner, error })
      } catch (thrown) {
        console.error(thrown)
      }
    }
  }
}

function isSession(owner: ChatSession | ChatUser): owner is ChatSession {
  return 'interact' in owner
}

function partsOf(live: ChatSession | undefined): LoadOptions {
  return live === undefined ? {} : { user: live.user, agent: live.agent ?? null }
}

/** Waits for all of them, then throws what the first that failed did. */
async function all(saves: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(saves))
    if (outcome.status === 'rejected') throw outcome.reason
}
