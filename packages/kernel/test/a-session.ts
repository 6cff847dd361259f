// What most tests start from: a registry of their own with one plugin in it, a user, an agent, a session.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  type Contribution,
  createRegistry,
  definePlugin,
  RetinueError,
} from '../src/index.ts'

/** A session of 'ada' on 'researcher', in a registry that holds what is given. */
export function aSession(...contributes: Contribution[]) {
  const registry = createRegistry()
  registry.register(definePlugin({ name: '@test/plugin', version: '1.0.0', contributes }))
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'researcher', registry })
  const session = new ChatSession({ user, agent, id: 's1' })
  return { registry, user, agent, session }
}

/** What a function throws, which must be an error of the kernel's. */
export function thrownBy(act: () => unknown): RetinueError {
  try {
    act()
  } catch (error) {
    if (error instanceof RetinueError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}
