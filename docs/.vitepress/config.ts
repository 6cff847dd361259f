// The site of the documentation. It is built offline, and its search runs in the page.
import { cpSync, globSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import { llms, pages } from '../llms.ts'

const docs = join(import.meta.dirname, '..')

/** The pages of the reference, where it has been made (`pnpm reference`). */
const reference = globSync('reference/@retinue/*/index.md', { cwd: docs })
  .toSorted()
  .map((page) => dirname(page))
  .map((folder) => ({ text: folder.slice('reference/'.length), link: `/${folder}/` }))

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
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'A first agent', link: '/first-agent' },
          { text: 'Many sessions on many machines', link: '/operating' },
          { text: 'Coming from elsewhere', link: '/coming-from' },
        ],
      },
      {
        text: 'Ideas',
        items: [
          { text: 'The registry', link: '/ideas/registry' },
          { text: 'Owners and layers', link: '/ideas/layers' },
          { text: 'Needs and presence', link: '/ideas/needs' },
          { text: 'Interactions', link: '/ideas/interactions' },
          { text: 'The prompt plan', link: '/ideas/prompt-plan' },
          { text: 'Snapshots', link: '/ideas/snapshots' },
        ],
      },
      {
        text: 'Authoring',
        items: [
          { text: 'A plugin, in order', link: '/authoring/' },
          { text: 'A context', link: '/authoring/context' },
          { text: 'A section', link: '/authoring/section' },
          { text: 'A tool', link: '/authoring/tool' },
          { text: 'Upgrading saved data', link: '/authoring/upgrading' },
          { text: 'Testing', link: '/authoring/testing' },
          { text: 'Publishing', link: '/authoring/publishing' },
          { text: 'Overriding and explaining', link: '/authoring/overriding' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Errors', link: '/errors' },
          { text: 'Compatibility', link: '/compatibility' },
          ...reference,
        ],
      },
    ],
  },
})
