import {
  ChatSession,
  Config,
  Context,
  definePlugin,
  type Json,
  type ToolResultPart,
  Type,
  type UserMessage,
} from '@retinue/kernel'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { memoryStore, type RecordStore } from '../src/index.ts'
import { many, notes, processOn, said, say, sayAndSave, Style, taste } from './a-manager.ts'
import { allOf, headOf, watched } from './a-store.ts'

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

test('a result that comes to those of one answer is kept alone, not with all that were there before', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const calls = Array.from({ length: 20 }, (_, i) => `c${i}`)
  session.messages.push({
    role: 'assistant',
    parts: calls.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'math_add', input: {} })),
  })
  const results: ToolResultPart[] = []
  session.messages.push({ role: 'tool', parts: [] })
  const places = new Map(calls.map((id, i) => [id, i]))
  for (const toolCallId of [...calls.slice(7), ...calls.slice(0, 7).toReversed()]) {
    const value = toolCallId.repeat(500)
    results.push({ type: 'tool-result', toolCallId, toolName: 'math_add', output: { type: 'text', value } })
    results.sort((one, other) => places.get(one.toolCallId)! - places.get(other.toolCallId)!)
    session.messages.set(1, { role: 'tool', parts: [...results] })
    await manager.saved(session)
  }
  say(session, 'and on')
  await manager.saved(session)
  const { session: again } = await processOn(store).manager.load('s1')
  expect(again.messages.items).toEqual(session.messages.items)
  const log = await allOf(store.read('session', 's1/'))
  expect(JSON.stringify(log).length).toBeLessThan(JSON.stringify(session.messages.items).length * 1.3)
  const { session: taken } = await manager.rewind(session, { revision: 12 })
  expect(taken.messages.at(1)!.parts).toHaveLength(12)
  const { session: fork } = await manager.fork(taken, { at: { revision: 3 }, id: 'f' })
  expect(fork.messages.at(1)).toEqual({ role: 'tool', parts: results.slice(7, 10) })
  const { session: back } = await processOn(store).manager.rewind('s1', { revision: 21 })
  expect(back.messages.items).toEqual(session.messages.items)
})

test('several messages that were changed with one save are each kept by what was done to them', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const text = (value: string) => ({ type: 'text', text: value.repeat(100) }) as const
  for (const each of ['a', 'b', 'c']) session.messages.push({ role: 'user', parts: [text(each)] })
  await manager.saved(session)
  for (let i = 0; i < 3; i++)
    session.messages.set(i, {
      role: 'user',
      parts: [...(session.messages.at(i) as UserMessage).parts, text('d')],
    })
  await manager.saved(session)
  const { session: again } = await processOn(store).manager.load('s1')
  expect(again.messages.items).toEqual(session.messages.items)
  const [, { value }] = (await allOf(store.read('session', 's1/'))) as [unknown, { value: Json }]
  expect(value).toMatchObject({ removed: 3, changed: [{}, {}, {}], added: [] })
})

test('whatever is done to messages and to their parts, each revision is as it was', async () => {
  const edit = fc.record({
    at: fc.nat({ max: 5 }),
    part: fc.nat({ max: 12 }),
    to: fc.constantFrom('new message', 'again', 'new part', 'other part', 'no part', 'no message', 'id'),
    isSaved: fc.boolean(),
    text: fc.string({ maxLength: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 40 }), async (edits) => {
      const store = memoryStore()
      const { manager, session: make } = processOn(store)
      const session = await make('s1')
      say(session, 'first')
      await manager.saved(session)
      const revisions = [JSON.stringify(session.messages.items)]
      for (const { at, part, to, isSaved, text } of edits) {
        const { messages } = session
        const index = at % Math.max(1, messages.length)
        const message = messages.at(index) as UserMessage | undefined
        const parts = [...(message?.parts ?? [])]
        const place = part % Math.max(1, parts.length)
        if (message === undefined || to === 'new message') {
          messages.insert(index, { role: 'user', parts: Array(part + 1).fill({ type: 'text', text }) })
        } else if (to === 'again') messages.insert(part % (messages.length + 1), message)
        else if (to === 'no message') messages.removeAt(index)
        else if (to === 'id') messages.set(index, { ...message, id: text })
        else {
          const added = { type: 'text', text } as const
          parts.splice(place, to === 'new part' ? 0 : 1, ...(to === 'no part' ? [] : [added]))
          messages.set(index, { ...message, parts })
        }
        const now = JSON.stringify(messages.items)
        if (!isSaved || now === revisions.at(-1)) continue
        await manager.saved(session)
        revisions.push(now)
      }
      await manager.saved(session)
      const { session: again } = await processOn(store).manager.load('s1')
      expect(JSON.stringify(again.messages.items)).toBe(JSON.stringify(session.messages.items))
      for (const [i, messages] of revisions.entries()) {
        const { session: fork } = await manager.fork('s1', { at: { revision: i + 1 } })
        expect(JSON.stringify(fork.messages.items)).toBe(messages)
        expect((await processOn(store).manager.load(fork.id)).session.messages).toHaveLength(
          fork.messages.length,
        )
      }
      for (const [i, messages] of revisions.slice(0, 4).entries()) {
        await processOn(store).manager.rewind('s1', { revision: i + 1 })
        const { session: back } = await processOn(store).manager.load('s1')
        expect(JSON.stringify(back.messages.items)).toBe(messages)
      }
    }),
    { numRuns: 60 },
  )
})

/** Has a store give other entries of a log than it has. */
function garble(store: RecordStore, log: string, garbled: (entries: Json[]) => readonly unknown[]): void {
  const read = store.read.bind(store)
  store.read = async function* (kind, id, { after = 0, limit = Infinity } = {}) {
    if (kind !== log) return yield* read(kind, id, { after, limit })
    const entries = (await allOf(read(kind, id))).map(({ value }) => value)
    for (const [i, value] of garbled(entries)
      .slice(after, after + limit)
      .entries())
      if (value !== undefined) yield { seq: after + i + 1, value: value as Json }
  }
}

test.each<readonly [broken: Json]>([
  [null],
  ['a text'],
  [{ role: 'user' }],
  [{ role: 'user', parts: [null] }],
  [{ role: 'user', parts: [{ type: 'text', text: 5 }] }],
])('a message that is broken in the store is set aside, also by a fork and a rewind: %j', async (broken) => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await sayAndSave(manager, session, 'one', 'two')
  garble(store, 'session', ([first, ...rest]) => [{ ...(first as object), added: [broken] }, ...rest])
  const { manager: other } = processOn(store)
  const aside = [{ at: 'messages', index: 0, value: broken }]
  const { session: fork } = await other.fork('s1', { id: 'all' })
  expect([said(fork), fork.snapshot().quarantine]).toMatchObject([['two'], aside])
  const { session: back } = await other.rewind('s1', { revision: 1 })
  expect([said(back), back.snapshot().quarantine]).toMatchObject([[], aside])
})

test('a session of which a message is set aside goes on with the others, and what loading found is told as long as it is live (SPEC 51, D12)', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await sayAndSave(manager, session, 'one', 'two')
  garble(store, 'session', ([first, ...rest]) => [{ ...(first as object), added: [null] }, ...rest])
  for (const text of ['three', 'four']) {
    const there = processOn(store).manager
    const { session: again, report } = await there.load('s1')
    expect(again.quarantine).toMatchObject([{ at: 'messages', value: null }])
    expect((await there.load('s1')).report).toBe(report)
    say(again, text)
    await there.saved(again)
  }
  const { session: last } = await processOn(store).manager.load('s1')
  expect(said(last)).toEqual(['two', 'three', 'four'])
})

const damaged = { code: 'RETINUE_SESSION_RECORDS_INVALID' }

test.each<readonly [what: string, garbled: (entries: Json[]) => readonly unknown[]]>([
  ['lost its first entry', ([, ...rest]) => rest],
  ['has a hole', ([first, , ...rest]) => [first, undefined, ...rest]],
  ['has an entry twice', ([first, ...rest]) => [first, first, ...rest]],
  ['has two entries in the place of each other', ([first, second, ...rest]) => [second, first, ...rest]],
  [
    'changes a message that is not there',
    ([, ...rest]) => [{ revision: 1, index: 0, removed: 0, added: [] }, ...rest],
  ],
  ['takes away what is not there', ([first, ...rest]) => [{ ...(first as object), index: 1e9 }, ...rest]],
  [
    'takes away what is before its beginning',
    ([first, ...rest]) => [{ ...(first as object), index: -1, removed: 1 }, ...rest],
  ],
  ['takes away more than there is', (entries) => entries.with(2, { ...(entries[2] as object), removed: 1 })],
  [
    'goes on before its beginning',
    (entries) => entries.with(2, { ...(entries[2] as object), index: -1, removed: 0 }),
  ],
  [
    'changes more than it takes away',
    ([first, second, third]) => [
      first,
      { ...(second as object), removed: 0 },
      { ...(third as object), removed: 1 },
    ],
  ],
  [
    'brings less than its head says',
    (entries) => [...entries.slice(0, -1), { revision: 9, index: 0, removed: 0, added: [] }],
  ],
  ['says of nothing what came', ([, ...rest]) => [{ revision: 1, index: 0, removed: 0 }, ...rest]],
  ['has what is no entry', ([, ...rest]) => [null, ...rest]],
  [
    'has a change of another shape',
    ([first, second, ...rest]) => [
      first,
      { ...(second as object), changed: [{ of: { parts: { at: 0 } } }] },
      ...rest,
    ],
  ],
])('a log of messages that %s is told as damaged, and nothing is written', async (_, garbled) => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  const text = { type: 'text', text: 'a text of some length' } as const
  session.messages.push({ role: 'user', parts: [text, text] })
  await manager.saved(session)
  session.messages.set(0, { role: 'user', parts: [text, text, text] })
  await manager.saved(session)
  say(session, 'and on')
  await manager.saved(session)
  garble(store, 'session', garbled)
  written.length = 0
  const there = processOn(store).manager
  await expect(there.load('s1')).rejects.toMatchObject(damaged)
  await expect(there.fork('s1', { at: { revision: 1 } })).rejects.toMatchObject(damaged)
  await expect(there.rewind('s1', { messages: 1 })).rejects.toMatchObject(damaged)
  expect(written).toEqual([])
})

test.each<readonly [what: string, garbled: (entries: Json[]) => readonly unknown[]]>([
  ['a hole', ([first, , ...rest]) => [first, undefined, ...rest]],
  ['no end', (entries) => entries.slice(0, -1)],
  ['what is no entry', ([first, , ...rest]) => [first, null, ...rest]],
  [
    'a change of another shape',
    ([first, second, ...rest]) => [
      first,
      { ...(second as object), patches: { 'context.notes': { of: null } } },
      ...rest,
    ],
  ],
])('a journal that has %s is told as damaged by whoever needs that of it', async (_, garbled) => {
  const { store, written } = watched()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  vi.useFakeTimers({ toFake: ['Date'] }) // all of it in one millisecond
  for (const length of [1000, 1001, 1002]) {
    notes(session).list = Array.from({ length }, (_, i) => `note ${i}`)
    await manager.saved(session)
  }
  vi.useRealTimers()
  garble(store, 'session_journal', garbled)
  written.length = 0
  const there = processOn(store).manager
  await expect(there.load('s1')).rejects.toMatchObject(damaged)
  await expect(manager.fork('s1', { at: { revision: 3 } })).rejects.toMatchObject(damaged)
  await expect(allOf(manager.history('s1'))).rejects.toMatchObject(damaged)
  expect(written).toEqual([])
})

test('a session whose journal has no end is loaded where it needs nothing of that, and not forked', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  await sayAndSave(manager, session, 'one', 'two')
  garble(store, 'session_journal', (entries) => entries.slice(0, -1))
  const there = processOn(store).manager
  expect(said((await there.load('s1')).session)).toEqual(['one', 'two'])
  await expect(there.fork('s1')).rejects.toMatchObject(damaged)
  await expect(allOf(there.history('s1'))).rejects.toMatchObject(damaged)
})

test('records of the form before this one are read, and go on in this one', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  await store.transact([
    { op: 'put', kind: 'session', id: 's1/', value: { ...(await headOf(store)), format: 1 } },
  ])
  const there = processOn(store)
  const { session: again } = await there.manager.load('s1')
  say(again, 'two')
  await there.manager.saved(again)
  expect((await headOf(store))['format']).toBe(2)
  expect(said((await processOn(store).manager.load('s1')).session)).toEqual(['one', 'two'])
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

test('records of a newer form, or with a part missing, are refused', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  const head = await headOf(store)
  for (const value of [
    { ...head, format: 99 },
    { ...head, format: 0 },
    { ...head, logLength: 2 },
    { ...head, own: {} },
    { ...head, own: { user: 'eve' } },
    { ...head, own: { user: 5 }, info: { ...(head['info'] as object), user: 5 } },
    'rubbish',
  ]) {
    await store.transact([{ op: 'put', kind: 'session', id: 's1/', value }])
    const loading = processOn(store).manager.load('s1')
    await expect(loading).rejects.toMatchObject({ code: 'RETINUE_SESSION_RECORDS_INVALID' })
  }
})

test('a session that a newer form has taken over is told so by a conflict', async () => {
  const store = memoryStore()
  const { manager, session: make } = processOn(store)
  const session = await make('s1')
  say(session, 'one')
  await manager.saved(session)
  const head = await headOf(store)
  await store.transact([
    { op: 'put', kind: 'session', id: 's1/', value: { ...head, format: 99, writer: 'somebody' } },
  ])
  manager.on('saveFailed', () => {})
  say(session, 'two')
  await expect(manager.saved(session)).rejects.toThrow("The session 's1' was saved by somebody else")
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
  const parked = restored('s5', { requested: [] })
  await manager.saved()
  const later = processOn(store)
  const { sessions } = await later.manager.sessions('ada')
  expect(sessions.map(({ id }) => id).sort()).toEqual(['s1', 's2', 's4', 's5'])
  for (const each of [copy, equipped, parked])
    expect((await later.manager.load(each.id)).session.snapshot()).toEqual(each.snapshot())
})

test('a session on which something was set and taken back is kept, and one whose making fails is not', async () => {
  const store = memoryStore()
  const { manager, agent } = processOn(store)
  const made = new ChatSession({ user: await manager.user('ada'), agent, manager, id: 's1' })
  taste(made).size = 3
  taste(made).$reset()
  made.config.$delete('taste')
  expect(() =>
    made.user.batch(() => {
      const { session: never } = ChatSession.restore(
        {
          ...made.snapshot(),
          id: 's2',
          messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello!' }] }],
        },
        { user: made.user, agent, manager },
      )
      expect(never.messages.length).toBe(1)
      throw new Error('not so')
    }),
  ).toThrow('not so')
  await manager.saved()
  expect((await manager.sessions('ada')).sessions.map(({ id }) => id)).toEqual(['s1'])
})
