// What is at an address, over the wire: redirects are followed by hand, each looked at anew, and reading stops where
// the answer becomes too large.
import { RetinueError } from '@retinue/kernel'
import { type Dispatcher, fetch, type Response } from 'undici/index.js'
import { failure } from './errors.ts'

/** What a download is told. */
export interface DownloadOptions {
  readonly dispatcher: Dispatcher
  /** Throws where an address may not be read; asked before each request, also those that redirects lead to. */
  readonly check: (url: URL) => void | Promise<void>
  /** The most bytes that are read, after decompression. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** An answer. */
export interface Download {
  /** Where it came from, after all redirects. */
  readonly url: URL
  readonly status: number
  readonly contentType: string
  readonly bytes: Uint8Array
  /** Whether there was more than `maxBytes`. */
  readonly isCut: boolean
}

/** How machines call this one, in robots.txt too. */
export const userAgent = 'retinue-web-fetch'

const maxRedirects = 5

/** Gets what is at an address. */
export async function download(start: URL, options: DownloadOptions): Promise<Download> {
  let url = start
  for (let hops = 0; hops <= maxRedirects; hops++) {
    await options.check(url)
    try {
      const response = await fetch(url, {
        dispatcher: options.dispatcher,
        signal: options.signal,
        redirect: 'manual',
        headers: { accept: 'text/html, text/markdown, text/*;q=0.9, */*;q=0.5', 'user-agent': userAgent },
      })
      if (![301, 302, 303, 307, 308].includes(response.status)) {
        const { status, headers } = response
        const contentType = headers.get('content-type') ?? ''
        return { url, status, contentType, ...(await read(response, options.maxBytes)) }
      }
      await response.body?.cancel()
      url = target(response.headers.get('location'), url)
    } catch (error) {
      throw told(error, url)
    }
  }
  throw failure(
    'RETINUE_WEB_FETCH_REDIRECTS',
    `'${start.href}' leads on to other addresses more than ${maxRedirects} times.`,
    'Look for another page.',
  )
}

function target(location: string | null, from: URL): URL {
  if (location !== null && URL.canParse(location, from)) return new URL(location, from)
  const what = `'${from.href}' leads on to another address, but does not say which.`
  throw failure('RETINUE_WEB_FETCH_REDIRECTS', what, 'Look for another page.')
}

async function read(
  { body }: Response,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, maxBytes - size))
    size += chunk.length
    if (size > maxBytes) break // which cancels the rest
  }
  return { bytes: Buffer.concat(chunks), isCut: size > maxBytes }
}

/** What went wrong on the wire, for the model; undici hides the reason within its error. */
function told(error: unknown, { host }: URL): unknown {
  const { name, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  if (error instanceof RetinueError) return error
  if (cause instanceof RetinueError) return cause
  if (name === 'AbortError') return error
  const why =
    name === 'TimeoutError' ? 'took too long' : `could not be reached (${cause?.code ?? 'broken off'})`
  return failure(
    'RETINUE_WEB_FETCH_FAILED',
    `'${host}' ${why}.`,
    'Try again later, or look elsewhere.',
    error,
  )
}
