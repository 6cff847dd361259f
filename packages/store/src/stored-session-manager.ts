// The manager of sessions that are kept in a store: it saves what is committed, loads, lists, forks and rewinds.
// It stands on what sessions and users show to everybody: snapshots, committed patches, restoring and replaying.
import {
  type AgentConfig,
  type ChatSession,
  type ChatUser,
  option,
  registry as sharedRegistry,
  SessionManager,
} from '@retinue/kernel'
import { check } from './input.ts'
import {
  anOwner,
  aSession,
  aUser,
  checkLive,
  checkManager,
  checkUntil,
  checkUser,
  forkOptions,
  type ForkOptions,
  loadOptions,
  type LoadOptions,
  pageOptions,
  type PageOptions,
  type StoredSessionManagerOptions,
  type UntilOptions,
} from './manager-options.ts'
import { LiveOwners } from './live-owners.ts'
import { type Loaded, OwnerLoader } from './owner-loader.ts'
import type { RecordStore } from './record-store.ts'
import { SaveQueue } from './save-queue.ts'
import { isSession } from './saved-owner.ts'
import type { SavedUser } from './saved-user.ts'
import { storeFork, taken } from './session-fork.ts'
import { type Past, type Point, readHistory, readPast } from './session-history.ts'
import {
  isUnreadable,
  readRecent,
  removeSession,
  type Revision,
  type SessionInfo,
} from './session-records.ts'
import { saveRewind } from './session-save.ts'
import type { StoredSession } from './stored-session.ts'
import { untilFirst } from './update.ts'
import { removeUser } from './user-records.ts'

/** How many sessions of a user are taken away at once: a store that waits for its disk, or a server, waits for all of them. */
const deletedAtOnce = 16

/** A part of the list of a user's sessions, newest first. */
export interface SessionPage {
  readonly sessions: readonly SessionInfo[]
  /** Pass it as `after` for the next page; `undefined`: this is the last. */
  readonly next: string | undefined
}

/** What a manager of stored sessions tells. */
export interface StoredSessionEvents {
  /**
   * What was changed could not be saved. It stays in memory, and goes along with the next save of its owner, which comes
   * by itself but where the contract of stores refuses it, as a conflict is. It is told once for each change, and again
   * where it fails in another way.
   */
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
  readonly #queue: SaveQueue
  readonly #owners: LiveOwners
  readonly #loader: OwnerLoader
  readonly #handlers = new Set<(event: StoredSessionEvents['saveFailed']) => void>()

  constructor(options: StoredSessionManagerOptions) {
    checkManager(options)
    super()
    const { store, registry = sharedRegistry, limits, secrets } = options
    const settings = { registry, ...(limits && { limits }), ...(secrets && { secrets }) }
    this.#store = store
    this.#queue = new SaveQueue(store, ({ owner }, error, wasTold) => this.#tell(owner, error, wasTold))
    const owners = new LiveOwners(store, settings, this.#queue)
    this.#owners = owners
    this.#loader = new OwnerLoader(options, settings, owners, this)
  }

  /** Calls the handler when a save failed; returns what takes it off. Without one, and where nobody awaits `saved`, failures go to the console. */
  on<E extends keyof StoredSessionEvents>(
    event: E,
    handler: (event: StoredSessionEvents[E]) => void,
  ): () => void {
    check(
      'on()',
      { event, handler },
      { event: option.oneOf('saveFailed'), handler: option.function },
      'event',
      'handler',
    )
    const own = (event: StoredSessionEvents[E]): void => handler(event)
    this.#handlers.add(own)
    return () => void this.#handlers.delete(own)
  }

  /** The user of that id: the live one, or what the store has, or a new one. There is one live user of an id. */
  async user(id: string): Promise<ChatUser> {
    check('A user', { id }, { id: option.name }, 'id')
    return this.#loader.user(id)
  }

  /**
   * Loads a session, or gives the live one of that id. What is loaded comes with all that is stored of its user by then.
   * @throws {RETINUE_SESSION_MISSING}, {RETINUE_SESSION_AGENT_UNKNOWN}, and what `ChatSession.restore` throws.
   */
  async load(id: string, options: LoadOptions = {}): Promise<Loaded> {
    check('load()', options, loadOptions)
    return this.#loader.session(idOf(id), options)
  }

  /**
   * Resolves when all that was committed until now is kept: of a session and its user, of a user, or of everybody. A
   * session that nothing was ever changed of is stored by it, too.
   * @throws what the store threw; the changes stay in memory, and are tried again, as `saveFailed` tells.
   */
  async saved(owner?: ChatSession | ChatUser): Promise<void> {
    if (owner === undefined) {
      this.#owners.adoptPassing()
      await all(this.#queue.unsaved().map((each) => this.#queue.whenSaved(each)))
      return
    }
    checkLive('saved()', owner, anOwner)
    if (!isSession(owner)) return this.#queue.whenSaved(this.#owners.ofUser(owner))
    const saved = this.#owners.ofSession(owner)
    if (saved.stored.headRev === 0) saved.want()
    await all([saved, this.#owners.ofUser(owner.user)].map((each) => this.#queue.whenSaved(each)))
  }

  /**
   * The stored sessions of a user, those that were saved last first.
   * @throws {RETINUE_STORE_INVALID} for a limit below 1: such a page could not tell where the next one begins.
   */
  async sessions(user: ChatUser | string, options: PageOptions = {}): Promise<SessionPage> {
    checkUser('sessions()', user)
    check('sessions()', options, pageOptions)
    const { limit = 50, after } = options
    const found: { readonly info: SessionInfo; readonly cursor: string }[] = []
    const from = { limit: limit + 1, ...(after !== undefined && { after }) }
    for await (const each of readRecent(this.#store, userIdOf(user), from)) found.push(each)
    const page = found.slice(0, limit)
    return {
      sessions: page.map(({ info }) => info),
      next: found.length > limit ? page.at(-1)?.cursor : undefined,
    }
  }

  /**
   * Tells what each save of a session changed, oldest first: `revision` is a place to fork from or to rewind to.
   * @throws {RETINUE_SESSION_MISSING} where it was never saved, when it is read.
   */
  history(id: string): AsyncIterable<Revision> {
    return readHistory(this.#store, idOf(id))
  }

  /**
   * Makes a session of its own from another: as that one is, or as it was. The other stays as it is.
   * @throws {RETINUE_SESSION_EXISTS} where another session has the id.
   * @throws {RETINUE_SESSION_FORK_UNSURE} where the store went away: `details.id` is the fork's, if it was kept.
   */
  async fork(session: ChatSession | string, options: ForkOptions = {}): Promise<Loaded> {
    const origin = idOf(session)
    check('fork()', options, forkOptions)
    const live = this.get(origin)
    if (live !== undefined) await this.saved(live)
    const stored = await this.#loader.read(origin)
    const parts = await this.#loader.partsOf(stored.own, partsOf(live, options))
    const past = on(parts.agent, stored, await readPast(this.#store, stored, options.at))
    const id = idOf(options.id || crypto.randomUUID())
    if (this.get(id) !== undefined) throw taken(id)
    this.#loader.tryOut(id, past.state, parts)
    return this.#loader.restore(await storeFork(this.#store, id, origin, past), parts)
  }

  /**
   * Takes a session back to an earlier place. What came after it stays in the history: this can be taken back, too.
   * A live session is closed once that is stored, and the one that is returned stands in its place; where it fails, the
   * live one is as it was.
   * @throws {RETINUE_SESSION_MISSING}, {RETINUE_SESSION_POINT_UNKNOWN}, and what `load` throws of that place.
   */
  async rewind(session: ChatSession | string, to: Point, options: LoadOptions = {}): Promise<Loaded> {
    const id = idOf(session)
    check('rewind()', { to }, { to: option.any }, 'to')
    for (;;) {
      const { session: live } = await this.load(id, options)
      await this.saved(live)
      const rewound = await untilFirst(() => this.#rewind(live, to, options))
      if (rewound !== undefined) return rewound // else it was changed meanwhile
    }
  }

  async #rewind(live: ChatSession, to: Point, options: LoadOptions): Promise<Loaded | undefined> {
    const saved = this.#owners.ofSession(live)
    const known = saved.stored
    const stored = await this.#loader.read(live.id)
    const parts = await this.#loader.partsOf(stored.own, partsOf(live, options))
    const past = on(parts.agent, stored, await readPast(this.#store, stored, to))
    const { state } = past
    this.#loader.tryOut(live.id, state, parts)
    const { ops, after } = saveRewind(stored, past, saved.writer)
    return this.#queue.alone([saved], async () => {
      if (saved.isUnsaved || saved.stored !== known || live.closed) return undefined
      const rewound = after(ops.length === 0 ? [] : await this.#store.transact(ops))
      if (saved.isUnsaved) return undefined // it is saved over that, by a conflict with itself
      live.close()
      return this.#loader.restore({ ...rewound, ...state }, parts)
    })
  }

  /** Takes a session away, the live one included. Its forks stay. Tells whether there was one. Where it fails, a live one is as it was. */
  async delete(session: ChatSession | string): Promise<boolean> {
    const id = idOf(session)
    await this.#owners.whenIdle(id)
    const owners = this.#owners.allOf(id, this.get(id))
    return this.#queue.alone(owners, async () => {
      const wasStored = await removeSession(this.#store, id)
      this.discard(id)
      return wasStored || owners.length > 0
    })
  }

  /**
   * Takes a user away: their sessions, the live ones included, and all that is kept of them. A live user holds nothing
   * then. What is changed of them later, here or in another process, is kept, so end their turns everywhere first. Tells
   * whether there was anything. Where it fails, a part may be done: call it again.
   * @throws {RETINUE_SESSION_RECORDS_INVALID} for a session that only a newer version can read, when all else is gone.
   */
  async deleteUser(user: ChatUser | string): Promise<boolean> {
    checkUser('deleteUser()', user)
    const id = userIdOf(user)
    const sessions = new Set(this.#owners.sessionsOf(id, this.list()))
    for await (const { info } of readRecent(this.#store, id)) sessions.add(info.id)
    let wasThere = false
    let unreadable: unknown
    const left = sessions.values()
    const deleteLeft = async (): Promise<void> => {
      for (const session of left) {
        try {
          wasThere = (await this.delete(session)) || wasThere
        } catch (error) {
          if (!isUnreadable(error)) throw error
          unreadable = error
        }
      }
    }
    await all(Array.from({ length: deletedAtOnce }, deleteLeft))
    const live = this.#owners.user(id)
    const saved = live === undefined ? [] : [this.#owners.ofUser(live)]
    await this.#queue.alone(saved, async () => {
      wasThere = (await removeUser(this.#store, id)) || wasThere
      for (const each of saved) await this.#revert(each)
    })
    if (unreadable !== undefined) throw unreadable
    return wasThere
  }

  /** Saves a live session, then closes it: from then on it is in the store alone. Tells whether it was live. */
  async evict(session: ChatSession | string): Promise<boolean> {
    const live = typeof session === 'string' ? this.get(session) : session
    if (live === undefined || live.closed) return false
    do await this.saved(live)
    while (this.#owners.ofSession(live).isUnsaved)
    live.close()
    return true
  }

  /** Closes a session without saving what is not saved yet: by an id, whichever is live; else that one and no other. */
  discard(session: ChatSession | string): void {
    const id = idOf(session)
    const isMeant = (each: ChatSession): boolean => typeof session === 'string' || each === session
    const live = this.get(id)
    if (live !== undefined && isMeant(live)) live.close()
    this.#owners.drop(id, isMeant)
  }

  /** Has a live user take what is stored in place of what was changed here and can't be saved. */
  async revert(user: ChatUser): Promise<void> {
    checkLive('revert()', user, aUser)
    const saved = this.#owners.ofUser(user)
    await this.#queue.whenSaved(saved).catch(() => undefined) // what can be saved is no reason to lose it
    await this.#queue.alone([saved], () => this.#revert(saved))
  }

  async #revert(saved: SavedUser): Promise<void> {
    await saved.revert()
    this.#queue.drop(saved)
    if (saved.isBehind) this.#queue.add(saved) // more may have been stored while it was read
  }

  /**
   * Has live users follow what other processes store of them, and with them their sessions: resolves when the signal
   * aborts or the store is closed, and what they had begun to take over is done. Without it, they take it over when they
   * themselves are saved, or a session of theirs is loaded.
   * @throws what the store throws when it is watched.
   */
  async follow(options: UntilOptions): Promise<void> {
    checkUntil('follow()', options)
    return this.#owners.followUsers(options.signal)
  }

  /**
   * Waits until somebody else has saved or deleted a session that is live here and has nothing unsaved; `false` where the
   * signal aborts, or the session is closed here, before. To go on from what they saved: `discard` it, and `load` it again.
   * @throws what the store throws when it is watched.
   */
  async whenChangedElsewhere(
    session: ChatSession,
    options: UntilOptions,
  ): Promise<'saved' | 'deleted' | false> {
    checkLive('whenChangedElsewhere()', session, aSession)
    checkUntil('whenChangedElsewhere()', options)
    return this.#owners.whenChangedElsewhere(session, options.signal)
  }

  /** For the kernel: a session is being made. */
  override enter(layer: Parameters<SessionManager['enter']>[0]): void {
    super.enter(layer)
    this.#pass(layer)
  }

  /** For the kernel: a session ends. */
  override leave(layer: Parameters<SessionManager['leave']>[0]): void {
    super.leave(layer)
    this.#pass(layer)
    this.#owners.end(layer.owner as ChatSession)
  }

  /** What is made from the store has nothing to save. */
  #pass({ name, owner }: Parameters<SessionManager['enter']>[0]): void {
    if (!this.#loader.isRestoring(name)) this.#owners.pass(owner as ChatSession)
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

function idOf(session: ChatSession | string): string {
  const { id = '' }: Partial<ChatSession> =
    typeof session === 'string' ? { id: session } : aSession[1](session) ? session : {}
  check('A session', { id }, { id: option.name }) // records lie under any text that a session can bear
  return id
}

function userIdOf(user: ChatUser | string): string {
  return typeof user === 'string' ? user : user.id
}

/** What a session is taken up with: what is given, else what the live one has. */
function partsOf(live: ChatSession | undefined, options: LoadOptions): LoadOptions {
  if (live === undefined) return options
  const { user = live.user, agent = live.agent ?? null } = options
  return { user, agent }
}

/** A place in the history of a session as it is taken up now: on that agent, or without one, on what is stored as its. */
function on(agent: AgentConfig | null, { own: now }: StoredSession, past: Past): Past {
  const own = { ...past.state.own, agent: agent?.name ?? now['agent']! }
  return { ...past, state: { ...past.state, own } }
}

/** Waits for all of them, then throws what the first that failed did. */
async function all(saves: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(saves))
    if (outcome.status === 'rejected') throw outcome.reason
}
