// The site of the documentation. It is built offline, and its search runs in the page.
import { cpSync, globSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { llms } from '../llms.ts'
import { groups, pages, titleOf } from '../pages.ts'

const docs = join(import.meta.dirname, '..')

/** The pages of the reference, where it has been made (`pnpm reference`). */
const reference = globSync('reference/@retinue/*/index.md', { cwd: docs })
  .toSorted()
  .map((page) => dirname(page))
  .map((folder) => ({ text: folder.slice('reference/'.length), link: `/${folder}/` }))

const linkOf = (page: string): string => `/${page.replace(/(index)?\.md$/, '')}`

export default defineConfig({
  title: 'retinue',
  description: 'A TypeScript framework for the sessions of AI agents',
  cleanUrls: true,
  srcExclude: ['node_modules', '.programs'],
  markdown: {
    config(md) {
      // `{{path}}` within a text is what our own templates look like, and none of the site's.
      md.renderer.rules.code_inline = (tokens, index) =>
        `<code v-pre>${md.utils.escapeHtml(tokens[index]?.content ?? '')}</code>`
    },
  },
  buildEnd({ outDir }) {
    writeFileSync(join(outDir, 'llms.txt'), llms('/'))
    for (const page of pages) cpSync(join(docs, page), join(outDir, page))
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/first-agent' },
      { text: 'Ideas', link: '/ideas/registry' },
      { text: 'Authoring', link: '/authoring/' },
      { text: 'Errors', link: '/errors' },
    ],
    sidebar: groups.map(({ text, pages }) => ({
      text,
      items: [
        ...pages.map((page) => ({ text: titleOf(page), link: linkOf(page) })),
        ...(text === 'Reference' ? reference : []),
      ],
    })),
  },
})
