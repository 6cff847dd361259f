// A user that is kept in step with the store. Several processes may write one user: what they change in different
// items, or in different fields of one, is brought together; the live user takes over what others have stored.
import type { ChatUser, Json, Patch, Quarantined, RetinueError } from '@retinue/kernel'
import { conflict, type ConflictDetails, failure } from './errors.ts'
import { clash, merge } from './merge.ts'
import { homeOf } from './owner-records.ts'
import { equalJson } from './json.ts'
import { type Item, partOf, partsOf, storedState, without } from './owner-state.ts'
import type { RecordStore } from './record-store.ts'
import { SavedOwner, type Plan } from './saved-owner.ts'
import {
  listIn,
  readUser,
  type RestoreSettings,
  restoreUser,
  saveUser,
  userKind,
  type StoredUser,
} from './user-records.ts'

/** A user, and how far they are saved. */
export class SavedUser extends SavedOwner<ChatUser> {
  readonly #store: RecordStore
  readonly #settings: RestoreSettings
  #stored: StoredUser
  /** What was written without an answer since the last save, and may be stored. */
  readonly #tried = new Map<string, (Json | undefined)[]>()

  constructor(user: ChatUser, settings: RestoreSettings, store: RecordStore, stored: StoredUser) {
    super(user, settings.registry)
    this.#store = store
    this.#settings = settings
    this.#stored = stored
    if (this.#hasAside(user) || stored.records.size === 0) this.markAll()
  }

  get named(): string {
    return `the user '${this.owner.id}'`
  }

  owns({ kind, id }: ConflictDetails): boolean {
    return kind === userKind && id.startsWith(homeOf(this.owner.id))
  }

  /** Whether a record is known in this revision or a later one. */
  knows(key: string, rev: number): boolean {
    return (this.#stored.records.get(key)?.rev ?? 0) >= rev
  }

  async reconcile(details: ConflictDetails): Promise<void> {
    const [key] = await this.#bringTogether()
    if (key !== undefined) throw unmerged(this.owner.id, key, details)
  }

  async takeOver(): Promise<void> {
    await this.#bringTogether()
  }

  /** Puts what was changed here over what is stored; gives the items where both have another value for one field. */
  async #bringTogether(): Promise<readonly string[]> {
    const clashing: string[] = []
    const theirs = await readUser(this.#store, this.owner.id)
    const known = new Map(this.#stored.records)
    const isNews = (key: string): boolean => known.get(key)?.rev !== theirs.records.get(key)?.rev
    const restored = (records: StoredUser['records']): ReturnType<typeof restoreUser> => {
      const news = new Map([...records].filter(([key]) => key === '' || isNews(key)))
      return restoreUser({ ...theirs, records: news }, this.#settings)
    }
    const { user, stored } = restored(theirs.records)
    const { placed } = storedState(user, this.registry, stored.records)
    // What is known may be of an older version than a plugin that came since.
    const before = known.has('') ? restored(known).stored.records : known
    for (const key of new Set(['', ...known.keys(), ...theirs.records.keys()])) {
      if (!isNews(key)) continue
      const [held, now] = [before.get(key), stored.records.get(key)]
      const here = this.#state().get(key)
      const merged = this.#merged(key, held?.value, now?.value, here)
      if (merged !== clash && this.#become(key, here, merged, placed)) {
        this.#tried.delete(key)
        if (now === undefined) known.delete(key)
        else known.set(key, now)
      } else if (this.#tried.has(key) || (this.changed.has(key) && !equalJson(here, held?.value)))
        clashing.push(key)
    }
    this.#stored = { ...this.#stored, records: known }
    return clashing
  }

  /** Brings an item together; what is stored may come from what was written here without an answer. */
  #merged(
    key: string,
    held: Json | undefined,
    there: Json | undefined,
    here: Json | undefined,
  ): Json | undefined | typeof clash {
    const { kind, type } = this.#kindOf(key)
    const definition = this.registry.at(`${kind}.${type}`)?.definition
    const schema = definition && 'schema' in definition ? definition.schema : undefined
    return merge(key, [...(this.#tried.get(key) ?? []), held], there, here, schema)
  }

  /** Takes what is stored in place of what was changed here. */
  async revert(): Promise<void> {
    const theirs = await readUser(this.#store, this.owner.id)
    const { user, stored } = restoreUser(theirs, this.#settings)
    const { own, items, placed } = storedState(user, this.registry, stored.records)
    const there = new Map([['', own], ...items])
    const here = this.#state()
    const known = new Map(stored.records)
    for (const key of new Set([...there.keys(), ...here.keys()])) {
      if (this.#become(key, here.get(key), there.get(key), placed)) continue
      const held = this.#stored.records.get(key)
      if (held === undefined) known.delete(key)
      else known.set(key, held) // it stays here as it is, and is not stored over what is there
    }
    this.#stored = { ...stored, records: known }
    this.#tried.clear()
    this.giveUp(reverted(this.owner.id))
    if (this.#hasAside(user)) this.markAll()
  }

  /** Whether something of a user that was loaded is set aside, or was when it was stored. */
  #hasAside({ quarantine }: ChatUser): boolean {
    return quarantine.length + listIn(this.#stored.records.get('')?.value, 'quarantine').length > 0
  }

  protected markAll(): void {
    for (const key of this.#state().keys()) this.changed.add(key)
    for (const key of this.#stored.records.keys()) this.changed.add(key)
  }

  protected write(changed: ReadonlySet<string>): Plan {
    const unsure = new Set(this.#tried.keys())
    const { ops, writes, after } = saveUser(this.#stored, this.#state(), new Set([...changed, '']), unsure)
    return {
      ops,
      done: (results) => {
        this.#stored = after(results)
        this.#tried.clear()
      },
      undo: (isKnown) => {
        for (const [key, value] of isKnown ? [] : writes) this.#tryOf(key, value)
      },
    }
  }

  #tryOf(key: string, value: Json | undefined): void {
    const tried = this.#tried.get(key) ?? []
    if (!tried.some((each) => equalJson(each, value))) this.#tried.set(key, [value, ...tried])
  }

  /**
   * What the live user holds. The head is kept from the first thing on that is more than nothing; requests are in the
   * order in which they are stored, or two who came to them in another would store theirs after each other without end.
   */
  #state(): Map<string, Json> {
    const { own, items } = storedState(this.owner, this.registry, this.#stored.records)
    const state = new Map(items)
    const isNothing = items.size === 0 && Object.entries(own).every(([name, part]) => isEmpty(name, part))
    const head = this.#stored.records.get('')
    const [here, there] = [listIn(own, 'requested'), listIn(head?.value, 'requested')]
    const requested = new Set([...there.filter((each) => here.includes(each)), ...here])
    if (!isNothing || head !== undefined) state.set('', { ...own, requested: [...requested] })
    return state
  }

  /**
   * Has the live user hold another value for an item; tells whether they can. What can't be loaded of it here, as a newer
   * version or a field that is not known, is set aside, with the entry that a load gives it.
   */
  #become(key: string, from: Json | undefined, to: Json | undefined, there: readonly Quarantined[]): boolean {
    const here = this.owner.quarantine
    const { placed } = storedState(this.owner, this.registry, this.#stored.records)
    const [before, gone] = this.#apart(key, from, placed)
    const [after, came] = this.#apart(key, to, [...placed, ...there])
    const patches = key === '' ? ownPatches(from, to, here) : this.#itemPatches(key, before, after)
    if (patches === undefined) return false
    if (!equalJson(gone as unknown as Json, came as unknown as Json)) {
      const others = here.filter((each) => !gone.includes(each) && !came.includes(each))
      patches.push(quarantinePatch(here, [...others, ...came]))
    }
    try {
      if (patches.length > 0) this.owner.replay(patches)
      return true
    } catch {
      return false // of a type that is not known here: its owner's record stays as it is
    }
  }

  /** An item without what is set aside of it, and the entries of that. */
  #apart(
    key: string,
    item: Json | undefined,
    aside: readonly Quarantined[],
  ): [left: Json | undefined, aside: readonly Quarantined[]] {
    let left = item
    const itsOwn = aside.filter((each) => {
      const part = partOf(each, this.registry)
      const rest = part?.key === key && without(left, part)
      if (rest) left = rest[0]
      return rest
    })
    return [left, itsOwn]
  }

  #itemPatches(key: string, from: Json | undefined, to: Json | undefined): Patch[] | undefined {
    const { kind, type } = this.#kindOf(key)
    const [before, after] = [from, to] as (Item | undefined)[]
    if (kind === undefined) return equalJson(from, to) ? [] : undefined
    const known = this.registry.at(`${kind}.${type}`)
    if (to === undefined && known === undefined) return [this.#without(key)]
    if (after !== undefined && after.version !== (known?.shape ?? before)?.version) return undefined
    const owner = `user:${this.owner.id}`
    return [...new Set([before, after].flatMap((item) => Object.keys(item?.values ?? {})))].flatMap(
      (field) => {
        const [was, is] = [before?.values[field], after?.values[field]]
        return equalJson(was, is) ? [] : [{ owner, kind, type, field, ...(is !== undefined && { to: is }) }]
      },
    )
  }

  /** Lets go of an item whose type nobody here has registered. */
  #without(key: string): Patch {
    const kept = [...this.#state().keys()].filter((each) => each !== key).map((each) => this.#kindOf(each))
    return {
      owner: 'user:',
      field: 'stored',
      from: null,
      to: kept.map(({ kind, type }) => `${kind}.${type}`),
    }
  }

  #kindOf(key: string): { readonly kind: string | undefined; readonly type: string } {
    const [bag, type] = partsOf(key)
    return { kind: this.registry.kindOfBag(bag)?.name, type }
  }
}

/** Whether a part that is in no bag says nothing: the format, and an empty list. */
function isEmpty(name: string, part: Json): boolean {
  return name === 'format' || (Array.isArray(part) && part.length === 0)
}

function ownPatches(
  from: Json | undefined,
  to: Json | undefined,
  quarantine: readonly Quarantined[],
): Patch[] {
  const was = listIn(from, 'requested') as readonly string[]
  const is = listIn(to, 'requested') as readonly string[]
  const request = (key: string, requested: boolean): Patch => {
    const [kind, type] = partsOf(key)
    return { owner: 'user:', kind, type, requested }
  }
  const patches = [
    ...was.filter((key) => !is.includes(key)).map((key) => request(key, false)),
    ...is.filter((key) => !was.includes(key)).map((key) => request(key, true)),
  ]
  const had = listIn(from, 'quarantine')
  const has = listIn(to, 'quarantine')
  if (equalJson(had, has)) return patches
  const others = quarantine.filter((each) => !had.some((one) => equalJson(one, each as unknown as Json)))
  return [...patches, quarantinePatch(quarantine, [...(has as unknown as Quarantined[]), ...others])]
}

function quarantinePatch(from: readonly Quarantined[], to: readonly Quarantined[]): Patch {
  return { owner: 'user:', field: 'quarantine', from, to }
}

function reverted(id: string): RetinueError {
  return failure(
    'RETINUE_USER_REVERTED',
    `The user '${id}' was reverted or deleted: what was changed of them since their last save is given up.`,
    'Make the change again on what is there now.',
    { id },
  )
}

function unmerged(id: string, key: string, details: ConflictDetails): RetinueError {
  return failure(
    'RETINUE_STORE_CONFLICT',
    `Somebody else has stored '${key || 'requests'}' of the user '${id}' meanwhile, with another value for a field that was changed here. Nothing was overwritten, and what was changed here is not saved.`,
    'Take over what is stored with manager.revert(user), then make the change again.',
    details,
    conflict(details),
  )
}
