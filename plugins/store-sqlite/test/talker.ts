// A session that converses: each turn is two messages and a count in a context, said aloud once it is saved.
import { writeSync } from 'node:fs'
import { AgentConfig, ChatSession, Context, definePlugin, register, Type } from '@retinue/kernel'
import { StoredSessionManager } from '@retinue/store'
import { sqliteStore } from '../src/index.ts'

export const Turns = Context('turns', { count: Type.Integer({ default: 0 }) })
register(definePlugin({ name: '@test/turns', version: '1.0.0', contributes: [Turns] }))

/** Opens the session, or makes it. */
export async function converse(path: string) {
  const store = await sqliteStore(path)
  const agent = new AgentConfig({ name: 'guide' })
  const manager = new StoredSessionManager({ store, agents: () => agent })
  const user = await manager.user('ada')
  const { sessions } = await manager.sessions(user)
  const session =
    sessions.length === 0
      ? new ChatSession({ user, agent, manager, id: 's1' })
      : (await manager.load('s1')).session
  return { store, manager, session }
}

if (import.meta.main) {
  const { manager, session } = await converse(process.argv[2]!)
  const turns = session.context.$get(Turns)
  for (;;) {
    const turn = turns.count + 1
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: `question ${turn}` }] })
    if (turn % 2 === 0) await new Promise(setImmediate) // half a turn may be saved by itself
    session.batch(() => {
      session.messages.push({ role: 'assistant', parts: [{ type: 'text', text: `answer ${turn}` }] })
      turns.count = turn
    })
    await manager.saved(session)
    writeSync(1, `${turn}\n`)
  }
}
