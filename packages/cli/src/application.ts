// What a command works with: the project, its configuration, the plugins that registered, agents, the user, sessions.
// Opening it is what costs time, so only the commands that need it do.
import { dirname, join, resolve } from 'node:path'
import { userInfo } from 'node:os'
import { type ModelOption, offlineModel, type RunOptions } from '@retinue/agent'
import { AgentConfig, type AgentOptions, ChatUser, type Model, registry, RetinueError } from '@retinue/kernel'
import { readAgentFiles } from './agent-file.ts'
import type { RetinueConfig } from './config.ts'
import { loadConfig } from './config-file.ts'
import { asksFirst, defaultPlugins } from './default-plugins.ts'
import { reasonOf } from './failure.ts'
import { defaultDataFolder, findProject, type Project } from './project.ts'
import { SessionLibrary } from './session-library.ts'

/** What a person is told where no model is configured. */
export const offlineNotice =
  'No model is configured: the offline model answers, from the tools alone. Name one with --model openai/gpt-5, RETINUE_MODEL or retinue.config.ts.'

/** The flags that every command has. */
export interface CommonFlags {
  readonly config?: string
  readonly data?: string
  readonly debug?: boolean
}

/** A plugin that did not come in, and why. */
export interface Refused {
  readonly what: string
  readonly error: unknown
}

/** A model, or several of which the first is the best, and what they are called. */
export interface ChosenModel {
  /** What a run is told; nothing where it has the model of its agent, which it follows where the session is handed on. */
  readonly model: ModelOption | undefined
  readonly name: string
  /** Whether the offline model answers for want of another, and nobody has asked for it by its name. */
  readonly isStandIn: boolean
}

/** What a command works with. */
export interface Application {
  readonly project: Project
  readonly config: RetinueConfig
  readonly refused: readonly Refused[]
  readonly agents: ReadonlyMap<string, AgentConfig>
  readonly user: ChatUser
  readonly library: SessionLibrary
  /**
   * The agent of that name; without a name, the one that the configuration prefers.
   * @throws {RETINUE_CLI_AGENT_UNKNOWN}
   */
  agent(name?: string): AgentConfig
  /** The agent that a saved session names, or else the preferred one. */
  agentOf(saved: string | null): AgentConfig
  /** The options of every run. */
  readonly run: RunOptions
  /** The tools that ask for a yes although they do not say so themselves. */
  readonly asking: ReadonlySet<string>
  /** The model to use with an agent: that of the command line, of the agent, of the configuration, or none at all. */
  model(agent: AgentConfig, flag?: string): ChosenModel
}

/**
 * Opens the application of the working folder. A plugin that comes with the command and can't be loaded is noted; the
 * person's own configuration has to load.
 * @throws {RETINUE_CLI_CONFIG}, {RETINUE_CLI_AGENT_FILE}, {RETINUE_CLI_DATA}
 */
export async function openApplication(flags: CommonFlags): Promise<Application> {
  const { project, config, library } = await openData(flags)
  const refused = config.defaultPlugins === false ? [] : await loadDefaults()
  const agents = await makeAgents(project, config)
  const user = await library.user(makeUser(library.userId, project, config))
  return {
    project,
    config,
    refused,
    agents,
    user,
    library,
    run: {
      ...config.run,
      approvalPolicy:
        config.run?.approvalPolicy ?? (({ toolName }) => (asksFirst.has(toolName) ? 'ask' : undefined)),
    },
    asking: config.run?.approvalPolicy === undefined ? asksFirst : new Set(),
    agent: (name) => findAgent(agents, name || config.agent),
    agentOf: (saved) => agents.get(saved ?? '') ?? findAgent(agents, config.agent),
    // A flag that is empty, as by a variable that is not set, names none.
    model(agent, flag) {
      const chosen = chooseModel((flag || agent.model) ?? config.model ?? process.env['RETINUE_MODEL'])
      return flag || agent.model === undefined ? chosen : { ...chosen, model: undefined }
    },
  }
}

/** Opens what is kept, and nothing else: for commands that run no agent. */
export async function openData(
  flags: CommonFlags,
): Promise<Pick<Application, 'project' | 'config' | 'library'>> {
  const project = projectOf(flags)
  const config = project.configFile === undefined ? {} : await loadConfig(project.configFile)
  return { project, config, library: await openLibrary(project, config, flags) }
}

/** The project of the working folder, with the configuration that the command line names. */
export function projectOf({ config }: CommonFlags): Project {
  const found = findProject(process.cwd())
  return config ? { ...found, configFile: resolve(config) } : found
}

/** Opens the sessions of the person; a folder on the command line goes before a store in the configuration. */
export function openLibrary(
  project: Project,
  config: RetinueConfig,
  flags: CommonFlags,
): Promise<SessionLibrary> {
  const userId = config.user?.id ?? userName()
  return SessionLibrary.open(
    dataFolder(project, config, flags),
    userId,
    flags.data ? undefined : config.store,
  )
}

/** The folder of what a project keeps here. */
function dataFolder(project: Project, { dataFolder: own }: RetinueConfig, { data }: CommonFlags): string {
  if (data) return resolve(data)
  const { root, configFile } = project
  if (own === undefined) return defaultDataFolder(project, process.env)
  return resolve(configFile === undefined ? root : dirname(configFile), own)
}

/** Loads the plugins that come with the command; gives those that can't be. */
export async function loadDefaults(): Promise<readonly Refused[]> {
  const loaded = await Promise.all(
    Object.entries(defaultPlugins).map(async ([what, load]) => {
      try {
        await load()
        return []
      } catch (error) {
        return [{ what, error }]
      }
    }),
  )
  return loaded.flat()
}

/** Makes the agents of a configuration and of files; without any, one that has every toolset there is. */
export async function makeAgents(
  project: Project,
  config: RetinueConfig,
): Promise<ReadonlyMap<string, AgentConfig>> {
  const files = await readAgentFiles(join(project.root, 'agents'))
  const agents = new Map<string, AgentConfig>()
  const add = (agent: AgentConfig, from: string): void => {
    if (agents.has(agent.name)) {
      throw new RetinueError('RETINUE_CLI_CONFIG', `Two agents are called '${agent.name}'.`, {
        hint: `Rename the one in ${from}.`,
      })
    }
    agents.set(agent.name, agent)
  }
  const own = placeOf(project)
  for (const each of config.agents ?? []) add('fork' in each ? each : makeAgent(each, own), own)
  for (const { file, ...options } of files) add(makeAgent(options, file), file)
  if (agents.size === 0) {
    agents.set('assistant', new AgentConfig({ name: 'assistant', tools: registry.toolsets.list() }))
  }
  return agents
}

function makeAgent(options: AgentOptions, from: string): AgentConfig {
  return made(`${from} describes an agent`, () => new AgentConfig(options))
}

/** Makes the user with what the configuration says of them, and nothing else. */
export function makeUser(id: string, project: Project, { user }: RetinueConfig): ChatUser {
  return made(`${placeOf(project)} describes a user`, () => new ChatUser({ ...user, id }))
}

function placeOf({ configFile }: Project): string {
  return configFile ?? 'the configuration'
}

/** Makes what a file describes; where that can't be, the file is named. */
function made<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_CONFIG', `${what} that can't be made: ${reasonOf(cause)}`, { cause })
  }
}

function findAgent(agents: ReadonlyMap<string, AgentConfig>, name: string | undefined): AgentConfig {
  const agent = name === undefined ? agents.values().next().value : agents.get(name)
  if (agent !== undefined) return agent
  throw new RetinueError('RETINUE_CLI_AGENT_UNKNOWN', `There is no agent '${name}'.`, {
    hint: `These there are: ${[...agents.keys()].join(', ')}. Others come from agents/*.md and from the configuration.`,
    details: { name },
  })
}

function chooseModel(model: Model | ModelOption | undefined): ChosenModel {
  const all = modelsOf(model)
  if (all.length === 0) return { model: offlineModel(), name: offline, isStandIn: model !== offline }
  return { model: all, name: all.map(modelName).join(', then '), isStandIn: all.every(isOffline) }
}

/** The name of the model that is there where none is named. */
export const offline = 'offline'

/** The models that an agent or a configuration names: one, or several of which the first is the best; none is the offline one. */
export function modelsOf(model: Model | ModelOption | undefined): readonly LanguageModel[] {
  if (model === undefined || model === '' || model === offline) return []
  return (Array.isArray(model) ? model : [model]) as readonly LanguageModel[]
}

/** What a model is called. */
export function modelName(model: LanguageModel): string {
  return typeof model === 'string' ? model : `${model.provider}/${model.modelId}`
}

function isOffline(model: LanguageModel): boolean {
  return modelName(model) === 'retinue/offline'
}

type LanguageModel = Exclude<ModelOption, readonly unknown[]>

function userName(): string {
  try {
    return userInfo().username || 'you'
  } catch {
    return 'you' // a user without an entry: containers have them
  }
}
