// The names that a new application is made with: what npm takes for a package, and what a model is called.
import { basename, resolve } from 'node:path'
import { RetinueError } from '@retinue/kernel'

/** The name of the package in a folder: that of the folder, as npm takes it. @throws {RETINUE_SCAFFOLD_NAME} */
export function packageName(folder: string): string {
  const own = basename(resolve(folder))
  const name = own
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  if (name !== '' && name.length <= 214 && !['node_modules', 'favicon.ico'].includes(name)) return name
  throw refused(`'${own}' can't be the name of a package.`, "Name a folder such as 'my-agent'.")
}

/** @throws {RETINUE_SCAFFOLD_NAME} for what npm would not install. */
export function checkPackageName(name: string): void {
  if (/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)) return
  throw refused(
    `'${name}' is no name of a package.`,
    'Give the name that npm knows, such as @retinue/plugin-clock.',
  )
}

/** The package of a model's provider, with its version. @throws {RETINUE_SCAFFOLD_NAME} */
export function providerOf(model: string): Readonly<Record<string, string>> {
  const [, provider = ''] = /^([a-z]+)\/[\w.:/@-]+$/.exec(model) ?? []
  const found = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (found !== undefined) return found
  const known = Object.keys(providers).map((each) => `${each}/…`)
  throw refused(`'${model}' is no name of a model.`, `Name its provider first: ${known.join(', ')}.`)
}

const providers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openai: { '@ai-sdk/openai': '^4.0.0' },
  anthropic: { '@ai-sdk/anthropic': '^4.0.0' },
  google: { '@ai-sdk/google': '^4.0.0' },
  compatible: { '@ai-sdk/openai-compatible': '^3.0.0' },
}

function refused(what: string, hint: string): RetinueError {
  return new RetinueError('RETINUE_SCAFFOLD_NAME', what, { hint })
}
