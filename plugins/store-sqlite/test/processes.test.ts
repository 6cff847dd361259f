import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { folderOf } from './a-folder.ts'
import { bundled, type Child } from './a-process.ts'
import { converse, type Lane, Tally, Turns, writers } from './talker.ts'

const folder = folderOf(afterAll)
const start = await bundled(folder.path('programs'), 'talker', 'racer')

/** How often processes are killed: more with RETINUE_STORE_KILLS, for example 1000. */
const kills = Number(process.env['RETINUE_STORE_KILLS'] ?? 100)
/** How often each racer adds: more with RETINUE_STORE_RACE, for example 30000. */
const laps = Number(process.env['RETINUE_STORE_RACE'] ?? 300)

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

function integrity(path: string): unknown {
  const db = new DatabaseSync(path)
  const found = db.prepare('pragma integrity_check').all()
  db.close()
  return found
}

test('of two processes that are killed again and again, nothing acknowledged is lost or there twice', async () => {
  const path = folder.path()
  const lives = async (lane: Lane): Promise<void> => {
    const known: Known = { turns: 0, rows: new Map(writers.map((writer) => [`${lane}${writer}`, 0])) }
    for (let round = 1; round <= kills / 2; round++) {
      const child = start('talker', path, lane, String(round))
      await child.said(1 + Math.random() * 12) // the first line comes before the file is opened
      await pause(Math.random() * 4)
      await child.kill()
      await expectWhole(path, lane, round, known, child.lines)
    }
  }
  await Promise.all([lives('a'), lives('b')])
  expect(integrity(path)).toEqual([{ integrity_check: 'ok' }])
}, 3_600_000)

/** What is stored of a process as far as it was looked at. */
interface Known {
  turns: number
  readonly rows: Map<string, number>
}

/** Holds what is stored of a process that was killed against what it was told. */
async function expectWhole(
  path: string,
  lane: Lane,
  round: number,
  known: Known,
  lines: readonly string[],
): Promise<void> {
  const acknowledged = new Map(lines.map((line) => line.split(' ') as [string, string]))
  const expectCount = (what: string, before: number, count: number): void => {
    const least = Number(acknowledged.get(what) ?? before)
    expect(count, what).toBeGreaterThanOrEqual(least)
    expect(count, what).toBeLessThanOrEqual(least + 1) // one that was on disk before it could be said
  }
  const { store, user, session } = await converse(path, lane)

  for (const [id, before] of known.rows) {
    const count = Number((await store.get('row', id))?.value ?? 0)
    expectCount(id, before, count)
    const added = await allOf(store.read('row', id, { after: before }))
    expect(added.map(({ seq, value }) => [seq, value])).toEqual(
      Array.from({ length: count - before }, (_, i) => [before + i + 1, before + i + 1]),
    )
    known.rows.set(id, count)
  }

  const { count } = session.context.$get(Turns)
  expectCount('turns', known.turns, count)
  expect(user.context.$get(Tally)[lane]).toBe(count) // of one transaction with the session
  const said = session.messages.map(({ parts }) => (parts[0] as { text: string }).text)
  expect(new Set(said).size).toBe(said.length)
  expect(said.filter((text) => text.startsWith('answer'))).toEqual(
    Array.from({ length: count }, (_, i) => `answer ${i + 1}`),
  )
  // A question that was cut off from its answer is asked again.
  const questions = said.flatMap((text) => text.match(/question (\d+)/)?.[1] ?? []).map(Number)
  expect(questions).toEqual(questions.toSorted((a, b) => a - b))
  expect(new Set(questions.filter((turn) => turn <= count)).size).toBe(count)
  expect(questions.length).toBeLessThanOrEqual(count + round)
  known.turns = count
  session.close()
  await store.close()
}

interface Try {
  readonly begin: bigint
  readonly end: bigint
  readonly read: number
  readonly value: number
  readonly wrote?: number
}

test('three processes that add to one number, one killed and one stopped for a while, lose and invent nothing', async () => {
  const path = folder.path()
  const racers = [1, 2, 3].map(() => start('racer', path, String(laps)))
  const [first, second, third] = racers as [Child, Child, Child]
  await Promise.all([first.said(laps / 3), second.said(10)])
  await first.kill()
  second.pause()
  // Where it was stopped with the lock in its hand, the others can only wait.
  await Promise.race([third.said(third.lines.length + 50), pause(1000)])
  second.goOn()
  expect(await Promise.all([second.over, third.over])).toEqual([0, 0])
  const tries = racers.flatMap(({ lines }) => lines.map((line) => parsed(line)))
  const wrote = tries.filter(({ wrote }) => wrote !== undefined).sort((a, b) => a.wrote! - b.wrote!)

  // Each write follows the one that it read; where one is missing, the killed process had no time to say it.
  let unsaid = 0
  let [rev, value] = [0, 0]
  for (const each of wrote) {
    if (each.read !== rev) unsaid++
    expect(each.value).toBe(each.read === rev ? value : value + 1)
    ;[rev, value] = [each.wrote!, each.value + 1]
  }
  const store = await sqliteStore(path)
  const final = Number((await store.get('race', 'count'))!.value)
  await store.close()
  expect(unsaid + (final - value)).toBeLessThanOrEqual(1)
  expect(final).toBe(wrote.length + unsaid + (final - value))

  // Whoever begins after a write was acknowledged reads it, or a later one.
  const acknowledged = wrote
    .map(({ end, wrote }) => ({ end, rev: wrote! }))
    .sort((a, b) => (a.end < b.end ? -1 : 1))
  let [at, known] = [0, 0]
  for (const { begin, read } of tries.toSorted((a, b) => (a.begin < b.begin ? -1 : 1))) {
    while (at < acknowledged.length && acknowledged[at]!.end < begin)
      known = Math.max(known, acknowledged[at++]!.rev)
    expect(read).toBeGreaterThanOrEqual(known)
  }
}, 600_000)

function parsed(line: string): Try {
  const { begin, end, ...rest } = JSON.parse(line) as { begin: string; end: string } & Omit<
    Try,
    'begin' | 'end'
  >
  return { ...rest, begin: BigInt(begin), end: BigInt(end) }
}

test('processes that open a new file at the same moment all get it', async () => {
  const path = folder.path()
  const racers = [1, 2, 3, 4].map(() => start('racer', path, '5'))
  expect(await Promise.all(racers.map(({ over }) => over))).toEqual([0, 0, 0, 0])
  const store = await sqliteStore(path)
  expect((await store.get('race', 'count'))!.value).toBe(20)
  await store.close()
}, 60_000)

test('a watch sees what another process commits', async () => {
  const path = folder.path()
  const store = await sqliteStore(path)
  const cursor = await store.cursor()
  const racer = start('racer', path, '20')
  const revs: number[] = []
  for await (const { id, rev } of store.watch({ kind: 'race' }, { after: cursor })) {
    expect(id).toBe('count')
    revs.push(rev)
    if ((await store.get('race', 'count'))!.value === 20) break
  }
  expect(revs).toEqual(revs.toSorted((a, b) => a - b))
  expect(await racer.over).toBe(0)
  await store.close()
}, 60_000)
