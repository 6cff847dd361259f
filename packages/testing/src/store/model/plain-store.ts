// The simplest store that keeps the contract of records and logs: maps, copied before a transaction. Stores are compared
// with it, so it takes no way that is fast.
import type { Json } from '@retinue/kernel'
import type { StoreOp } from '../tested-store.ts'

interface Entry {
  readonly kind: string
  readonly id: string
  readonly rev: number
  readonly value: Json
}

/** What came of a transaction: a number for each change, or the place of the one whose expectation did not hold. */
export type PlainResult = readonly number[] | { readonly conflictAt: number }

/** Keeps records and logs. */
export class PlainStore {
  #records = new Map<string, Entry>()
  #logs = new Map<string, readonly Json[]>()
  #rev = 0

  get(kind: string, id: string): Entry | undefined {
    return this.#records.get(keyOf(kind, id))
  }

  read(kind: string, id: string): readonly Json[] {
    return this.#logs.get(keyOf(kind, id)) ?? []
  }

  list(kind: string): readonly Entry[] {
    const entries = [...this.#records.values()].filter((each) => each.kind === kind)
    return entries.sort((a, b) => compareIds(a.id, b.id))
  }

  transact(ops: readonly StoreOp[]): PlainResult {
    const [records, logs] = [new Map(this.#records), new Map(this.#logs)]
    const results: number[] = []
    for (const [at, op] of ops.entries()) {
      const actual =
        op.op === 'append' ? this.read(op.kind, op.id).length : (this.get(op.kind, op.id)?.rev ?? 0)
      if (op.expect !== undefined && op.expect !== actual) {
        ;[this.#records, this.#logs] = [records, logs]
        return { conflictAt: at }
      }
      results.push(this.#make(op))
    }
    return results
  }

  #make(op: StoreOp): number {
    const key = keyOf(op.kind, op.id)
    if (op.op === 'append') {
      const log = [...this.read(op.kind, op.id), ...op.values.map(copyOf)]
      this.#logs.set(key, log)
      return log.length
    }
    if (op.op === 'remove') {
      this.#logs.delete(key)
      return this.#records.delete(key) ? ++this.#rev : 0
    }
    this.#records.set(key, { kind: op.kind, id: op.id, rev: ++this.#rev, value: copyOf(op.value) })
    return this.#rev
  }
}

/** The order of code points, which is that of UTF-8. */
export function compareIds(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function copyOf(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

function keyOf(kind: string, id: string): string {
  return `${kind}\0${id}`
}
