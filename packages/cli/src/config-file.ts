// Loads the configuration. It is code: importing it registers the plugins that it imports. What it exports is checked
// field by field, so that a misspelt one is told and not passed over.
import { existsSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { basename } from 'node:path'
import { checkRunOptions } from '@retinue/agent'
import {
  type AgentConfig,
  type AgentOptions,
  type BagContents,
  checkOptions,
  type KnownOptions,
  option,
  RetinueError,
} from '@retinue/kernel'
import type { RetinueConfig } from './config.ts'
import { reasonOf } from './failure.ts'

/**
 * Imports a configuration and checks it.
 * @throws {RETINUE_CLI_CONFIG}
 */
export async function loadConfig(file: string): Promise<RetinueConfig> {
  refuseMissing(file)
  refuseTypeScript(file)
  let exports: { readonly default?: unknown }
  try {
    exports = (await whileAwake(import(pathToFileURL(file).href))) as typeof exports
  } catch (cause) {
    throw new RetinueError(
      'RETINUE_CLI_CONFIG',
      `${file} could not be loaded${placeIn(file, cause)}: ${reasonOf(cause).replace(/\.$/, '')}.`,
      {
        hint: hintFor(cause),
        details: { file },
        cause,
      },
    )
  }
  if (exports.default !== undefined) return checkedConfig(exports.default, file)
  if (Object.keys(exports).length === 0) return {} // it imports plugins, and leaves all else as it is
  throw noConfig(file, 'it has no default export')
}

/** What a promise comes to, or that it never will: Node ends without a word where nothing is left to wait for. */
async function whileAwake<T>(promise: Promise<T>): Promise<T> {
  let onIdle = (): void => undefined
  const idle = new Promise<never>((_, reject) => {
    onIdle = () => reject(new Error('an await at its top level never ends'))
  })
  process.once('beforeExit', onIdle)
  return Promise.race([promise, idle]).finally(() => process.off('beforeExit', onIdle))
}

function refuseMissing(file: string): void {
  const isThere = existsSync(file)
  if (isThere && !statSync(file).isDirectory()) return
  throw new RetinueError('RETINUE_CLI_CONFIG', isThere ? `${file} is a folder.` : `There is no ${file}.`, {
    hint: 'Name another with --config, or leave it out: the nearest retinue.config.ts is found by itself.',
    details: { file },
  })
}

/** Node runs TypeScript by itself since 22.18; before that, nothing here does. */
function refuseTypeScript(file: string): void {
  if (!/\.m?ts$/.test(file) || process.features.typescript) return
  throw new RetinueError(
    'RETINUE_CLI_CONFIG',
    `Node ${process.versions.node} does not run ${basename(file)}.`,
    {
      hint: 'Use Node 22.18 or newer, or name it retinue.config.mjs and take the types out: defineConfig still gives them.',
      details: { file },
    },
  )
}

/** The line at which it went wrong, where the stack tells it. */
function placeIn(file: string, cause: unknown): string {
  const { stack = '' } = (cause ?? {}) as { stack?: string }
  for (const name of [file, pathToFileURL(file).href]) {
    const at = stack.indexOf(`${name}:`)
    const line = at < 0 ? null : /^\d+/.exec(stack.slice(at + name.length + 1))
    if (line !== null) return ` (line ${line[0]})`
  }
  return ''
}

function hintFor(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown }
  const reason = reasonOf(cause)
  if (/^Cannot use import statement outside a module|^Unexpected token 'export'/.test(reason))
    return 'Its package.json has it read as CommonJS: write "type": "module" there, or name it retinue.config.mjs (.mts).'
  const missing = code === 'ERR_MODULE_NOT_FOUND' ? /^Cannot find package '([^']+)'/.exec(reason) : null
  if (missing !== null) return `Install what it imports: npm i ${missing[1]}`
  return 'Mend it, or pass another with --config; --debug shows where it happened.'
}

function checkedConfig(config: unknown, file: string): RetinueConfig {
  if (config instanceof Promise) throw noConfig(file, 'it is a promise, and wants an await before it')
  const said = config as RetinueConfig
  checkOptions(file, said, configOptions, 'RETINUE_CLI_CONFIG')
  const { user = {}, agents = [], run = {} } = said
  checkOptions(`The user in ${file}`, user, userOptions, 'RETINUE_CLI_CONFIG')
  for (const agent of agents)
    if (!isMade(agent)) checkOptions(`An agent in ${file}`, agent, agentOptions, 'RETINUE_CLI_CONFIG')
  const own = ownOfCommand.find((name) => name in run)
  if (own !== undefined) throw noConfig(file, `the command itself says the ${own} of a run`)
  try {
    checkRunOptions(run)
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_CONFIG', `${file} says of runs what none takes: ${reasonOf(cause)}`, {
      details: { file },
      cause,
    })
  }
  return said
}

/** Whether an agent of the configuration is one already. */
function isMade(agent: object): agent is AgentConfig {
  return typeof agent === 'object' && agent !== null && 'fork' in agent
}

function noConfig(file: string, why: string): RetinueError {
  return new RetinueError('RETINUE_CLI_CONFIG', `${file} exports no configuration: ${why}.`, {
    hint: `Write export default defineConfig({ … }); its fields are ${Object.keys(configOptions).join(', ')}.`,
    details: { file },
  })
}

const configOptions: KnownOptions<RetinueConfig> = {
  model: option.any, // looked at where it is used, as one of the command line is
  agent: option.name,
  agents: option.list,
  user: option.object,
  run: option.object,
  dataFolder: option.name,
  store: ['a function that opens a store', option.function[1]],
  defaultPlugins: option.flag,
}

// The owners check the values of what is theirs when they are made.
const bagOptions: KnownOptions<BagContents> = {
  config: option.any,
  context: option.any,
  sections: option.any,
}
const userOptions: KnownOptions<NonNullable<RetinueConfig['user']>> = { ...bagOptions, id: option.name }
const agentOptions: KnownOptions<Omit<AgentOptions, 'registry'>> = {
  ...bagOptions,
  name: option.any,
  model: option.any,
  instructions: option.any,
  tools: option.any,
  strict: option.any,
}
const ownOfCommand = ['model', 'signal', 'parent', 'onBusy', 'approve'] as const
