// The live owners that are kept in step with the store: sessions from when they are made or loaded on, and their users,
// one of an id. What is committed on them goes to the queue; what others store of the users comes back to them.
import type { ChatSession, ChatUser, Committed, RetinueError } from '@retinue/kernel'
import { failure } from './errors.ts'
import { homeOf, placeOf } from './owner-records.ts'
import { storedState } from './owner-state.ts'
import type { RecordStore } from './record-store.ts'
import type { SaveQueue } from './save-queue.ts'
import { isSession, type SavedOwner } from './saved-owner.ts'
import { type LoadedParts, SavedSession } from './saved-session.ts'
import { SavedUser } from './saved-user.ts'
import { sessionKind } from './session-records.ts'
import { steadyWatch } from './steady-watch.ts'
import { newSession, type StoredSession } from './stored-session.ts'
import { type RestoreSettings, type StoredUser, userKind } from './user-records.ts'

/** Knows what is live, and how far it is saved. */
export class LiveOwners {
  readonly #store: RecordStore
  readonly #settings: RestoreSettings
  readonly #queue: SaveQueue
  readonly #saved = new WeakMap<ChatSession | ChatUser, SavedOwner>()
  readonly #users = new Map<string, WeakRef<ChatUser>>()
  readonly #forgotten = new FinalizationRegistry<string>((id) => {
    if (this.#users.get(id)?.deref() === undefined) this.#users.delete(id)
  })
  /** Sessions that came or went in the job that runs. */
  readonly #passing = new Set<ChatSession>()
  /** What has not begun yet is one for all who wait for it. */
  readonly #asked = new Map<SavedUser, Promise<void>>()
  /** How many follow what others store. */
  #following = 0

  constructor(store: RecordStore, settings: RestoreSettings, queue: SaveQueue) {
    this.#store = store
    this.#settings = settings
    this.#queue = queue
  }

  /** The live user of that id. */
  user(id: string): ChatUser | undefined {
    return this.#users.get(id)?.deref()
  }

  /** The live user of that id, once they have taken over what others have stored until now. */
  async current(id: string): Promise<ChatUser | undefined> {
    const saved = this.#savedUser(id)
    if (saved === undefined) return undefined
    await (this.#asked.get(saved) ?? this.#ask(saved))
    return saved.owner
  }

  #ask(saved: SavedUser): Promise<void> {
    const work = (): Promise<void> => {
      this.#asked.delete(saved)
      return saved.takeOver()
    }
    const asked = Promise.resolve().then(() => this.#queue.alone([saved], work))
    this.#asked.set(saved, asked)
    return asked
  }

  /** How far a session is saved: of one that came by itself, not at all. */
  ofSession(session: ChatSession): SavedSession {
    const known = this.#saved.get(session) as SavedSession | undefined
    if (known !== undefined) return known
    const saved = this.keepSession(session, newSession(session.id))
    if (session.revision > 0 || this.#isRestored(session)) saved.want()
    return saved
  }

  /** Whether a session holds what was never committed on it: it was made of a snapshot. */
  #isRestored(session: ChatSession): boolean {
    const { own, items } = storedState(session, this.#settings.registry)
    const lists = [session.messages.items, ...Object.values(own)]
    return items.size > 0 || lists.some((each) => Array.isArray(each) && each.length > 0)
  }

  /** How far a user is saved: of one that came by itself, not at all. */
  ofUser(user: ChatUser): SavedUser {
    const known = this.#saved.get(user) as SavedUser | undefined
    if (known !== undefined) return known
    const saved = this.keepUser(user, { id: user.id, records: new Map() })
    if (user.revision > 0) {
      saved.want()
      this.#queue.add(saved)
    }
    return saved
  }

  /** Takes in a session of which that much is stored. */
  keepSession(session: ChatSession, stored: StoredSession, loaded?: LoadedParts): SavedSession {
    const saved = new SavedSession(session, this.#settings.registry, this.#store, stored, loaded)
    this.#listen(session, saved)
    this.ofUser(session.user)
    return saved
  }

  /** Takes in a user of whom that much is stored; there is one live user of an id, the first. */
  keepUser(user: ChatUser, stored: StoredUser): SavedUser {
    const saved = new SavedUser(user, this.#settings, this.#store, stored)
    this.#listen(user, saved)
    if (this.user(user.id) !== undefined) return saved
    this.#users.set(user.id, new WeakRef(user))
    this.#forgotten.register(user, user.id)
    if (this.#following > 0) this.#missed(user.id) // what was stored since it was read
    return saved
  }

  /** Looks at a session when the job is over: whether its making succeeds, or what was committed with its end, is known then. */
  pass(session: ChatSession): void {
    if (this.#passing.size === 0) queueMicrotask(() => this.adoptPassing())
    this.#passing.add(session)
  }

  /** What was made since the last time is complete by now, or has failed: then nothing was ever committed on it. */
  adoptPassing(): void {
    for (const session of this.#passing) {
      if (session.closed && session.revision === 0) continue
      const saved = this.ofSession(session)
      if (saved.isUnsaved) this.#queue.add(saved)
    }
    this.#passing.clear()
  }

  /** Resolves when what was changed of the sessions of an id, closed ones included, is saved. */
  async whenSaved(id: string): Promise<void> {
    await this.whenIdle(id)
    this.adoptPassing()
    for (const each of this.#unsavedOf(id)) await this.#queue.whenSaved(each)
  }

  /** Resolves when nothing is being stored of the sessions of an id. */
  whenIdle(id: string): Promise<void> {
    return this.#queue.whenIdle(({ owner }) => isSessionOf(id, owner))
  }

  /** The live session of an id, if there is one, and those of which something is not saved. */
  allOf(id: string, live: ChatSession | undefined): readonly SavedOwner[] {
    this.adoptPassing()
    return [...new Set([...(live === undefined ? [] : [this.ofSession(live)]), ...this.#unsavedOf(id)])]
  }

  /** The ids of a user's sessions, of those that are live and of those of which something is not saved. */
  sessionsOf(user: string, live: readonly ChatSession[]): readonly string[] {
    this.adoptPassing()
    const unsaved = this.#queue.unsaved().map(({ owner }) => owner)
    return [...live, ...unsaved.filter(isSession)].filter((each) => each.user.id === user).map(({ id }) => id)
  }

  /** Those sessions of an id of which something is not saved. */
  #unsavedOf(id: string): readonly SavedOwner[] {
    return this.#queue.unsaved().filter(({ owner }) => isSessionOf(id, owner))
  }

  /** Forgets what is not saved of those sessions of an id; whoever waits for it is told. */
  drop(id: string, isMeant: (session: ChatSession) => boolean): void {
    for (const each of this.#passing) if (each.id === id && isMeant(each)) this.#passing.delete(each)
    for (const each of this.#unsavedOf(id)) {
      if (!isMeant(each.owner as ChatSession)) continue
      this.#queue.drop(each)
      each.fail(discarded(id))
    }
  }

  /** Has live users take over what others store of them, until the signal aborts. */
  async followUsers(signal: AbortSignal): Promise<void> {
    this.#following++
    try {
      await this.#watchUsers(signal)
    } finally {
      this.#following--
      await this.#queue.whenTakenOver()
      if (this.#following === 0) this.#stopTakingOver()
    }
  }

  async #watchUsers(signal: AbortSignal): Promise<void> {
    for await (const change of steadyWatch(this.#store, { kind: userKind }, signal)) {
      if (change === undefined) {
        for (const id of this.#users.keys()) this.#missed(id)
      } else {
        const { owner, key } = placeOf(change.id)
        this.#missed(owner, key, change.rev)
      }
    }
  }

  /** What nobody has begun to take over is taken over when its user is saved. */
  #stopTakingOver(): void {
    for (const id of this.#users.keys()) {
      const saved = this.#savedUser(id)
      if (saved?.isBehind && !saved.isUnsaved) this.#queue.drop(saved)
    }
  }

  /** Waits until somebody else has saved or deleted a session; `false` where the signal aborts, or it is closed, before. */
  async whenChangedElsewhere(
    session: ChatSession,
    signal: AbortSignal,
  ): Promise<'saved' | 'deleted' | false> {
    const saved = this.ofSession(session)
    const filter = { kind: sessionKind, prefix: homeOf(session.id) }
    for await (const _ of steadyWatch(this.#store, filter, AbortSignal.any([signal, saved.endSignal]))) {
      await this.whenIdle(session.id) // what is done to it here may end it
      const change = await saved.changedElsewhere()
      if (session.closed) return false
      if (change !== undefined) return change
    }
    return false
  }

  /** Tells those who wait for what others do to a session that it is closed. */
  end(session: ChatSession): void {
    const saved = this.#saved.get(session) as SavedSession | undefined
    saved?.end()
  }

  /** A record of a user was stored; or, without one, any may have been. */
  #missed(id: string, key?: string, rev?: number): void {
    const saved = this.#savedUser(id)
    if (saved === undefined || (key !== undefined && saved.knows(key, rev!))) return
    saved.isBehind = true
    this.#queue.add(saved)
  }

  #savedUser(id: string): SavedUser | undefined {
    const user = this.user(id)
    return user && this.ofUser(user)
  }

  #listen(owner: ChatSession | ChatUser, saved: SavedOwner): void {
    this.#saved.set(owner, saved)
    owner.on('committed', (committed: Committed) => {
      saved.take(committed)
      this.#queue.add(saved, committed.id)
    })
  }
}

function isSessionOf(id: string, owner: ChatSession | ChatUser): boolean {
  return owner.id === id && isSession(owner)
}

function discarded(id: string): RetinueError {
  return failure(
    'RETINUE_SESSION_DISCARDED',
    `The session '${id}' was discarded: what was changed of it since its last save is given up.`,
    'Load it again to go on from what is stored.',
    { id },
  )
}
