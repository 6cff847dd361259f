// One of two processes on one file that are killed at any moment: converses in a session of its own as fast as it can,
// counts its turns with the user whom both share, and has rows and logs written beside. Says what was acknowledged.
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { AgentConfig, ChatSession, Context, definePlugin, register, Type } from '@retinue/kernel'
import { type RecordStore, StoredSessionManager } from '@retinue/store'
import { sqliteStore } from '../src/index.ts'

/** Which of the two processes. */
export type Lane = 'a' | 'b'

/** Of a session: how many turns it has. */
export const Turns = Context('talker_turns', { count: Type.Integer({ default: 0 }) })
/** Of the user: how many turns the session of each process has. */
export const Tally = Context('talker_tally', {
  a: Type.Integer({ default: 0 }),
  b: Type.Integer({ default: 0 }),
})
register(definePlugin({ name: '@test/talker', version: '1.0.0', contributes: [Turns, Tally] }))

/** Those who write rows beside the session, whose requests share its transactions. */
export const writers = [1, 2, 3]

/** Opens the session of a process, or makes it. */
export async function converse(path: string, lane: Lane) {
  const store = await sqliteStore(path)
  const agent = new AgentConfig({ name: 'guide' })
  const manager = new StoredSessionManager({ store, agents: () => agent })
  const user = await manager.user('ada')
  const { sessions } = await manager.sessions(user)
  const session = sessions.some(({ id }) => id === lane)
    ? (await manager.load(lane)).session
    : new ChatSession({ user, agent, manager, id: lane })
  return { store, manager, user, session }
}

async function talk(
  { manager, user, session }: Awaited<ReturnType<typeof converse>>,
  lane: Lane,
  round: string,
): Promise<never> {
  const turns = session.context.$get(Turns)
  const tally = user.context.$get(Tally)
  for (;;) {
    const turn = turns.count + 1
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: `question ${turn} of ${round}` }] })
    if (turn % 2 === 0) await new Promise(setImmediate) // half a turn may be saved by itself
    session.batch(() => {
      session.messages.push({ role: 'assistant', parts: [{ type: 'text', text: `answer ${turn}` }] })
      turns.count = turn
      tally[lane] = turn
    })
    await manager.saved(session)
    writeSync(1, `turns ${turn}\n`)
  }
}

async function write(store: RecordStore, id: string): Promise<never> {
  const found = await store.get('row', id)
  let [rev, count] = [found?.rev ?? 0, Number(found?.value ?? 0)]
  for (;;) {
    const [put] = await store.transact([
      { op: 'put', kind: 'row', id, value: count + 1, expect: rev },
      { op: 'append', kind: 'row', id, values: [count + 1], expect: count },
    ])
    rev = put!.rev
    count++
    writeSync(1, `${id} ${count}\n`)
  }
}

if (import.meta.main) {
  const [path, lane, round] = process.argv.slice(2) as [string, Lane, string]
  flushCompileCache() // it has no end at which that is done
  writeSync(1, 'begins 0\n')
  const conversation = await converse(path, lane)
  await Promise.all([
    talk(conversation, lane, round),
    ...writers.map((writer) => write(conversation.store, `${lane}${writer}`)),
  ])
}
