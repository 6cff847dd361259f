// An owner that is kept in step with the store: what of it has changed since it was last saved, and who waits for that.
// It plans what to write and learns what came of it; when to write is the business of the queue.
import type { ChatSession, ChatUser, Committed, Patch, Quarantined, Registry } from '@retinue/kernel'
import { itemKey, partsOf } from './owner-state.ts'
import type { ConflictDetails } from './errors.ts'
import type { Op, Result } from './record-store.ts'

/** Tells sessions from users. */
export function isSession(owner: ChatSession | ChatUser): owner is ChatSession {
  return 'interact' in owner
}

/** What is to be written of an owner. */
export interface Plan {
  readonly ops: readonly Op[]
  /** It was written. */
  done(results: readonly Result[]): void
  /** It was not, or nobody knows: what was to be saved waits on. */
  undo(isKnown: boolean): void
}

interface Waiter {
  readonly upTo: number
  resolve(): void
  reject(error: unknown): void
}

/** A user or a session, and how far it is saved. */
export abstract class SavedOwner<O extends ChatSession | ChatUser = ChatSession | ChatUser> {
  readonly owner: O
  /** Those with whom it shares a transaction that is not saved: they are saved together. */
  together = new Set<SavedOwner>([this])
  /** Others have stored something of it that is not known here. */
  isBehind = false
  /** The keys of items that may have changed since the last save. */
  protected changed = new Set<string>()
  protected readonly registry: Registry
  #seen: number
  /** Counts what there was to save. */
  #wanted = 0
  #saved = 0
  #waiters: Waiter[] = []

  constructor(owner: O, registry: Registry) {
    this.owner = owner
    this.registry = registry
    this.#seen = owner.revision
  }

  /** Whether something waits to be saved. */
  get isUnsaved(): boolean {
    this.#catchUp()
    return this.#wanted > this.#saved
  }

  /** Takes in what a transaction changed. */
  take({ revision, patches }: Committed): void {
    if (revision === this.#seen + 1) for (const patch of patches) this.mark(patch)
    else this.markAll()
    this.#seen = revision
    this.#wanted++
  }

  /** Has it saved although nobody changed it. */
  want(): void {
    this.#wanted++
  }

  /** Has it saved because nobody knows whether it is. */
  doubt(): void {
    this.want()
  }

  /** Waits until all that was changed until now is saved. */
  whenSaved(): Promise<void> {
    this.#catchUp()
    if (this.#wanted <= this.#saved) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#wanted, resolve, reject })
    })
  }

  /** Says that there is nothing to save: what was changed was given up, as whoever waits for it is told. */
  protected giveUp(error: unknown): void {
    this.#seen = this.owner.revision
    this.changed.clear()
    this.#saved = this.#wanted
    this.fail(error)
  }

  /** Plans a save of all that has changed until now. */
  plan(): Plan {
    this.#catchUp()
    const { changed } = this
    const upTo = this.#wanted
    const { ops, done, undo } = this.write(changed)
    this.changed = new Set()
    return {
      ops,
      done: (results) => {
        done(results)
        this.#saved = Math.max(this.#saved, upTo)
        this.#settle()
      },
      undo: (isKnown) => {
        undo(isKnown)
        for (const key of changed) this.changed.add(key)
      },
    }
  }

  /** Says that it can't be saved; tells whether anybody was waiting for it. */
  fail(error: unknown): boolean {
    const waiters = this.#waiters
    this.#waiters = []
    for (const { reject } of waiters) reject(error)
    return waiters.length > 0
  }

  /** What it is, and its id, for whoever reads an error. */
  abstract readonly named: string

  /** Whether it is what a conflict is about. */
  abstract owns(conflict: ConflictDetails): boolean

  /** Brings it together with what somebody else has stored, or throws what to tell about the conflict. */
  abstract reconcile(conflict: ConflictDetails): Promise<void>

  /** Takes over what others have stored, where nothing that was changed here is in the way. */
  abstract takeOver(): Promise<void>

  /** Marks everything: what has changed is found out by comparison. */
  protected abstract markAll(): void

  /** What is to be written, if those items have changed. */
  protected abstract write(changed: ReadonlySet<string>): Plan

  /** Marks what a patch has changed. */
  protected mark(patch: Patch): void {
    if ('type' in patch) this.changed.add(itemKey(this.registry, patch.kind, patch.type))
    else if ('field' in patch && patch.field === 'stored') this.markAll()
    else if ('field' in patch && patch.field === 'quarantine')
      for (const { at } of [patch.from, patch.to].flat() as Quarantined[])
        this.changed.add(itemKey(this.registry, ...partsOf(at)))
  }

  /** Events do not reach an owner that ended before they were told: its revision tells that there was something. */
  #catchUp(): void {
    if (this.owner.revision === this.#seen) return
    this.#seen = this.owner.revision
    this.#wanted++
    this.markAll()
  }

  #settle(): void {
    const due = this.#waiters.filter(({ upTo }) => upTo <= this.#saved)
    this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#saved)
    for (const { resolve } of due) resolve()
  }
}
