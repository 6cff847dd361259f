// What the doctor looks at: versions, the configuration, plugins and who was refused, agents and their tools, models,
// the sessions. It goes on after whatever is wrong, since a person wants to hear all of it at once.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Model as LanguageModel, resolveModel } from '@retinue/agent'
import { type AgentConfig, ChatUser, kernelVersion, registry } from '@retinue/kernel'
import {
  type CommonFlags,
  loadDefaults,
  makeAgents,
  makeUser,
  modelName,
  modelsOf,
  openLibrary,
  projectOf,
  type Refused,
} from './application.ts'
import type { RetinueConfig } from './config.ts'
import { loadConfig } from './config-file.ts'
import { reasonOf } from './failure.ts'
import type { Project } from './project.ts'
import { memoryOnly } from './session-store.ts'
import { cliVersion } from './version.ts'

/** One thing that was looked at. */
export interface Finding {
  readonly area: 'versions' | 'project' | 'plugins' | 'agents' | 'models' | 'sessions'
  /** `note`: it works, and a person may want to know. */
  readonly status: 'fine' | 'note' | 'problem'
  readonly text: string
}

/** How to look. */
export interface ExaminationOptions extends CommonFlags {
  /** Whether to send a short message to each model that is configured. */
  readonly connect?: boolean
}

/** Looks at everything, in order. */
export async function examine(flags: ExaminationOptions): Promise<readonly Finding[]> {
  const project = projectOf(flags)
  const { config, findings: ofProject } = await examineProject(project)
  const refused = config.defaultPlugins === false ? [] : await loadDefaults()
  const { agents, findings: ofAgents } = await examineAgents(project, config)
  return [
    ...(await examineVersions()),
    ...ofProject,
    ...examinePlugins(refused),
    ...examineUser(project, config),
    ...ofAgents,
    ...(await examineModels(agents, config, flags)),
    ...(await examineSessions(project, config, flags)),
  ]
}

async function examineVersions(): Promise<Finding[]> {
  const { node, sqlite } = process.versions
  const versions = `retinue ${cliVersion}, kernel ${kernelVersion}, Node ${node}, SQLite ${sqlite ?? 'none'}`
  const findings: Finding[] = [fine('versions', `${versions}, ${process.platform} ${process.arch}`)]
  if (!process.features.typescript)
    findings.push(
      note(
        'versions',
        'This Node runs no TypeScript: retinue.config.ts needs 22.18 or newer, retinue.config.mjs and .js do not.',
      ),
    )
  const { loadMarkdown, wantedForMarkdown } = await import('./terminal/markdown.ts')
  if ((await loadMarkdown()) === undefined)
    findings.push(note('versions', `Markdown is shown as it is written: ${wantedForMarkdown()}`))
  return findings
}

async function examineProject(
  project: Project,
): Promise<{ readonly config: RetinueConfig; readonly findings: Finding[] }> {
  const file = project.configFile
  if (file === undefined) {
    const where = project.isProject ? project.root : `${project.root}, which is no project`
    return { config: {}, findings: [note('project', `No retinue.config.ts in ${where}: the defaults hold.`)] }
  }
  try {
    return { config: await loadConfig(file), findings: [fine('project', file)] }
  } catch (error) {
    return { config: {}, findings: [problem('project', reasonOf(error))] }
  }
}

function examinePlugins(refused: readonly Refused[]): Finding[] {
  const packages = new Map<string, string[]>()
  for (const { origin, kind, type } of registry.all().values()) {
    const name = `${origin.package}@${origin.version}${fileText(origin.file)}`
    packages.set(name, [...(packages.get(name) ?? []), `${kind.name} ${type}`])
  }
  const findings = [...packages].map(([name, entries]) => fine('plugins', `${name}: ${entries.join(', ')}`))
  if (findings.length === 0) findings.push(note('plugins', 'No plugin is registered.'))
  return [
    ...findings,
    ...refused.map(({ what, error }) => problem('plugins', `${what} was refused: ${reasonOf(error)}`)),
  ]
}

/** Where a plugin lies, as seen from here if it is below. */
function fileText(file: string | undefined): string {
  if (file === undefined) return ''
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  const below = relative(process.cwd(), path)
  return ` (${below.startsWith('..') ? path : below})`
}

/** Whether what the configuration says of the user is what the plugins know. */
function examineUser(project: Project, config: RetinueConfig): Finding[] {
  try {
    makeUser('anybody', project, config)
    return []
  } catch (error) {
    return [problem('project', reasonOf(error))]
  }
}

async function examineAgents(
  project: Project,
  config: RetinueConfig,
): Promise<{ readonly agents: readonly AgentConfig[]; readonly findings: Finding[] }> {
  let agents: readonly AgentConfig[]
  try {
    agents = [...(await makeAgents(project, config)).values()]
  } catch (error) {
    return { agents: [], findings: [problem('agents', reasonOf(error))] }
  }
  const findings = agents.flatMap(({ name, tools }) => [
    fine('agents', `${name}: ${tools.inForce.join(', ') || 'no tools'}`),
    ...tools.unresolved.map(({ type, reason }) =>
      problem('agents', `${name}: the tool '${type}' is not in force: ${reason}`),
    ),
  ])
  if (config.agent !== undefined && !agents.some(({ name }) => name === config.agent))
    findings.push(
      problem('agents', `The configuration prefers the agent '${config.agent}', and there is none.`),
    )
  return { agents, findings }
}

const providers = ['openai', 'anthropic', 'google', 'compatible']

async function examineModels(
  agents: readonly AgentConfig[],
  config: RetinueConfig,
  { connect }: ExaminationOptions,
): Promise<Finding[]> {
  const fallback = config.model ?? (process.env['RETINUE_MODEL'] || undefined)
  const chosen = new Set(agents.flatMap(({ model }) => modelsOf(model ?? fallback)))
  const findings = await Promise.all([...chosen].map((model) => examineModel(model, connect === true)))
  if (chosen.size === 0) findings.push(note('models', 'No model is configured: the offline model answers.'))
  const known = await Promise.all(
    providers.map(async (provider) => note('models', await providerState(provider))),
  )
  return [...findings, ...known]
}

async function examineModel(choice: LanguageModel | string, connect: boolean): Promise<Finding> {
  const name = modelName(choice)
  try {
    const model = await resolveModel(choice)
    if (!connect) return fine('models', `${name} is configured; --connect tries whether it answers.`)
    const since = Date.now()
    await ping(model)
    return fine('models', `${name} answered after ${Date.now() - since} ms.`)
  } catch (error) {
    return problem('models', `${name}: ${reasonOf(error)}`)
  }
}

/** Sends the shortest message that there is: only an answer proves key, network, and the name of the model. */
async function ping(model: LanguageModel): Promise<void> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Say ok.' }] }]
  await model.doGenerate({ prompt, maxOutputTokens: 16, abortSignal: AbortSignal.timeout(20_000) })
}

/** Whether a provider could be used: its package and its variable are there. */
async function providerState(provider: string): Promise<string> {
  try {
    await resolveModel(`${provider}/any`)
    return `${provider}/… can be used: its package is installed and its variable set.`
  } catch (error) {
    const { hint } = error as { hint?: string }
    return `${provider}/… can't be used yet. ${hint ?? reasonOf(error)}`
  }
}

async function examineSessions(
  project: Project,
  config: RetinueConfig,
  flags: ExaminationOptions,
): Promise<Finding[]> {
  try {
    const library = await openLibrary(project, config, flags)
    if (!library.isDurable) return [note('sessions', memoryOnly)]
    try {
      const { length } = await library.sessions()
      const { quarantine } = await library.user(new ChatUser({ id: library.userId }))
      return [
        fine('sessions', `${length} of ${library.userId} in ${library.place}`),
        ...quarantine.map(({ at, reason }) =>
          note('sessions', `What ${library.userId} has set is set aside: ${at}: ${reason}`),
        ),
      ]
    } finally {
      await library.close()
    }
  } catch (error) {
    return [problem('sessions', reasonOf(error))]
  }
}

const fine = (area: Finding['area'], text: string): Finding => ({ area, status: 'fine', text })
const note = (area: Finding['area'], text: string): Finding => ({ area, status: 'note', text })
const problem = (area: Finding['area'], text: string): Finding => ({ area, status: 'problem', text })
