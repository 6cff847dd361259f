import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  definePlugin,
  defineToolset,
  type Json,
  Type,
} from '@retinue/kernel'
import { describe, expect, test, vi } from 'vitest'
import {
  type Loaded,
  memoryStore,
  StoredSessionManager,
  type RecordStore,
  type StoredSessionEvents,
} from '../src/index.ts'
import { allOf, jobs, watched } from './a-store.ts'
import { many, notes, plugin, processOn, said, say, Style, Taste, taste } from './a-manager.ts'

/** A store whose lists end late: what happens between is done after all of a list was read. */
function slowList(store: RecordStore, between: (kind: string) => Promise<void>): RecordStore {
  const { store: slow } = watched(store)
  return Object.assign(slow, {
    async *list(...args: Parameters<RecordStore['list']>) {
      yield* store.list(...args)
      await between(args[0])
      await jobs(5)
    },
  })
}

/** The head of the session `s1`, as it is stored. */
async function headOf(store: RecordStore): Promise<Record<string, Json>> {
  return (await store.get('session', 's1/'))!.value as Record<string, Json>
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('saving', () => {
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

  test('a session that is saved is there for another process, word for word (SPEC 48, 49)', async () => {
    const store = memoryStore()
    const here = processOn(store)
    const session = await here.session('s1')
    taste(session.user).tone = 'warm'
    taste(session).size = 3
    notes(session).text = 'first'
    session.sections.$get(Style).words = 4
    session.tools.push('nobody_has')
    session.tools.exclude('not_this')
    say(session, 'hello')
    await here.manager.saved(session)
    const there = processOn(store)
    const { session: again, report } = await there.manager.load('s1')
    expect(report).toMatchObject({ ok: true })
    expect(again).not.toBe(session)
    expect(again.snapshot()).toEqual(session.snapshot())
    expect(again.user.snapshot()).toEqual(session.user.snapshot())
    expect(taste(again).tone).toBe('warm')
    await there.manager.saved()
    expect(await allOf(there.manager.history('s1'))).toHaveLength(1) // loading changed nothing
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
    await manager.saved(session)
    expect(written).toEqual([])
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

  test('an edit in the middle of the conversation is kept, and the log only grows', async () => {
    const store = memoryStore()
    const { manager, session: make } = processOn(store)
    const session = await make('s1')
    for (const text of ['a', 'b', 'c', 'd']) say(session, text)
    await manager.saved(session)
    session.messages.set(1, { role: 'assistant', parts: [{ type: 'text', text: 'B' }] })
    session.messages.removeAt(2)
    await manager.saved(session)
    session.messages.insert(0, { role: 'user', parts: [{ type: 'text', text: '0' }] })
    await manager.saved(session)
    const { session: again } = await processOn(store).manager.load('s1')
    expect(said(again)).toEqual(['0', 'a', 'B', 'd'])
    const log = (await allOf(store.read('session', 's1/'))) as unknown as { value: Record<string, unknown> }[]
    expect(log.map(({ value }) => value)).toMatchObject([
      { revision: 1, index: 0, removed: 0, added: [{}, {}, {}, {}] },
      { revision: 2, index: 1, removed: 2, added: [{ role: 'assistant' }] },
      { revision: 3, index: 0, removed: 0, added: [{ role: 'user' }] },
    ])
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
    await manager.saved(session)
    session.messages.on('added', () => {
      notes(session).text = 'last words'
      session.close() // before `committed` is told
    })
    say(session, 'one')
    await manager.saved(session)
    const { session: again } = await processOn(store).manager.load('s1')
    expect([said(again), notes(again).text]).toEqual([['one'], 'last words'])
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

  test('what no plugin here knows is kept, and is there when its plugin is', async () => {
    const store = memoryStore()
    const here = processOn(store)
    const session = await here.session('s1')
    taste(session.user).tone = 'warm'
    notes(session).text = 'kept'
    await here.manager.saved(session)
    const ignorant = processOn(store, { plugins: [] })
    const { session: blind, report } = await ignorant.manager.load('s1')
    expect(report!.unknown).toEqual(['context.notes'])
    say(blind, 'goes on')
    await ignorant.manager.saved(blind)
    const { session: again } = await processOn(store).manager.load('s1')
    expect([notes(again).text, taste(again).tone, said(again)]).toEqual(['kept', 'warm', ['goes on']])
  })

  test('old items are brought up to date, and damaged ones are set aside once and for good (SPEC 50, 51)', async () => {
    const store = memoryStore()
    const here = processOn(store)
    const session = await here.session('s1')
    notes(session).text = 'old'
    taste(session).size = 7
    say(session, 'one')
    await here.manager.saved(session)
    const NewNotes = Context(
      'notes',
      { body: Type.String({ default: '' }) },
      { version: 2, upgrade: { 1: ({ text }) => ({ body: text }) } },
    )
    const StrictTaste = Config('taste', { size: Type.Integer({ default: 1, maximum: 5 }) })
    const upgraded = definePlugin({
      name: '@test/taste',
      version: '2.0.0',
      contributes: [NewNotes, StrictTaste],
    })
    const there = processOn(store, { plugins: [upgraded] })
    const { session: again, report } = await there.manager.load('s1')
    expect(again.context.$get(NewNotes).body).toBe('old')
    expect(report!.quarantined).toMatchObject([{ at: 'config.taste', field: 'size', value: 7 }])
    for (let turn = 0; turn < 2; turn++) {
      const process = processOn(store, { plugins: [upgraded] })
      const { session: next } = await process.manager.load('s1')
      say(next, 'more')
      await process.manager.saved(next)
      expect(next.quarantine).toHaveLength(1)
    }
  })

  test('what a step failed on is an item again, and stored as one, once the step is mended (SPEC 50)', async () => {
    const store = memoryStore()
    const here = processOn(store)
    const session = await here.session('s1')
    notes(session).text = 'kept'
    taste(session.user).tone = 'warm'
    await here.manager.saved(session)
    let isMended = false
    const step = ({ text, tone }: Record<string, unknown>): Record<string, unknown> => {
      if (!isMended) throw new Error('oops')
      return { body: text ?? tone }
    }
    const body = Type.String({ default: '' })
    const NewNotes = Context('notes', { body }, { version: 2, upgrade: { 1: step } })
    const NewTaste = Config('taste', { body }, { version: 2, upgrade: { 1: step } })
    const [other] = many as [(typeof many)[0]]
    const contributes = [NewNotes, NewTaste, other]
    const plugins = [definePlugin({ name: '@test/taste', version: '2.0.0', contributes })]
    const turn = async (): Promise<ChatSession> => {
      const { manager } = processOn(store, { plugins })
      const { session: loaded } = await manager.load('s1')
      say(loaded, 'goes on')
      loaded.user.config.$get(other).value += 1
      await manager.saved(loaded)
      return loaded
    }
    const broken = await turn()
    expect([broken.quarantine.length, broken.user.quarantine.length]).toEqual([1, 1])
    isMended = true
    for (let i = 0; i < 2; i++) {
      const { context, user, quarantine } = await turn()
      expect([context.$get(NewNotes).body, user.config.$get(NewTaste).body]).toEqual(['kept', 'warm'])
      expect([...quarantine, ...user.quarantine]).toEqual([])
    }
  })
})

describe('several at once', () => {
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

    here.board.counts = { ...here.board.counts, same: 1 }
    await here.manager.saved()
    there.board.counts = { ...there.board.counts, same: 2 }
    await expect(there.manager.saved()).rejects.toThrow('RETINUE_STORE_CONFLICT')
    await there.manager.revert(there.user)

    here.board.spot = { x: 1, y: 0 }
    await here.manager.saved()
    there.board.spot = { x: 0, y: 1 }
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

  test('what is saved here while somebody looks whether it was saved elsewhere is no news', async () => {
    const { store } = watched()
    const there = processOn(store)
    await there.manager.saved(await there.session('s'))
    const { manager } = processOn(store)
    const { session } = await manager.load('s')
    let show!: () => void
    const shown = new Promise<void>((resolve) => (show = resolve))
    const { get } = store
    store.get = async (...key) => {
      const found = await get(...key)
      await shown // what was read is old by then
      return found
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
  })

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

  test('two processes on one session: the second is told, and can go on from what is stored', async () => {
    const store = memoryStore()
    const [a, b] = [processOn(store), processOn(store)]
    const session = await a.session('s1')
    say(session, 'hello')
    await a.manager.saved(session)
    const { session: other } = await b.manager.load('s1')
    say(session, 'from a')
    await a.manager.saved(session)
    say(other, 'from b')
    const error = await b.manager.saved(other).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
    expect(String(error)).toContain("manager.discard('s1')")
    await expect(b.manager.saved(other)).rejects.toThrow('RETINUE_STORE_CONFLICT')
    const { session: kept } = ChatSession.restore(
      { ...other.snapshot(), id: 's2' },
      { user: other.user, agent: b.agent, manager: b.manager },
    )
    await b.manager.saved(kept)
    b.manager.discard('s1')
    const { session: again } = await b.manager.load('s1')
    expect(said(again)).toEqual(['hello', 'from a'])
    say(again, 'from b')
    await b.manager.saved(again)
    expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['hello', 'from a', 'from b'])
    expect(said((await processOn(store).manager.load('s2')).session)).toEqual(['hello', 'from b'])
  })

  test('a session that somebody else has deleted is not brought back by whoever still has it', async () => {
    const store = memoryStore()
    const [a, b] = [processOn(store), processOn(store)]
    const session = await a.session('s1')
    await a.manager.saved(session)
    await b.manager.delete('s1')
    say(session, 'too late')
    const error: unknown = await a.manager.saved(session).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'RETINUE_STORE_CONFLICT' })
    expect(String(error)).toMatch(
      /'s1' is not in the store any more: it was deleted.*Keep what is here as another session/,
    )
    await expect(b.manager.load('s1')).rejects.toMatchObject({ code: 'RETINUE_SESSION_MISSING' })
  })

  test('what a store has lost is stored again by whoever saved it last, and told to others', async () => {
    const [store, replica] = [memoryStore(), memoryStore()]
    const transact = store.transact.bind(store)
    let isHeard = true
    store.transact = async (ops) => {
      const made = await transact(ops)
      if (isHeard) await replica.transact(ops)
      return made
    }
    const [a, b] = [processOn(store), processOn(store)]
    const own = await a.session('own')
    say(own, 'kept')
    const theirs = await b.session('theirs')
    await Promise.all([a.manager.saved(own), b.manager.saved(theirs)])
    const { session: moved } = await a.manager.load('theirs')
    isHeard = false
    say(own, 'lost')
    say(moved, 'lost')
    await a.manager.saved()
    for (const name of ['get', 'transact', 'list', 'read'] as const)
      Object.assign(store, { [name]: replica[name].bind(replica) })

    say(own, 'after')
    await a.manager.saved(own)
    expect(said((await processOn(replica).manager.load('own')).session)).toEqual(['kept', 'lost', 'after'])
    say(moved, 'after')
    await expect(a.manager.saved(moved)).rejects.toThrow(/'theirs' went back in the store.*manager\.discard/)
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
    for (const text of ['a', 'b']) {
      say(quick, text)
      await manager.saved(quick)
    }
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
})

describe('failures', () => {
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
    off()
    const { session: again } = await processOn(store).manager.load('s1')
    expect([said(again), taste(again).tone]).toEqual([['one'], 'warm'])
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
    const { manager, session: make } = processOn(memoryStore())
    const made = await make('s1')
    say(made, 'one')
    const { session } = await manager.rewind(made, { messages: 0 })
    say(session, 'two')
    manager.discard(made)
    await manager.saved(session)
    expect([session.closed, said(session)]).toEqual([false, ['two']])
    manager.discard('s1')
    expect(session.closed).toBe(true)
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
    complaint.mockRestore()
  })

  test('records of a newer form, or with a part missing, are refused', async () => {
    const store = memoryStore()
    const { manager, session: make } = processOn(store)
    const session = await make('s1')
    say(session, 'one')
    await manager.saved(session)
    const head = await headOf(store)
    for (const value of [{ ...head, format: 99 }, { ...head, logLength: 2 }, 'rubbish']) {
      await store.transact([{ op: 'put', kind: 'session', id: 's1/', value }])
      const loading = processOn(store).manager.load('s1')
      await expect(loading).rejects.toMatchObject({ code: 'RETINUE_SESSION_RECORDS_INVALID' })
    }
  })

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
  })
})

test('a session that is made of a snapshot is kept without a further change; one that holds nothing is not', async () => {
  const store = memoryStore()
  const { manager, agent, session } = processOn(store)
  const made = await session('s1')
  notes(made).text = 'kept'
  await manager.saved()
  const restored = (id: string, values: object): ChatSession =>
    ChatSession.restore({ ...made.snapshot(), id, ...values }, { user: made.user, agent, manager }).session
  const copy = restored('s2', {})
  restored('s3', { context: {}, requested: [] })
  const equipped = restored('s4', { context: {}, requested: [], tools: ['unheard_of'] })
  await manager.saved()
  const later = processOn(store)
  const { sessions } = await later.manager.sessions('ada')
  expect(sessions.map(({ id }) => id).sort()).toEqual(['s1', 's2', 's4'])
  for (const each of [copy, equipped])
    expect((await later.manager.load(each.id)).session.snapshot()).toEqual(each.snapshot())
})

describe('lists, forks, rewinding', () => {
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
    const rest = await manager.sessions('ada', { limit: 3, after: next! })
    expect(rest).toMatchObject({ sessions: [{ id: 'b/c' }], next: undefined })
    expect(await manager.sessions('ad')).toEqual({ sessions: [], next: undefined })
    for (const limit of [0, -1, 1.5, Number.NaN])
      await expect(manager.sessions('ada', { limit })).rejects.toMatchObject({
        code: 'RETINUE_STORE_INVALID',
      })
    await manager.delete('a')
    expect((await manager.sessions('ada')).sessions.map(({ id }) => id)).toEqual(['e', 'd', 'b/c'])
  })

  /** Three turns, each with a message and a note. */
  async function threeTurns(store: RecordStore) {
    const process = processOn(store)
    const session = await process.session('s1')
    for (const text of ['one', 'two', 'three']) {
      say(session, text)
      if (text === 'two') taste(session).size = 2
      notes(session).text = text
      await process.manager.saved(session)
    }
    return { ...process, made: session }
  }

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
    expect([said(none), notes(none).text]).toEqual([[], ''])
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
    const { session: again } = await processOn(store).manager.load('s1')
    expect(again.snapshot()).toEqual(none.snapshot())
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
    await expect(manager.fork(made, { id: '\0' })).rejects.toMatchObject({ code: 'RETINUE_STORE_INVALID' })
    expect((await manager.fork(made, { id: '' })).session.id).toMatch(/^[\da-f-]{36}$/) // as if it was left out (SPEC 27)
  })

  test('of a big item that changes a little, that little is written, and every revision is there', async () => {
    const { store, written } = watched()
    const { manager, session: make } = processOn(store)
    const session = await make('s1')
    notes(session).list = Array.from({ length: 1000 }, (_, i) => `note ${i}`)
    await manager.saved(session)
    for (let i = 0; i < 300; i++) {
      notes(session).list = [...notes(session).list, `new ${i}`]
      await manager.saved(session)
    }
    const wholes = written.filter((ops) => ops.includes('put session s1/context.notes'))
    expect(wholes).toHaveLength(2) // the first, and one not to lie too far behind
    const journal = await allOf(store.read('session_journal', 's1/'))
    expect(JSON.stringify(journal.at(-1)!.value).length).toBeLessThan(200)
    const there = processOn(store)
    const { session: again } = await there.manager.load('s1')
    expect(again.snapshot()).toEqual(session.snapshot())
    notes(again).list = [...notes(again).list.slice(0, 500), ...notes(again).list.slice(501)]
    await there.manager.saved(again)
    expect(notes((await processOn(store).manager.load('s1')).session).list).toEqual(notes(again).list)
    const lengths: unknown[] = []
    for await (const { items } of there.manager.history('s1'))
      lengths.push((items['context.notes'] as { values: { list: string[] } }).values.list.length)
    expect(lengths).toEqual([...Array.from({ length: 301 }, (_, i) => 1000 + i), 1299])
    const { session: fork } = await there.manager.fork('s1', { at: { revision: 42 }, id: 'f' })
    expect(notes(fork).list.at(-1)).toBe('new 40')
    notes(fork).list = [...notes(fork).list, 'of the fork']
    await there.manager.saved(fork)
    expect((await processOn(store).manager.load('f')).session.snapshot()).toEqual(fork.snapshot())
    const { session: back } = await there.manager.rewind(again, { revision: 300 })
    expect(notes(back).list.at(-1)).toBe('new 298')
  })

  test('a big item that changed a little, and then no more, has a load read no more of the journal with each save', async () => {
    const { store } = watched()
    const { manager, session: make } = processOn(store)
    const session = await make('s1')
    notes(session).list = Array.from({ length: 400 }, (_, i) => `note number ${i}`)
    await manager.saved(session)
    notes(session).list = notes(session).list.slice(0, 250) // it is not big any more
    await manager.saved(session)
    for (let i = 0; i < 300; i++) {
      say(session, 'hello')
      await manager.saved(session)
    }
    const read = vi.spyOn(store, 'read')
    const { session: again } = await processOn(store).manager.load('s1')
    expect(again.snapshot()).toEqual(session.snapshot())
    expect(read.mock.calls.map(([kind]) => kind)).toEqual(['session']) // its record is not behind any more
    const history = await allOf(processOn(store).manager.history('s1'))
    expect(history.filter(({ items }) => 'context.notes' in items)).toHaveLength(2)
  })

  test('messages that came together with later ones can still be told apart', async () => {
    const store = memoryStore()
    const { manager, session: make } = processOn(store)
    const session = await make('s1')
    notes(session).text = 'before'
    await manager.saved(session)
    for (const text of ['a', 'b', 'c']) say(session, text)
    notes(session).text = 'after'
    await manager.saved(session)
    const { session: one } = await manager.rewind(session, { messages: 1 })
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
      for (const text of ['one', 'two']) {
        say(made, text)
        await manager.saved(made)
      }
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
    for (const kind of ['session', 'session_journal'])
      expect(await allOf(store.read(kind, 's1/'))).toEqual([])
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
    expect(JSON.stringify(ada)).toContain('warm')

    state.fail = new Error('no network')
    here.manager.on('saveFailed', () => {})
    await expect(here.manager.deleteUser('ada')).rejects.toBe(state.fail)
    state.fail = undefined
    expect(await here.manager.deleteUser(ada)).toBe(true)
    expect(await here.manager.deleteUser('ada')).toBe(false)
    expect([fresh.closed, JSON.stringify(ada).includes('warm')]).toEqual([true, false])
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

  test('of a user that is deleted, a session of a newer form alone stays, for those who can read it', async () => {
    const store = memoryStore()
    const { manager, session } = processOn(store)
    for (const id of ['s1', 's2', 's3']) await manager.saved(await session(id))
    const [head] = await allOf(store.list('session', { prefix: 's2/' }))
    const newer = { ...(head!.value as Record<string, Json>), format: 2 }
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
    for (const kind of ['session', 'session_recent', 'user'])
      expect(await allOf(store.list(kind))).toEqual([])
  })
})
