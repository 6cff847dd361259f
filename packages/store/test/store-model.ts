// Commands on a store, each done on the one under test and on the one in memory: whatever both say must agree.
// Revisions differ between stores in their numbers; they are compared by what they were of.
import assert from 'node:assert/strict'
import type { Json } from '@retinue/kernel'
import fc from 'fast-check'
import { conflictOf, type Op, type RecordStore } from '../src/index.ts'
import { allOf } from './a-store.ts'

interface Model {
  readonly store: RecordStore
}

type Command = fc.AsyncCommand<Model, RecordStore>

/** Sequences of commands. */
export function storeCommands(): fc.Arbitrary<Iterable<Command>> {
  const id = fc.constantFrom('a', 'a/', 'a/b', 'b', 'é', '😀', '\u{ff5e}')
  const kind = fc.constantFrom('x', 'y')
  const expected = fc.constantFrom('any', 'none', 'right', 'wrong')
  const change = fc.record({
    op: fc.constantFrom('put', 'put', 'remove', 'append'),
    kind,
    id,
    values: fc.array(fc.jsonValue() as fc.Arbitrary<Json>, { minLength: 1, maxLength: 3 }),
    expected,
  })
  return fc.commands(
    [
      fc.array(change, { maxLength: 4 }).map((changes) => new Transact(changes as never)),
      fc.tuple(kind, id).map((key) => new Get(...key)),
      fc
        .record({
          kind,
          prefix: fc.constantFrom('', 'a', 'a/', '😀'),
          after: fc.option(id),
          limit: fc.nat(5),
        })
        .map((at) => new List(at)),
      fc.record({ kind, id, after: fc.nat(4), limit: fc.nat(4) }).map((at) => new Read(at)),
    ],
    { maxCommands: 50, size: '+1' },
  )
}

interface ChangeOf {
  readonly op: Op['op']
  readonly kind: string
  readonly id: string
  readonly values: readonly Json[]
  readonly expected: 'any' | 'none' | 'right' | 'wrong'
}

/** A transaction whose expectations are told against what each store has before it. */
class Transact implements Command {
  readonly #changes: readonly ChangeOf[]

  constructor(changes: readonly ChangeOf[]) {
    this.#changes = changes
  }

  check(): boolean {
    return true
  }

  async run({ store }: Model, real: RecordStore): Promise<void> {
    const [model, actual] = [await this.#try(store), await this.#try(real)]
    assert.deepEqual(actual, model)
  }

  async #try(store: RecordStore): Promise<unknown> {
    const ops: Op[] = []
    for (const change of this.#changes) ops.push(await this.#opOf(change, store))
    try {
      const results = await store.transact(ops)
      return results.map(({ rev }, i) => (ops[i]!.op === 'append' ? rev : rev > 0))
    } catch (error) {
      const conflict = conflictOf(error)
      if (conflict === undefined) throw error
      const op = ops.findIndex(({ kind, id }) => kind === conflict.kind && id === conflict.id)
      return { conflict: [conflict.kind, conflict.id], op }
    }
  }

  async #opOf({ op, kind, id, values, expected }: ChangeOf, store: RecordStore): Promise<Op> {
    const now =
      op === 'append' ? (await allOf(store.read(kind, id))).length : ((await store.get(kind, id))?.rev ?? 0)
    const expect = { any: undefined, none: 0, right: now, wrong: now + 1_000_000 }[expected]
    const at = { kind, id, ...(expect !== undefined && { expect }) }
    if (op === 'put') return { op, ...at, value: values[0]! }
    return op === 'append' ? { op, ...at, values } : { op, ...at }
  }

  toString(): string {
    return `transact(${JSON.stringify(this.#changes)})`
  }
}

/** A read that must give the same, but for the numbers of revisions. */
abstract class Look implements Command {
  check(): boolean {
    return true
  }

  async run({ store }: Model, real: RecordStore): Promise<void> {
    assert.deepEqual(await this.look(real), await this.look(store))
  }

  abstract look(store: RecordStore): Promise<unknown>
}

class Get extends Look {
  readonly #key: [string, string]

  constructor(kind: string, id: string) {
    super()
    this.#key = [kind, id]
  }

  override async look(store: RecordStore): Promise<unknown> {
    return { value: (await store.get(...this.#key))?.value }
  }

  override toString(): string {
    return `get(${JSON.stringify(this.#key)})`
  }
}

class List extends Look {
  readonly #at: { kind: string; prefix: string; after: string | null; limit: number }

  constructor(at: { kind: string; prefix: string; after: string | null; limit: number }) {
    super()
    this.#at = at
  }

  override async look(store: RecordStore): Promise<unknown> {
    const { kind, prefix, after, limit } = this.#at
    const found = await allOf(store.list(kind, { prefix, limit, ...(after !== null && { after }) }))
    return found.map(({ id, value }) => ({ id, value }))
  }

  override toString(): string {
    return `list(${JSON.stringify(this.#at)})`
  }
}

class Read extends Look {
  readonly #at: { kind: string; id: string; after: number; limit: number }

  constructor(at: { kind: string; id: string; after: number; limit: number }) {
    super()
    this.#at = at
  }

  override look(store: RecordStore): Promise<unknown> {
    const { kind, id, after, limit } = this.#at
    return allOf(store.read(kind, id, { after, limit }))
  }

  override toString(): string {
    return `read(${JSON.stringify(this.#at)})`
  }
}
