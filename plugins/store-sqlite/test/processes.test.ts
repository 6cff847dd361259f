import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { sqliteStore } from '../src/index.ts'
import { folderOf } from './a-folder.ts'
import { bundled, type Child } from './a-process.ts'
import { converse, Turns } from './talker.ts'

const folder = folderOf(afterAll)
const start = await bundled(folder.path('programs'), 'writers', 'talker', 'racer')

/** How often processes are killed: more with RETINUE_STORE_KILLS, for example 100. */
const kills = Number(process.env['RETINUE_STORE_KILLS'] ?? 5)
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

test('what was acknowledged survives kill -9, whole, and nothing else does by half', async () => {
  const path = folder.path()
  const acknowledged = Array<number>(20).fill(0)
  for (let round = 0; round < kills; round++) {
    const child = start('writers', path)
    await child.said(1 + Math.random() * 400)
    await child.kill()
    for (const line of child.lines) {
      const [writer, count] = line.split(' ').map(Number) as [number, number]
      acknowledged[writer] = Math.max(acknowledged[writer]!, count)
    }
    const store = await sqliteStore(path)
    for (const [writer, count] of acknowledged.entries()) {
      const row = (await store.get('row', `writer ${writer}`))?.value as { count: number } | undefined
      const log = await allOf(store.read('row', `writer ${writer}`))
      const stored = row?.count ?? 0
      expect(stored).toBeGreaterThanOrEqual(count)
      expect(stored).toBeLessThanOrEqual(count + 1) // one that was on disk before it could be said
      expect(log.map(({ seq, value }) => [seq, value])).toEqual(
        Array.from({ length: stored }, (_, i) => [i + 1, i + 1]),
      )
      acknowledged[writer] = stored
    }
    await store.close()
    expect(integrity(path)).toEqual([{ integrity_check: 'ok' }])
  }
}, 600_000)

test('a session that converses while it is killed has every acknowledged turn once', async () => {
  const path = folder.path()
  let acknowledged = 0
  for (let round = 0; round < kills; round++) {
    const child = start('talker', path)
    await child.said(1 + Math.random() * 60)
    await child.kill()
    acknowledged = Math.max(acknowledged, ...child.lines.map(Number))
    const { store, session } = await converse(path)
    const { count } = session.context.$get(Turns)
    expect(count).toBeGreaterThanOrEqual(acknowledged)
    expect(count).toBeLessThanOrEqual(acknowledged + 1)
    const said = session.messages.map(({ parts }) => (parts[0] as { text: string }).text)
    const answers = said.filter((text) => text.startsWith('answer'))
    expect(answers).toEqual(Array.from({ length: count }, (_, i) => `answer ${i + 1}`))
    // A question that was cut off from its answer is asked again, and is there as often as it was asked.
    const questions = [...new Set(said.filter((text) => text.startsWith('question')))]
    expect(questions.slice(0, count)).toEqual(Array.from({ length: count }, (_, i) => `question ${i + 1}`))
    expect(said.length).toBeLessThanOrEqual(2 * count + round + 1)
    session.close()
    await store.close()
    acknowledged = count
  }
}, 600_000)

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
