// Models by name: `openai/gpt-5` loads '@ai-sdk/openai' where the application has it. Provider packages are the
// application's: none is a dependency here, and each error says what to install or which variable to set.
import { RetinueError } from '@retinue/kernel'
import { reasonOf } from './reason.ts'

/** What is known of a provider: its package, how a model is made of it, and what the environment must hold. */
interface Provider {
  readonly package: string
  readonly variable: string
  make(exports: Exports, id: string, environment: Environment): unknown
}

type Exports = Readonly<Record<string, (argument: unknown) => unknown>>
type Environment = Readonly<Record<string, string | undefined>>

const providers: Readonly<Record<string, Provider>> = {
  openai: {
    package: '@ai-sdk/openai',
    variable: 'OPENAI_API_KEY',
    make: ({ openai }, id) => openai!(id),
  },
  anthropic: {
    package: '@ai-sdk/anthropic',
    variable: 'ANTHROPIC_API_KEY',
    make: ({ anthropic }, id) => anthropic!(id),
  },
  google: {
    package: '@ai-sdk/google',
    variable: 'GOOGLE_GENERATIVE_AI_API_KEY',
    make: ({ google }, id) => google!(id),
  },
  compatible: {
    package: '@ai-sdk/openai-compatible',
    variable: 'OPENAI_COMPATIBLE_BASE_URL',
    make: ({ createOpenAICompatible }, id, environment) =>
      (
        createOpenAICompatible!({
          name: 'compatible',
          baseURL: environment['OPENAI_COMPATIBLE_BASE_URL'],
          apiKey: environment['OPENAI_COMPATIBLE_API_KEY'],
          includeUsage: true,
        }) as (id: string) => unknown
      )(id),
  },
}

/**
 * Makes the model of a name `<provider>/<model>`. The provider is `openai`, `anthropic`, `google`, or `compatible` for
 * a server that speaks OpenAI's chat protocol at `OPENAI_COMPATIBLE_BASE_URL` (its key, if it wants one, is
 * `OPENAI_COMPATIBLE_API_KEY`).
 * @throws {RETINUE_MODEL_UNKNOWN} for another provider, or a name without one.
 * @throws {RETINUE_MODEL_NOT_INSTALLED} where the application does not have the provider's package.
 * @throws {RETINUE_MODEL_NOT_CONFIGURED} where the environment lacks its variable.
 */
export async function loadModel(name: string): Promise<unknown> {
  const { provider, id } = readModelName(name)
  const exports = await load(provider, name)
  const environment = runtime()?.env ?? {}
  if (!environment[provider.variable]) throw notConfigured(provider, name)
  return provider.make(exports, id, environment)
}

/**
 * Takes a name apart.
 * @throws {RETINUE_MODEL_UNKNOWN}
 */
export function readModelName(name: string): { readonly provider: Provider; readonly id: string } {
  const slash = name.indexOf('/')
  const key = name.slice(0, Math.max(0, slash))
  const id = name.slice(slash + 1)
  const provider = Object.hasOwn(providers, key) ? providers[key] : undefined
  if (provider === undefined || id === '') throw unknown(name)
  return { provider, id }
}

async function load(provider: Provider, name: string): Promise<Exports> {
  const specifier = provider.package
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as Exports
  } catch (cause) {
    const url = applicationUrl(specifier)
    if (url === undefined) throw notInstalled(provider, name, cause)
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as Exports
  }
}

/** Where the application's folder has a package: strict package managers don't show it to this one. */
function applicationUrl(specifier: string): string | undefined {
  try {
    const { cwd, getBuiltinModule } = runtime() as Required<Runtime>
    const path = getBuiltinModule('node:module').createRequire(`${cwd()}/package.json`).resolve(specifier)
    return getBuiltinModule('node:url').pathToFileURL(path).href
  } catch {
    return undefined
  }
}

/** The little that is used of Node's `process`; browsers and some edge runtimes have none. */
interface Runtime {
  readonly env?: Environment
  cwd?(): string
  getBuiltinModule?(id: string): {
    createRequire(path: string): { resolve(specifier: string): string }
    pathToFileURL(path: string): URL
  }
}

function runtime(): Runtime | undefined {
  return (globalThis as { process?: Runtime }).process
}

function unknown(name: string): RetinueError {
  return new RetinueError('RETINUE_MODEL_UNKNOWN', `'${name}' names no model.`, {
    hint: `Write <provider>/<model>, where the provider is ${Object.keys(providers).join(', ')}; or pass an instance.`,
    details: { name },
  })
}

function notInstalled(provider: Provider, name: string, cause: unknown): RetinueError {
  return new RetinueError(
    'RETINUE_MODEL_NOT_INSTALLED',
    `The model '${name}' needs the package '${provider.package}', which could not be loaded: ${reasonOf(cause)}.`,
    { hint: `Run: npm i ${provider.package}`, details: { name, package: provider.package }, cause },
  )
}

function notConfigured(provider: Provider, name: string): RetinueError {
  return new RetinueError(
    'RETINUE_MODEL_NOT_CONFIGURED',
    `The model '${name}' needs the environment variable ${provider.variable}, which is not set.`,
    { hint: `Set ${provider.variable}, or pass an instance that has its own settings.`, details: { name } },
  )
}
