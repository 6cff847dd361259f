// A new application: the template, with the plugins and the model that were chosen, in the language that the Node here
// runs. Nothing is asked of the network, and nothing is written before all of it is known to be right.
import { fileURLToPath } from 'node:url'
import { inJavaScript } from './javascript.ts'
import { checkPackageName, packageName, providerOf } from './name.ts'
import { checkFolder, writeFolder } from './new-folder.ts'
import { questionFor, toolsetOf, usualPlugin } from './plugin.ts'
import { readTemplate } from './template.ts'

/** An application that is to be. */
export interface NewApplication {
  /** Where it is written: a folder that is empty, or not there yet. The package is called after it. */
  readonly folder: string
  /** The packages of the plugins that its agent begins with. @default ['@retinue/plugin-clock'] */
  readonly plugins?: readonly string[] | undefined
  /** `openai/gpt-5`, for example. @default the offline model */
  readonly model?: string | undefined
  /** @default TypeScript where the Node that runs this runs it, else JavaScript */
  readonly language?: 'ts' | 'js'
}

/**
 * Writes a new application, and gives the paths of its files.
 * @throws {RETINUE_SCAFFOLD_FOLDER}, {RETINUE_SCAFFOLD_NAME}
 *
 * @example
 * scaffoldApplication({ folder: 'my-agent', plugins: ['@retinue/plugin-workspace'] })
 */
export function scaffoldApplication({
  folder,
  plugins = [usualPlugin],
  model,
  language = process.features.typescript ? 'ts' : 'js',
}: NewApplication): string[] {
  checkFolder(folder)
  const name = packageName(folder)
  for (const plugin of plugins) checkPackageName(plugin)
  const provider = model === undefined ? {} : providerOf(model)
  const question = questionFor(plugins[0])
  const files = new Map(
    [...readTemplate(template)].map(([file, text]) => {
      if (file === 'package.json') return [file, manifestWith(text, name, plugins, provider)]
      if (file === 'src/agent.ts') return [file, agentWith(text, plugins, model)]
      return [file, text.replaceAll('my-agent', name).replaceAll(questionFor(usualPlugin), question)]
    }),
  )
  return writeFolder(folder, language === 'ts' ? files : inJavaScript(files))
}

const template = fileURLToPath(new URL('../template', import.meta.url))

type Versions = Readonly<Record<string, string>>

function manifestWith(text: string, name: string, plugins: readonly string[], provider: Versions): string {
  const manifest = JSON.parse(text) as { readonly dependencies: Versions }
  const { [usualPlugin]: ours = '', ...others } = manifest.dependencies
  const chosen = plugins.map((plugin) => [plugin, plugin.startsWith('@retinue/') ? ours : '*'])
  const all = Object.entries<string>({ ...others, ...Object.fromEntries(chosen), ...provider })
  const dependencies = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify({ ...manifest, name, dependencies }, undefined, 2)}\n`
}

function agentWith(text: string, plugins: readonly string[], model: string | undefined): string {
  const tools = plugins.flatMap((plugin) => toolsetOf(plugin) ?? []).map((name) => `'${name}'`)
  const equipped = text
    .replace(`import '${usualPlugin}'\n`, plugins.map((plugin) => `import '${plugin}'\n`).join(''))
    .replace(/(?<=tools: \[)[^\]]*/, tools.join(', '))
  if (model === undefined) return equipped
  return equipped.replace(/^import .* from '@retinue\/agent'\n/m, '').replace('offlineModel()', `'${model}'`)
}
