// A store in memory: for tests, for trying out, and the model that other stores are compared with. It keeps JSON text,
// so nobody's later changes reach what is stored.
import type { Json } from '@retinue/kernel'
import { conflict, cursorOld, leaseLost, storeClosed } from './errors.ts'
import {
  checkedCursor,
  checkedList,
  checkedOps,
  type CheckedOp,
  checkedRead,
  checkKey,
  checkLease,
  checkWatch,
} from './input.ts'
import type {
  Change,
  Lease,
  LeaseOptions,
  ListedRecord,
  ListOptions,
  LogEntry,
  Op,
  ReadOptions,
  RecordStore,
  Result,
  StoredRecord,
  WatchFilter,
  WatchOptions,
} from './record-store.ts'
import { SortedMap } from './sorted-map.ts'
import { Watch } from './watch.ts'

/**
 * Makes a store that lives as long as the process.
 *
 * @example
 * const store = memoryStore()
 * const [{ rev }] = await store.transact([{ op: 'put', kind: 'note', id: 'a', value: 'hello', expect: 0 }])
 */
export function memoryStore(): RecordStore {
  return new MemoryStore()
}

interface Held {
  readonly rev: number
  readonly text: string
}

/** A change that was made, with what undoes it. */
interface Step {
  readonly change: Omit<Change, 'cursor'> | undefined
  undo(): void
}

/** How many removals are remembered for watches from earlier on. */
const maxRemovals = 10_000

class MemoryStore implements RecordStore {
  readonly durability = 'memory'
  readonly #records = new Map<string, SortedMap<Held>>()
  readonly #logs = new Map<string, string[]>()
  readonly #leases = new Map<string, { epoch: number; until: number }>()
  readonly #watches = new Set<Watch>()
  /** The last removals by key, oldest first. */
  readonly #removals = new Map<string, Change>()
  /** Removals up to here are forgotten. */
  #horizon = 0
  #rev = 0
  #isClosed = false

  async get(kind: string, id: string): Promise<StoredRecord | undefined> {
    this.#refuseClosed()
    checkKey(kind, id)
    const held = this.#records.get(kind)?.get(id)
    return held && { rev: held.rev, value: JSON.parse(held.text) as Json }
  }

  async transact(ops: readonly Op[]): Promise<readonly Result[]> {
    this.#refuseClosed()
    const steps: Step[] = []
    const results: Result[] = []
    try {
      for (const op of checkedOps(ops)) results.push({ rev: this.#make(op, steps) })
    } catch (error) {
      for (const step of steps.toReversed()) step.undo()
      throw error
    }
    for (const { change } of steps) if (change !== undefined) this.#tell(change)
    return results
  }

  async *list(kind: string, options: ListOptions = {}): AsyncIterable<ListedRecord> {
    this.#refuseClosed()
    const { prefix, after, limit = Infinity } = checkedList(kind, options)
    const found: (readonly [string, Held])[] = []
    for (const each of this.#records.get(kind)?.range(prefix, after) ?? []) {
      if (found.length >= limit) break
      found.push(each)
    }
    for (const [id, { rev, text }] of found) yield { id, rev, value: JSON.parse(text) as Json }
  }

  async *read(kind: string, id: string, options: ReadOptions = {}): AsyncIterable<LogEntry> {
    this.#refuseClosed()
    const { after, limit = Infinity } = checkedRead(kind, id, options)
    const texts = this.#logs.get(keyOf(kind, id))?.slice(after, after + limit) ?? []
    for (const [index, text] of texts.entries())
      yield { seq: after + index + 1, value: JSON.parse(text) as Json }
  }

  async cursor(): Promise<string> {
    this.#refuseClosed()
    return String(this.#rev)
  }

  async *watch(filter: WatchFilter = {}, options: WatchOptions = {}): AsyncIterable<Change> {
    this.#refuseClosed()
    checkWatch(filter, options)
    const { after, signal } = options
    const since = checkedCursor(after, this.#rev)
    if (since < this.#horizon) throw cursorOld()
    const watch = new Watch(filter, signal)
    for (const change of this.#changesSince(since)) watch.add(change)
    this.#watches.add(watch)
    try {
      yield* watch.changes()
    } finally {
      watch.end()
      this.#watches.delete(watch)
    }
  }

  async lease(name: string, options: LeaseOptions): Promise<Lease | undefined> {
    this.#refuseClosed()
    checkLease(name, options)
    const { ttlMs } = options
    const last = this.#leases.get(name)
    if (last !== undefined && last.until > Date.now()) return undefined
    const held = { epoch: (last?.epoch ?? 0) + 1, until: Date.now() + ttlMs }
    this.#leases.set(name, held)
    return {
      name,
      epoch: held.epoch,
      renew: async () => {
        this.#refuseClosed()
        if (this.#leases.get(name) !== held || held.until <= Date.now()) throw leaseLost(name, held.epoch)
        held.until = Date.now() + ttlMs
      },
      release: async () => {
        held.until = 0
      },
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const watch of this.#watches) watch.end()
  }

  /** Makes one change; gives its revision. */
  #make(op: CheckedOp, steps: Step[]): number {
    const { kind, id } = op
    if (op.op === 'append') return this.#append(kind, id, op.texts, op.expect, steps)
    const records = this.#recordsOf(kind)
    const before = records.get(id)
    expectRev(kind, id, op.expect, before?.rev ?? 0)
    const removed = op.op === 'remove'
    if (removed) this.#drop(kind, id, steps)
    if (removed && before === undefined) return 0
    const rev = ++this.#rev
    if (removed) records.delete(id)
    else records.set(id, { rev, text: op.text })
    steps.push({
      change: { kind, id, rev, removed },
      undo: () => (before === undefined ? records.delete(id) : records.set(id, before)),
    })
    return rev
  }

  #append(
    kind: string,
    id: string,
    texts: readonly string[],
    expect: number | undefined,
    steps: Step[],
  ): number {
    const key = keyOf(kind, id)
    const log = this.#logs.get(key) ?? []
    const { length } = log
    expectRev(kind, id, expect, length)
    this.#logs.set(key, log)
    for (const text of texts) log.push(text)
    steps.push({ change: undefined, undo: () => void (log.length = length) })
    return log.length
  }

  #drop(kind: string, id: string, steps: Step[]): void {
    const key = keyOf(kind, id)
    const log = this.#logs.get(key)
    if (log === undefined) return
    this.#logs.delete(key)
    steps.push({ change: undefined, undo: () => void this.#logs.set(key, log) })
  }

  #recordsOf(kind: string): SortedMap<Held> {
    let records = this.#records.get(kind)
    if (records === undefined) this.#records.set(kind, (records = new SortedMap()))
    return records
  }

  #tell(told: Omit<Change, 'cursor'>): void {
    const change: Change = { ...told, cursor: String(told.rev) }
    const key = keyOf(change.kind, change.id)
    this.#removals.delete(key)
    if (change.removed) this.#removals.set(key, change)
    if (this.#removals.size > maxRemovals) {
      const [oldest, { rev }] = this.#removals.entries().next().value!
      this.#removals.delete(oldest)
      this.#horizon = rev
    }
    for (const watch of this.#watches) watch.add(change)
  }

  #changesSince(since: number): readonly Change[] {
    const changes = [...this.#removals.values()].filter(({ rev }) => rev > since)
    for (const [kind, records] of this.#records) {
      for (const [id, { rev }] of records.range('', '')) {
        if (rev > since) changes.push({ kind, id, rev, removed: false, cursor: String(rev) })
      }
    }
    return changes.sort((a, b) => a.rev - b.rev)
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw storeClosed()
  }
}

function keyOf(kind: string, id: string): string {
  return `${kind}\0${id}`
}

function expectRev(kind: string, id: string, expected: number | undefined, actual: number): void {
  if (expected !== undefined && expected !== actual) throw conflict({ kind, id, expected, actual })
}
