// Sessions on a registry of their own, and a way to call tools as a run does.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  compileSchema,
  createRegistry,
  type InteractionContext,
  type RunContext,
} from '@retinue/kernel'
import '../src/index.ts'
import { plugin } from '../src/memory.ts'

/** Makes a session whose agent has these tools. */
export function makeSession(tools: readonly string[] = ['memory']) {
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'guide', tools: [...tools], registry })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}

/** Calls a tool by its published name, with input that fits its schema. */
export async function call(at: InteractionContext, name: string, input: object): Promise<unknown> {
  const { tool } = at.tools.published().find((each) => each.name === name)!
  const problems = compileSchema(tool.input).errors(input)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const { session, config, context, sections, signal } = at
  const bags = { session, interaction: at, user: session.user, config, context, sections }
  const run: RunContext = { ...bags, signal, toolCallId: '1', emit() {}, secret: () => '' }
  return tool.execute(input as never, run)
}
