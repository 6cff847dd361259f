import { AgentConfig, ChatUser } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { memoryStore, StoredSessionManager, update } from '../src/index.ts'
import { processOn } from './a-manager.ts'

const any = (value: unknown): never => value as never
const store = memoryStore()
const { manager, session, registry } = processOn(store)
const saved = await session('s')
await manager.saved(saved)

describe('what a program without types gives a manager is refused in clear words', () => {
  test.each<[string, () => unknown]>([
    [
      'A manager of stored sessions takes options, not undefined.',
      () => new StoredSessionManager(any(undefined)),
    ],
    [
      'A manager of stored sessions has no store. Give a store, such as memoryStore() or await sqliteStore(file).',
      () => new StoredSessionManager(any({})),
    ],
    [
      "has no option 'agent'. Did you mean 'agents'?",
      () => new StoredSessionManager(any({ store, agent: () => undefined })),
    ],
    ["can't have an object as registry.", () => new StoredSessionManager({ store, registry: any({}) })],
    [
      "The limits object of a manager has no option 'maxByte'. Did you mean 'maxBytes'?",
      () => new StoredSessionManager({ store, limits: any({ maxByte: 1 }) }),
    ],
  ])('%s', (text, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'RETINUE_STORE_INVALID' }))
    expect(make).toThrow(text)
  })

  test.each<[string, () => Promise<unknown>]>([
    ["load() has no option 'agnt'. Did you mean 'agent'?", () => manager.load('s', any({ agnt: null }))],
    ["load() can't have 'ada' as user. Give a ChatUser.", () => manager.load('s', { user: any('ada') })],
    ["fork() has no option 'ID'. Did you mean 'id'?", () => manager.fork('s', any({ ID: 'f' }))],
    ["sessions() can't have null as user.", () => manager.sessions(any(null))],
    ["sessions() can't have NaN as limit.", () => manager.sessions('ada', { limit: Number.NaN })],
    ["sessions() has no option 'next'.", () => manager.sessions('ada', any({ next: 'x' }))],
    ["saved() can't have 's' as owner. Give a ChatSession, or a ChatUser.", () => manager.saved(any('s'))],
    [
      "saved() can't have an instance of AgentConfig as owner.",
      () => manager.saved(any(new AgentConfig({ name: 'x', registry }))),
    ],
    [
      "revert() can't have an instance of ChatSession as owner. Give a ChatUser.",
      () => manager.revert(any(saved)),
    ],
    ['follow() has no signal. Give an AbortSignal.', () => manager.follow(any({}))],
    [
      'whenChangedElsewhere() takes options, not undefined.',
      () => manager.whenChangedElsewhere(saved, any(undefined)),
    ],
    [
      "update() can't have NaN as attempts.",
      () => update(store, 'note', 'a', () => 1, { attempts: Number.NaN }),
    ],
    ["update() can't have 1 as change. Give a function.", () => update(store, 'note', 'a', any(1))],
  ])('%s', async (text, call) => {
    const refused = { code: 'RETINUE_STORE_INVALID', message: expect.stringContaining(text) as string }
    await expect(call()).rejects.toMatchObject(refused)
    expect(await store.get('note', 'a')).toBeUndefined()
  })

  test('a user who is none of the store is one all the same', async () => {
    await expect(manager.saved(new ChatUser({ id: 'bob', registry }))).resolves.toBeUndefined()
  })
})
