import { expect, test, vi } from 'vitest'
import { Board, notes, processOn, say } from './a-manager.ts'
import { allOf, watched } from './a-store.ts'

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

test('after a load, too, that little of a big item is written, and a small one is written as it is', async () => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  notes(session).list = Array.from({ length: 400 }, (_, i) => `note number ${i}`)
  session.config.$get(Board).stars = Array.from({ length: 50 }, (_, i) => `star number ${i}`)
  await manager.saved(session)
  const there = processOn(store)
  const { session: again } = await there.manager.load('s1')
  written.length = 0
  for (const end of [150, 149]) {
    notes(again).list = notes(again).list.slice(0, end) // it is not big any more, and its record is behind
    again.config.$get(Board).stars = [...again.config.$get(Board).stars, 'x']
    await there.manager.saved(again)
  }
  expect(written.map((ops) => ops.includes('put session s1/config.board'))).toEqual([true, true])
  expect(written.flat()).not.toContain('put session s1/context.notes')
  const third = processOn(store)
  const { session: last } = await third.manager.load('s1')
  notes(last).list = [...notes(last).list, 'x']
  await third.manager.saved(last)
  expect(written.flat()).not.toContain('put session s1/context.notes')
  notes(last).list = []
  await third.manager.saved(last)
  notes(last).list = ['y']
  await third.manager.saved(last)
  expect((await processOn(store).manager.load('s1')).session.snapshot()).toEqual(last.snapshot())
})

test('of two big items whose records are behind, each takes from the journal what came after its own', async () => {
  const { store } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const board = session.config.$get(Board)
  const long = (start: string) => Array.from({ length: 500 }, (_, i) => `${start} ${i}`)
  const save = async (notesTo: readonly string[], starsTo: readonly string[]): Promise<void> => {
    notes(session).list = notesTo
    board.stars = starsTo
    await manager.saved(session)
  }
  await save(long('note'), long('star'))
  await save([...notes(session).list, 'more'], [...board.stars, 'more'])
  await save(notes(session).list, long('other'))
  await save(notes(session).list, [...board.stars, 'last'])
  const { session: again } = await processOn(store).manager.load('s1')
  expect(again.snapshot()).toEqual(session.snapshot())
})

test('a session whose journal does not say what became of a big item is refused, and not loaded as it was before', async () => {
  const { store } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  notes(session).list = Array.from({ length: 1000 }, (_, i) => `note ${i}`)
  await manager.saved(session)
  notes(session).list = [...notes(session).list, 'one more']
  await manager.saved(session)
  const journal = { kind: 'session_journal', id: 's1/' }
  const [first, last] = (await allOf(store.read(journal.kind, journal.id))).map(({ value }) => value)
  const ofAnotherLife = { ...(last as object), at: 1 }
  for (const values of [[first!], [first!, ofAnotherLife]]) {
    await store.transact([
      { op: 'remove', ...journal },
      { op: 'append', ...journal, values },
    ])
    await expect(processOn(store).manager.load('s1')).rejects.toMatchObject({
      code: 'RETINUE_SESSION_RECORDS_INVALID',
      message: expect.stringContaining('its journal does not say what became of all items'),
    })
  }
})
