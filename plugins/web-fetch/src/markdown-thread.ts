// Turns pages into Markdown in threads of their own: a large page takes long, holds nobody else up meanwhile, and can be
// stopped. A thread is kept for the next page for a while, since most of a small one's time is its beginning; and there
// are a few, for which pages wait in line: a hundred that begin at once take so long that no page is read in its time.
import { Tinypool } from 'tinypool'
import { failure } from './errors.ts'
import type { PageText } from './markdown.ts'

/** What a thread answers: the page as text, or why it is none. */
export type Reply = { readonly page: PageText } | { readonly why: string }

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

const threads = new Tinypool({
  filename: new URL(`./markdown-worker.${extension}`, import.meta.url).href,
  minThreads: 0,
  maxThreads: 4,
  idleTimeout: 30_000,
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 1000 },
})

/** Why a thread could not begin, as where a bundle lacks its file. */
let broken: unknown
threads.on('error', (error) => {
  broken = error
  threads.cancelPendingTasks() // nobody else would tell those who wait for it
})

/**
 * Turns a page into Markdown; throws the reason where the signal aborts.
 * @throws {RETINUE_WEB_FETCH_UNREADABLE}
 */
export async function markdownOf(html: string, url: string, signal: AbortSignal): Promise<PageText> {
  try {
    const reply = (await threads.run({ html, url }, { signal })) as Reply
    if ('page' in reply) return reply.page
    throw unreadable(url, reply.why)
  } catch (error) {
    signal.throwIfAborted()
    const { name, code } = error as NodeJS.ErrnoException
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') throw unreadable(url, 'takes too much memory')
    throw name === 'CancelError' ? broken : error
  }
}

function unreadable(url: string, why: string): Error {
  return failure('RETINUE_WEB_FETCH_UNREADABLE', `The page '${url}' ${why}.`, 'Look for another page.')
}
