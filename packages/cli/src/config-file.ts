// Loads the configuration. It is code: importing it registers the plugins that it imports. What it exports is checked
// field by field, so that a misspelt one is told and not passed over.
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { basename } from 'node:path'
import { type AgentOptions, compileSchema, RetinueError, type TSchema, Type } from '@retinue/kernel'
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
    exports = (await import(pathToFileURL(file).href)) as typeof exports
  } catch (cause) {
    throw new RetinueError(
      'RETINUE_CLI_CONFIG',
      `${file} could not be loaded${placeIn(file, cause)}: ${reasonOf(cause)}`,
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

function refuseMissing(file: string): void {
  if (existsSync(file)) return
  throw new RetinueError('RETINUE_CLI_CONFIG', `There is no ${file}.`, {
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
  const at = stack.indexOf(`${file}:`)
  const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + file.length + 1))?.[0]
  return line === undefined ? '' : ` (line ${line})`
}

function hintFor(cause: unknown): string {
  const { code } = cause as { code?: unknown }
  const missing =
    code === 'ERR_MODULE_NOT_FOUND' ? /^Cannot find package '([^']+)'/.exec(reasonOf(cause)) : null
  if (missing !== null) return `Install what it imports: npm i ${missing[1]}`
  if (typeof code === 'string' && code.startsWith('RETINUE_')) return 'Its plugins do not go together.'
  return 'Mend it, or pass another with --config; --debug shows where it happened.'
}

function checkedConfig(config: unknown, file: string): RetinueConfig {
  const { check, errors } = compileSchema(schema)
  const unknown = unknownIn(config, fields)
  if (unknown !== undefined) throw noConfig(file, `there is no field '${unknown}'`)
  if (!check(config)) {
    throw noConfig(
      file,
      errors(config)
        .map(({ path, message }) => `${path || 'it'} ${message}`)
        .join('; '),
    )
  }
  const { run, user, agents = [], store } = config as RetinueConfig
  if (store !== undefined && typeof store !== 'function')
    throw noConfig(file, '/store must be a function that opens a store')
  const strays = [
    ['run', unknownIn(run, runOptions)],
    ['user', unknownIn(user, userOptions)],
    ...agents.map((agent) => ['agents', 'fork' in agent ? undefined : unknownIn(agent, agentOptions)]),
  ]
  for (const [where, stray] of strays) {
    if (stray !== undefined) throw noConfig(file, `there is no field '${stray}' in '${where}'`)
  }
  return config as RetinueConfig
}

function unknownIn(value: unknown, known: object): string | undefined {
  return Object.keys(Object(value) as object).find((key) => !Object.hasOwn(known, key))
}

function noConfig(file: string, why: string): RetinueError {
  return new RetinueError('RETINUE_CLI_CONFIG', `${file} exports no configuration: ${why}.`, {
    hint: `Write export default defineConfig({ … }); its fields are ${Object.keys(fields).join(', ')}.`,
    details: { file },
  })
}

type Names<T> = Readonly<Record<keyof T, true>>
const runOptions: Names<NonNullable<RetinueConfig['run']>> = {
  settings: true,
  promptCache: true,
  output: true,
  maxSteps: true,
  budget: true,
  maxParallelTools: true,
  toolTimeoutMs: true,
  maxRetries: true,
  retryDelayMs: true,
  maxResultChars: true,
  maxContextTokens: true,
  compact: true,
  approvalPolicy: true,
  hooks: true,
}
const bags = { config: true, context: true, sections: true } as const
const userOptions: Names<NonNullable<RetinueConfig['user']>> = { id: true, ...bags }
const agentOptions: Names<Omit<AgentOptions, 'registry'>> = {
  name: true,
  model: true,
  instructions: true,
  tools: true,
  strict: true,
  ...bags,
}

// The owners check the values of what is theirs: agents, users and runs take their own options.
const owner = Type.Object({}, { additionalProperties: true })
const fields: Readonly<Record<keyof RetinueConfig, TSchema>> = {
  model: Type.Optional(Type.Any()),
  agent: Type.Optional(Type.String({ minLength: 1 })),
  agents: Type.Optional(Type.Array(owner)),
  user: Type.Optional(owner),
  run: Type.Optional(owner),
  dataFolder: Type.Optional(Type.String({ minLength: 1 })),
  store: Type.Optional(Type.Any()),
  defaultPlugins: Type.Optional(Type.Boolean()),
}
const schema = Type.Object(fields)
