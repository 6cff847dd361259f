// The documentation for coding agents: `llms.txt` names each page with its first sentence. It stands on the site, and,
// with the pages, in the package of the kernel: `node docs/llms.ts FOLDER` puts them there when the kernel is packed.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { blocksOf, pages, titleOf } from './pages.ts'

/** The text of `llms.txt`, whose links begin with `base`. */
export function llms(base: string): string {
  const lines = pages.map((page) => {
    const first = blocksOf(page).find((block) => /^\w/.test(block)) ?? ''
    return `- [${titleOf(page)}](${base}${page}): ${first.replaceAll('\n', ' ').split(/(?<=\.) /)[0]}`
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
