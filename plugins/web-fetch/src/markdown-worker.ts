// The thread in which pages are turned into Markdown, one after the other.
import { toMarkdown } from './markdown.ts'
import type { Reply } from './markdown-thread.ts'

export default function replyTo({ html, url }: { readonly html: string; readonly url: string }): Reply {
  try {
    const page = toMarkdown(html, url)
    return page === undefined ? { why: 'is nested too deeply to be read' } : { page }
  } catch (error) {
    return { why: `can't be read as HTML: ${(error as Error).message}` }
  }
}
