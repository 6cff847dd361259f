// Loads the configuration. It is code: importing it registers the plugins that it imports. What it exports is checked
// field by field, so that a misspelt one is told and not passed over.
import { pathToFileURL } from 'node:url'
import { basename } from 'node:path'
import { compileSchema, RetinueError, type TSchema, Type } from '@retinue/kernel'
import type { RetinueConfig } from './config.ts'
import { reasonOf } from './failure.ts'

/**
 * Imports a configuration and checks it.
 * @throws {RETINUE_CLI_CONFIG}
 */
export async function loadConfig(file: string): Promise<RetinueConfig> {
  refuseTypeScript(file)
  let exports: { readonly default?: unknown }
  try {
    exports = (await import(pathToFileURL(file).href)) as typeof exports
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_CONFIG', `${file} could not be loaded: ${reasonOf(cause)}`, {
      hint: hintFor(cause),
      details: { file },
      cause,
    })
  }
  return checkedConfig(exports.default, file)
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

function hintFor(cause: unknown): string {
  const { code } = cause as { code?: unknown }
  if (code === 'ERR_MODULE_NOT_FOUND') return 'Install what it imports: npm i <package>'
  if (typeof code === 'string' && code.startsWith('RETINUE_')) return 'Its plugins do not go together.'
  return 'Mend it, or pass another with --config; --debug shows where it happened.'
}

function checkedConfig(config: unknown, file: string): RetinueConfig {
  if (config === undefined) return {}
  const { check, errors } = compileSchema(schema)
  const unknown = Object.keys(Object(config) as object).find((key) => !Object.hasOwn(fields, key))
  if (unknown === undefined && check(config)) return config as RetinueConfig
  const problems = errors(config).map(({ path, message }) => `${path || 'it'} ${message}`)
  const what = unknown === undefined ? problems.join('; ') : `it has no field '${unknown}'`
  throw new RetinueError('RETINUE_CLI_CONFIG', `${file} exports no configuration: ${what}.`, {
    hint: `Write export default defineConfig({ … }); its fields are ${Object.keys(fields).join(', ')}.`,
    details: { file },
  })
}

// The owners check what is theirs: agents and users take their own options.
const owner = Type.Object({}, { additionalProperties: true })
const fields: Readonly<Record<keyof RetinueConfig, TSchema>> = {
  model: Type.Optional(Type.Any()),
  agent: Type.Optional(Type.String({ minLength: 1 })),
  agents: Type.Optional(Type.Array(owner)),
  user: Type.Optional(owner),
  run: Type.Optional(owner),
  dataFolder: Type.Optional(Type.String({ minLength: 1 })),
  defaultPlugins: Type.Optional(Type.Boolean()),
}
const schema = Type.Object(fields)
