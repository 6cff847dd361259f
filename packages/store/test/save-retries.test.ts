import { RetinueError } from '@retinue/kernel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { conflict, memoryStore, storeClosed } from '../src/index.ts'
import { Board, many, notes, processOn, said, say, sayAndSave, taste } from './a-manager.ts'
import { allOf, jobs, watched } from './a-store.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** A process on a store that can be told to fail, with when each save was tried, and what was told. */
async function failing(base = memoryStore()) {
  const { store, state, written } = watched(base)
  const tried: number[] = []
  const transact = store.transact.bind(store)
  store.transact = (ops) => {
    tried.push(Date.now())
    return transact(ops)
  }
  const process = processOn(store)
  const told: unknown[] = []
  process.manager.on('saveFailed', ({ error }) => told.push(error))
  return { ...process, store, state, written, tried, told, made: await process.session('s1') }
}

const full = new Error('disk full')
const lost = new Error('connection lost')

test('a save that failed is tried again by itself, less and less often, and told once', async () => {
  const { state, tried, told, made, store } = await failing()
  state.fail = full
  say(made, 'one')
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(told).toEqual([full])
  const gaps = tried.slice(1).map((at, i) => at - tried[i]!)
  expect(gaps[0]).toBeLessThanOrEqual(500)
  for (const [i, gap] of gaps.entries()) {
    const longest = Math.min(60_000, 500 * 2 ** i)
    expect(gap).toBeGreaterThanOrEqual(Math.floor(longest / 2))
    expect(gap).toBeLessThanOrEqual(longest)
  }
  say(made, 'two') // is tried at once, and is news
  await jobs(2)
  expect([tried.at(-1), told]).toEqual([Date.now(), [full, full]])
  state.fail = undefined
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['one', 'two'])
  expect(vi.getTimerCount()).toBe(0)
  state.fail = full
  say(made, 'three')
  await vi.advanceTimersByTimeAsync(500) // it begins anew
  expect([told.length, tried.length]).toEqual([3, gaps.length + 5])
})

test('a save that fails in another way than before is told anew', async () => {
  const { state, told, made } = await failing()
  const denied = new RetinueError('RETINUE_POSTGRES_RIGHTS', 'No right.')
  say(made, 'one')
  for (const error of [full, full, denied, denied, full]) {
    state.fail = error
    await vi.advanceTimersByTimeAsync(60_000)
  }
  expect(told).toEqual([full, denied, full])
})

test('what the store refuses is told at once and not tried again by itself, after other failures as well', async () => {
  const refusals = [
    conflict({ kind: 'other', id: 'x', expected: 1, actual: 2 }),
    new RetinueError('RETINUE_STORE_INVALID', 'No.'),
    storeClosed(),
  ]
  for (const refusal of refusals) {
    const { state, tried, told, made } = await failing()
    const reasons = (): unknown[] => told.map((error) => (error as Error).cause ?? error)
    state.fail = refusal
    say(made, 'one')
    await jobs(2)
    expect([reasons(), tried.length, vi.getTimerCount()]).toEqual([[refusal], 1, 0])
    state.fail = full
    say(made, 'two')
    await jobs(2)
    state.fail = refusal
    await vi.advanceTimersByTimeAsync(60_000)
    expect([reasons(), tried.length, vi.getTimerCount()]).toEqual([[refusal, full, refusal], 3, 0])
  }
})

test('a session that is discarded, a user that is reverted, and what was saved otherwise, are not tried again', async () => {
  const { state, manager, tried, made } = await failing()
  state.fail = full
  made.batch(() => {
    say(made, 'one')
    taste(made.user).tone = 'warm'
  })
  await jobs(2)
  expect(vi.getTimerCount()).toBe(2)
  manager.discard(made)
  expect(vi.getTimerCount()).toBe(1)
  await manager.revert(made.user).catch(() => undefined)
  expect([vi.getTimerCount(), taste(made.user).tone]).toEqual([0, 'plain'])
  const count = tried.length
  taste(made.user).tone = 'cold'
  await jobs(2)
  state.fail = undefined
  await manager.saved()
  expect([vi.getTimerCount(), tried.length]).toEqual([0, count + 2])
})

test('a session that can not be saved can not be evicted; one that was closed is saved when that is possible', async () => {
  const { state, manager, made, store } = await failing()
  state.fail = full
  say(made, 'one')
  await expect(manager.evict(made)).rejects.toBe(full)
  expect(made.closed).toBe(false)
  made.close()
  state.fail = undefined
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['one'])
})

/** A session and its user that one transaction has changed; a first try to save them has failed. */
async function changedInOne() {
  const failed = await failing()
  const { state, made } = failed
  state.fail = full
  made.batch(() => {
    say(made, 'one')
    taste(made.user).tone = 'warm'
  })
  await jobs(2)
  state.fail = undefined
  return failed
}

test('what one transaction changed is tried again in one', async () => {
  const { written } = await changedInOne()
  await vi.advanceTimersByTimeAsync(500)
  expect(written).toHaveLength(1)
  expect(written[0]).toContain('put user ada/config.taste')
  expect(written[0]).toContain('put session s1/')
  expect(vi.getTimerCount()).toBe(0)
})

test('whoever asks for one of those whom one transaction changed to be saved waits for no other try', async () => {
  const { manager, made } = await changedInOne()
  await manager.saved(made.user)
  expect([made.messages.length, vi.getTimerCount()]).toEqual([1, 0])
})

test('a session that was taken back without an answer is stored as it is here when it is saved next', async () => {
  const { store, manager, made } = await failing()
  const transact = store.transact.bind(store)
  await sayAndSave(manager, made, 'one', 'two')
  store.transact = async (ops) => {
    await transact(ops)
    throw lost
  }
  await expect(manager.rewind(made, { messages: 1 })).rejects.toBe(lost)
  store.transact = transact
  await vi.advanceTimersByTimeAsync(1000)
  const { session: again } = await processOn(store).manager.load('s1')
  expect([said(made), said(again)]).toEqual([
    ['one', 'two'],
    ['one', 'two'],
  ])
})

test('what others stored and could not be read is read again by itself', async () => {
  const base = memoryStore()
  const { store, manager, made, told } = await failing(base)
  await manager.saved(made)
  let error: Error | undefined
  store.list = (...args) => {
    if (error !== undefined) throw error
    return base.list(...args)
  }
  const stop = new AbortController()
  const following = manager.follow(stop)
  await jobs(20) // it has begun
  error = full
  const there = processOn(base)
  taste(await there.manager.user('ada')).tone = 'warm'
  await there.manager.saved()
  await jobs(20)
  expect([told, taste(made).tone]).toEqual([[full], 'plain'])
  error = undefined
  await vi.advanceTimersByTimeAsync(60_000)
  expect([taste(made).tone, vi.getTimerCount()]).toEqual(['warm', 0])
  stop.abort()
  await following
})

test('what others stored and could not be read is read again, whenever something else is saved meanwhile', async () => {
  for (let moment = 0; moment < 20; moment++) {
    const base = memoryStore()
    const { store, manager, made } = await failing(base)
    taste(made.user).tone = 'plain'
    await manager.saved(made) // so that others change one record, and tell of it once
    let isAway = false
    store.list = async function* (...args) {
      if (isAway) {
        isAway = false
        void (async () => {
          for (let i = 0; i < moment; i++) await Promise.resolve()
          say(made, 'meanwhile')
        })()
        throw full
      }
      yield* base.list(...args)
    }
    const stop = new AbortController()
    const following = manager.follow(stop)
    await jobs(20) // it has begun
    isAway = true
    const there = processOn(base)
    const user = await there.manager.user('ada')
    taste(user).tone = 'warm'
    await there.manager.saved()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([moment, taste(made).tone]).toEqual([moment, 'warm'])
    stop.abort()
    await following
  }
})

test('a save that was kept, and of which nobody heard so, is not taken for one of somebody else', async () => {
  const { store, manager, made, told } = await failing()
  const transact = store.transact.bind(store)
  store.transact = async (ops) => {
    const results = await transact(ops)
    store.transact = transact
    if (results.length > 0) throw lost
    return results
  }
  say(made, 'one')
  notes(made).text = 'one'
  taste(made.user).tone = 'warm'
  await expect(manager.saved(made)).rejects.toBe(lost)
  say(made, 'two')
  await vi.advanceTimersByTimeAsync(1000)
  expect(told).toEqual([lost, lost]) // of the session and of its user
  const { manager: there } = processOn(store)
  const { session: again } = await there.load('s1')
  expect([said(again), notes(again).text, taste(again).tone]).toEqual([['one', 'two'], 'one', 'warm'])
  const log = await allOf(store.read('session', 's1/'))
  expect(log).toMatchObject([{ value: { added: [{}] } }, { value: { index: 1, added: [{}] } }])
  expect((await allOf(there.history('s1'))).map(({ messages }) => messages)).toEqual([1, 2])
})

test('a save that was kept, and of which nobody heard so, is a save; what was changed since is saved over it', async () => {
  const { store, state, manager, made } = await failing()
  const transact = store.transact.bind(store)
  const loseAnswer = async (): Promise<void> => {
    store.transact = async (ops) => {
      await transact(ops)
      store.transact = transact
      throw lost
    }
    await expect(manager.saved(made)).rejects.toBe(lost)
  }
  const saved = async (): Promise<void> => {
    const saving = manager.saved(made)
    await vi.advanceTimersByTimeAsync(1000)
    await saving
  }
  const stored = async () => said((await processOn(store).manager.load('s1')).session)
  say(made, 'one')
  await loseAnswer()
  await saved()
  expect(await allOf(manager.history('s1'))).toHaveLength(1)
  say(made, 'two')
  await loseAnswer()
  made.messages.set(1, { role: 'user', parts: [{ type: 'text', text: '2' }] })
  await saved()
  expect(await stored()).toEqual(['one', '2'])
  say(made, 'three')
  await loseAnswer()
  made.messages.removeAt(2)
  await saved()
  expect(await stored()).toEqual(['one', '2'])
  say(made, 'three')
  state.fail = lost // and nothing was kept
  await expect(manager.saved(made)).rejects.toBe(lost)
  state.fail = undefined
  await saved()
  const { length } = await allOf(manager.history('s1'))
  say(made, 'four')
  made.messages.removeAt(3)
  await saved()
  expect(await allOf(manager.history('s1'))).toHaveLength(length)
})

test('a session whose removal nobody answered is gone, and not as somebody else had taken it', async () => {
  const { store, manager, made, told } = await failing()
  say(made, 'one')
  await manager.saved(made)
  const { transact } = store
  store.transact = async (ops) => {
    await transact(ops)
    throw lost
  }
  expect(await manager.delete(made)).toBe(true)
  expect([made.closed, told, await allOf(store.list('session'))]).toEqual([true, [], []])
})

test('a session that is evicted while it is taken back is loaded as it is stored then', async () => {
  const { state, manager, made, told } = await failing()
  await sayAndSave(manager, made, 'one', 'two')
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  const rewinding = manager.rewind(made, { messages: 1 })
  await jobs(10)
  await manager.evict(made)
  const loading = manager.load('s1')
  await jobs(10)
  open()
  const { session } = await rewinding
  expect([said(session), manager.get('s1')]).toEqual([['one'], session])
  await loading
  say(session, 'three')
  await manager.saved(session)
  expect(told).toEqual([])
})

test('what was stored of a user without an answer does not stand against what is changed then', async () => {
  const base = memoryStore()
  const { store, manager, made } = await failing(base)
  const { transact } = store
  const answerless = async (): Promise<void> => {
    store.transact = async (ops) => {
      await base.transact(ops)
      throw lost
    }
    await expect(manager.saved(made.user)).rejects.toBe(lost)
    store.transact = transact
  }
  const stored = async () => taste(await processOn(base).manager.user('ada')).$values()
  taste(made.user).tone = 'warm'
  await answerless()
  taste(made.user).tone = 'cold'
  await vi.advanceTimersByTimeAsync(1000)
  expect(await stored()).toMatchObject({ tone: 'cold' })
  taste(made.user).tone = 'warm'
  await answerless()
  taste(made.user).tone = 'cold' // as it was
  await vi.advanceTimersByTimeAsync(1000)
  expect(await stored()).toMatchObject({ tone: 'cold' })
  taste(made.user).tone = 'warm'
  await answerless()
  const there = processOn(base)
  taste(await there.manager.user('ada')).colour = 'red'
  await there.manager.saved()
  taste(made.user).$reset('tone')
  await vi.advanceTimersByTimeAsync(1000)
  expect(await stored()).toMatchObject({ tone: 'plain', colour: 'red' })
  expect(taste(made).$values()).toEqual(await stored())
})

test("what was written without an answer and is over, by another save or a revert, is another one's when it is there again", async () => {
  const base = memoryStore()
  const { state, manager, made } = await failing(base)
  const { user } = made
  const there = processOn(base)
  const theirs = await there.manager.user('ada')
  const ends = [
    async () => {
      state.fail = undefined
      taste(user).tone = 'cold'
      await manager.saved(user)
    },
    async () => {
      await manager.revert(user)
      state.fail = undefined
    },
  ]
  for (const [i, end] of ends.entries()) {
    taste(user).tone = `${i}`
    state.fail = lost
    await expect(manager.saved(user)).rejects.toBe(lost)
    await end()
    await there.manager.revert(theirs)
    taste(theirs).tone = `${i}`
    await there.manager.saved(theirs)
    taste(user).size = i + 5
    await vi.advanceTimersByTimeAsync(1000)
    const { manager: later } = processOn(base)
    expect(taste(await later.user('ada')).$values()).toMatchObject({ tone: `${i}`, size: i + 5 })
  }
})

test('what was stored of a user without an answer, and then deleted, does not come back, however often that failed', async () => {
  const base = memoryStore()
  const { store, state, manager, made } = await failing(base)
  const { transact } = store
  const [type] = many as [(typeof many)[0]]
  taste(made.user).tone = 'warm'
  await manager.saved(made)
  store.transact = async (ops) => {
    await base.transact(ops)
    throw lost
  }
  made.user.config.$set(type, { value: 3 })
  taste(made.user).tone = 'cold'
  await expect(manager.saved(made.user)).rejects.toBe(lost)
  store.transact = transact
  made.user.config.$delete(type)
  taste(made.user).tone = 'warm' // as it was
  state.fail = lost
  await expect(manager.saved(made.user)).rejects.toBe(lost)
  state.fail = undefined
  await vi.advanceTimersByTimeAsync(1000)
  expect([made.user.config.$has(type), taste(made).tone]).toEqual([false, 'warm'])
  expect((await processOn(base).manager.user('ada')).snapshot()).toEqual(made.user.snapshot())
})

test('what was added to a list without an answer, and then taken out, does not come back, however often that failed', async () => {
  const base = memoryStore()
  const { store, state, manager, made } = await failing(base)
  const { transact } = store
  const board = made.user.config.$get(Board)
  store.transact = async (ops) => {
    await base.transact(ops)
    throw lost
  }
  board.stars = ['a', 'b']
  await expect(manager.saved(made.user)).rejects.toBe(lost)
  store.transact = transact
  const there = processOn(base)
  const theirs = (await there.manager.user('ada')).config.$get(Board)
  theirs.stars = [...theirs.stars, 'c']
  await there.manager.saved()
  board.stars = []
  state.fail = lost
  await expect(manager.saved(made.user)).rejects.toBe(lost)
  state.fail = undefined
  await vi.advanceTimersByTimeAsync(1000)
  expect(board.stars).toEqual(['c'])
  expect((await processOn(base).manager.user('ada')).snapshot()).toEqual(made.user.snapshot())
})

test('what was stored without an answer, and taken back here, does not come back where others changed something beside it', async () => {
  const base = memoryStore()
  const { store, manager, made } = await failing(base)
  const { transact } = store
  const board = made.user.config.$get(Board)
  store.transact = async (ops) => {
    await base.transact(ops)
    throw lost
  }
  taste(made.user).$patch({ tone: 'warm', colour: 'red' })
  board.$patch({ stars: ['a', 'b'], counts: { a: 1, b: 2 } })
  await expect(manager.saved(made.user)).rejects.toBe(lost)
  store.transact = transact
  const there = processOn(base)
  const user = await there.manager.user('ada')
  taste(user).$reset('colour')
  user.config.$get(Board).$patch({ stars: ['b'], counts: { b: 2 } })
  await there.manager.saved()
  taste(made.user).$reset('tone')
  board.$patch({ stars: ['a'], counts: { a: 1 } })
  await vi.advanceTimersByTimeAsync(1000)
  const stored = await processOn(base).manager.user('ada')
  expect(taste(stored).tone).toBe('plain')
  expect(stored.config.$get(Board).$values()).toEqual({ stars: ['a'], counts: { a: 1 } })
  expect(stored.snapshot()).toEqual(made.user.snapshot())
})

test('a user whom others store each time that it is to be saved is told so, and saved when they let it', async () => {
  const base = memoryStore()
  const { store, manager, made, told } = await failing(base)
  const there = processOn(base)
  const theirs = await there.manager.user('ada')
  let turns = 0
  store.transact = async (ops) => {
    if (turns < 20) {
      taste(theirs).colour = `${++turns}`
      await there.manager.saved(theirs)
    }
    return base.transact(ops)
  }
  taste(made.user).size = 3
  const saving = manager.saved(made.user).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(20 * 200)
  expect(await saving).toMatchObject({
    code: 'RETINUE_STORE_CONTENDED',
    message: expect.stringContaining("Others stored the user 'ada' each of the 20 times"),
    details: { kind: 'user', id: 'ada/config.taste' },
  })
  expect(told).toEqual([await saving])
  await vi.advanceTimersByTimeAsync(500)
  const user = await processOn(base).manager.user('ada')
  expect([taste(user).size, taste(user).colour]).toEqual([3, '20'])
})

test('a session that somebody else saves while it is found out whether its own save was kept is not overwritten', async () => {
  const base = memoryStore()
  const { store, manager, made, told } = await failing(base)
  const { transact, get } = store
  store.transact = async (ops) => {
    store.transact = transact
    await base.transact(ops)
    throw lost
  }
  say(made, 'one')
  await expect(manager.saved(made)).rejects.toBe(lost)
  const there = processOn(base)
  store.get = async (kind, id) => {
    store.get = get
    const found = await base.get(kind, id)
    say((await there.manager.load('s1')).session, 'theirs')
    await there.manager.saved()
    return found
  }
  say(made, 'mine')
  const saving = manager.saved(made).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await saving).toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
  expect(said((await processOn(base).manager.load('s1')).session)).toEqual(['one', 'theirs'])
  expect(told).toEqual([lost, await saving])
})

test('a user that is tried again by itself while it is reverted is what is stored', async () => {
  const base = memoryStore()
  const { store, state, manager, made } = await failing(base)
  await manager.saved(made)
  state.fail = full
  taste(made.user).tone = 'warm'
  await expect(manager.saved(made)).rejects.toBe(full)
  const { list } = store
  store.list = (...args) => {
    store.list = list
    state.fail = undefined
    const found = list(...args)
    vi.advanceTimersByTime(1000)
    return (async function* () {
      const all = await allOf(found)
      await jobs(5)
      yield* all
    })()
  }
  await manager.revert(made.user)
  await manager.saved(made)
  expect(taste(made.user).tone).toBe(taste(await processOn(base).manager.user('ada')).tone)
})

test('a fork of which nobody heard that it was kept is found, or its id is told', async () => {
  const base = memoryStore()
  const { store, manager, made } = await failing(base)
  say(made, 'one')
  await manager.saved(made)
  const { transact, list } = store
  store.transact = async (ops) => {
    await base.transact(ops)
    throw lost
  }
  expect(said((await manager.fork(made, { id: 'found' })).session)).toEqual(['one'])
  store.transact = async (ops) => {
    store.list = () => {
      throw lost
    }
    await base.transact(ops)
    throw lost
  }
  const error: unknown = await manager.fork(made).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'RETINUE_SESSION_FORK_UNSURE', details: { origin: 's1' }, cause: lost })
  Object.assign(store, { transact, list })
  const { id } = (error as { details: { id: string } }).details
  const { session } = await manager.load(id)
  say(session, 'two')
  await manager.saved(session)
  expect(said((await processOn(base).manager.load(id)).session)).toEqual(['one', 'two'])
})
