import { ChatSession, ChatUser, definePlugin, defineToolset } from '@retinue/kernel'
import { afterEach, expect, test, vi } from 'vitest'
import { cursorOld, memoryStore, type WatchFilter, type WatchOptions } from '../src/index.ts'
import { many, plugin, processOn, said, say, Taste, taste } from './a-manager.ts'
import { jobs, slowList, watched } from './a-store.ts'

afterEach(() => void vi.useRealTimers())

test('a session that is loaded comes with what others have stored of its user, who is live', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.session('h'), await there.session('t')]
  await here.manager.saved()
  taste(theirs.user).colour = 'red'
  await there.manager.evict(theirs)

  const { session } = await here.manager.load('t')
  expect(session.user).toBe(mine.user)
  expect(taste(mine).colour).toBe('red')
  taste(mine.user).colour = 'blue' // in place of what was read: no conflict
  await here.manager.saved()
  await there.manager.load('t')
  expect(taste(theirs.user).colour).toBe('blue')
})

test('sessions of a live user that are loaded at the same time look together at what is stored of them', async () => {
  let looks = 0
  const store = slowList(memoryStore(), async (kind) => void (kind === 'user' && looks++))
  const { manager, session } = processOn(store)
  const ids = Array.from({ length: 50 }, (_, i) => `s${i}`)
  const live = await Promise.all(ids.map(session))
  await manager.saved()
  for (const each of live) await manager.evict(each)
  looks = 0
  await Promise.all(ids.map((id) => manager.load(id)))
  expect(looks).toBeGreaterThan(0)
  expect(looks).toBeLessThan(5)
})

test('a session is loaded, and its user reverted, though the user is changed each time that it is being saved', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const { user } = session
  say(session, 'hello')
  await manager.evict(session)
  let isOver = false
  const done = (async () => {
    const { session: again } = await manager.load('s1')
    await manager.revert(user)
    isOver = true
    return said(again)
  })()
  for (let size = 1; size < 100 && !isOver; size++) {
    taste(user).size = size
    state.hold = jobs(2)
    await jobs(1)
  }
  expect(isOver).toBe(true)
  expect(await done).toEqual(['hello'])
})

test('a live user follows what others store, and its sessions with it, until the signal aborts (SPEC 33)', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.session('h'), await there.session('t')]
  await here.manager.saved()
  taste(theirs.user).colour = 'red'
  await there.manager.saved() // before anybody watches
  expect(taste(mine).colour).toBe('grey')

  const stop = new AbortController()
  const following = here.manager.follow(stop)
  const heard = () => new Promise((resolve) => mine.on('changed', ({ field }) => resolve(field)))
  expect(await heard()).toBe('colour')
  expect(taste(mine).colour).toBe('red')

  taste(mine.user).size = 3 // what is changed here and not saved yet stays
  taste(theirs.user).tone = 'warm'
  await there.manager.saved()
  while (taste(mine).tone !== 'warm') await heard()
  expect(taste(mine).size).toBe(3)
  await here.manager.saved()

  taste(theirs.user).$reset('tone')
  await there.manager.saved()
  while (taste(mine).tone !== 'plain') await heard()

  stop.abort()
  await following
  taste(theirs.user).tone = 'cold'
  await there.manager.saved()
  expect(taste(mine).tone).toBe('plain')
  taste(mine.user).colour = 'blue'
  await here.manager.saved() // and is brought together as ever
  expect([taste(mine).tone, taste(mine).size]).toEqual(['cold', 3])
})

test('two who follow a user and came to the same things in another order store them once, not without end', async () => {
  const { store, written } = watched()
  const { transact } = store
  store.transact = async (ops) => {
    await jobs(1) // else there would be no end of the test, either
    return transact(ops)
  }
  const [a, b] = [processOn(store), processOn(store)]
  const [ada, same] = [await a.manager.user('ada'), await b.manager.user('ada')]
  const end = new AbortController()
  const following = [a.manager.follow(end), b.manager.follow(end)]
  taste(ada)
  taste(same)
  ada.config.$get(many[0]!)
  same.config.$get(many[1]!)
  await Promise.all([a.manager.saved(ada), b.manager.saved(same)])
  await jobs(50)
  expect(written.length).toBeLessThan(6)
  for (const each of [ada, same]) expect(Object.keys(each.config)).toHaveLength(3)
  end.abort()
  await Promise.all(following)
})

test('whoever has a session live is told when somebody else has saved it, until the signal aborts', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const mine = await here.session('s')
  say(mine, 'hello')
  await here.manager.saved()
  const stop = new AbortController()
  const first = here.manager.whenChangedElsewhere(mine, stop)
  say(mine, 'more') // what is saved here is no news
  await here.manager.saved()
  const { session: theirs } = await there.manager.load('s')
  say(theirs, 'there')
  await there.manager.saved()
  expect(await first).toBe('saved')
  // Also where it was before anybody asked.
  expect(await here.manager.whenChangedElsewhere(mine, stop)).toBe('saved')
  here.manager.discard(mine)
  const { session: again } = await here.manager.load('s')
  expect(said(again)).toEqual(['hello', 'more', 'there'])
  const waiting = here.manager.whenChangedElsewhere(again, stop)
  stop.abort()
  expect(await waiting).toBe(false)
})

test('whoever has a session live is told when somebody else has deleted it, or when it is closed here', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(store), processOn(store)]
  const never = new AbortController()
  const whenChanged = async (id: string) => {
    const session = await here.session(id)
    const early = here.manager.whenChangedElsewhere(session, never) // while the store has none of it yet
    await here.manager.saved(session)
    await jobs(3)
    return [early, here.manager.whenChangedElsewhere(session, never)]
  }
  const deletedThere = await whenChanged('a')
  await there.manager.delete('a')
  expect(await Promise.all(deletedThere)).toEqual(['deleted', 'deleted'])
  const ends = { evict: 'b', delete: 'c', discard: 'd' } as const
  for (const [end, id] of Object.entries(ends) as [keyof typeof ends, string][]) {
    const ended = await whenChanged(id)
    await here.manager[end](id)
    expect(await Promise.all(ended)).toEqual([false, false])
  }
})

test('a session that is not stored yet was not deleted elsewhere, and one of which something is not saved not saved', async () => {
  const { store, state } = watched()
  const [here, there] = [processOn(store), processOn(store)]
  const session = await here.session('s')
  const stop = new AbortController()
  const early = here.manager.whenChangedElsewhere(session, stop)
  await jobs(3)
  await here.manager.saved(session)
  const { session: theirs } = await there.manager.load('s')
  say(theirs, 'there')
  await there.manager.saved(theirs)
  expect(await early).toBe('saved')
  here.manager.on('saveFailed', () => {})
  let goOn!: () => void
  state.hold = new Promise((resolve) => (goOn = resolve))
  say(session, 'here')
  const late = here.manager.whenChangedElsewhere(session, stop)
  await jobs(3)
  goOn()
  await expect(here.manager.saved(session)).rejects.toThrow('RETINUE_STORE_CONFLICT')
  stop.abort()
  expect(await late).toBe(false)
})

test.each(['before', 'after'])(
  'what is saved here while somebody looks whether it was saved elsewhere is no news, whether the store answers as it was %s that',
  async (answer) => {
    const { store } = watched()
    const there = processOn(store)
    await there.manager.saved(await there.session('s'))
    const { manager } = processOn(store)
    const { session } = await manager.load('s')
    let show!: () => void
    const shown = new Promise<void>((resolve) => (show = resolve))
    const { get } = store
    store.get = async (...key) => {
      const old = await get(...key)
      await shown
      return answer === 'before' ? old : get(...key)
    }
    const stop = new AbortController()
    const waiting = manager.whenChangedElsewhere(session, stop)
    await jobs(3)
    say(session, 'here')
    await manager.saved(session)
    show()
    await jobs(3)
    stop.abort()
    expect(await waiting).toBe(false)
  },
)

test('a user that is loaded while others are followed misses nothing that is stored meanwhile', async () => {
  const store = memoryStore()
  const there = processOn(store)
  const theirs = await there.session('t')
  taste(theirs.user).tone = 'warm'
  await there.manager.saved(theirs)
  const slow = slowList(store, async (kind) => {
    if (kind !== 'user' || taste(theirs.user).tone === 'cold') return
    taste(theirs.user).tone = 'cold' // after it was read, and before it is live
    await there.manager.saved(theirs)
  })
  const here = processOn(slow)
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  const mine = await here.session('h')
  if (taste(mine).tone !== 'cold') await new Promise((resolve) => mine.on('changed', resolve))
  expect(taste(mine).tone).toBe('cold')
  stop.abort()
  await following
})

test('what is stored of a live user while it takes over something else is taken over next', async () => {
  const store = memoryStore()
  const there = processOn(store)
  const theirs = await there.session('t')
  taste(theirs.user).tone = 'warm'
  await there.manager.saved(theirs)
  let stores = false
  const slow = slowList(store, async (kind) => {
    if (kind !== 'user' || !stores) return
    stores = false
    taste(theirs.user).tone = 'cold'
    await there.manager.saved(theirs)
  })
  const here = processOn(slow)
  const mine = await here.session('h')
  await here.manager.saved()
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(20) // it has begun
  stores = true
  taste(theirs.user).colour = 'red'
  await there.manager.saved(theirs)
  await jobs(50)
  expect([taste(mine).colour, taste(mine).tone]).toEqual(['red', 'cold'])
  stop.abort()
  await following
})

test('whoever follows goes on when the store was away, and misses nothing of that time', async () => {
  const { store } = watched()
  const state = { isAway: false }
  const { cursor, watch } = store
  store.cursor = () => (state.isAway ? Promise.reject(new Error('away')) : cursor())
  store.watch = async function* (...options) {
    for await (const change of watch(...options)) {
      if (state.isAway) throw new Error('away')
      yield change
    }
  }
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.manager.user('ada'), await there.manager.user('ada')]
  const end = new AbortController()
  const following = here.manager.follow({ signal: end.signal })
  taste(theirs).tone = 'warm'
  await vi.waitFor(() => expect(taste(mine).tone).toBe('warm'))
  state.isAway = true
  taste(theirs).tone = 'dry'
  await there.manager.saved()
  await jobs(5)
  expect(taste(mine).tone).toBe('warm')
  state.isAway = false
  await vi.waitFor(() => expect(taste(mine).tone).toBe('dry'), 5000)
  end.abort()
  await following
})

test('whoever follows while the store is away is done when it is closed, and no change is said to be lost', async () => {
  const { store } = watched()
  const { manager } = processOn(store)
  const told: unknown[] = []
  manager.on('saveFailed', ({ error }) => told.push(error))
  await manager.user('ada').then((user) => manager.saved(user))
  const { watch } = store
  store.watch = async function* (...options) {
    await store.close()
    yield* watch(...options)
    throw new Error('away')
  }
  await manager.follow(new AbortController())
  await jobs(5)
  expect(told).toEqual([])
})

test('whoever stops following waits for what is being taken over, and is spared what is not', async () => {
  const store = memoryStore()
  const [here, there] = [processOn(slowList(store, async () => {})), processOn(store)]
  const [mine, theirs] = [await here.session('h'), await there.session('t')]
  await here.manager.saved()
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(20) // it has begun
  taste(theirs.user).colour = 'red'
  await there.manager.saved()
  await jobs(2) // it is being read
  taste(theirs.user).tone = 'warm'
  await there.manager.saved()
  stop.abort()
  expect(taste(mine).colour).toBe('grey')
  await following
  expect(taste(mine).colour).toBe('red')
  await jobs(20)
  expect(taste(mine).tone).toBe('plain')
  taste(mine.user).size = 3
  await here.manager.saved()
  expect(taste(mine).tone).toBe('warm')
})

test('what is changed here while others are followed is saved, though nobody follows them any more by then', async () => {
  const base = memoryStore()
  const { store, state } = watched(base)
  const [here, there] = [processOn(store), processOn(base)]
  const [mine, theirs] = await Promise.all([here, there].map(({ manager }) => manager.user('ada')))
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(5)
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  taste(mine!).size = 3
  await jobs(2) // it is being stored
  taste(mine!).size = 4
  taste(theirs!).tone = 'warm'
  await there.manager.saved()
  await jobs(5)
  stop.abort()
  await jobs(5)
  state.hold = undefined
  open()
  await following
  await vi.waitFor(async () => {
    const { tone, size } = taste(await processOn(base).manager.user('ada'))
    expect([tone, size]).toEqual(['warm', 4])
  })
})

test('what could not be read when it was to be taken over is taken over with the next save', async () => {
  const store = memoryStore()
  let error: Error | undefined
  const failing = slowList(store, async () => {
    if (error !== undefined) throw error
  })
  const [here, there] = [processOn(failing), processOn(store)]
  const mine = await here.session('h')
  mine.user.config.$get(many[0]!).value = 1
  taste(mine.user).size = 3
  await here.manager.saved(mine)
  const theirs = await there.manager.user('ada')
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await jobs(20) // it has begun
  const told = new Promise((resolve) => here.manager.on('saveFailed', (event) => resolve(event.error)))
  error = new Error('no network')
  taste(theirs).colour = 'red'
  await there.manager.saved(theirs)
  expect(await told).toBe(error)
  expect(taste(mine).colour).toBe('grey')
  error = undefined
  stop.abort()
  await following
  mine.user.config.$get(many[0]!).value = 2
  await here.manager.saved(mine)
  expect(taste(mine).colour).toBe('red')
})

test('loads of one id share one live session, and so do users', async () => {
  const store = memoryStore()
  const here = processOn(store)
  await here.manager.saved(await here.session('s1'))
  const { manager } = processOn(store)
  const loads = await Promise.all([manager.load('s1'), manager.load('s1'), manager.load('s1')])
  expect(new Set(loads.map(({ session }) => session)).size).toBe(1)
  expect((await manager.load('s1')).session).toBe(loads[0].session)
  expect(manager.get('s1')).toBe(loads[0].session)
  const users = await Promise.all([manager.user('ada'), manager.user('ada')])
  expect(new Set([...users, loads[0].session.user]).size).toBe(1)
})

test('what is loaded several times at once is read once', async () => {
  const { store } = watched()
  const here = processOn(store)
  for (const id of ['s1', 's2', 's3']) await here.manager.saved(await here.session(id))
  const { list } = store
  const read: string[] = []
  store.list = (kind, options) => (read.push(`${kind} ${options?.prefix}`), list(kind, options))
  const { manager } = processOn(store)
  await Promise.all(['s1', 's1', 's2', 's3', 's1'].map((id) => manager.load(id)))
  expect(read.toSorted()).toEqual(['session s1/', 'session s2/', 'session s3/', 'user ada/'])
})

test('whoever saves all as they hear of a session that is loaded stores nothing of it anew', async () => {
  const brush = defineToolset('brush', { needs: [Taste], tools: {} })
  const plugins = [plugin, definePlugin({ name: '@test/brush', version: '1.0.0', contributes: [brush] })]
  const { store, written } = watched()
  const here = processOn(store, { plugins })
  const made = await here.session('s1')
  made.tools.push('brush')
  say(made, 'one')
  await here.manager.saved()
  const { manager } = processOn(store, { plugins })
  const user = await manager.user('ada')
  let saving: Promise<void> | undefined
  user.on('configAdded', () => {
    saving = manager.saved()
  })
  written.length = 0
  const { session } = await manager.load('s1')
  await saving
  await jobs(5)
  expect([saving, written]).toEqual([expect.any(Promise), []])
  say(session, 'two')
  await manager.saved(session)
  expect(written).toHaveLength(1)
})

test('a session that is made anew under the id of one that was loaded and deleted is saved by itself', async () => {
  const { store, written } = watched()
  const here = processOn(store)
  await here.manager.saved(await here.session('s1'))
  const there = processOn(store)
  await there.manager.load('s1')
  await there.manager.delete('s1')
  written.length = 0
  say(await there.session('s1'), 'anew')
  await jobs(5)
  expect(written).toHaveLength(1)
})

test('a user who was made by hand is kept, with what was set before, beside what is stored of them', async () => {
  const store = memoryStore()
  const there = processOn(store)
  const stored = await there.manager.user('ada')
  taste(stored).size = 9
  await there.manager.saved(stored)
  const { manager, agent, registry } = processOn(store)
  const user = new ChatUser({ id: 'ada', registry, config: { taste: { tone: 'warm' } } })
  const session = new ChatSession({ user, agent, manager })
  say(session, 'Hello')
  await manager.saved(session)
  expect(await manager.user('ada')).toBe(user)
  expect(taste(user).size).toBe(9)
  expect(taste(await processOn(store).manager.user('ada')).$values()).toMatchObject({ tone: 'warm', size: 9 })
})

test('a session is loaded with the user that is given, and no other', async () => {
  const store = memoryStore()
  const here = processOn(store)
  await here.manager.saved(await here.session('s1'))
  for (const isLive of [false, true]) {
    const { manager, registry } = processOn(store)
    const live = isLive ? await manager.user('ada') : undefined
    const user = new ChatUser({ id: 'ada', registry })
    expect((await manager.load('s1', { user })).session.user).toBe(user)
    expect(await manager.user('ada')).toBe(live ?? user)
  }
})

test('of two users of one id the first is the one that is given, and what is set on either is kept', async () => {
  const store = memoryStore()
  const { manager, agent, registry } = processOn(store)
  const first = await manager.user('ada')
  const second = new ChatUser({ id: 'ada', registry })
  const session = new ChatSession({ user: second, agent, manager })
  say(session, 'Hello')
  taste(first).size = 9
  taste(second).tone = 'warm'
  await manager.saved()
  expect(await manager.user('ada')).toBe(first)
  expect(taste(await processOn(store).manager.user('ada')).$values()).toMatchObject({ tone: 'warm', size: 9 })
})

test('what is made here while it is being loaded is what whoever loads it is given', async () => {
  const store = memoryStore()
  const there = processOn(store)
  await there.manager.saved(await there.session('s1'))
  const { manager, agent, registry } = processOn(store)
  const [loading, user] = [manager.user('ada'), new ChatUser({ id: 'ada', registry })]
  const other = new ChatSession({ user, agent, manager, id: 's2' })
  await manager.saved(other)
  expect(await loading).toBe(user)
  const loaded = manager.load('s1')
  const made = new ChatSession({ user, agent, manager, id: 's1' })
  expect((await loaded).session).toBe(made)
})

test('whoever follows begins anew where the store has forgotten what came since', async () => {
  const { store } = watched()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.manager.user('ada'), await there.manager.user('ada')]
  taste(theirs).colour = 'red'
  await there.manager.saved(theirs)
  const { watch, cursor } = store
  const begun: unknown[] = []
  Object.assign(store, {
    cursor: async () => (begun.length === 0 ? '0' : cursor()),
    async *watch(filter: WatchFilter, options: WatchOptions) {
      begun.push(options.after)
      await jobs(1)
      if (options.after === '0') throw cursorOld()
      yield* watch(filter, options)
    },
  })
  const stop = new AbortController()
  const following = here.manager.follow(stop)
  await vi.waitFor(() => expect(taste(mine).colour).toBe('red'))
  taste(theirs).tone = 'warm'
  await vi.waitFor(() => expect(taste(mine).tone).toBe('warm'))
  stop.abort()
  await following
  expect(begun).toHaveLength(2)
})

test('whoever follows looks less and less often for a store that is away, each time anew, until they stop', async () => {
  const { store } = watched()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.manager.user('ada'), await there.manager.user('ada')]
  const { watch, cursor } = store
  let [isAway, asked] = [false, 0]
  const stop = new AbortController()
  store.cursor = async () => {
    if (stop.signal.aborted) await jobs(1)
    asked++
    if (isAway) throw new Error('away')
    return cursor()
  }
  store.watch = async function* (...options) {
    for await (const change of watch(...options)) {
      if (isAway) throw new Error('away')
      yield change
    }
  }
  const set = async (tone: string): Promise<void> => {
    taste(theirs).tone = tone
    await there.manager.saved(theirs)
    await jobs(10)
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const following = here.manager.follow(stop)
  await jobs(10)
  for (const tone of ['warm', 'dry']) {
    isAway = true
    asked = 0
    await set('lost')
    await vi.advanceTimersByTimeAsync(500)
    await jobs(5)
    expect(asked).toBe(1)
    await vi.advanceTimersByTimeAsync(3_600_000)
    await jobs(5)
    expect(asked).toBeLessThan(130)
    isAway = false
    await vi.advanceTimersByTimeAsync(60_000)
    await jobs(10)
    await set(tone)
    expect(taste(mine).tone).toBe(tone)
  }
  isAway = true
  await set('lost')
  stop.abort()
  await following
})

test('whoever follows is told where the store refuses to be watched', async () => {
  const { store } = watched()
  const { manager } = processOn(store)
  store.watch = () => {
    throw Object.assign(new Error('no'), { code: 'RETINUE_STORE_INVALID' })
  }
  await expect(manager.follow(new AbortController())).rejects.toThrow('no')
})

test('a session that is loaded again right after it was closed comes with what was changed before', async () => {
  const { manager, session: make } = processOn(memoryStore())
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  say(session, 'two')
  session.close()
  expect(said((await manager.load('s1')).session)).toEqual(['one', 'two'])
})

test('a session that is deleted here was not deleted elsewhere, though the store tells of that before it answers', async () => {
  const { store } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await manager.saved(session)
  const changed = manager.whenChangedElsewhere(session, new AbortController())
  await jobs(3)
  const { transact } = store
  store.transact = async (ops) => {
    const results = await transact(ops)
    await jobs(10)
    return results
  }
  await manager.delete(session)
  expect(await changed).toBe(false)
})

test('a session that is discarded takes nothing of its user along, though both have one id', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('ada')
  taste(session.user).tone = 'warm'
  say(session, 'hello')
  manager.discard('ada')
  await manager.saved()
  const { manager: there } = processOn(store)
  expect(taste(await there.user('ada')).tone).toBe('warm')
  expect((await there.sessions('ada')).sessions).toEqual([])
})

test('what is stored of a user here is not read again by whoever follows', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await manager.saved()
  const stop = new AbortController()
  const following = manager.follow(stop)
  await jobs(5)
  const list = vi.spyOn(store, 'list')
  taste(session.user).tone = 'warm'
  await manager.saved()
  await jobs(10)
  expect(list).not.toHaveBeenCalled()
  stop.abort()
  await following
})
