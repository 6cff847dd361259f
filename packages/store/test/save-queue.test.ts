import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ChatSession } from '@retinue/kernel'
import { expect, test, vi } from 'vitest'
import { memoryStore, type RecordStore, type Result, type StoredSessionEvents } from '../src/index.ts'
import { SaveQueue } from '../src/save-queue.ts'
import type { SavedOwner } from '../src/saved-owner.ts'
import { many, notes, processOn, said, say, sayAndSave, taste } from './a-manager.ts'
import { allOf, jobs, put, slowList, watched } from './a-store.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('a session that nobody holds is let go when it is saved, and not before (SPEC 25)', async () => {
  const { store, state } = watched()
  let release: () => void = () => undefined
  state.hold = new Promise((resolve) => {
    release = resolve
  })
  const { manager, session } = processOn(store)
  const begin = async (): Promise<WeakRef<ChatSession>> => {
    const begun = await session('s1')
    say(begun, 'hello')
    return new WeakRef(begun)
  }
  const ref = await begin()
  const user = await manager.user('ada')
  const settle = async (): Promise<boolean> => {
    await jobs(1)
    collect()
    return ref.deref() !== undefined
  }
  expect([await settle(), await settle()]).toEqual([true, true])
  release()
  await manager.saved()
  await vi.waitFor(async () => expect(await settle()).toBe(false))
  expect(said((await manager.load('s1', { user })).session)).toEqual(['hello'])
})

test('only what was changed is written, all of a turn in one transaction', async () => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  notes(session).text = 'a'
  taste(session).size = 2
  say(session, 'one')
  await manager.saved(session)
  expect(written).toHaveLength(1)
  written.length = 0
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 })
  say(session, 'two')
  notes(session).text = 'b'
  notes(session).list = ['x']
  await manager.saved(session)
  vi.useRealTimers()
  expect(written).toEqual([
    [
      'put session s1/',
      'put session s1/context.notes',
      'append session_journal s1/',
      'append session s1/',
      'remove session_recent ada/…/s1',
      'put session_recent ada/…/s1',
    ],
  ])
  written.length = 0
  say(session, 'said, and taken back')
  session.messages.removeAt(2)
  session.config.$get(many[0]!).value = 1
  session.config.$delete(many[0]!)
  await manager.saved(session)
  expect(written).toEqual([])
  const there = processOn(store)
  const { session: again } = await there.manager.load('s1')
  say(again, 'three')
  await there.manager.saved(again)
  expect(written.flat().filter((op) => op.startsWith('put session s1'))).toEqual(['put session s1/'])
})

test('every commit is saved by itself, without a word', async () => {
  const { store, written } = watched()
  const { session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await vi.waitFor(() => expect(written).toHaveLength(1))
  const there = processOn(store)
  expect(said((await there.manager.load('s1')).session)).toEqual(['one'])
})

test('a batch over a session and its user is saved in one transaction', async () => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  session.batch(() => {
    taste(session.user).tone = 'warm'
    say(session, 'one')
  })
  await manager.saved(session)
  expect(written).toHaveLength(1)
  expect(written[0]).toContain('put user ada/config.taste')
  expect(written[0]).toContain('put session s1/')
})

test('those whom one transaction changed are saved each for itself again when that is saved', async () => {
  const { store, written } = watched()
  const { manager, session } = processOn(store)
  const [one, two] = [await session('s1'), await session('s2')]
  one.batch(() => {
    say(one, 'both')
    say(two, 'both')
  })
  await manager.saved()
  expect(written).toHaveLength(1)
  say(one, 'alone')
  say(two, 'alone')
  await manager.saved()
  expect(written).toHaveLength(3)
})

test('a session that was never changed is stored when somebody asks for it, and leaves no trace otherwise', async () => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  await make('untouched')
  const session = await make('s1')
  await manager.saved(session)
  expect(written.flat().filter((each) => each.includes('untouched'))).toEqual([])
  expect((await processOn(store).manager.load('s1')).session.id).toBe('s1')
  const there = processOn(store).manager
  for (const asked of [
    there.load('untouched'),
    allOf(there.history('untouched')),
    allOf(manager.history('s2')),
  ])
    await expect(asked).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
})

test('a session whose making failed is not stored (SPEC 26)', async () => {
  const { store, written } = watched()
  const { manager, agent } = processOn(store)
  const user = await manager.user('ada')
  expect(() => new ChatSession({ user, agent, manager, context: { notes: { text: 7 } } })).toThrow(
    'RETINUE_VALUE_INVALID',
  )
  expect(() =>
    user.batch(() => {
      say(new ChatSession({ user, agent, manager }), 'gone')
      throw new Error('no')
    }),
  ).toThrow('no')
  await manager.saved()
  expect(written).toEqual([])
  say(new ChatSession({ user, agent, manager }), 'kept by itself')
  await jobs(5)
  expect(written).toHaveLength(1)
})

test('what was changed before a session was closed is saved, in the same job as well', async () => {
  const store = memoryStore()
  const { manager, session: make, agent } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  session.close()
  const user = await manager.user('ada')
  const brief = new ChatSession({ user, agent, manager, id: 's2' })
  brief.on('changed', () => undefined)
  say(brief, 'two')
  brief.close()
  await manager.saved()
  const there = processOn(store)
  expect(said((await there.manager.load('s1')).session)).toEqual(['one'])
  expect(said((await there.manager.load('s2')).session)).toEqual(['two'])
})

test('a change whose event nobody could hear is saved all the same', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  session.messages.on('added', () => {
    notes(session).text = 'last words'
    session.close() // before `committed` is told
  })
  session.messages.set(0, { role: 'user', parts: [{ type: 'text', text: '1' }] })
  await manager.saved(session)
  const { session: again } = await processOn(store).manager.load('s1')
  expect([said(again), notes(again).text]).toEqual([['1'], 'last words'])
})

test('what was changed as a session was closed is saved, by itself as well', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const [batched, heard] = [await make('s1'), await make('s2')]
  for (const each of [batched, heard]) await manager.saved(each)
  batched.batch(() => {
    say(batched, 'one')
    batched.close()
  })
  heard.messages.on('added', () => heard.close())
  say(heard, 'two')
  await manager.saved()
  const there = processOn(store)
  expect(said((await there.manager.load('s1')).session)).toEqual(['one'])
  expect(said((await there.manager.load('s2')).session)).toEqual(['two'])
})

test('a conflict of one session holds up neither its user nor the other sessions', async () => {
  const store = memoryStore()
  const [a, b] = [processOn(store), processOn(store)]
  const session = await a.session('s1')
  await a.manager.saved(session)
  const { session: other } = await b.manager.load('s1')
  say(session, 'from a')
  await a.manager.saved(session)
  const failures: StoredSessionEvents['saveFailed'][] = []
  b.manager.on('saveFailed', (event) => failures.push(event))
  const free = await b.session('s2')
  other.batch(() => {
    say(other, 'lost the race')
    taste(other.user).tone = 'warm'
    say(free, 'goes through')
  })
  await b.manager.saved(free)
  await expect(b.manager.saved(other)).rejects.toThrow('RETINUE_STORE_CONFLICT')
  expect(failures.every(({ owner }) => owner === other)).toBe(true)
  const there = processOn(store)
  expect(said((await there.manager.load('s2')).session)).toEqual(['goes through'])
  expect(taste(await there.manager.user('ada')).tone).toBe('warm')
})

test('whichever of those that one transaction changed has a conflict, the others are saved', async () => {
  const store = memoryStore()
  const [a, b] = [processOn(store), processOn(store)]
  b.manager.on('saveFailed', () => {})
  for (const id of ['s1', 's2']) await a.manager.saved(await a.session(id))
  const loaded = async (id: string) => (await b.manager.load(id)).session
  const [one, two] = [await loaded('s1'), await loaded('s2')]
  const bob = await b.manager.user('bob')
  say(a.manager.get('s2')!, 'from a')
  taste(await a.manager.user('bob')).size = 2
  await a.manager.saved()
  one.batch(() => {
    taste(one.user).tone = 'warm'
    taste(bob).tone = 'warm'
    say(one, 'goes through')
    say(two, 'lost the race')
  })
  await expect(b.manager.saved(two)).rejects.toThrow("The session 's2' was saved by somebody else")
  await b.manager.saved(one)
  await b.manager.saved(bob)
  const there = processOn(store)
  expect(said((await there.manager.load('s1')).session)).toEqual(['goes through'])
  expect(said((await there.manager.load('s2')).session)).toEqual(['from a'])
  expect(taste(await there.manager.user('ada')).tone).toBe('warm')
  expect(taste(await there.manager.user('bob')).$values()).toMatchObject({ tone: 'warm', size: 2 })
})

test('a session that bears the id of its user is told apart from them when somebody else has saved it', async () => {
  const store = memoryStore()
  const [a, b] = [processOn(store), processOn(store)]
  b.manager.on('saveFailed', () => {})
  const session = await a.session('ada')
  await a.manager.saved(session)
  const { session: other } = await b.manager.load('ada')
  say(session, 'from a')
  await a.manager.saved(session)
  other.batch(() => {
    taste(other.user).tone = 'warm'
    say(other, 'lost the race')
  })
  await b.manager.saved(other.user)
  await expect(b.manager.saved(other)).rejects.toThrow("The session 'ada' was saved by somebody else")
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('warm')
})

test('while one session is being saved, others are saved as ever, and what is said in it goes with its next save', async () => {
  const store = memoryStore()
  let open!: () => void
  const gate = new Promise<void>((resolve) => (open = resolve))
  const transact = store.transact.bind(store)
  store.transact = async (ops) => {
    if (ops.some(({ id }) => id === 'slow/')) await gate
    return transact(ops)
  }
  const { manager, session: make } = processOn(store)
  const [slow, quick] = [await make('slow'), await make('quick')]
  say(slow, 'one')
  const waiting = manager.saved(slow)
  await sayAndSave(manager, quick, 'a', 'b')
  expect(said((await processOn(store).manager.load('quick')).session)).toEqual(['a', 'b'])
  slow.batch(() => {
    say(slow, 'two')
    say(quick, 'c') // of one transaction with it
  })
  await jobs(5)
  expect(await store.get('session', 'slow/')).toBeUndefined()
  open()
  await waiting
  await manager.saved()
  const there = processOn(store)
  expect(said((await there.manager.load('slow')).session)).toEqual(['one', 'two'])
  expect(said((await there.manager.load('quick')).session)).toEqual(['a', 'b', 'c'])
  expect(await allOf(there.manager.history('slow'))).toHaveLength(2)
})

test('what waited for the save of a session is saved by itself when that session is discarded', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await manager.saved(session.user)
  let release!: () => void
  state.hold = new Promise((resolve) => (release = resolve))
  say(session, 'one')
  await jobs(1)
  session.batch(() => {
    say(session, 'two')
    taste(session.user).tone = 'warm'
  })
  await jobs(1)
  manager.discard(session)
  release()
  await jobs(5)
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('warm')
})

test('the end of a save looks at whom it held up, and not at thousands that wait for saves of their own', async () => {
  const ends: (() => void)[] = []
  const transact = (): Promise<Result[]> => new Promise((resolve) => ends.push(() => resolve([{ rev: 1 }])))
  const queue = new SaveQueue({ transact } as unknown as RecordStore, () => {})
  let looks = 0
  const ownerOf = (id: string): SavedOwner => {
    const plan = () => ({ ops: [put(id, 1)], done: () => {}, undo: () => {} })
    const own = { isBehind: false, plan } as unknown as SavedOwner
    let together = new Set([own])
    const counted = {
      get: () => (looks++, together),
      set: (value: Set<SavedOwner>) => void (together = value),
    }
    return Object.defineProperty(own, 'together', counted)
  }
  const owners = Array.from({ length: 100 }, (_, i) => ownerOf(`${i}`))
  for (const owner of owners) queue.add(owner)
  await jobs(1)
  for (const owner of owners) queue.add(owner) // changed again, each while it is being saved
  await jobs(1)
  expect(ends).toHaveLength(100)
  looks = 0
  ends[0]!()
  await jobs(1)
  expect(ends).toHaveLength(101) // its own next save
  expect(looks).toBeLessThan(10)
})

/** An owner of which something is to be saved, as the queue knows it. */
function anOwner(id: string, more: object = {}): SavedOwner {
  const plan = () => ({ ops: [put(id, 1)], done: () => {}, undo: () => {} })
  const own = {
    isBehind: false,
    plan,
    owner: { revision: 1 },
    fail: () => true,
    ...more,
  } as unknown as SavedOwner
  return Object.assign(own, { together: new Set([own]) })
}

test('nothing of an owner is saved while anything is done alone with it, one after the other', async () => {
  const transact = vi.fn<() => Promise<Result[]>>(async () => [{ rev: 1 }])
  const queue = new SaveQueue({ transact } as unknown as RecordStore, () => {})
  const owner = anOwner('a')
  const ends: (() => void)[] = []
  const work = () => new Promise<void>((resolve) => ends.push(resolve))
  const both = [queue.alone([owner], work), queue.alone([owner], work)]
  await jobs(1)
  queue.add(owner)
  expect(ends).toHaveLength(1)
  ends[0]!()
  await jobs(1)
  expect([ends.length, transact.mock.calls.length]).toEqual([2, 0])
  ends[1]!()
  await Promise.all(both)
  await jobs(1)
  expect(transact).toHaveBeenCalledOnce()
})

test('whoever came to belong to an owner while that took over, and is being saved, is not saved twice at once', async () => {
  const ends: (() => void)[] = []
  const transact = (ops: readonly unknown[]): Promise<Result[]> =>
    new Promise((resolve) => ends.push(() => resolve(ops.map(() => ({ rev: 1 })))))
  const queue = new SaveQueue({ transact } as unknown as RecordStore, () => {})
  let takenOver!: () => void
  const takeOver = () => new Promise<void>((resolve) => (takenOver = resolve))
  const [user, session] = [anOwner('user', { isBehind: true, takeOver }), anOwner('session')]
  queue.add(user)
  queue.add(session)
  await jobs(1)
  expect(ends).toHaveLength(1) // the session
  queue.add(user, 1)
  queue.add(session, 1)
  takenOver()
  await jobs(1)
  expect(ends).toHaveLength(1)
  ends[0]!()
  await jobs(1)
  expect(ends).toHaveLength(2) // both
})

test('what is done in the place of a save leaves nothing to save where the store refused it, and all where it went away', async () => {
  const transact = vi.fn<() => Promise<Result[]>>(async () => [{ rev: 1 }])
  const queue = new SaveQueue({ transact } as unknown as RecordStore, () => {})
  let isClosed = false
  const owner = anOwner('a', { doubt: () => {} })
  Object.defineProperty(owner, 'isUnsaved', { get: () => !isClosed })
  const fails = (code: string) =>
    queue.alone([owner], () => Promise.reject(Object.assign(new Error(code), { code }))).catch(() => jobs(1))
  await fails('RETINUE_STORE_CLOSED')
  expect(transact).not.toHaveBeenCalled()
  await fails('RETINUE_SQLITE_BUSY')
  expect(transact).toHaveBeenCalledOnce()
  isClosed = true // whoever loads it takes what is there
  await fails('RETINUE_SQLITE_BUSY')
  expect(transact).toHaveBeenCalledOnce()
})

test('a session is deleted while another one is being saved', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const [slow, quick] = [await make('slow'), await make('quick')]
  for (const each of [slow, quick]) await manager.saved(each)
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  say(slow, 'one')
  await jobs(1)
  state.hold = undefined
  expect(await manager.delete('quick')).toBe(true)
  open()
  await manager.saved()
  expect(said((await processOn(store).manager.load('slow')).session)).toEqual(['one'])
})

test('a store that is closed too early names whose changes are not stored, and what would have kept them', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  manager.on('saveFailed', () => {})
  const session = await make('s1')
  await store.close()
  say(session, 'one')
  await expect(manager.saved(session)).rejects.toMatchObject({
    code: 'RETINUE_STORE_CLOSED',
    message: expect.stringMatching(/changes of the session 's1' were stored.*manager\.saved\(\) before/s),
  })
  await expect(manager.saved(session.user)).resolves.toBeUndefined()
  taste(session.user).tone = 'warm'
  await expect(manager.saved(session.user)).rejects.toThrow("changes of the user 'ada' were stored")
})

test('a save that fails is told, stays, and goes along with the next one', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const failures: StoredSessionEvents['saveFailed'][] = []
  const off = manager.on('saveFailed', (event) => failures.push(event))
  const session = await make('s1')
  state.fail = new Error('disk full')
  say(session, 'one')
  taste(session.user).tone = 'warm'
  await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0))
  expect(failures[0]).toMatchObject({ error: state.fail })
  await expect(manager.saved(session)).rejects.toThrow('disk full')
  await expect(manager.saved()).rejects.toThrow('disk full')
  state.fail = undefined
  await manager.saved(session)
  state.fail = new Error('disk full')
  session.messages.set(0, { role: 'user', parts: [{ type: 'text', text: '1' }] })
  await expect(manager.saved(session)).rejects.toThrow('disk full')
  state.fail = undefined
  say(session, 'two')
  await manager.saved(session)
  off()
  const { session: again } = await processOn(store).manager.load('s1')
  expect([said(again), taste(again).tone]).toEqual([['1', 'two'], 'warm'])
})

test('of a session that is discarded while its conflict is looked at nobody hears', async () => {
  const base = memoryStore()
  const { store } = watched(base)
  const [here, there] = [processOn(store), processOn(base)]
  const told: unknown[] = []
  here.manager.on('saveFailed', ({ error }) => told.push(error))
  const session = await here.session('s1')
  await here.manager.saved(session)
  const { session: theirs } = await there.manager.load('s1')
  say(theirs, 'from there')
  await there.manager.saved(theirs)
  const { get } = store
  store.get = async (...key) => {
    here.manager.discard('s1')
    return get(...key)
  }
  say(session, 'lost the race')
  await jobs(10)
  expect([session.closed, told]).toEqual([true, []])
})

test('of what was reverted nobody hears again, though a save of it is under way', async () => {
  const { store, state } = watched()
  const [here, there] = [processOn(store), processOn(store)]
  const [mine, theirs] = [await here.session('h'), await there.session('t')]
  taste(theirs.user).tone = 'cold'
  await there.manager.saved(theirs)
  const told: unknown[] = []
  here.manager.on('saveFailed', ({ error }) => told.push((error as { code: unknown }).code))
  taste(mine.user).tone = 'warm'
  await Promise.resolve() // it is being saved; the next save will wait
  let open!: () => void
  state.hold = new Promise<void>((resolve) => (open = resolve))
  const saving = here.manager.saved(mine.user)
  await here.manager.revert(mine.user)
  await expect(saving).rejects.toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
  expect(taste(mine).tone).toBe('cold')
  await store.close()
  open()
  for (let job = 0; job < 20; job++) await new Promise(setImmediate)
  expect(told).toEqual(['RETINUE_STORE_CONFLICT'])
})

test('whoever waits for a session that is discarded is told', async () => {
  const { manager, session: make } = processOn(memoryStore())
  const session = await make('s1')
  say(session, 'one')
  const saving = manager.saved(session)
  manager.discard(session)
  await expect(saving).rejects.toMatchObject({ code: 'RETINUE_SESSION_DISCARDED', details: { id: 's1' } })
  await expect(manager.load('s1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
})

test('a session that another one has taken the place of is discarded without it', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const made = await make('s1')
  say(made, 'one')
  const { session } = await manager.rewind(made, { messages: 0 })
  say(session, 'two')
  manager.discard(made)
  await jobs(5)
  expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['two'])
  expect([session.closed, said(session)]).toEqual([false, ['two']])
  manager.discard('s1')
  expect(session.closed).toBe(true)
})

test('what is discarded is that of one id, and not what came along in the same job', async () => {
  const { store, written } = watched()
  const { manager, agent } = processOn(store)
  const user = await manager.user('ada')
  say(new ChatSession({ user, agent, manager, id: 's1' }), 'gone')
  say(new ChatSession({ user, agent, manager, id: 's2' }), 'kept by itself')
  manager.discard('s1')
  await jobs(5)
  expect(written).toMatchObject([expect.arrayContaining(['put session s2/'])])
})

test('a session that is discarded while its user is brought together with others is not saved then', async () => {
  const store = memoryStore()
  const there = processOn(store)
  const theirs = await there.manager.user('ada')
  let discards = false
  const slow = slowList(store, async (kind) => {
    if (discards && kind === 'user') here.manager.discard('s1')
  })
  const here = processOn(slow)
  const made = await here.session('s1')
  taste(theirs).colour = 'red'
  await there.manager.saved(theirs)
  discards = true
  made.batch(() => {
    say(made, 'given up')
    taste(made.user).tone = 'warm'
  })
  await here.manager.saved(made.user)
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('warm')
  expect(await store.get('session', 's1/')).toBeUndefined()
})

test('a failure that nobody hears goes to the console', async () => {
  const { store, state } = watched()
  const { session: make, manager } = processOn(store)
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const session = await make('s1')
  state.fail = new Error('disk full')
  say(session, 'one')
  await vi.waitFor(() => expect(complaint).toHaveBeenCalledWith(state.fail))
  manager.on('saveFailed', () => {
    throw new Error('of a handler')
  })
  say(session, 'two')
  await vi.waitFor(() => expect(complaint).toHaveBeenCalledWith(new Error('of a handler')))
  expect(complaint).toHaveBeenCalledTimes(2)
  complaint.mockRestore()
  state.fail = undefined
  await manager.saved() // or it would be tried again while other files have the process
})

test('of those whom one transaction changed, the ones that are discarded meanwhile do not hold up the others', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const [given, kept] = [await make('s1'), await make('s2')]
  let release = (): void => {}
  state.hold = new Promise((resolve) => (release = resolve))
  const failed: unknown[] = []
  manager.on('saveFailed', ({ owner }) => failed.push(owner.id))
  given.batch(() => {
    say(given, 'one')
    say(kept, 'two')
  })
  await jobs(2)
  manager.discard(given)
  state.fail = new Error('no network')
  release()
  await vi.waitFor(() => expect(failed).toEqual(['s2']))
  state.fail = undefined
  await manager.saved()
  const there = processOn(store).manager
  expect(said((await there.load('s2')).session)).toEqual(['two'])
  await expect(there.load('s1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
})

test('a user that is reverted waits no more for a session that one transaction changed with them', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const { user } = session
  manager.on('saveFailed', () => {})
  state.fail = new Error('disk full')
  session.batch(() => {
    taste(user).tone = 'warm'
    say(session, 'one')
  })
  await expect(manager.saved(session)).rejects.toBe(state.fail)
  await manager.revert(user)
  state.fail = undefined
  await manager.saved(session)

  let release = (): void => {}
  state.hold = new Promise((resolve) => (release = resolve))
  say(session, 'two')
  await jobs(2)
  taste(user).tone = 'cold'
  const saved = manager.saved(user)
  await jobs(2)
  release()
  await saved
  expect(taste(await processOn(store).manager.user('ada')).tone).toBe('cold')
})

test('a conflict of one that is discarded meanwhile is not told of those whom the same transaction changed', async () => {
  const base = memoryStore()
  const { store, state } = watched(base)
  const { manager, session: make } = processOn(store)
  const [given, kept] = [await make('s1'), await make('s2')]
  await manager.saved(given)
  const there = processOn(base).manager
  const { session: theirs } = await there.load('s1')
  say(theirs, 'from there')
  await there.saved(theirs)
  const failed: unknown[] = []
  manager.on('saveFailed', ({ owner }) => failed.push(owner.id))
  let release = (): void => {}
  state.hold = new Promise((resolve) => (release = resolve))
  given.batch(() => {
    say(given, 'lost the race')
    say(kept, 'two')
  })
  await jobs(2)
  manager.discard(given)
  release()
  await manager.saved(kept)
  expect(failed).toEqual([])
  expect(said((await processOn(base).manager.load('s2')).session)).toEqual(['two'])
})

test('whoever has a change saved as they hear of it has it saved', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const saves: Promise<void>[] = []
  session.on('changed', () => void saves.push(manager.saved(session)))
  notes(session).text = 'heard'
  await Promise.all(saves)
  expect(saves).toHaveLength(1)
  expect(notes((await processOn(store).manager.load('s1')).session).text).toBe('heard')
})
