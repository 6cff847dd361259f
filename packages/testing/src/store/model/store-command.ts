// Commands on a store, each done on the one under test and on the plain one: whatever both say must agree. Revisions
// differ between stores in their numbers; they are compared by what they were of.
import type { Json } from '@retinue/kernel'
import type { Arbitrary, AsyncCommand } from 'fast-check'
import { same } from '../expectation.ts'
import { allOf } from '../op.ts'
import type { StoreOp, TestedStore } from '../tested-store.ts'
import { compareIds, type PlainResult, type PlainStore } from './plain-store.ts'

type Command = AsyncCommand<PlainStore, TestedStore>

/** Sequences of commands. */
export function storeCommands(fc: typeof import('fast-check')): Arbitrary<Iterable<Command>> {
  const id = fc.constantFrom('a', 'a/', 'a/b', 'b', 'é', '😀', '\u{ff5e}')
  const kind = fc.constantFrom('x', 'y')
  const change: Arbitrary<ChangeOf> = fc.record({
    op: fc.constantFrom('put', 'put', 'remove', 'append'),
    kind,
    id,
    values: fc.array(fc.jsonValue() as Arbitrary<Json>, { minLength: 1, maxLength: 3 }),
    expected: fc.constantFrom('any', 'none', 'right', 'wrong'),
  })
  const list = fc.record({
    kind,
    prefix: fc.constantFrom('', 'a', 'a/', '😀'),
    after: fc.option(id, { nil: undefined }),
    limit: fc.nat(5),
  })
  return fc.commands(
    [
      fc.array(change, { maxLength: 4 }).map(transact),
      fc.record({ kind, id }).map(get),
      list.map(listPage),
      fc.record({ kind, id, after: fc.nat(4), limit: fc.nat(4) }).map(read),
    ],
    { maxCommands: 50, size: '+1' },
  )
}

interface ChangeOf {
  readonly op: StoreOp['op']
  readonly kind: string
  readonly id: string
  readonly values: readonly Json[]
  readonly expected: 'any' | 'none' | 'right' | 'wrong'
}

/** A transaction whose expectations are told against what each store has before it. */
function transact(changes: readonly ChangeOf[]): Command {
  return command('transact', changes, async (plain, store) => {
    const plainOps = changes.map((change) => {
      const { kind, id } = change
      return opOf(change, plain.get(kind, id)?.rev ?? 0, plain.read(kind, id).length)
    })
    const ops: StoreOp[] = []
    for (const change of changes) {
      const { kind, id } = change
      ops.push(
        opOf(change, (await store.get(kind, id))?.rev ?? 0, (await allOf(store.read(kind, id))).length),
      )
    }
    const result = await resultOf(store, ops)
    return [comparable(ops, result), comparable(plainOps, plain.transact(plainOps))]
  })
}

function opOf({ op, kind, id, values, expected }: ChangeOf, rev: number, length: number): StoreOp {
  const now = op === 'append' ? length : rev
  const expect = { any: undefined, none: 0, right: now, wrong: now + 1_000_000 }[expected]
  const at = { kind, id, ...(expect !== undefined && { expect }) }
  if (op === 'put') return { op, ...at, value: values[0]! }
  return op === 'append' ? { op, ...at, values } : { op, ...at }
}

async function resultOf(store: TestedStore, ops: readonly StoreOp[]): Promise<PlainResult> {
  try {
    return (await store.transact(ops)).map(({ rev }) => rev)
  } catch (error) {
    const { code, details } = error as { code?: unknown; details?: { kind?: unknown; id?: unknown } }
    if (code !== 'RETINUE_STORE_CONFLICT') throw error
    return { conflictAt: ops.findIndex(({ kind, id }) => kind === details?.kind && id === details.id) }
  }
}

/** What two stores must agree on: the lengths of logs, whether the rest has a revision, and the key of a conflict. */
function comparable(ops: readonly StoreOp[], result: PlainResult): unknown {
  if (!('conflictAt' in result)) return result.map((rev, i) => (ops[i]!.op === 'append' ? rev : rev > 0))
  const { kind, id } = ops[result.conflictAt] ?? {}
  return { conflict: [kind, id] }
}

function get(key: { readonly kind: string; readonly id: string }): Command {
  return command('get', key, async (plain, store) => [
    (await store.get(key.kind, key.id))?.value,
    plain.get(key.kind, key.id)?.value,
  ])
}

function listPage(page: {
  readonly kind: string
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number
}): Command {
  const { kind, prefix, after, limit } = page
  return command('list', page, async (plain, store) => {
    const found = await allOf(store.list(kind, { prefix, limit, ...(after !== undefined && { after }) }))
    const expected = plain
      .list(kind)
      .filter(({ id }) => id.startsWith(prefix) && (after === undefined || compareIds(id, after) > 0))
      .slice(0, limit)
    const shown = (entries: typeof found | typeof expected): unknown =>
      entries.map(({ id, value }) => ({ id, value }))
    return [shown(found), shown(expected)]
  })
}

function read(page: {
  readonly kind: string
  readonly id: string
  readonly after: number
  readonly limit: number
}): Command {
  const { kind, id, after, limit } = page
  return command('read', page, async (plain, store) => [
    await allOf(store.read(kind, id, { after, limit })),
    plain
      .read(kind, id)
      .map((value, i) => ({ seq: i + 1, value }))
      .slice(after, after + limit),
  ])
}

/** A command that asks both stores, and refuses where they differ. */
function command(
  name: string,
  input: unknown,
  ask: (plain: PlainStore, store: TestedStore) => Promise<readonly [actual: unknown, expected: unknown]>,
): Command {
  const told = `${name}(${JSON.stringify(input)})`
  return {
    check: () => true,
    async run(plain, store) {
      same(told, ...(await ask(plain, store)))
    },
    toString: () => told,
  }
}
