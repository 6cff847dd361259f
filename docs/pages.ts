// The pages of the documentation, in the order in which they are read: what the site's sidebar and `llms.txt` show.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The groups of pages. */
export const groups = [
  { text: 'Start', pages: ['first-agent.md', 'models.md', 'coming-from.md'] },
  {
    text: 'Ideas',
    pages: [
      'ideas/registry.md',
      'ideas/layers.md',
      'ideas/needs.md',
      'ideas/interactions.md',
      'ideas/prompt-plan.md',
      'ideas/snapshots.md',
    ],
  },
  {
    text: 'Authoring',
    pages: [
      'authoring/index.md',
      'authoring/context.md',
      'authoring/section.md',
      'authoring/tool.md',
      'authoring/testing.md',
      'authoring/publishing.md',
      'authoring/upgrading.md',
      'authoring/overriding.md',
      'authoring/kind.md',
    ],
  },
  { text: 'Operating', pages: ['operating.md', 'security.md'] },
  { text: 'Reference', pages: ['architecture.md', 'errors.md', 'compatibility.md'] },
] as const

/** All pages. */
export const pages: readonly string[] = groups.flatMap((group) => group.pages)

/** A page, cut where blank lines are; its heading comes first. */
export function blocksOf(page: string): string[] {
  return readFileSync(join(import.meta.dirname, page), 'utf8').split(/\n{2,}/)
}

/** What a page is called. */
export function titleOf(page: string): string {
  return blocksOf(page)[0]!.replace('# ', '')
}
