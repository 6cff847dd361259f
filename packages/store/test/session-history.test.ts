import { AgentConfig, definePlugin, defineToolset } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { type Loaded, memoryStore, type RecordStore } from '../src/index.ts'
import { notes, plugin, processOn, said, say, sayAndSave, Taste, taste, threeTurns } from './a-manager.ts'
import { allOf, jobs, slowList, watched } from './a-store.ts'

test('a session is taken back to a message, and its contexts with it; the way there can be taken back, too', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  const { session } = await manager.rewind(made, { messages: 1 })
  expect(made.closed).toBe(true)
  expect([said(session), notes(session).text, taste(session).size]).toEqual([['one'], 'one', 1])
  expect(session.user).toBe(made.user)
  say(session, 'other')
  await manager.saved(session)
  const { session: all } = await manager.rewind('s1', { revision: 3 })
  expect([said(all), notes(all).text, taste(all).size]).toEqual([['one', 'two', 'three'], 'three', 2])
  const { session: branch } = await manager.rewind('s1', { revision: 5 })
  expect([said(branch), notes(branch).text]).toEqual([['one', 'other'], 'one'])
  const { session: none } = await manager.rewind('s1', { messages: 0 })
  const history = await allOf(manager.history('s1'))
  expect(history.map(({ revision, messages }) => [revision, messages])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 1],
    [5, 2],
    [6, 3],
    [7, 2],
    [8, 0],
  ])
  expect([said(none), notes(none).text]).toEqual([[], ''])
  await manager.saved(none)
  const { session: again } = await processOn(store).manager.load('s1')
  expect(again.snapshot()).toEqual(none.snapshot())
})

test('a session that was taken back too far, and then less far, has nothing of what was said between', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  const { session: far } = await manager.rewind(made, { messages: 1 })
  notes(far).text = 'other'
  await sayAndSave(manager, far, 'other')
  const { session: all } = await manager.rewind(far, { revision: 3 })
  expect([said(all), notes(all).text]).toEqual([['one', 'two', 'three'], 'three'])
  const { session } = await manager.rewind(all, { messages: 2 })
  expect([said(session), notes(session).text, taste(session).size]).toEqual([['one', 'two'], 'two', 2])
  const { session: fork } = await manager.fork(session, { at: { messages: 0 } })
  expect([said(fork), notes(fork).text]).toEqual([[], ''])
})

test('a fork goes on from now or from before, with the history up to there', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  const { session: fork } = await manager.fork(made, { id: 'f1', at: { messages: 2 } })
  expect([said(fork), notes(fork).text, fork.agent, fork.user]).toEqual([
    ['one', 'two'],
    'two',
    made.agent,
    made.user,
  ])
  say(fork, 'elsewhere')
  await manager.saved(fork)
  expect(said(made)).toEqual(['one', 'two', 'three'])
  const { session: whole } = await manager.fork('s1')
  expect(whole.snapshot()).toEqual({ ...made.snapshot(), id: whole.id })
  const { session: start } = await manager.rewind(fork, { messages: 1 })
  expect([said(start), notes(start).text, taste(start).size]).toEqual([['one'], 'one', 1])
  await manager.delete('s1')
  const there = processOn(store)
  expect(said((await there.manager.load('f1')).session)).toEqual(['one'])
  const { sessions } = await there.manager.sessions('ada')
  expect(sessions.find(({ id }) => id === 'f1')!.forkedFrom).toEqual({ id: 's1', revision: 2 })
})

test('what was taken out of a session is not in what it was then', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  made.context.$delete('notes')
  await manager.saved(made)
  notes(made).text = 'again'
  await manager.saved(made)
  const { session, report } = await manager.fork(made, { at: { revision: 4 } })
  expect([session.snapshot().context, report]).toEqual([{}, expect.objectContaining({ ok: true })])
  expect(session.context.$has('notes')).toBe(false)
  const { session: back } = await manager.rewind(made, { revision: 4 })
  expect([back.snapshot().context, back.context.$has('notes')]).toEqual([{}, false])
})

const setAside = {
  at: 'context.notes',
  version: 2,
  value: {},
  code: 'RETINUE_VERSION_NEWER',
  reason: 'newer',
}

test('before its first save a session had nothing, whatever it had with it', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  session.tools.push('this')
  session.tools.exclude('not_this')
  notes(session).text = 'one'
  session.replay([{ owner: 'session:s1', field: 'quarantine', from: [], to: [setAside] }])
  say(session, 'one')
  await manager.saved(session)
  const held = {
    tools: ['this'],
    excluded: ['not_this'],
    requested: ['context.notes'],
    quarantine: [setAside],
  }
  expect(session.snapshot()).toMatchObject(held)
  const { session: fork } = await manager.fork(session, { at: { revision: 0 } })
  const nothing = await make()
  expect(fork.snapshot()).toEqual({ ...nothing.snapshot(), id: fork.id })
  await store.transact([{ op: 'remove', kind: 'session_journal', id: 's1/' }])
  await expect(manager.fork(session, { at: { revision: 0 } })).rejects.toMatchObject({
    code: 'RETINUE_SESSION_RECORDS_INVALID',
  })
})

test('what is taken back or forked is stored on the agent that it goes on with', async () => {
  const store = memoryStore()
  const agents = (name: string): AgentConfig => new AgentConfig({ name, registry })
  const { manager, made, registry } = await threeTurns(store)
  made.agent = agents('editor')
  await manager.saved(made)
  const { session } = await manager.rewind(made, { messages: 1 })
  const { session: fork } = await manager.fork(session, { agent: agents('critic') })
  const later = processOn(store, { agents: (name) => new AgentConfig({ name, registry: later.registry }) })
  for (const live of [session, fork]) {
    const { session: again } = await later.manager.load(live.id)
    expect(again.snapshot()).toEqual(live.snapshot())
  }
  expect([session.agent!.name, fork.agent!.name]).toEqual(['editor', 'critic'])
  const { session: bare } = await manager.fork(fork, { agent: null })
  expect((await later.manager.load(bare.id)).session.agent!.name).toBe('critic')
  fork.agent = undefined
  const { session: free } = await manager.fork(fork, { at: { revision: 1 } })
  const { session: rewound } = await manager.rewind(fork, { revision: 1 })
  for (const { id } of [free, rewound]) {
    expect((await processOn(store).manager.load(id)).session.agent).toBeUndefined()
  }
})

test('a session that was loaded without its agent goes on without it where it is taken back or forked', async () => {
  const store = memoryStore()
  await threeTurns(store)
  const { manager } = processOn(store)
  const { session } = await manager.load('s1', { agent: null })
  const { session: fork } = await manager.fork(session)
  const { session: rewound } = await manager.rewind(session, { messages: 1 })
  expect([fork.agent, rewound.agent]).toEqual([undefined, undefined])
})

test('an agent that is given as undefined is none that is given: a live session goes on with its own', async () => {
  const { manager, made, registry } = await threeTurns(memoryStore())
  made.agent = new AgentConfig({ name: 'editor', registry }) // which the manager does not know
  const none: { agent?: AgentConfig } = { agent: undefined! }
  const { session: fork } = await manager.fork(made, none)
  const { session } = await manager.rewind(made, { messages: 1 }, none)
  expect([fork.agent!.name, session.agent!.name]).toEqual(['editor', 'editor'])
})

test('a fork that is to have the id of another session is refused in words, whether that one is stored or live', async () => {
  const store = memoryStore()
  const { manager, made, session: make } = await threeTurns(store)
  await manager.fork('s1', { id: 'stored' })
  await manager.evict('stored')
  const live = await make('live')
  const before = await allOf(store.list('session'))
  for (const id of ['s1', 'stored', 'live']) {
    const error: unknown = await manager.fork(made, { id }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'RETINUE_SESSION_EXISTS', details: { id } })
    expect(String(error)).toContain(`Another session has the id '${id}'. Nothing was written. Give`)
  }
  expect(await allOf(store.list('session'))).toEqual(before)
  expect(said(live)).toEqual([])
  await expect(manager.fork(made, { id: 'x'.repeat(5000) })).rejects.toMatchObject({
    code: 'RETINUE_STORE_INVALID',
  })
  expect((await manager.fork(made, { id: '' })).session.id).toMatch(/^[\da-f-]{36}$/) // as if it was left out (SPEC 27)
})

test('messages that came together with later ones can still be told apart', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  for (const text of ['long before', 'before']) {
    notes(session).text = text
    await manager.saved(session)
  }
  for (const text of ['a', 'b', 'c']) say(session, text)
  notes(session).text = 'after'
  await manager.saved(session)
  notes(session).text = 'long after'
  await sayAndSave(manager, session, 'd')
  for (const text of ['e', 'f']) say(session, text)
  await manager.saved(session)
  const { session: five } = await manager.rewind(session, { messages: 5 })
  expect([said(five), notes(five).text]).toEqual([['a', 'b', 'c', 'd', 'e'], 'long after'])
  const { session: one } = await manager.rewind(five, { messages: 1 })
  expect([said(one), notes(one).text]).toEqual([['a'], 'before'])
  const { session: fork } = await manager.fork('s1', { at: { messages: 0 }, id: 'f' })
  expect(said(fork)).toEqual([])
})

test('a session that is taken back here was not saved elsewhere', async () => {
  const { manager, made } = await threeTurns(memoryStore())
  const waiting = manager.whenChangedElsewhere(made, new AbortController())
  await jobs(2)
  await manager.rewind(made, { messages: 1 })
  expect(await waiting).toBe(false)
})

test('what has been said while a session is taken back is not lost', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  const rewinding = manager.rewind(made, { messages: 1 })
  await Promise.resolve()
  say(made, 'four')
  const { session } = await rewinding
  expect(said(session)).toEqual(['one'])
  const { session: all } = await manager.rewind(session, { revision: 4 })
  expect(said(all)).toEqual(['one', 'two', 'three', 'four'])
})

test('a session that can not be taken back, forked or deleted is as it was, and saved as ever', async () => {
  const { store, state } = watched()
  const { manager, made } = await threeTurns(store)
  const before = made.snapshot()
  manager.on('saveFailed', () => {})
  state.fail = new Error('no network')
  await expect(manager.rewind(made, { messages: 1 })).rejects.toBe(state.fail)
  await expect(manager.rewind('s1', { messages: 1 })).rejects.toBe(state.fail)
  await expect(manager.fork(made, { id: 'f1' })).rejects.toBe(state.fail)
  await expect(manager.delete(made)).rejects.toBe(state.fail)
  expect([made.closed, manager.get('s1'), manager.get('f1')]).toEqual([false, made, undefined])
  expect(made.snapshot()).toEqual(before)
  state.fail = undefined
  say(made, 'four')
  await manager.saved(made)
  const there = processOn(store)
  expect((await there.manager.load('s1')).session.snapshot()).toEqual(made.snapshot())
  await expect(there.manager.load('f1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  const { session } = await manager.rewind(made, { messages: 1 })
  expect([made.closed, said(session), notes(session).text]).toEqual([true, ['one'], 'one'])
})

test.for(['session_journal', 'session'])(
  'a session that is deleted before its log %j is read is missing, and not forked by half',
  async (log) => {
    const store = memoryStore()
    const { manager, session } = processOn(store)
    const made = await session('s1')
    await sayAndSave(manager, made, 'one', 'two')
    const { store: watchedStore } = watched(store)
    let reads = 0
    const there = processOn(
      Object.assign(watchedStore, {
        async *read(...args: Parameters<RecordStore['read']>) {
          const isPast = args[0] === log && (log !== 'session' || ++reads > 1) // the first is that of what is stored now
          if (isPast) await manager.delete('s1')
          yield* store.read(...args)
        },
      }),
    )
    const at = log === 'session' ? { messages: 1 } : { revision: 1 }
    await expect(there.manager.fork('s1', { id: 'f1', at })).rejects.toMatchObject({
      code: 'RETINUE_SESSION_MISSING',
    })
    expect(await allOf(store.list('session'))).toEqual([])
  },
)

test('a place that can not be loaded is told before anything is stored, and the live session is as it was', async () => {
  const store = memoryStore()
  const first = processOn(store)
  const session = await first.session('s1')
  notes(session).text = 'long'.repeat(1000)
  await first.manager.saved(session)
  notes(session).text = 'short'
  await first.manager.saved(session)
  const { manager } = processOn(store, { limits: { maxBytes: 2000 } })
  const { session: live } = await manager.load('s1')
  const before = await allOf(store.list('session'))
  const tooLarge = { code: 'RETINUE_SNAPSHOT_LIMIT' }
  await expect(manager.rewind(live, { revision: 1 })).rejects.toMatchObject(tooLarge)
  await expect(manager.fork(live, { at: { revision: 1 }, id: 'f1' })).rejects.toMatchObject(tooLarge)
  expect([live.closed, manager.get('s1')]).toEqual([false, live])
  expect(await allOf(store.list('session'))).toEqual(before)
  say(live, 'on')
  await manager.saved(live)
  expect(said((await manager.rewind(live, { revision: 3 })).session)).toEqual(['on'])
})

test('whoever observes a user hears once of what comes with a session that is taken back', async () => {
  const brush = defineToolset('brush', { needs: [Taste], tools: {} })
  const brushes = definePlugin({ name: '@test/brush', version: '1.0.0', contributes: [brush] })
  const { manager, session: make } = processOn(memoryStore(), { plugins: [plugin, brushes] })
  const session = await make('s1')
  session.tools.push('brush')
  await manager.saved(session)
  session.tools.remove('brush')
  await manager.saved(session)
  const heard: string[] = []
  for (const event of ['configAdded', 'configRemoved'] as const)
    session.user.on(event, ({ type }) => heard.push(`${event} ${type}`))
  await manager.rewind(session, { revision: 1 })
  expect(heard).toEqual(['configAdded taste'])
})

test('what is changed while a session that is taken back is being stored is not lost, and not in it', async () => {
  const { store, state } = watched()
  const { manager, made } = await threeTurns(store)
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  const rewinding = [manager.rewind(made, { messages: 1 }), manager.rewind('s1', { messages: 1 })]
  await jobs(10)
  say(made, 'four')
  notes(made).text = 'four'
  open()
  const [{ session }, second] = (await Promise.all(rewinding)) as [Loaded, Loaded]
  expect([second.session, said(session), notes(session).text]).toEqual([session, ['one'], 'one'])
  expect(made.closed).toBe(true)
  expect((await processOn(store).manager.load('s1')).session.snapshot()).toEqual(session.snapshot())
  const revisions = await allOf(manager.history('s1'))
  expect(revisions.map(({ messages }) => messages)).toEqual([1, 2, 3, 1, 4, 1, 1])
  const { session: all } = await manager.rewind(session, { revision: 5 })
  expect([said(all), notes(all).text]).toEqual([['one', 'two', 'three', 'four'], 'four'])
})

test('a session that is closed while it is taken back is there as it was then, and taken back once', async () => {
  const { store, state } = watched()
  const { manager, made } = await threeTurns(store)
  let open!: () => void
  state.hold = new Promise((resolve) => (open = resolve))
  const rewinding = manager.rewind(made, { messages: 1 })
  await jobs(10)
  made.close()
  const loading = manager.load('s1')
  open()
  const { session } = await rewinding
  expect([said(session), (await loading).session]).toEqual([['one'], session])
  expect(await allOf(manager.history('s1'))).toHaveLength(4)
})

test('what was said and saved while a session is taken back to where it is, is taken back as well', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(slowList(store, async () => {}))
  const made = await make('s1')
  say(made, 'one')
  await manager.saved()
  const rewinding = manager.rewind(made, { messages: 1 })
  await jobs(2) // it is being read
  say(made, 'two')
  await manager.saved(made)
  const { session } = await rewinding
  expect(said(session)).toEqual(['one'])
  expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['one'])
})

test('a session of which nothing was changed yet can be forked, taken back and deleted', async () => {
  const { manager, session: make } = processOn(memoryStore())
  const { session: fork } = await manager.fork(await make('s1'))
  expect(said(fork)).toEqual([])
  const { session } = await manager.rewind(await make('s2'), { messages: 0 })
  expect(manager.get('s2')).toBe(session)
  expect(await manager.delete(await make('s3'))).toBe(true)
})

test('a place that is not there is an error, and changes nothing', async () => {
  const { manager, made } = await threeTurns(memoryStore())
  for (const at of [
    { messages: 4 },
    { messages: -1 },
    { messages: 1.5 },
    { revision: 4 },
    { revision: Number.NaN },
    null as never,
    'the beginning' as never,
  ]) {
    await expect(manager.rewind(made, at)).rejects.toMatchObject({ code: 'RETINUE_SESSION_POINT_UNKNOWN' })
    await expect(manager.fork(made, { at })).rejects.toMatchObject({
      code: 'RETINUE_SESSION_POINT_UNKNOWN',
    })
  }
  expect(made.closed).toBe(false)
})

test('taking back an edit at the beginning of a conversation writes that alone, and not what follows it', async () => {
  const store = memoryStore()
  const { manager, made } = await threeTurns(store)
  made.messages.set(0, { role: 'user', parts: [{ type: 'text', text: 'ONE' }] })
  await manager.saved(made)
  const { session } = await manager.rewind(made, { revision: 3 })
  expect(said(session)).toEqual(['one', 'two', 'three'])
  expect((await allOf(store.read('session', 's1/'))).at(-1)!.value).toMatchObject({
    index: 0,
    removed: 1,
    added: [{ parts: [{ text: 'one' }] }],
  })
})

test('a fork that a store which is there has failed to keep is an error, and no session', async () => {
  const { store, state } = watched()
  const { manager, made } = await threeTurns(store)
  state.fail = new Error('disk full')
  await expect(manager.fork(made, { id: 'f' })).rejects.toThrow('disk full')
  state.fail = undefined
  await expect(manager.load('f')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  expect(said((await manager.fork(made, { id: 'f' })).session)).toEqual(['one', 'two', 'three'])
})
