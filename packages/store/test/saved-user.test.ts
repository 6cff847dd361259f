import {
  type ChatSession,
  type ChatUser,
  Config,
  Context,
  defineKind,
  definePlugin,
  type Json,
  type Plugin,
  type Quarantined,
  Type,
} from '@retinue/kernel'
import { expect, test, vi } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { merge } from '../src/merge.ts'
import { Board, many, notes, plugin, processOn, said, say, Taste, taste } from './a-manager.ts'
import { jobs, slowList, watched } from './a-store.ts'

test('twenty sessions of one user, each in a process of its own, set twenty configs: all are kept', async () => {
  const store = memoryStore()
  const processes = many.map(() => processOn(store))
  await Promise.all(
    processes.map(async ({ manager, session: make }, i) => {
      const session = await make(`s${i}`)
      session.user.config.$get(many[i]!).value = i + 1
      say(session, `${i}`)
      await manager.saved(session)
    }),
  )
  const user = await processOn(store).manager.user('ada')
  expect(many.map((type) => user.config.$get(type).value)).toEqual(many.map((_, i) => i + 1))
})

test('long lists are brought together without comparing each entry with each other one', () => {
  let looks = 0
  const entry = (id: number) =>
    Object.defineProperty({}, 'id', { enumerable: true, get: () => (looks++, id) }) as Json
  const item = (...ids: readonly number[]): Json => ({ version: 1, values: { list: ids.map(entry) } })
  const ids = Array.from({ length: 1000 }, (_, id) => id)
  const list = { merge: true }
  const both = merge('config.x', [item(...ids)], item(-1, ...ids), item(-2, ...ids), { properties: { list } })
  expect(looks).toBeLessThan(30 * ids.length)
  expect(both).toEqual(item(-1, ...ids, -2))
})

test('entries of a list that differ only in the order of their names are one', () => {
  const item = (...list: readonly Json[]): Json => ({ version: 1, values: { list: [...list] } })
  const [one, same] = [
    { a: { x: 1, y: 2 }, b: 1 },
    { b: 1, a: { y: 2, x: 1 } },
  ]
  const properties = { list: { merge: true } }
  expect(merge('config.x', [item(0)], item(0, one, 1), item(0, same, 2), { properties })).toEqual(
    item(0, one, 1, 2),
  )
})

test('keys and entries of a field whose schema says `merge` are brought together, and no others', async () => {
  const Spot = Type.Object({ x: Type.Integer(), y: Type.Integer() })
  const Board = Config('board', {
    stars: Type.Array(Type.String(), { default: ['a', 'b'], merge: true }),
    counts: Type.Record(Type.String(), Type.Integer(), { default: {}, merge: true }),
    both: Type.Object(
      { stars: Type.Array(Type.String(), { merge: true }), spot: Spot },
      { default: { stars: [], spot: { x: 0, y: 0 } }, merge: true },
    ),
    spot: Type.Object(Spot.properties, { default: { x: 0, y: 0 } }),
    either: Type.Union([Type.Array(Type.String()), Spot], { default: [], merge: true }),
  })
  const boards = definePlugin({ name: '@test/board', version: '1.0.0', contributes: [Board] })
  const store = memoryStore()
  const open = async () => {
    const { manager } = processOn(store, { plugins: [boards] })
    const user = await manager.user('ada')
    return { manager, user, board: user.config.$get(Board) }
  }
  const [here, there] = [await open(), await open()]
  here.board.$patch({
    stars: ['b', 'd'],
    counts: { here: 1 },
    both: { stars: ['h'], spot: { x: 1, y: 0 } },
  })
  there.board.$patch({
    stars: ['a', 'b', 'e'],
    counts: { there: 2 },
    both: { stars: ['t'], spot: { x: 0, y: 0 } },
  })
  await Promise.all([here.manager.saved(), there.manager.saved()])
  const { board } = await open()
  expect(board.stars.toSorted()).toEqual(['b', 'd', 'e'])
  expect(board.counts).toEqual({ here: 1, there: 2 })
  expect(board.both.stars.toSorted()).toEqual(['h', 't'])
  expect(board.both.spot).toEqual({ x: 1, y: 0 })

  here.board.counts = { constructor: 1, here: 1, there: 2 }
  await here.manager.saved()
  await there.manager.revert(there.user)
  here.board.counts = { constructor: 1, here: 3, there: 2 }
  there.board.counts = { here: 1, there: 2 }
  await Promise.all([here.manager.saved(), there.manager.saved()])
  expect((await open()).board.counts).toEqual({ here: 3, there: 2 })
  await here.manager.revert(here.user)

  here.board.counts = { ...here.board.counts, same: 1 }
  await here.manager.saved()
  there.board.counts = { ...there.board.counts, same: 2 }
  await expect(there.manager.saved()).rejects.toThrow('RETINUE_STORE_CONFLICT')
  await there.manager.revert(there.user)

  here.board.spot = { x: 1, y: 0 }
  await here.manager.saved()
  there.board.spot = { x: 0, y: 1 }
  await expect(there.manager.saved()).rejects.toThrow('RETINUE_STORE_CONFLICT')
  await there.manager.revert(there.user)

  here.board.either = { x: 1, y: 0 }
  await here.manager.saved()
  there.board.either = ['a']
  await expect(there.manager.saved()).rejects.toThrow('RETINUE_STORE_CONFLICT')
})

test('fields of one config that several processes set are brought together, live as well', async () => {
  const store = memoryStore()
  const [a, b] = [processOn(store), processOn(store)]
  const [ada, same] = [await a.manager.user('ada'), await b.manager.user('ada')]
  taste(ada).tone = 'warm'
  taste(same).size = 9
  await Promise.all([a.manager.saved(ada), b.manager.saved(same)])
  const user = await processOn(store).manager.user('ada')
  expect([taste(user).tone, taste(user).size]).toEqual(['warm', 9])
  expect([taste(same).tone, taste(ada).tone]).toEqual(['warm', 'warm'])
  taste(ada).$reset('tone')
  await a.manager.saved(ada)
  taste(same).colour = 'red'
  await b.manager.saved(same)
  expect(taste(await processOn(store).manager.user('ada')).$values()).toMatchObject({
    tone: 'plain',
    size: 9,
    colour: 'red',
  })
})

test('a live user that follows others keeps its own value of a field until somebody decides', async () => {
  const { store, state } = watched()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.session('h'), await there.session('t')]
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(20) // it has begun
  here.manager.on('saveFailed', () => {})
  taste(mine.user).tone = 'warm'
  state.fail = new Error('no network')
  await expect(here.manager.saved(mine)).rejects.toThrow('no network')
  state.fail = undefined
  taste(theirs.user).tone = 'cold'
  taste(theirs.user).colour = 'red'
  await there.manager.saved(theirs)
  await expect(here.manager.saved(mine)).rejects.toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
  expect(taste(mine).tone).toBe('warm')
  await here.manager.revert(mine.user)
  expect([taste(mine).tone, taste(mine).colour]).toEqual(['cold', 'red'])
  stop.abort()
  await following
})

test('a user whose items came from an older version follows others, is brought together with them, and is reverted', async () => {
  const Newer = Config(
    'taste',
    { tone: Type.String({ default: 'plain' }), size: Type.Integer({ default: 1 }) },
    { version: 2 },
  )
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Newer] })
  const { store, state } = watched()
  const old = processOn(store)
  const user = await old.manager.user('ada')
  taste(user).tone = 'warm'
  await old.manager.saved(user)
  const here = processOn(store, { plugins: [newer] })
  here.manager.on('saveFailed', () => {})
  const ada = await here.manager.user('ada')
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(5)

  taste(user).tone = 'hot'
  await old.manager.saved(user)
  await vi.waitFor(() => expect(ada.config.$get(Newer).tone).toBe('hot'))
  expect((await store.get('user', 'ada/config.taste'))!.value).toMatchObject({ version: 1 }) // nothing changed here
  stop.abort()
  await following

  taste(user).tone = 'mild'
  await old.manager.saved(user)
  ada.config.$get(Newer).size = 3
  await here.manager.saved(ada)
  expect([ada.config.$get(Newer).tone, ada.config.$get(Newer).size]).toEqual(['mild', 3])

  const there = await processOn(store, { plugins: [newer] }).manager.user('ada')
  state.fail = new Error('disk full')
  ada.config.$get(Newer).tone = 'lost'
  await here.manager.revert(ada)
  state.fail = undefined
  await here.manager.saved(ada)
  expect(ada.snapshot()).toEqual(there.snapshot())
})

test('what a newer version has stored is not in force where that is not known, and stays in its place (SPEC 50, D12)', async () => {
  const mood = { mood: Type.String({ default: 'calm' }) }
  const Mood = Config('taste', mood, { version: 2, upgrade: { 1: ({ tone }) => ({ mood: tone }) } })
  const Words = Context('notes', { text: Type.String({ default: '' }) }, { version: 2 })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Mood, Words, ...many] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const user = await old.manager.user('ada')
  taste(user).tone = 'warm'
  await old.manager.saved(user)
  const stop = new AbortController()
  const following = old.manager.follow(stop)
  await jobs(5)
  const aside = (text: string) =>
    vi.waitFor(() => expect(user.quarantine).toMatchObject([{ at: 'config.taste', value: { mood: text } }]))

  const session = await there.session('s1')
  session.user.config.$get(Mood).mood = 'glad'
  session.context.$get(Words).text = 'new'
  await there.manager.saved(session)
  await aside('glad')
  expect(taste(user).tone).toBe('plain')
  session.user.config.$get(Mood).mood = 'merry'
  await there.manager.evict(session)
  await aside('merry')

  const { session: loaded } = await old.manager.load('s1')
  loaded.user.config.$set(many[0]!, { value: 3 })
  say(loaded, 'from the old version')
  await old.manager.evict(loaded)
  const { manager } = processOn(store, { plugins: [newer] })
  const { session: again } = await manager.load('s1')
  expect([said(again), again.context.$get(Words).text]).toEqual([['from the old version'], 'new'])
  expect(again.user.config.$get(Mood).mood).toBe('merry')
  expect([again.quarantine, again.user.quarantine]).toEqual([[], []])

  user.acceptQuarantine()
  await old.manager.saved(user)
  await manager.revert(again.user)
  expect(again.user.config.$get(Mood).mood).toBe('calm') // it is gone for all
  again.user.config.$get(Mood).mood = 'sad'
  await manager.saved(again)
  await aside('sad')
  await manager.deleteUser('ada')
  await vi.waitFor(() => expect(JSON.stringify(user)).not.toContain('sad'))
  stop.abort()
  await following
})

test('two items of a newer version that hold the same are told apart where they are not known', async () => {
  const text = { text: Type.String({ default: '' }) }
  const [One, Other] = [Config('taste', text, { version: 2 }), Config('board', text, { version: 2 })]
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [One, Other] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const mine = await old.manager.user('ada')
  const made = await old.session('s1')
  say(made, 'Hello')
  await old.manager.evict(made)
  const theirs = await there.manager.user('ada')
  const turn = async (change: () => void): Promise<unknown> => {
    change()
    await there.manager.saved(theirs)
    const { session } = await old.manager.load('s1')
    await old.manager.evict(session)
    return Object.fromEntries(mine.quarantine.map(({ at, value }) => [at, value]))
  }
  const [one, other] = [theirs.config.$get(One), theirs.config.$get(Other)]
  const same = await turn(() => void (one.text = other.text = 'same'))
  const board = { 'config.board': { text: 'same' } }
  expect(same).toEqual({ ...board, 'config.taste': { text: 'same' } })
  const changed = await turn(() => void (one.text = 'new'))
  expect(changed).toEqual({ ...board, 'config.taste': { text: 'new' } })
  expect(await turn(() => one.$reset())).toEqual(board)
})

test('a field that newer code of the same version has added, or widened, stays in its place where that is not known (SPEC 50, D12)', async () => {
  const Wider = Config('taste', {
    tone: Type.String({ default: 'plain' }),
    size: Type.Union([Type.Integer(), Type.String()], { default: 1 }),
    mood: Type.String({ default: 'calm' }),
  })
  const Longer = Context('notes', { text: Type.String({ default: '' }), by: Type.String({ default: '' }) })
  const added = definePlugin({ name: '@test/taste', version: '1.1.0', contributes: [Wider, Longer] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [added] })]
  const made = await old.session('s1')
  const mine = made.user
  taste(mine).tone = 'warm'
  await old.manager.saved(made)
  await old.manager.evict(made)

  const { session: theirs } = await there.manager.load('s1')
  theirs.user.config.$get(Wider).$patch({ tone: 'cold', size: 'XL', mood: 'glad' })
  theirs.context.$get(Longer).by = 'them'
  await there.manager.saved(theirs)
  await there.manager.evict(theirs)
  const { session, report } = await old.manager.load('s1')
  expect(report!.quarantined).toMatchObject([{ at: 'context.notes', field: 'by', value: 'them' }])
  expect(taste(mine).$values()).toMatchObject({ tone: 'cold', size: 1 })
  const aside = [
    { field: 'size', value: 'XL' },
    { field: 'mood', value: 'glad' },
  ]
  expect(mine.quarantine).toMatchObject(aside)

  say(session, 'Hello')
  taste(mine).tone = 'soft'
  await old.manager.saved(session)
  await old.manager.revert(mine)
  expect([taste(mine).tone, mine.quarantine]).toMatchObject(['soft', aside])
  await old.manager.evict(session)
  const { session: again } = await there.manager.load('s1')
  expect(again.user.config.$get(Wider).$values()).toEqual({ tone: 'soft', size: 'XL', mood: 'glad' })
  expect(again.context.$get(Longer).by).toBe('them')
  expect([...again.quarantine, ...again.user.quarantine]).toEqual([])

  again.user.config.$get(Wider).mood = 'sad'
  await there.manager.saved(again)
  await old.manager.load('s1')
  expect(mine.quarantine).toMatchObject([aside[0], { field: 'mood', value: 'sad' }])
  mine.acceptQuarantine(mine.quarantine[1]!)
  taste(mine).size = 3 // takes the place of what is not known
  await old.manager.saved(mine)
  const last = await processOn(store, { plugins: [added] }).manager.user('ada')
  expect(last.config.$get(Wider).$values()).toEqual({ tone: 'soft', size: 3, mood: 'calm' })
  expect(last.quarantine).toMatchObject([{ field: 'size', value: 'XL' }])
})

test('what a step fails on is not in force for a live user either, and stays as it is (SPEC 50, D12)', async () => {
  const upgrade = {
    1: (): never => {
      throw new Error('oops')
    },
  }
  const Centimetres = Config('taste', { size: Type.Integer({ default: 3 }) }, { version: 2, upgrade })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Centimetres, ...many] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const ada = await there.manager.user('ada')
  const mine = await old.manager.user('ada')
  taste(mine).size = 1
  await old.manager.saved(mine)
  const session = await old.session('s1')
  await old.manager.evict(session)

  const { session: theirs } = await there.manager.load('s1') // takes over what is stored of its user
  expect(theirs.user).toBe(ada)
  ada.config.$set(many[0]!, { value: 3 })
  await there.manager.saved(ada)
  expect(ada.config.$get(Centimetres).$source('size')).toBe('registry')
  expect((await store.get('user', 'ada/config.taste'))!.value).toEqual({ version: 1, values: { size: 1 } })
})

test('what was set aside is not lost when it is put back in its place by whoever does not know it (SPEC 50, D12)', async () => {
  const Later = Context('notes', { text: Type.String({ default: '' }) }, { version: 2 })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Later, ...many] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const evicted = async ({ manager }: typeof old, change: (session: ChatSession) => void) => {
    const { session } = await manager.load('s1').catch(async () => ({ session: await there.session('s1') }))
    change(session)
    await manager.evict(session)
    return session
  }
  await evicted(there, (session) => void (session.context.$get(Later).text = 'new'))
  await evicted(old, (session) => void (notes(session).text = 'old'))
  await evicted(there, (session) => session.context.$get(Later).$reset('text'))
  await evicted(old, (session) => say(session, 'Hello'))
  const { context, quarantine } = await evicted(there, () => {})
  expect([context.$get(Later).text, quarantine]).toEqual(['new', []])
})

test('what an older version has set aside, and this one can load, is in force when a user is reverted, and kept', async () => {
  const mood = { mood: Type.String({ default: 'calm' }) }
  const Mood = Config('taste', mood, { version: 2, upgrade: { 1: ({ tone }) => ({ mood: tone }) } })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Mood, ...many] })
  const store = memoryStore()
  const { manager } = processOn(store, { plugins: [newer] })
  const ada = await manager.user('ada')
  ada.config.$get(Mood).mood = 'glad'
  await manager.saved(ada)
  const old = processOn(store)
  const user = await old.manager.user('ada')
  taste(user).tone = 'warm' // in its place
  await old.manager.saved(user)
  await manager.revert(ada)
  expect([ada.config.$get(Mood).mood, ada.quarantine.length]).toEqual(['warm', 1])
  ada.config.$delete(Mood)
  await manager.saved(ada)
  await manager.revert(ada)
  expect([ada.config.$get(Mood).mood, ada.quarantine]).toEqual(['glad', []])
  ada.config.$set(many[0]!, { value: 3 })
  await manager.saved(ada)
  const again = await processOn(store, { plugins: [newer] }).manager.user('ada')
  expect([again.config.$get(Mood).mood, again.quarantine]).toEqual(['glad', []])
})

test('a plugin that comes late, of an older version, takes over what is there and leaves what is set aside (SPEC 5)', async () => {
  const mood = { mood: Type.String({ default: 'calm' }) }
  const Mood = Config('taste', mood, { version: 2, upgrade: { 1: ({ tone }) => ({ mood: tone }) } })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Mood] })
  const store = memoryStore()
  const late = processOn(store, { plugins: [] })
  const user = await late.manager.user('ada')
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const ada = await there.manager.user('ada')
  ada.config.$get(Mood).mood = 'glad'
  await there.manager.saved(ada)
  const mine = await old.manager.user('ada')
  taste(mine).tone = 'warm' // in its place
  await old.manager.saved(mine)
  const made = await old.session('s1')
  say(made, 'hello')
  await old.manager.evict(made)
  const turn = async (): Promise<void> => {
    const { session } = await late.manager.load('s1')
    await late.manager.evict(session)
    await late.manager.saved(user)
  }
  await turn()
  const aside = [{ at: 'config.taste', value: { mood: 'glad' } }]
  expect(user.quarantine).toMatchObject(aside)
  late.registry.register(plugin)
  await turn()
  expect([taste(user).tone, user.quarantine]).toMatchObject(['warm', aside])
  taste(user).size = 2
  await late.manager.saved(user)
  const again = await processOn(store).manager.user('ada')
  expect([taste(again).$values(), again.quarantine]).toMatchObject([{ tone: 'warm', size: 2 }, aside])
  await there.manager.revert(ada)
  for (const now of ['merry', 'sad']) {
    ada.config.$get(Mood).mood = now
    await there.manager.saved(ada)
    await turn()
    expect(user.quarantine).toMatchObject([...aside, { value: { mood: now } }])
  }
})

test('a plugin that comes late, of a newer version, goes on taking over what machines of the older one store (SPEC 5)', async () => {
  const mood = { mood: Type.String({ default: 'calm' }) }
  const Mood = Config('taste', mood, { version: 2, upgrade: { 1: ({ tone }) => ({ mood: tone }) } })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Mood] })
  const store = memoryStore()
  const [old, late] = [processOn(store), processOn(store, { plugins: [] })]
  const mine = await old.manager.user('ada')
  taste(mine).tone = 'warm'
  const made = await old.session('s1')
  say(made, 'hello')
  await old.manager.evict(made)
  const user = await late.manager.user('ada')
  late.registry.register(newer)
  expect(user.config.$get(Mood).mood).toBe('warm')
  taste(mine).tone = 'cold'
  await old.manager.saved(mine)
  const { session } = await late.manager.load('s1')
  expect(session.user).toBe(user)
  expect(user.config.$get(Mood).mood).toBe('cold')
  user.config.$get(Mood).mood = 'glad'
  await late.manager.saved(user)
})

test('what is stored of a live user while they are reverted is taken over next', async () => {
  const store = memoryStore()
  const there = processOn(store)
  const user = await there.manager.user('ada')
  taste(user).tone = 'warm'
  await there.manager.saved(user)
  let isReverting = false
  const slow = slowList(store, async () => {
    if (!isReverting) return
    isReverting = false
    taste(user).tone = 'hot'
    await there.manager.saved(user)
  })
  const { manager } = processOn(slow)
  const ada = await manager.user('ada')
  const stop = new AbortController()
  const following = manager.follow(stop)
  await jobs(10)
  isReverting = true
  await manager.revert(ada)
  await vi.waitFor(() => expect(taste(ada).tone).toBe('hot'))
  stop.abort()
  await following
})

test('whoever waits for what is given up of a user who is reverted is told', async () => {
  const store = memoryStore()
  let isReverting = false
  let saving: Promise<unknown> | undefined
  const slow = slowList(store, async () => {
    if (!isReverting) return
    notes(mine).text = 'kept'
    taste(mine.user).tone = 'hot'
    saving = manager.saved(mine).catch((error: unknown) => error)
  })
  const { manager, session } = processOn(slow)
  const mine = await session('s1')
  isReverting = true
  await manager.revert(mine.user)
  isReverting = false
  expect(await saving).toMatchObject({ code: 'RETINUE_USER_REVERTED', details: { id: 'ada' } })
  expect(taste(mine).tone).toBe('plain')
  await manager.saved(mine)
  const again = await processOn(store).manager.load('s1')
  expect([notes(again.session).text, taste(again.session).tone]).toEqual(['kept', 'plain'])
})

test('one field with two values is a conflict that names both revisions; nothing is overwritten', async () => {
  const store = memoryStore()
  const [a, b] = [processOn(store), processOn(store)]
  const [ada, same] = [await a.manager.user('ada'), await b.manager.user('ada')]
  taste(ada).tone = 'warm'
  await a.manager.saved(ada)
  taste(same).tone = 'cold'
  const error = await b.manager.saved(same).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'RETINUE_STORE_CONFLICT', details: { kind: 'user', expected: 0 } })
  expect(String(error)).toContain("'config.taste' of the user 'ada'")
  expect(taste(same).tone).toBe('cold')
  await b.manager.revert(same)
  expect(taste(same).tone).toBe('warm')
  await b.manager.saved(same)
  taste(same).tone = 'cold'
  await b.manager.saved(same)
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('cold')
})

test('what others change of items that are not known here is no conflict with what is changed here', async () => {
  const store = memoryStore()
  const known = definePlugin({ name: '@test/taste', version: '1.0.0', contributes: [Taste] })
  const [here, there] = [processOn(store, { plugins: [known] }), processOn(store)]
  const theirs = await there.manager.user('ada')
  for (const type of many.slice(0, 2)) theirs.config.$get(type).value = 1
  await there.manager.saved(theirs)
  const mine = await here.manager.user('ada')
  theirs.config.$delete(many[0]!)
  theirs.config.$get(many[1]!).value = 2
  taste(theirs).tone = 'warm'
  await there.manager.saved(theirs)
  taste(mine).colour = 'red'
  await here.manager.saved(mine)
  const again = await processOn(store).manager.user('ada')
  expect(taste(again).$values()).toMatchObject({ tone: 'warm', colour: 'red' })
  expect(many.slice(0, 2).map((type) => again.config.$peek(type)?.value)).toEqual([undefined, 2])
})

test('a user whose head is missing is refused, and not taken for a new one', async () => {
  const store = memoryStore()
  const { manager } = processOn(store)
  const user = await manager.user('ada')
  taste(user).tone = 'warm'
  await manager.saved(user)
  await store.transact([{ op: 'remove', kind: 'user', id: 'ada/' }])
  await expect(processOn(store).manager.user('ada')).rejects.toMatchObject({
    code: 'RETINUE_SESSION_RECORDS_INVALID',
  })
})

test('a user whom another process deletes while they are live here is not brought back by half', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const user = await here.manager.user('ada')
  taste(user).tone = 'warm'
  await here.manager.saved(user)
  await there.manager.deleteUser('ada')
  user.config.$set(many[0]!, { value: 3 })
  await here.manager.saved(user)
  const again = await processOn(store).manager.user('ada')
  expect(again.snapshot()).toEqual(user.snapshot())
  expect([taste(again).tone, again.config.$get(many[0]!).value]).toEqual(['plain', 3])
})

test('what is set aside of a user is gone for all who follow once somebody has accepted that, and nothing else is (D12)', async () => {
  const numbers = { tone: Type.Integer({ default: 0 }), size: Type.Integer({ default: 1 }) }
  const Number = Config('taste', numbers, { version: 2, upgrade: { 1: (values) => values } })
  const NewBoard = Config(
    'board',
    { cards: Type.Integer({ default: 0 }) },
    { version: 2, upgrade: { 1: () => ({}) } },
  )
  const package_ = { name: '@test/taste', version: '2.0.0' }
  const other = definePlugin({ ...package_, contributes: [Number, Board, many[0]!] })
  const newer = [definePlugin({ ...package_, contributes: [Taste, NewBoard] })]
  const store = memoryStore()
  const before = processOn(store, { plugins: newer })
  const ada = await before.manager.user('ada')
  taste(ada).$patch({ tone: 'warm', size: 4 })
  ada.config.$get(NewBoard).cards = 3
  await before.manager.saved(ada)
  const [here, there] = [processOn(store, { plugins: [other] }), processOn(store, { plugins: [other] })]
  const mine = await here.manager.user('ada')
  mine.config.$get(Number).size = 5
  await here.manager.saved(mine)
  const theirs = await there.manager.user('ada')
  const isWarm = ({ value }: Quarantined): boolean => value === 'warm'
  for (const { quarantine } of [mine, theirs]) {
    expect(quarantine.find(isWarm)).toBeDefined()
    expect(quarantine.filter((each) => !isWarm(each))).toMatchObject([{ value: { cards: 3 } }])
  }
  const stop = new AbortController()
  const following = there.manager.follow(stop)
  await jobs(5)
  mine.batch(() => {
    mine.acceptQuarantine(mine.quarantine.find(isWarm)!)
    mine.config.$get(many[0]!)
  })
  await here.manager.saved(mine)
  await vi.waitFor(() => expect(theirs.quarantine).toMatchObject([{ value: { cards: 3 } }]))
  expect(theirs.config.$has(many[0]!)).toBe(true)
  theirs.config.$get(Number).size = 7
  await there.manager.saved(theirs)
  stop.abort()
  await following
  const again = await processOn(store, { plugins: [other] }).manager.user('ada')
  expect([again.quarantine.length, again.config.$get(Number).size]).toEqual([1, 7])
  const { config } = await processOn(store, { plugins: newer }).manager.user('ada')
  expect(config.$get(NewBoard).cards).toBe(3)
})

test('what others change of items that are not known here stays theirs when the user is reverted here', async () => {
  const store = memoryStore()
  const known = definePlugin({ name: '@test/taste', version: '1.0.0', contributes: [Taste] })
  const Wider = Config('taste', { tone: Type.String({ default: '' }), mood: Type.String({ default: '' }) })
  const wider = definePlugin({ name: '@test/taste', version: '1.1.0', contributes: [Wider, ...many] })
  for (const plugins of [[plugin], [wider]]) {
    const [here, there] = [processOn(store, { plugins: [known] }), processOn(store, { plugins })]
    const theirs = await there.manager.user('ada')
    if (plugins[0] === wider) theirs.config.$get(Wider).mood = 'glad' // which is set aside here, and looked after
    theirs.config.$get(many[0]!).value = 1
    await there.manager.saved(theirs)
    const mine = await here.manager.user('ada')
    theirs.config.$get(many[0]!).value = 2
    theirs.config.$get(many[1]!).value = 3
    await there.manager.saved(theirs)
    await here.manager.revert(mine)
    taste(mine).tone = 'warm'
    await here.manager.saved(mine)
    const again = await processOn(store).manager.user('ada')
    expect(many.slice(0, 2).map((type) => again.config.$get(type).value)).toEqual([2, 3])
    expect(taste(again).tone).toBe('warm')
    await there.manager.deleteUser('ada')
  }
})

test('what a newer version stores of a value that is being changed here is a conflict, and no loss (SPEC 50)', async () => {
  const mood = { mood: Type.String({ default: 'calm' }) }
  const Mood = Config('taste', mood, { version: 2, upgrade: { 1: ({ tone }) => ({ mood: tone }) } })
  const newer = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Mood] })
  const store = memoryStore()
  const [old, there] = [processOn(store), processOn(store, { plugins: [newer] })]
  const mine = await old.manager.user('ada')
  taste(mine).tone = 'warm'
  await old.manager.saved(mine)
  const theirs = await there.manager.user('ada')
  theirs.config.$get(Mood).mood = 'glad'
  await there.manager.saved(theirs)
  taste(mine).tone = 'cold'
  await expect(old.manager.saved(mine)).rejects.toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
  expect(taste(mine).tone).toBe('cold')
  const again = await processOn(store, { plugins: [newer] }).manager.user('ada')
  expect(again.config.$get(Mood).mood).toBe('glad')
})

test('an item of which two processes each drop what the other has kept is gone', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const mine = await here.manager.user('ada')
  taste(mine).$patch({ tone: 'warm', size: 9 })
  await here.manager.saved(mine)
  const theirs = await there.manager.user('ada')
  taste(mine).$reset('tone')
  taste(theirs).$reset('size')
  await Promise.all([here.manager.saved(mine), there.manager.saved(theirs)])
  expect(await store.get('user', 'ada/config.taste')).toBeUndefined()
})

test('what others store of a kind, or of a version of a type, that nobody here knows stays theirs', async () => {
  const Machine = defineKind({ name: 'machine', bag: 'machines', owners: ['user'] })
  const Door = Machine('door', { state: Type.String({ default: 'closed' }) })
  const Mood = Config('mood', { mood: Type.String({ default: 'calm' }) })
  const Later = Config('mood', { mood: Type.String({ default: 'calm' }) }, { version: 2 })
  const pluginOf = (version: string, mood: typeof Mood) =>
    definePlugin({ name: '@test/more', version, contributes: [Door, mood] })
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store, { plugins: [pluginOf('1.0.0', Mood)] })]
  const set = (user: ChatUser, state: string, mood: string): void => {
    ;(user as unknown as { machines: { door: { state: string } } }).machines.door.state = state
    user.config.$get(Mood).mood = mood
  }
  const theirs = await there.manager.user('ada')
  set(theirs, 'open', 'glad')
  await there.manager.saved(theirs)
  const mine = await here.manager.user('ada')
  const made = await here.session('s1')
  say(made, 'Hello')
  await here.manager.evict(made)
  const newer = processOn(store, { plugins: [pluginOf('2.0.0', Later)] })
  const later = await newer.manager.user('ada')
  set(later, 'shut', 'sad')
  await newer.manager.saved(later)
  const { session } = await here.manager.load('s1') // with what is stored of its user by now
  taste(session).tone = 'warm'
  mine.config.$get(many[0]!).value = 1
  await here.manager.saved(session)
  const { config, machines } = (
    await processOn(store, { plugins: [pluginOf('2.0.0', Later)] }).manager.user('ada')
  ).snapshot() as unknown as Record<string, Record<string, unknown>>
  expect(machines).toEqual({ door: { version: 1, values: { state: 'shut' } } })
  expect(config).toMatchObject({
    mood: { version: 2, values: { mood: 'sad' } },
    many_a: { values: { value: 1 } },
  })
  later.config.$delete(Later)
  await newer.manager.saved(later)
  await here.manager.evict(session)
  await here.manager.load('s1')
  mine.config.$get(many[0]!).value = 2
  await here.manager.saved(mine) // looks at all that there is, since something of it went
  const { manager } = processOn(store, { plugins: [pluginOf('2.0.0', Later)] })
  const last = (await manager.user('ada')).snapshot()
  expect(last).toMatchObject({ machines })
  expect(last.config).not.toHaveProperty('mood')
})

test('a session of a user whom others have deleted is loaded here, though something of them is not known here', async () => {
  const Machine = defineKind({ name: 'machine', bag: 'machines', owners: ['user'] })
  const Door = Machine('door', { state: Type.String({ default: 'closed' }) })
  const more = definePlugin({ name: '@test/more', version: '1.0.0', contributes: [Door] })
  const store = memoryStore()
  const { store: failing, state } = watched(store)
  const [here, there] = [processOn(failing), processOn(store, { plugins: [plugin, more] })]
  here.manager.on('saveFailed', () => {})
  const theirs = await there.manager.user('ada')
  const { machines } = theirs as unknown as { machines: { door: { state: string } } }
  machines.door.state = 'open'
  await there.manager.saved(theirs)
  const mine = await here.manager.user('ada')
  await there.manager.deleteUser('ada')
  const session = await there.session('s1')
  say(session, 'Hello')
  await there.manager.saved(session)
  state.fail = new Error('disk full') // what is not known stays here, and is to be saved
  for (let load = 0; load < 2; load++) {
    const { session: loaded } = await here.manager.load('s1')
    expect(loaded.user).toBe(mine)
    here.manager.discard(loaded)
  }
})

test('what two processes set aside of one user is all kept', async () => {
  const Numbered = Config('taste', { tone: Type.Integer({ default: 0 }) })
  const Counted = Config('board', { stars: Type.Integer({ default: 0 }) })
  const other = (contributes: Plugin['contributes']) => [
    definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [...contributes, ...many] }),
  ]
  const store = memoryStore()
  const first = processOn(store)
  const user = await first.manager.user('ada')
  taste(user).tone = 'warm'
  user.config.$get(Board).stars = ['a']
  await first.manager.saved(user)
  const processes = [other([Numbered, Board]), other([Taste, Counted])].map((plugins) =>
    processOn(store, { plugins }),
  )
  const users = await Promise.all(processes.map(({ manager }) => manager.user('ada')))
  for (const [i, each] of users.entries()) {
    if (i === 0) each.config.$get(Numbered).tone = 1
    else each.config.$get(Counted).stars = 1
    await processes[i]!.manager.saved(each)
  }
  const later = processOn(store)
  const again = await later.manager.user('ada')
  const aside = again.quarantine.map(({ at, value }) => [at, value])
  expect(aside).toEqual([
    ['config.taste', 'warm'],
    ['config.board', ['a']],
    ['config.board', 1], // in their places, for those who know them
    ['config.taste', 1],
  ])
  again.acceptQuarantine()
  await later.manager.saved(again)
  await processes[1]!.manager.revert(users[1]!)
  expect(users[1]!.quarantine).toEqual([])
})

test('what is set aside of a user is so still when they are reverted, once', async () => {
  const Number = Config('taste', { tone: Type.Integer({ default: 0 }), size: Type.Integer({ default: 1 }) })
  const other = definePlugin({ name: '@test/taste', version: '2.0.0', contributes: [Number] })
  const store = memoryStore()
  const before = processOn(store)
  const ada = await before.manager.user('ada')
  taste(ada).$patch({ tone: 'warm', size: 4 })
  await before.manager.saved(ada)
  const { manager } = processOn(store, { plugins: [other] })
  const user = await manager.user('ada')
  await manager.revert(user)
  expect([user.quarantine.length, user.config.$get(Number).size]).toEqual([1, 4])
  user.config.$get(Number).size = 6
  await manager.saved(user)
  const again = await processOn(store, { plugins: [other] }).manager.user('ada')
  expect([again.quarantine, again.config.$get(Number).size]).toMatchObject([[{ value: 'warm' }], 6])
})

test('what was changed of a user before they are reverted, and can be saved, is kept', async () => {
  const store = memoryStore()
  const { manager } = processOn(store)
  const user = await manager.user('ada')
  taste(user).tone = 'warm'
  await manager.revert(user)
  expect(taste(user).tone).toBe('warm')
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('warm')
})
