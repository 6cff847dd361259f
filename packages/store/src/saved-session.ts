// A session that is kept in step with the store. One process writes a session at a time: whoever writes on an old
// head is told, and nothing of it is written.
import type { ChatSession, Json, Message, Patch, Registry, Report, RetinueError } from '@retinue/kernel'
import { conflict, type ConflictDetails, failure } from './errors.ts'
import { MessageChanges } from './message-changes.ts'
import { homeOf } from './owner-records.ts'
import { equalJson } from './json.ts'
import { storedState } from './owner-state.ts'
import type { RecordStore, StoredRecord } from './record-store.ts'
import { SavedOwner, type Plan } from './saved-owner.ts'
import { type Head, sessionKind } from './session-records.ts'
import { saveSession } from './session-save.ts'
import { readSession, type SessionState, type StoredSession } from './stored-session.ts'

/** What a session was loaded from, and what that found. */
export interface LoadedParts {
  readonly items: ReadonlyMap<string, Json>
  readonly messages: readonly Message[]
  readonly report: Report
}

/** A session, and how far it is saved. */
export class SavedSession extends SavedOwner<ChatSession> {
  /** Tells its own saves from those of others, where it never heard what came of one. */
  readonly writer = crypto.randomUUID()
  /** What loading found; `undefined` for a session that was made here. */
  readonly report: Report | undefined
  readonly #store: RecordStore
  #messages: MessageChanges
  #stored: StoredSession
  /** Whether what was written last is stored is not known. */
  #isUnsure = false
  /** Made when somebody wants to hear of it. */
  #end: AbortController | undefined

  constructor(
    session: ChatSession,
    registry: Registry,
    store: RecordStore,
    stored: StoredSession,
    { items, messages, report }: Partial<LoadedParts> = {},
  ) {
    super(session, registry)
    this.report = report
    this.#store = store
    this.#stored = stored
    const here = session.messages.items
    const saved = messages?.length === here.length ? here : (messages ?? [])
    this.#messages = new MessageChanges(session.messages, saved)
    // Where something is set aside, or was, not all that it holds lies in its records: the next save brings it there.
    if (stored.headRev === 0) this.markAll()
    else if (report?.ok === false || report?.recovered.length) this.#markOther(items!)
  }

  /** What is stored of it, as far as it knows. */
  get stored(): StoredSession {
    return this.#stored
  }

  /** Aborts when the session is closed. */
  get endSignal(): AbortSignal {
    return (this.#end ??= new AbortController()).signal
  }

  /** Says that the session is closed. */
  end(): void {
    this.#end?.abort()
  }

  /** What somebody else has done since it was last saved or loaded, where nothing waits to be saved here. */
  async changedElsewhere(): Promise<'saved' | 'deleted' | undefined> {
    const { headRev } = this.#stored
    const head = await this.#store.get(sessionKind, homeOf(this.owner.id))
    if ((head?.rev ?? 0) === headRev || this.isUnsaved) return undefined
    if (head === undefined) return 'deleted'
    return writerOf(head) === this.writer ? undefined : 'saved'
  }

  override doubt(): void {
    this.#isUnsure = true
    if (!this.owner.closed) super.doubt() // else whoever loads it takes what is there
  }

  get named(): string {
    return `the session '${this.owner.id}'`
  }

  owns({ kind, id }: ConflictDetails): boolean {
    return kind.startsWith(sessionKind) && id.startsWith(homeOf(this.owner.id))
  }

  async reconcile(details: ConflictDetails): Promise<void> {
    const { id } = this.owner
    const head = await this.#store.get(sessionKind, homeOf(id))
    const stored = head && writerOf(head) === this.writer ? await readSession(this.#store, id) : undefined
    if (stored?.writer === this.writer) return this.#replaced(stored) // it was kept, and nobody heard so
    throw overtaken(id, head === undefined, details)
  }

  /** Takes in what is stored in its place: what it holds is to be saved over that, all of it. */
  #replaced({ items: _items, messages, ...stored }: StoredSession & SessionState): void {
    const here = this.owner.messages
    const same = (message: Message, i: number): Message =>
      equalJson(message as unknown as Json, here.at(i) as unknown as Json) ? here.at(i)! : message
    this.#stored = stored
    this.#isUnsure = false
    this.#messages = new MessageChanges(here, messages.map(same))
    this.markAll()
  }

  #markOther(stored: ReadonlyMap<string, Json>): void {
    const { items } = storedState(this.owner, this.registry)
    for (const key of [...items.keys(), ...stored.keys()])
      if (!equalJson(items.get(key), stored.get(key))) this.changed.add(key)
  }

  /** Others who write it are told by a conflict, and not followed. */
  async takeOver(): Promise<void> {}

  protected override mark(patch: Patch): void {
    if ('list' in patch && patch.list === 'messages') this.#messages.take(patch)
    else super.mark(patch)
  }

  protected markAll(): void {
    this.#messages.markAll()
    const { items } = storedState(this.owner, this.registry)
    for (const key of items.keys()) this.changed.add(key)
    for (const key of this.#stored.itemRevs.keys()) this.changed.add(key)
  }

  protected write(changed: ReadonlySet<string>): Plan {
    const { own, items } = storedState(this.owner, this.registry)
    const messages = this.#messages.plan()
    const { ops, after } = saveSession(this.#stored, {
      own,
      items: new Map([...changed].map((key) => [key, items.get(key)])),
      messages: this.owner.messages,
      splice: messages.splice,
      writer: this.writer,
      isUnsure: this.#isUnsure,
    })
    return {
      ops,
      done: (results) => {
        this.#stored = after(results)
        this.#isUnsure = false
        messages.done()
      },
      undo: (isKnown) => {
        this.#isUnsure ||= !isKnown && ops.length > 0
        messages.undo()
      },
    }
  }
}

function writerOf({ value }: StoredRecord): string | undefined {
  return (value as Partial<Head> | null)?.writer
}

function overtaken(id: string, isDeleted: boolean, details: ConflictDetails): RetinueError {
  const { actual, expected } = details
  const revisions = `it is at revision ${actual} of the store, and here at ${expected}`
  const [what, goOn] = isDeleted
    ? ['is not in the store any more: it was deleted, or the store lost what it had kept', 'Keep']
    : [
        actual < expected
          ? `went back in the store, which has lost what it had kept: ${revisions}`
          : `was saved by somebody else: ${revisions}`,
        `Go on from what is stored with manager.discard('${id}') and manager.load('${id}'), or keep`,
      ]
  return failure(
    'RETINUE_STORE_CONFLICT',
    `The session '${id}' ${what}. Nothing was overwritten, and what was changed here is not saved.`,
    `${goOn} what is here as another session: await manager.saved() of what ChatSession.restore({ ...session.snapshot(), id: … }, { manager, … }) makes.`,
    details,
    conflict(details),
  )
}
