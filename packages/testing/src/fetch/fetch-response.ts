// A response as fetch makes it of what a server answers: it has an address, it can be aborted, and it breaks off.
import { answerInShort } from '../answer-in-short.ts'
import type { FetchAnswer } from './fetch-step.ts'

type Chunk = string | Uint8Array

/** Makes the response of an answer; the signal ends its body. */
export function responseOf(answer: FetchAnswer, signal: AbortSignal): Response {
  const { status = 200, statusText = '', json, cut } = answerInShort(answer, fields)
  const headers = new Headers(answer.headers)
  const body = json === undefined ? answer.body : JSON.stringify(json)
  if (!headers.has('content-type')) {
    if (json !== undefined) headers.set('content-type', 'application/json')
    else if (typeof body === 'string') headers.set('content-type', 'text/plain;charset=UTF-8')
  }
  const stream = body === undefined && cut === undefined ? null : streamOf(body ?? '', signal, cut)
  return new Response(stream, { status, statusText, headers })
}

const fields = { status: true, statusText: true, headers: true, json: true, body: true, cut: true } as const

/** Says of a response where it comes from: its constructor does not take that. */
export function from(response: Response, url: URL, redirected: boolean): Response {
  return Object.defineProperties(response, {
    url: { value: url.href.replace(/#.*$/, ''), configurable: true },
    redirected: { value: redirected, configurable: true },
  })
}

/** What fetch rejects with where the network fails. */
export function networkFailure(cause: Error): Error {
  const isTold = ['TypeError', 'AbortError', 'TimeoutError'].includes(cause.name)
  return isTold ? cause : new TypeError('fetch failed', { cause })
}

function streamOf(body: NonNullable<FetchAnswer['body']>, signal: AbortSignal, cut: FetchAnswer['cut']) {
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  const chunks = asAsync(isWhole ? [body] : body)
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const abort = (): void => controller.error(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
    },
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (signal.aborted) return void chunks.return(undefined)
      if (done !== true) controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      else if (cut === undefined) controller.close()
      else controller.error(cut === true ? closed() : cut)
    },
    async cancel() {
      await chunks.return(undefined)
    },
  })
}

async function* asAsync(chunks: Iterable<Chunk> | AsyncIterable<Chunk>): AsyncGenerator<Chunk, void> {
  yield* chunks
}

/** What reading fails with in Node where the other side closes the connection. */
function closed(): Error {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  return new TypeError('terminated', { cause })
}
