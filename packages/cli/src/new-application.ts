// The files of a new application, as text: what `retinue init` writes.
import { cliVersion } from './version.ts'

/** What a new application is made of. */
export interface NewApplication {
  readonly name: string
  /** Packages of plugins, beside those that the command brings. */
  readonly plugins: readonly string[]
  readonly model: string | undefined
  /** Whether the Node that will run it runs TypeScript. */
  readonly runsTypeScript: boolean
}

/** The files of an application, by path. */
export function filesOf(application: NewApplication): Readonly<Record<string, string>> {
  const extension = application.runsTypeScript ? 'ts' : 'mjs'
  return {
    'package.json': manifestOf(application),
    [`retinue.config.${extension}`]: configOf(application),
    'agents/guide.md': agentOf(application),
    '.gitignore': 'node_modules\n.retinue\n',
    'README.md': readmeOf(application, extension),
  }
}

/** The toolset of a plugin, where its name follows the rule; what others bring, `retinue doctor` tells. */
export function toolsetOf(plugin: string): string | undefined {
  return /^@retinue\/plugin-([a-z0-9-]+)$/.exec(plugin)?.[1]?.replaceAll('-', '_')
}

function manifestOf({ name, plugins }: NewApplication): string {
  const ours = `^${cliVersion}`
  const dependencies = Object.fromEntries(
    [
      ['@retinue/kernel', ours],
      ...plugins.map((plugin) => [plugin, plugin.startsWith('@retinue/') ? ours : '*']),
      ['retinue', ours],
    ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  )
  const scripts = { chat: 'retinue chat', doctor: 'retinue doctor' }
  return `${JSON.stringify({ name, private: true, type: 'module', scripts, dependencies }, undefined, 2)}\n`
}

function configOf({ plugins, model }: NewApplication): string {
  const imports = plugins.map((plugin) => `import '${plugin}'\n`).join('')
  const chosen =
    model === undefined ? "  // model: 'openai/gpt-5',\n" : `  model: ${JSON.stringify(model)},\n`
  return `${imports}import { defineConfig } from 'retinue'

export default defineConfig({
${chosen}  agent: 'guide',
})
`
}

function agentOf({ plugins }: NewApplication): string {
  const toolsets = plugins.map(toolsetOf).filter((name) => name !== undefined)
  return `---
name: guide
tools: [${toolsets.join(', ')}]
---

You are a guide. Answer briefly, and say where you have it from.
`
}

function readmeOf({ name, model }: NewApplication, extension: string): string {
  const keys =
    model === undefined
      ? 'Without a model, the offline model answers, from the tools alone.'
      : `It talks to ${model}.`
  return `# ${name}

\`\`\`sh
npm install
npm run chat   # talk to the agent
npm run doctor # check what is there
\`\`\`

\`agents/guide.md\` is the agent, \`retinue.config.${extension}\` the configuration. ${keys}
`
}
