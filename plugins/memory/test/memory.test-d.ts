// What the types promise to whoever imports the package.
import type { ChatSession, ChatUser } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { Memories, type Memory } from '../src/index.ts'

declare const session: ChatSession
declare const user: ChatUser

test('both shelves are typed, on the user and in the session', () => {
  user.context.memories.user.items satisfies readonly Memory[]
  session.context.$get(Memories).all satisfies readonly Memory[]
  session.config.memory.maxMemories satisfies number
  user.context.memories.user = { lastId: 1, items: [{ id: 'u1', text: 'a', day: '2026-10-05' }] }
  // @ts-expect-error a memory has an id and a day
  user.context.memories.user = { lastId: 1, items: [{ text: 'a' }] }
  // @ts-expect-error there is no such shelf
  void session.context.memories.agent
})
