// A session for a test, with a registry of its own: what one test registers, no other one sees.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  checkOptions,
  createRegistry,
  definePlugin,
  defineToolset,
  type KnownOptions,
  type Model,
  option,
  type Plugin,
  type Registry,
  type Tool,
} from '@retinue/kernel'

/** What a session for a test is made of; all of it may be left out. */
export interface TestSessionOptions {
  /** Plugins to register, in this order. */
  readonly plugins?: readonly Plugin[] | undefined
  /** Tools that stand alone, each published under its own name. */
  readonly tools?: Readonly<Record<string, Tool>> | undefined
  /** What the agent lists. @default every toolset of the plugins and tools */
  readonly list?: readonly string[] | undefined
  readonly model?: Model | undefined
  readonly instructions?: string | undefined
  /** @default 'ada' */
  readonly userId?: string | undefined
}

const sessionOptions: KnownOptions<TestSessionOptions> = {
  plugins: option.list,
  tools: option.object,
  list: option.list,
  model: option.any,
  instructions: option.text,
  userId: option.name,
}

/** A session for a test, and what it is made of. */
export interface TestSession {
  readonly registry: Registry
  readonly user: ChatUser
  readonly agent: AgentConfig
  readonly session: ChatSession
}

/**
 * Makes a session in a registry of its own, with the agent `tester` that has all tools of the plugins.
 *
 * @example
 * const { session } = testSession({ plugins: [plugin] })
 * const { session, user } = testSession({ tools: { add: defineTool({ … }) }, model: scriptedModel(['Hello.']) })
 */
export function testSession(options: TestSessionOptions = {}): TestSession {
  checkOptions('A session for a test', options, sessionOptions)
  const { plugins = [], tools = {}, list, model, instructions, userId = 'ada' } = options
  const registry = createRegistry()
  for (const plugin of plugins) registry.register(plugin)
  const contributes = Object.entries(tools).map(([name, tool]) =>
    defineToolset(name, { tools: { [name]: tool } }),
  )
  registry.register(definePlugin({ name: 'test-tools', version: '1.0.0', contributes }))
  const user = new ChatUser({ id: userId, registry })
  const agent = new AgentConfig({
    name: 'tester',
    registry,
    tools: [...(list ?? registry.toolsets.list())],
    model,
    instructions,
  })
  return { registry, user, agent, session: new ChatSession({ user, agent }) }
}
