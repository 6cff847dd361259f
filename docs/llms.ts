// The documentation for coding agents: `llms.txt` names each page with its first sentence. It stands on the site, and,
// with the pages, in the package of the kernel: `node docs/llms.ts FOLDER` puts them there when the kernel is packed.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The pages, in the order in which they are read. */
export const pages = [
  'first-agent.md',
  'ideas/registry.md',
  'ideas/layers.md',
  'ideas/needs.md',
  'ideas/interactions.md',
  'ideas/prompt-plan.md',
  'ideas/snapshots.md',
  'authoring/index.md',
  'authoring/context.md',
  'authoring/section.md',
  'authoring/tool.md',
  'authoring/upgrading.md',
  'authoring/testing.md',
  'authoring/publishing.md',
  'authoring/overriding.md',
  'operating.md',
  'coming-from.md',
  'architecture.md',
  'errors.md',
  'compatibility.md',
]

/** The text of `llms.txt`, whose links begin with `base`. */
export function llms(base: string): string {
  const lines = pages.map((page) => {
    const blocks = readFileSync(join(import.meta.dirname, page), 'utf8').split(/\n{2,}/)
    const first = blocks.find((block) => /^\w/.test(block)) ?? ''
    return `- [${blocks[0]?.replace('# ', '')}](${base}${page}): ${first.replaceAll('\n', ' ').split(/(?<=\.) /)[0]}`
  })
  return [
    '# retinue',
    '> A TypeScript framework for the sessions of AI agents. Add a tool, and its retinue comes with it: the config it reads, the contexts it fills, the prompt sections that explain it. Take it away, and they leave.',
    lines.join('\n'),
    '',
  ].join('\n\n')
}

const [, program = '', folder] = process.argv
if (program === import.meta.filename && folder !== undefined) {
  const target = join(folder, 'docs')
  rmSync(target, { recursive: true, force: true })
  for (const page of pages) {
    mkdirSync(dirname(join(target, page)), { recursive: true })
    cpSync(join(import.meta.dirname, page), join(target, page))
  }
  writeFileSync(join(folder, 'llms.txt'), llms('docs/'))
}
