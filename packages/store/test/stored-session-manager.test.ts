import { ChatSession, ChatUser, type Json } from '@retinue/kernel'
import { expect, test, vi } from 'vitest'
import { memoryStore, StoredSessionManager } from '../src/index.ts'
import { many, processOn, said, say, taste, threeTurns } from './a-manager.ts'
import { allOf, headOf, jobs, slowList, watched } from './a-store.ts'

test('a session of whose messages some are missing can still be deleted', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  const value = { ...(await headOf(store)), logLength: 2 }
  await store.transact([{ op: 'put', kind: 'session', id: 's1/', value }])
  expect(await processOn(store).manager.delete('s1')).toBe(true)
  for (const kind of ['session', 'session_recent']) expect(await allOf(store.list(kind))).toEqual([])
})

test('an agent that nobody gives is an error that says what to do', async () => {
  const store = memoryStore()
  const here = processOn(store)
  await here.manager.saved(await here.session('s1'))
  const { manager } = processOn(store, { agents: () => undefined })
  await expect(manager.load('s1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_AGENT_UNKNOWN' })
  const { session, report } = await manager.load('s1', { agent: null })
  expect(session.agent).toBeUndefined()
  expect(report!.agent).toEqual({ saved: 'guide', given: null })
})

test("another user's session is refused (SPEC 49)", async () => {
  const store = memoryStore()
  const here = processOn(store)
  await here.manager.saved(await here.session('s1'))
  const { manager, registry } = processOn(store)
  const user = new ChatUser({ id: 'eve', registry })
  const stranger = expect.objectContaining({ code: 'RETINUE_SNAPSHOT_OWNER' }) as Error
  await expect(manager.load('s1', { user })).rejects.toThrow(stranger)
  const [, theirs] = await Promise.allSettled([manager.load('s1'), manager.load('s1', { user })])
  expect(theirs).toMatchObject({ reason: stranger })
  await expect(manager.load('s1', { user })).rejects.toThrow(stranger) // while it is live, too
  await expect(manager.fork('s1', { user, id: 's2' })).rejects.toMatchObject({
    code: 'RETINUE_SNAPSHOT_OWNER',
  })
  await expect(manager.load('s2')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  const other = processOn(store, { agents: () => undefined }) // nor is it said which agent that is on
  const eve = new ChatUser({ id: 'eve', registry: other.registry })
  await expect(other.manager.load('s1', { user: eve })).rejects.toThrow(stranger)
})

test('a user has sessions, those that were saved last first, in pages', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
  for (const id of ['a', 'b/c', 'd', 'e']) {
    vi.setSystemTime(Date.now() + 1000)
    const session = await make(id)
    say(session, `This  is\n${id} ${'😀'.repeat(200)}`)
    await manager.saved(session)
  }
  vi.setSystemTime(Date.now() + 1000)
  say(manager.get('a')!, 'again')
  await manager.saved()
  vi.useRealTimers()
  const { sessions, next } = await manager.sessions('ada', { limit: 3 })
  expect(sessions.map(({ id }) => id)).toEqual(['a', 'e', 'd'])
  expect(sessions[0]).toMatchObject({
    user: 'ada',
    agent: 'guide',
    messages: 2,
    revision: 2,
    createdAt: 1_001_000,
    updatedAt: 1_005_000,
  })
  expect(sessions[0]!.title).toBe(`This is a ${'😀'.repeat(70)}`)
  const list = vi.spyOn(store, 'list')
  const rest = await manager.sessions('ada', { limit: 3, after: next })
  expect(list).toHaveBeenCalledWith('session_recent', expect.objectContaining({ limit: 4 })) // no more is read
  expect(rest).toMatchObject({ sessions: [{ id: 'b/c' }], next: undefined })
  expect((await manager.sessions('ada', { limit: 4 })).next).toBeUndefined()
  expect(await manager.sessions('ad')).toEqual({ sessions: [], next: undefined })
  for (const limit of [0, -1, 1.5, Number.NaN])
    await expect(manager.sessions('ada', { limit })).rejects.toMatchObject({
      code: 'RETINUE_STORE_INVALID',
    })
  await manager.delete('a')
  expect((await manager.sessions('ada')).sessions.map(({ id }) => id)).toEqual(['e', 'd', 'b/c'])
})

test('what is changed while a session is being deleted goes with it, and comes back if that fails', async () => {
  const { store, state } = watched()
  const { manager, made } = await threeTurns(store)
  manager.on('saveFailed', () => {})
  for (const fails of [true, false]) {
    let open!: () => void
    state.hold = new Promise((resolve) => (open = resolve))
    const deleting = manager.delete(made)
    await jobs(10)
    say(made, 'four')
    if (fails) state.fail = new Error('no network')
    open()
    await expect(deleting.catch(() => 'failed')).resolves.toBe(fails ? 'failed' : true)
    state.fail = undefined
    await jobs(10)
    if (!fails) continue
    await manager.saved(made)
    expect(said((await processOn(store).manager.load('s1')).session)).toContain('four')
  }
  await expect(processOn(store).manager.load('s1')).rejects.toMatchObject({
    code: 'RETINUE_SESSION_MISSING',
  })
  expect(made.closed).toBe(true)
})

test('a manager without a store, and users and sessions without an id, are refused in words', async () => {
  const invalid = expect.objectContaining({ code: 'RETINUE_STORE_INVALID' }) as Error
  for (const store of [undefined, null, {}])
    expect(() => new StoredSessionManager({ store: store as never })).toThrow(invalid)
  const manager = new StoredSessionManager({ store: memoryStore() })
  expect(() => manager.on('saved' as never, () => {})).toThrow(invalid)
  expect(() => manager.on('saveFailed', undefined as never)).toThrow(invalid)
  const user = await manager.user('ada')
  for (const id of [undefined, null, '', {}, user] as never[]) {
    await expect(manager.user(id)).rejects.toThrow(invalid)
    await expect(manager.load(id)).rejects.toThrow(invalid)
    await expect(manager.delete(id)).rejects.toThrow(invalid)
  }
  await expect(manager.rewind('s1', undefined as never)).rejects.toThrow(invalid)
  await expect(memoryStore().transact('put' as never)).rejects.toThrow(invalid)
})

test('whatever text is the id of a session or a user, both are found, taken back and deleted by it', async () => {
  const ids = ['\0', 'a\ud800', '../..', '%', '__proto__', 'a"\\/b']
  const store = memoryStore()
  for (const id of ids) {
    const { manager, agent } = processOn(store)
    const session = new ChatSession({ user: await manager.user(id), agent, manager, id })
    say(session, id)
    taste(session.user).tone = id
    await manager.saved(session)
  }
  const { manager } = processOn(store)
  for (const id of ids) {
    const { session } = await manager.load(id)
    expect([said(session), taste(await manager.user(id)).tone]).toEqual([[id], id])
    expect((await manager.sessions(id)).sessions.map((each) => each.id)).toEqual([id])
    expect((await manager.rewind(id, { messages: 0 })).session.messages).toHaveLength(0)
    expect(await manager.deleteUser(id)).toBe(true)
    await expect(manager.load(id)).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  }
})

test('a session that is evicted is saved first; one that is deleted is gone with all its records', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  say(made, 'four')
  expect(await manager.evict(made)).toBe(true)
  expect([made.closed, manager.get('s1')]).toEqual([true, undefined])
  expect(await manager.evict('s1')).toBe(false)
  const { session } = await manager.load('s1')
  expect(said(session)).toHaveLength(4)
  say(session, 'five')
  expect(await manager.delete(session)).toBe(true)
  expect(session.closed).toBe(true)
  expect(await manager.delete('s1')).toBe(false)
  await expect(manager.load('s1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  for (const kind of ['session', 'session_recent']) expect(await allOf(store.list(kind))).toEqual([])
  for (const kind of ['session', 'session_journal']) expect(await allOf(store.read(kind, 's1/'))).toEqual([])
})

test('a user that is deleted is gone with all that was kept of them, here and elsewhere', async () => {
  const { store, state } = watched()
  const here = processOn(store, { plugins: [] }) // where what is stored of plugins is of types that nobody knows
  const there = processOn(store)
  const eve = await there.manager.user('eve')
  taste(eve).tone = 'cold'
  const kept = await there.session('s1')
  taste(kept.user).tone = 'warm'
  say(kept, 'hello')
  say(await there.session('s2'), 'and hello')
  await there.manager.saved()
  const ada = await here.manager.user('ada')
  const fresh = new ChatSession({ user: ada, agent: here.agent, manager: here.manager, id: 's3' })
  say(fresh, 'unsaved')
  const blank = new ChatSession({ user: ada, agent: here.agent, manager: here.manager })
  const theirs = new ChatSession({ user: await here.manager.user('eve'), manager: here.manager })
  expect(JSON.stringify(ada)).toContain('warm')

  state.fail = new Error('no network')
  here.manager.on('saveFailed', () => {})
  await expect(here.manager.deleteUser('ada')).rejects.toBe(state.fail)
  state.fail = undefined
  expect(await here.manager.deleteUser(ada)).toBe(true)
  expect(await here.manager.deleteUser('ada')).toBe(false)
  expect([fresh.closed, blank.closed, theirs.closed]).toEqual([true, true, false])
  expect(JSON.stringify(ada)).not.toContain('warm')
  const ids = async (kind: string) => (await allOf(store.list(kind))).map(({ id }) => id)
  expect([await ids('session'), await ids('session_recent'), await ids('user')]).toEqual([
    [],
    [],
    ['eve/', 'eve/config.taste'],
  ])
  expect(await allOf(store.read('session_journal', 's1/'))).toEqual([])

  // What is live elsewhere is told, and does not come back.
  say(kept, 'again')
  await expect(there.manager.saved(kept)).rejects.toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
  there.manager.discard(kept)
  const next = await there.session('s4')
  taste(next.user).size = 3
  await there.manager.saved(next)
  expect([taste(next).tone, taste(next).size]).toEqual(['plain', 3])
  expect(await ids('user')).toEqual(['ada/', 'ada/config.taste', 'eve/', 'eve/config.taste'])
  await expect(here.manager.deleteUser(5 as never)).rejects.toMatchObject({ code: 'RETINUE_STORE_INVALID' })
})

test('the sessions of a user that is deleted go several at a time: thousands one by one would take minutes', async () => {
  const store = memoryStore()
  const { manager, session } = processOn(store)
  for (let i = 0; i < 40; i++) await session(`s${i}`)
  await Promise.all(manager.list().map((each) => manager.saved(each)))
  const transact = store.transact.bind(store)
  let [waiting, most] = [0, 0]
  store.transact = async (ops) => {
    most = Math.max(most, ++waiting)
    await new Promise((resolve) => setTimeout(resolve)) // for the disk
    waiting--
    return transact(ops)
  }
  await manager.deleteUser('ada')
  expect([most, await allOf(store.list('session'))]).toEqual([16, []])
})

test('a session that is discarded while it is being stored, and then deleted, does not come back', async () => {
  const { store, state } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  say(session, 'one')
  await jobs(2)
  manager.discard('s1')
  const deleting = manager.delete('s1')
  await jobs(2)
  state.hold = undefined
  open()
  await deleting
  await jobs(5)
  expect(await allOf(store.list('session'))).toEqual([])
})

test('a session that is deleted and made anew while it is read is loaded as it is then', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const made = async (...texts: readonly string[]): Promise<void> => {
    const session = await make('s1')
    for (const text of texts) say(session, text)
    await manager.evict(session)
  }
  await made('one', 'two')
  let isFirst = true
  const slow = slowList(store, async (kind) => {
    if (kind !== 'session' || !isFirst) return
    isFirst = false
    await manager.delete('s1')
    await made('new')
  })
  expect(said((await processOn(slow).manager.load('s1')).session)).toEqual(['new'])
})

test('a session that came and went in the job in which its user is deleted is gone as well', async () => {
  const store = memoryStore()
  const { manager, agent } = processOn(store)
  const user = await manager.user('ada')
  const session = new ChatSession({ user, agent, manager })
  say(session, 'hello')
  session.close()
  await manager.deleteUser('ada')
  await manager.saved()
  expect(await allOf(store.list('session'))).toEqual([])
})

test('a session that came and went in the job in which it is deleted is gone, and was there', async () => {
  const store = memoryStore()
  const { manager, session } = processOn(store)
  const made = await session('s1')
  say(made, 'hello')
  made.close()
  expect([await manager.delete('s1'), await manager.delete('s1')]).toEqual([true, false])
  await manager.saved()
  expect(await allOf(store.list('session'))).toEqual([])
})

test('a user who only asked for something is deleted as well, once', async () => {
  const store = memoryStore()
  const { manager } = processOn(store)
  const user = await manager.user('ada')
  user.config.$get(many[0]!)
  await manager.saved(user)
  expect(await allOf(store.list('user'))).toHaveLength(1)
  const { manager: there } = processOn(store)
  expect([await there.deleteUser('ada'), await there.deleteUser('ada')]).toEqual([true, false])
  expect(await allOf(store.list('user'))).toEqual([])
})

test('of a user that is deleted, a session of a newer form alone stays, for those who can read it', async () => {
  const store = memoryStore()
  const { manager, session } = processOn(store)
  for (const id of ['s1', 's2', 's3']) await manager.saved(await session(id))
  const [head] = await allOf(store.list('session', { prefix: 's2/' }))
  const newer = { ...(head!.value as Record<string, Json>), format: 99 }
  await store.transact([{ op: 'put', kind: 'session', id: 's2/', value: newer }])
  const here = processOn(store).manager
  taste(await here.user('ada')).tone = 'warm'
  await expect(here.deleteUser('ada')).rejects.toMatchObject({
    code: 'RETINUE_SESSION_RECORDS_INVALID',
    details: { id: 's2' },
  })
  expect(await allOf(store.list('user'))).toEqual([])
  expect((await here.sessions('ada')).sessions.map(({ id }) => id)).toEqual(['s2'])
  await store.transact([{ op: 'put', kind: 'session', id: 's2/', value: head!.value }])
  expect(await here.deleteUser('ada')).toBe(true)
})

test('what a closed session could not save yet is not stored after its user was deleted', async () => {
  const { store, state } = watched()
  const { manager, session } = processOn(store)
  manager.on('saveFailed', () => {})
  state.fail = new Error('disk full')
  const first = await session('s1')
  say(first, 'hello')
  first.close()
  await expect(manager.saved()).rejects.toBe(state.fail)
  const second = await session('s2')
  say(second, 'hello')
  state.fail = undefined
  second.close() // it is only about to be saved
  expect(await manager.deleteUser('ada')).toBe(true)
  await manager.saved()
  await jobs(5)
  for (const kind of ['session', 'session_recent', 'user']) expect(await allOf(store.list(kind))).toEqual([])
})
