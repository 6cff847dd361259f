import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChangePage, Watches } from '../src/index.ts'
import { jobs } from './a-store.ts'

const filter = { kind: 'note' }

/** Watches of a source that counts how often it is read, with what changes it, in pages of three. */
function watchesOf() {
  const state = { reads: 0, looking: 0, fail: undefined as Error | undefined }
  const revs = new Map<string, number>()
  let last = 0
  const pageAfter = async (rev: number): Promise<ChangePage> => {
    state.reads++
    const [at, all] = [last, [...revs]]
    await jobs(1)
    if (state.fail !== undefined) throw state.fail
    const changes = all
      .map(([id, each]) => ({ kind: 'note', id, rev: each, removed: false }))
      .filter((change) => change.rev > rev)
      .sort((a, b) => a.rev - b.rev)
      .slice(0, 3)
    const isFull = changes.length === 3
    return { changes, until: isFull ? changes.at(-1)!.rev : at, isFull }
  }
  const look = (): (() => void) => {
    state.looking++
    return () => void state.looking--
  }
  const watches = new Watches({ pageAfter, look })
  return {
    state,
    watches,
    last: () => last,
    revs,
    change: (id: string) => {
      revs.set(id, ++last)
      watches.tell()
    },
  }
}

test('however many watch, what changes is read once, and nobody looks for it when nobody watches', async () => {
  const { state, watches, change } = watchesOf()
  const stop = new AbortController()
  const seen: string[][] = Array.from({ length: 100 }, () => [])
  const watching = seen.map(async (mine) => {
    for await (const { id } of watches.from(0, filter, stop.signal)) mine.push(id)
  })
  await jobs(5)
  state.reads = 0
  change('a')
  await jobs(5)
  expect([state.reads, new Set(seen.map(String))]).toEqual([1, new Set(['a'])])
  stop.abort()
  await Promise.all(watching)
  await jobs(1)
  expect(state.looking).toBe(0)
  const again = watches.from(0, filter, undefined)[Symbol.asyncIterator]()
  expect((await again.next()).value).toMatchObject({ id: 'a', cursor: '1' })
  watches.close()
  expect(await again.next()).toMatchObject({ done: true })
})

test('all who watch are told that what changed can not be read, and may watch anew', async () => {
  const { state, watches, change } = watchesOf()
  const [one, other] = [1, 2].map(() => watches.from(0, filter, undefined)[Symbol.asyncIterator]())
  const first = one!.next()
  const second = other!.next()
  await jobs(3)
  state.fail = new Error('away')
  change('a')
  for (const each of [first, second]) await expect(each).rejects.toBe(state.fail)
  expect(state.looking).toBe(0)
  state.fail = undefined
  const again = watches.from(0, filter, undefined)[Symbol.asyncIterator]()
  expect((await again.next()).value).toMatchObject({ id: 'a' })
  watches.close()
})

test('whenever and from wherever somebody begins, the newest of each record is told, in order', async () => {
  const step = fc.oneof(
    fc.record({ change: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') }),
    fc.record({ from: fc.nat(10), prefix: fc.constantFrom('', 'a') }),
    fc.record({ rest: fc.nat(3) }),
  )
  const life = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const { watches, change, last, revs } = watchesOf()
    const readers: { since: number; prefix: string; told: { id: string; rev: number }[] }[] = []
    const reading: Promise<void>[] = []
    for (const each of steps) {
      if ('change' in each) change(each.change)
      else if ('rest' in each) await jobs(each.rest)
      else {
        const { from, prefix } = each
        const told: { id: string; rev: number }[] = []
        const reader = { since: Math.max(0, last() - from), prefix, told }
        readers.push(reader)
        reading.push(
          (async () => {
            for await (const { id, rev } of watches.from(reader.since, { ...filter, prefix }, undefined))
              told.push({ id, rev })
          })(),
        )
      }
    }
    await jobs(40)
    for (const { since, prefix, told } of readers) {
      const order = told.map(({ rev }) => rev)
      expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
      const newest = new Map(told.map(({ id, rev }) => [id, rev]))
      expect(newest).toEqual(new Map([...revs].filter(([id, rev]) => rev > since && id.startsWith(prefix))))
    }
    watches.close()
    await Promise.all(reading)
  })
  await fc.assert(life, { numRuns: 40 })
})

test('a watch that reads what came before ends with its store, between two changes and where that reading fails', async () => {
  for (const read of [1, 0]) {
    const { state, watches, change } = watchesOf()
    for (const id of 'abcdefgh') change(id)
    const waiting = watches.from(8, filter, undefined)[Symbol.asyncIterator]().next()
    await jobs(3)
    const late = watches.from(0, filter, undefined)[Symbol.asyncIterator]()
    for (let i = 0; i < read; i++) await late.next()
    const next = read === 0 ? late.next() : undefined
    state.fail = new Error('The database is not open.')
    watches.close()
    const end = { done: true, value: undefined }
    expect([await (next ?? late.next()), await waiting]).toEqual([end, end])
  }
})

test('nothing is looked for or read for a watch that nobody reads on, once its store is closed', async () => {
  const { state, watches, change } = watchesOf()
  change('a')
  const left = watches.from(0, filter, undefined)[Symbol.asyncIterator]()
  await left.next()
  await jobs(5)
  watches.close()
  expect(state.looking).toBe(0)
  const { reads } = state
  change('b')
  await jobs(5)
  expect(state.reads).toBe(reads)
  expect(await left.next()).toMatchObject({ done: true })
})

test('a watch is told all that came since, over many pages, and what came before is not read for it', async () => {
  const { signal } = new AbortController()
  const behind = watchesOf()
  for (const id of 'abcdefgh') behind.change(id)
  const all = behind.watches.from(0, filter, signal)[Symbol.asyncIterator]()
  const told: string[] = []
  while (told.length < 8) told.push((await all.next()).value!.id)
  expect(told.join('')).toBe('abcdefgh')

  const { state, watches, change, last } = watchesOf()
  for (const id of 'abcdefgh') change(id)
  const late = watches.from(last(), filter, signal)[Symbol.asyncIterator]()
  const next = late.next()
  await jobs(9)
  expect(state.reads).toBe(1)
  change('i')
  expect((await next).value).toMatchObject({ id: 'i' })
  for (const each of [all, late]) await each.return!()
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
