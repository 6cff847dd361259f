import { setImmediate as nextJob } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
} from '../src/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** How many sessions are made and closed; RETINUE_SESSIONS=1000000 asks for more. */
const count = Number(process.env.RETINUE_SESSIONS ?? 20_000)

class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }) }) {}
class Notes extends Context('notes', { n: Type.Integer({ default: 0 }) }) {}
class Rules extends Section(
  'rules',
  {},
  { needs: [Notes], template: '<%= context.notes.n %> <%= interactionContext.context.notes.n %>' },
) {}
const tool = defineTool({ description: 'Does nothing.', input: Type.Object({}), execute: () => null })
const kit = defineToolset('kit', { needs: [Knobs, Rules], tools: { kit: tool } })

function house() {
  const registry = createRegistry()
  registry.register(
    definePlugin({ name: 'memory', version: '1.0.0', contributes: [Knobs, Notes, Rules, kit] }),
  )
  return {
    user: new ChatUser({ id: 'ada', registry }),
    agent: new AgentConfig({ name: 'x', registry, tools: ['kit'] }),
  }
}

/** What is weakly held lives until the job that made it ends; then the collector may have it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await nextJob()
    collect()
  }
}

/** Uses a session in every way that might leave something behind, and keeps no hold on it. */
function use(user: ChatUser, agent: AgentConfig, end: 'close' | 'drop'): WeakRef<ChatSession> {
  const session = new ChatSession({ user, agent })
  session.context.$get(Notes).n = 1
  session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello.' }] })
  const turn = session.interact({ input: 'Hello.' })
  turn.context.$get(Notes).n = 2
  if (end === 'drop') {
    session.prompt({ interaction: turn })
    session.on('committed', () => undefined) // who could commit to it holds it
  } else {
    session.on('changed', () => undefined)
    turn.on('contextAdded', () => undefined)
    turn.tools.push('kit')
    session.close()
  }
  return new WeakRef(session)
}

describe('memory', () => {
  it(`is flat after ${count} sessions were made, used, observed and closed (SPEC 25)`, async () => {
    const { user, agent } = house()
    const round = async (n: number): Promise<number> => {
      for (let i = 0; i < n; i++) {
        use(user, agent, 'close')
        if (i % 200 === 0) await nextJob()
      }
      await settle()
      return process.memoryUsage().heapUsed
    }
    let held = await round(2_000)
    const grown: number[] = []
    for (let i = 0; i < 3; i++) {
      const before = held
      held = await round(count / 2)
      grown.push((held - before) / (count / 2))
    }
    expect(Math.min(...grown)).toBeLessThan(20) // bytes a session: a leak grows in each round, noise does not
  }, 120_000)

  it('is flat while a session goes to and fro between two agents (SPEC 25, D7)', async () => {
    const { user, agent } = house()
    const bare = new AgentConfig({ name: 'bare', registry: user.registry })
    const session = new ChatSession({ user, agent })
    expect(session.sections.$types()).toEqual(['rules'])
    const round = async (n: number): Promise<number> => {
      for (let i = 0; i < n; i++) {
        session.agent = bare
        session.agent = agent
        if (i % 200 === 0) await nextJob()
      }
      await settle()
      return process.memoryUsage().heapUsed
    }
    const warm = await round(2_000)
    const after = await round(10_000)
    expect((after - warm) / 10_000).toBeLessThan(100) // bytes each time: what is left is noise
  })

  it('gives back sessions that were dropped without close, though user and agent live on (SPEC 25, D16)', async () => {
    const { user, agent } = house()
    const dropped = Array.from({ length: 200 }, () => use(user, agent, 'drop'))
    await settle()
    expect(dropped.filter((ref) => ref.deref() !== undefined)).toEqual([])
    agent.tools.clear()
    expect(user.config.$types()).toEqual([])
  })

  it('keeps a session that somebody observes, and no longer than that (SPEC 25)', async () => {
    const { user, agent } = house()
    const heard: unknown[] = []
    const observe = (): WeakRef<ChatSession> => {
      const session = new ChatSession({ user, agent })
      held.off = session.on('contextRemoved', ({ type }) => heard.push(type))
      return new WeakRef(session)
    }
    const held: { off?: () => void } = {}
    const ref = observe()
    await settle()
    agent.tools.clear()
    expect([heard, ref.deref() === undefined]).toEqual([['notes'], false])
    held.off?.()
    delete held.off
    await settle()
    expect(ref.deref()).toBeUndefined()
  })

  it('gives back interactions that ended, and what was held in them (SPEC 25, 37)', async () => {
    const { user, agent } = house()
    const session = new ChatSession({ user, agent })
    const interact = (): WeakRef<object> => {
      const turn = session.interact({ signal: outside.signal })
      turn.on('changed', () => undefined)
      turn.context.$get(Notes).n = 5
      session.prompt({ interaction: turn })
      turn.child().tools.push('kit')
      turn.end()
      return new WeakRef(turn)
    }
    const outside = new AbortController()
    const ended = Array.from({ length: 50 }, interact)
    await settle()
    expect(ended.filter((ref) => ref.deref() !== undefined)).toEqual([])
    expect([session.closed, outside.signal.aborted]).toEqual([false, false])
  })
})
