// Where the records of an owner lie in a store: below a home that the ids of nobody else's records begin with, one for each
// item. What is in no item is the head, whose key is empty.
import type { Json } from '@retinue/kernel'
import type { Op, RecordStore, StoredRecord } from './record-store.ts'

/** Where the records of an owner lie: all their ids begin so, and nobody else's do. */
export function homeOf(id: string): string {
  return `${encodeId(id)}/`
}

/** Whose a record is, and what follows its home in its id. */
export function placeOf(id: string): { readonly owner: string; readonly key: string } {
  const [owner = ''] = /^(?:[^\\/]|\\.)*/.exec(id) ?? []
  return { owner: decodeId(owner), key: decodeId(id.slice(owner.length + 1)) }
}

/** Reads the records of an owner, by key. */
export async function readRecords(
  store: RecordStore,
  kind: string,
  owner: string,
): Promise<Map<string, StoredRecord>> {
  const home = homeOf(owner)
  const records = new Map<string, StoredRecord>()
  for await (const { id, rev, value } of store.list(kind, { prefix: home })) {
    records.set(decodeId(id.slice(home.length)), { rev, value })
  }
  return records
}

/** The change that brings one record of an owner to a value; `undefined` takes it away. */
export function recordOp(
  kind: string,
  owner: string,
  key: string,
  value: Json | undefined,
  expect: number,
): Op {
  const at = { kind, id: homeOf(owner) + encodeId(key), expect }
  return value === undefined ? { op: 'remove', ...at } : { op: 'put', ...at, value }
}

/** Any text as part of the id of a record: it has no bare slash, no NUL and no half character. */
export function encodeId(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')
}

function decodeId(encoded: string): string {
  return JSON.parse(`"${encoded}"`) as string
}
