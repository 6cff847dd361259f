// The sessions and the user, kept between two commands. How sessions are found by the beginning of an id, what a
// configuration says of the user, and what becomes of a session that another command went on with, is decided here.
import {
  type AgentConfig,
  type BagMembers,
  ChatSession,
  type ChatUser,
  type Item,
  RetinueError,
} from '@retinue/kernel'
import {
  type ConflictDetails,
  conflictOf,
  type Loaded,
  type Point,
  type RecordStore,
  type Revision,
  type SessionInfo,
  StoredSessionManager,
} from '@retinue/store'
import type { RetinueConfig } from './config.ts'
import { reasonOf } from './failure.ts'
import { ownName } from './own-name.ts'
import { memoryOnly, openConfigured, openFolder } from './session-store.ts'
import { shortId } from './session-table.ts'

/** Who a session is of, and which agent it is on. */
export interface SessionParts {
  readonly user: ChatUser
  readonly agent: AgentConfig
}

/** What was kept, and what a person should know of it. */
export interface Kept {
  /** The session to go on with. */
  readonly session: ChatSession
  readonly notice: string | undefined
  /** Whether all of it is kept. */
  readonly isKept: boolean
}

/** What is kept here was said here: it may be as long as it gets. */
const limits = { maxBytes: Infinity, maxNodes: Infinity, maxKeys: Infinity }

/** A bag of whatever types there are. */
type AnyBag = BagMembers<Record<string, Item<Record<string, unknown>>>>

/** The sessions of one user. */
export class SessionLibrary {
  readonly folder: string
  /** Where sessions are, for people. */
  readonly place: string
  readonly userId: string
  readonly #store: RecordStore
  readonly #manager: StoredSessionManager

  /**
   * Opens the library of a data folder, or of a store that is somewhere else.
   * @throws {RETINUE_CLI_DATA}
   */
  static async open(folder: string, userId: string, store?: RetinueConfig['store']): Promise<SessionLibrary> {
    if (store === undefined) return new SessionLibrary(folder, folder, userId, await openFolder(folder))
    return new SessionLibrary(folder, 'the store of the configuration', userId, await openConfigured(store))
  }

  private constructor(folder: string, place: string, userId: string, store: RecordStore) {
    this.folder = folder
    this.place = place
    this.userId = userId
    this.#store = store
    this.#manager = new StoredSessionManager({ store, limits })
  }

  /** Whether sessions are there tomorrow. */
  get isDurable(): boolean {
    return this.#store.durability === 'commit'
  }

  /** Gives the user with what was kept of them; each field that is set on the one that is given goes over it. */
  async user(given: ChatUser): Promise<ChatUser> {
    const user = await this.#manager.user(this.userId)
    user.batch(() => {
      for (const name of ['config', 'context', 'sections'] as const) {
        const [from, to] = [given[name], user[name]] as unknown as readonly [AnyBag, AnyBag]
        for (const type of from.$types()) {
          const item = from.$get(type)
          const set = Object.entries(item.$values()).filter(([field]) => item.$source(field) === 'user')
          if (set.length === 0) continue
          const [known, values] = [to.$peek(type), Object.fromEntries(set)]
          if (known === undefined) to.$set(type, values)
          else known.$patch(values)
        }
      }
    })
    return user
  }

  /** The sessions, those that were saved last first; the first so many of them. */
  async sessions(limit = Infinity): Promise<readonly SessionInfo[]> {
    const found: SessionInfo[] = []
    for await (const info of this.#all()) if (found.push(info) >= limit) break
    return found
  }

  /**
   * Finds the session whose id begins so.
   * @throws {RETINUE_CLI_SESSION_UNKNOWN}
   */
  async find(idStart: string): Promise<SessionInfo> {
    const found: SessionInfo[] = []
    for await (const info of this.#all()) {
      if (info.id === idStart) return info
      if (idStart !== '' && info.id.startsWith(idStart)) found.push(info) // a variable that is not set means none
    }
    if (found.length === 1) return found[0]!
    throw this.#unknown(idStart, found.length)
  }

  /** Makes a session that is kept from its first change on. */
  create(parts: SessionParts): ChatSession {
    return new ChatSession({ ...parts, manager: this.#manager })
  }

  /** Opens a session; its changes are kept. */
  open(id: string, parts: Partial<SessionParts> = {}): Promise<Loaded> {
    return this.#manager.load(id, { agent: null, ...parts })
  }

  /** Resolves when everything that was committed is kept. */
  saved(): Promise<void> {
    return this.#manager.saved()
  }

  /**
   * Saves everything; what another command has stored meanwhile stays, and what was said here is kept beside it. What
   * can't be kept goes on as it is, and is tried again with the next: `onFailure` has told why, or the notice does.
   */
  async keep(session: ChatSession): Promise<Kept> {
    try {
      await this.saved()
      return { session, notice: undefined, isKept: true }
    } catch (error) {
      const conflict = conflictOf(error)
      if (conflict === undefined) return { session, notice: undefined, isKept: false }
      return this.#settle(session, conflict).catch((failed: unknown) => notKept(session, failed))
    }
  }

  async #settle(session: ChatSession, { kind, id, actual }: ConflictDetails): Promise<Kept> {
    if (kind === 'user') {
      await this.#manager.revert(session.user)
      const kept = await this.keep(session)
      return { ...kept, notice: kept.notice ?? overruled }
    }
    if (kind.startsWith('session') && id.startsWith(`${session.id}/`))
      return this.#keepBeside(session, actual === 0 ? 'was deleted' : 'went on somewhere else')
    return notKept(session, 'another command went on with a session that was closed here')
  }

  /** Keeps a session as one of its own, beside what another command has made of it, or left of it. */
  async #keepBeside(session: ChatSession, what: string): Promise<Kept> {
    const snapshot = { ...session.snapshot(), id: crypto.randomUUID() }
    const { user, agent } = session
    const copy = ChatSession.restore(snapshot, { user, agent, manager: this.#manager }).session
    this.#manager.discard(session)
    const kept = await this.keep(copy) // another command may have stored something of the user, too
    return {
      ...kept,
      notice: `This session ${what} meanwhile. What was said here is kept as a session of its own: ${shortId(kept.session.id)}.`,
    }
  }

  /** Has the user follow what other commands store of them, until the signal aborts. */
  followUser(signal: AbortSignal): Promise<void> {
    return this.#manager.follow({ signal })
  }

  /**
   * Waits until another command has gone on with a session, and gives it as it is then; nothing once the signal aborts, or
   * the session was deleted: what is said in it from then on is kept beside.
   */
  async goneOn(session: ChatSession, signal: AbortSignal): Promise<ChatSession | undefined> {
    const change = await this.#manager.whenChangedElsewhere(session, { signal })
    if (change !== 'saved' || signal.aborted) return undefined
    const { id, user, agent } = session
    this.#manager.discard(session)
    return (await this.#manager.load(id, { user, agent: agent ?? null })).session
  }

  /** Takes a session back to an earlier place; gives the one that stands in its place. */
  async rewind(session: ChatSession, to: Point): Promise<ChatSession> {
    return (await this.#manager.rewind(session, to)).session
  }

  /** Copies a session under an id of its own. */
  async fork(id: string): Promise<string> {
    return (await this.#manager.fork(id, { agent: null })).session.id
  }

  async remove(id: string): Promise<void> {
    await this.#manager.delete(id)
  }

  /** What each save of a session changed, in order. */
  async history(id: string): Promise<readonly Revision[]> {
    const found: Revision[] = []
    for await (const revision of this.#manager.history(id)) found.push(revision)
    return found
  }

  /** Calls the handler where something could not be kept; what other commands stored is the business of `keep`. */
  onFailure(handler: (error: unknown) => void): void {
    this.#manager.on('saveFailed', ({ error }) => {
      if (conflictOf(error) === undefined) handler(error)
    })
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #unknown(idStart: string, count: number): RetinueError {
    const [which, has] = count === 0 ? ['No session', 'has'] : [`${count} sessions`, 'have']
    const what = `${which} of '${this.userId}' ${has} an id that begins with '${idStart}'.`
    const none = this.isDurable ? `${ownName} sessions lists those that there are.` : memoryOnly
    return new RetinueError('RETINUE_CLI_SESSION_UNKNOWN', what, {
      hint: count === 0 ? none : 'Give more of it.',
      details: { id: idStart },
    })
  }

  async *#all(): AsyncIterable<SessionInfo> {
    let after: string | undefined
    do {
      const page = await this.#manager.sessions(this.userId, after === undefined ? {} : { after })
      yield* page.sessions
      after = page.next
    } while (after !== undefined)
  }
}

function notKept(session: ChatSession, why: unknown): Kept {
  return { session, notice: `Not all of it could be kept: ${reasonOf(why)}`, isKept: false }
}

const overruled = 'Another command has changed the same settings of yours meanwhile: what it has set holds.'
