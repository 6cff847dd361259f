import { type ChatUser, definePlugin, type Plugin } from '@retinue/kernel'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryStore, type RecordStore } from '../src/index.ts'
import { Board, many, plugin, processOn, Taste, taste } from './a-manager.ts'
import { jobs, watched } from './a-store.ts'

/** Lives: more with RETINUE_STORE_RUNS, for example 1000. */
const runs = Number(process.env['RETINUE_STORE_RUNS'] ?? 40)

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const fault = fc.constantFrom('none', 'none', 'none', 'before', 'after')
const step = fc.record({
  who: fc.nat(1),
  act: fc.constantFrom(
    'set',
    'set',
    'delete',
    'field',
    'field',
    'reset',
    'add',
    'add',
    'remove',
    'save',
    'wait',
    'wait',
  ),
  at: fc.nat(1),
  job: fc.nat(3),
})

/** What is known to a process that lacks what the other alone sets. */
const lacking = [0, 1].map((who) =>
  definePlugin({
    name: '@test/taste',
    version: '1.0.0',
    contributes: [Taste, Board, ...many.slice(2 * who, 2 * who + 2)],
  }),
)

/** A process whose calls of the store go wrong as they are told to, before or after they were done. */
function processWith(base: RecordStore, known: Plugin, next: () => string) {
  const { store } = watched(base)
  const lost = new Error('connection lost')
  const process = processOn(
    Object.assign(store, {
      async transact(...args: Parameters<RecordStore['transact']>) {
        await jobs(1)
        const how = next()
        if (how === 'before') throw lost
        const results = await base.transact(...args)
        if (how === 'after') throw lost
        return results
      },
      async *list(...args: Parameters<RecordStore['list']>) {
        if (next() !== 'none') throw lost
        yield* base.list(...args)
      },
    }),
    { plugins: [known] },
  )
  process.manager.on('saveFailed', () => {})
  return process
}

test('what two processes set on one user is all stored, and both have what they know of it, whatever their store fails at', async () => {
  const lives = fc.asyncProperty(
    fc.array(step, { maxLength: 30 }),
    fc.array(fault, { minLength: 1, maxLength: 30 }),
    fc.tuple(fc.boolean(), fc.boolean()),
    async (steps, faults, lacks) => {
      const { store: base, written } = watched(memoryStore())
      let isSound = true
      let call = 0
      let made = 0
      const next = (): string => (isSound ? 'none' : faults[call++ % faults.length]!)
      const processes = lacks.map((isLacking, who) =>
        processWith(base, isLacking ? lacking[who]! : plugin, next),
      )
      const users = await Promise.all(processes.map(({ manager }) => manager.user('ada')))
      const end = new AbortController()
      const following = processes.map(({ manager }) => manager.follow(end))
      await jobs(2)
      isSound = false
      const wanted = new Map<string, unknown>()
      for (const { who, act, at, job } of steps) {
        const user = users[who]!
        const type = many[2 * who + at]!
        const field = who === 0 ? 'tone' : 'colour'
        if (act === 'set') user.config.$get(type).value = call + 1
        else if (act === 'delete') user.config.$delete(type)
        else if (act === 'field') taste(user)[field] = `${call}`
        else if (act === 'reset') taste(user).$reset(field)
        else if (act === 'add') add(user, `${who}.${++made}`)
        else if (act === 'remove') remove(user, entriesOf(user, who).at(-at))
        else if (act === 'save') void processes[who]!.manager.saved(user).catch(() => undefined)
        else await vi.advanceTimersByTimeAsync(1000)
        const own = valuesOf(user)
        for (const key of ownOf(who)) wanted.set(key, own[key])
        wanted.set(`entries${who}`, entriesOf(user, who))
        await jobs(job)
      }
      isSound = true
      for (let i = 0; i < 5; i++) {
        await vi.advanceTimersByTimeAsync(60_000)
        await jobs(5)
      }
      const { length } = written
      await jobs(10)
      expect(written).toHaveLength(length) // they do not go on writing
      const stored = await processOn(base).manager.user('ada')
      expect(valuesOf(stored)).toMatchObject(Object.fromEntries(wanted))
      for (const [who, user] of users.entries()) {
        const unknown = lacks[who] ? ownOf(1 - who).slice(0, 2) : []
        const known = [...wanted].filter(([key]) => !unknown.includes(key))
        expect(valuesOf(user)).toMatchObject(Object.fromEntries(known))
      }
      end.abort()
      await Promise.all(following)
    },
  )
  await fc.assert(lives, { numRuns: runs })
})

/** What that process alone sets. */
function ownOf(who: number): readonly string[] {
  return [`many${2 * who}`, `many${2 * who + 1}`, who === 0 ? 'tone' : 'colour']
}

function valuesOf(user: ChatUser): Record<string, unknown> {
  const values = many.slice(0, 4).map((type, i) => [`many${i}`, user.config.$peek(type)?.value ?? 0])
  const { tone = 'plain', colour = 'grey' } = user.config.$peek(Taste) ?? {}
  const entries = { entries0: entriesOf(user, 0), entries1: entriesOf(user, 1) }
  return { ...(Object.fromEntries(values) as Record<string, unknown>), tone, colour, ...entries }
}

/** Adds to a list and an object that both processes add to. */
function add(user: ChatUser, entry: string): void {
  const board = user.config.$get(Board)
  board.$patch({ stars: [...board.stars, entry], counts: { ...board.counts, [entry]: 1 } })
}

/** Takes out what its process has added. */
function remove(user: ChatUser, entry: string | undefined): void {
  const board = user.config.$get(Board)
  board.stars = board.stars.filter((each) => each !== entry)
  board.counts = Object.fromEntries(Object.entries(board.counts).filter(([key]) => key !== entry))
}

/** What a process has added, where the list and the object have the same. */
function entriesOf(user: ChatUser, who: number): readonly string[] {
  const { stars = [], counts = {} } = user.config.$peek(Board) ?? {}
  const entries = stars.filter((entry) => entry.startsWith(`${who}`)).toSorted()
  const keys = Object.keys(counts).filter((key) => key.startsWith(`${who}`))
  expect(keys.toSorted()).toEqual(entries)
  return entries
}
