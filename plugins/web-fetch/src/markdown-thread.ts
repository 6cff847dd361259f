// Turns pages into Markdown in threads of their own: a large page takes long, holds nobody else up meanwhile, and can be
// stopped. A thread is kept for the next page for a while, since most of a small one's time is its beginning; and there
// are a few, for which pages wait in line: a hundred that begin at once take so long that no page is read in its time.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { failure } from './errors.ts'
import { Line } from './line.ts'
import type { PageText } from './markdown.ts'

/** What a thread answers: the page as text, or why it is none. */
export type Reply = { readonly page: PageText } | { readonly why: string }

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const maxMemoryMb = 1000
const keepMs = 30_000

/** How many threads there are at most. */
const maxThreads = 4

/** Threads that wait for the next page, and what ends each when none comes. */
const idle = new Map<Worker, NodeJS.Timeout>()

const line = new Line(maxThreads)

/**
 * Turns a page into Markdown; throws the reason where the signal aborts.
 * @throws {RETINUE_WEB_FETCH_UNREADABLE}
 */
export function markdownOf(html: string, url: string, signal: AbortSignal): Promise<PageText> {
  return line.work(signal, () => answered(takeThread(), html, url, signal))
}

async function answered(worker: Worker, html: string, url: string, signal: AbortSignal): Promise<PageText> {
  let isWell = false
  try {
    worker.postMessage({ html, url })
    const [reply] = (await once(worker, 'message', { signal })) as [Reply]
    isWell = true
    if ('page' in reply) return reply.page
    throw unreadable(url, reply.why)
  } catch (error) {
    signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
    throw unreadable(url, 'takes too much memory')
  } finally {
    if (isWell) keepThread(worker)
    else await worker.terminate()
  }
}

function takeThread(): Worker {
  for (const [worker, end] of idle) {
    idle.delete(worker)
    clearTimeout(end)
    worker.ref()
    return worker
  }
  const worker = new Worker(new URL(`./markdown-worker.${extension}`, import.meta.url), {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  })
  worker.on('error', () => {}) // whoever waits hears of it by `once`
  return worker
}

function keepThread(worker: Worker): void {
  worker.unref()
  const end = setTimeout(() => {
    idle.delete(worker)
    void worker.terminate()
  }, keepMs).unref()
  idle.set(worker, end)
}

function unreadable(url: string, why: string): Error {
  return failure('RETINUE_WEB_FETCH_UNREADABLE', `The page '${url}' ${why}.`, 'Look for another page.')
}
