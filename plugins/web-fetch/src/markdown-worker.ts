// The thread in which pages are turned into Markdown, one after the other.
import { parentPort } from 'node:worker_threads'
import { toMarkdown } from './markdown.ts'
import type { Reply } from './markdown-thread.ts'

parentPort!.on('message', ({ html, url }: { readonly html: string; readonly url: string }) => {
  parentPort!.postMessage(replyTo(html, url))
})

function replyTo(html: string, url: string): Reply {
  try {
    const page = toMarkdown(html, url)
    return page === undefined ? { why: 'is nested too deeply to be read' } : { page }
  } catch (error) {
    return { why: `can't be read as HTML: ${(error as Error).message}` }
  }
}
