// A search over the wire: the engine that the config names, and those behind it where it does not answer.
import { RetinueError } from '@retinue/kernel'
import { type Engine, type EngineName, engines, type Result } from './engine.ts'
import { failure } from './errors.ts'

/** What a search is told. */
export interface SearchOptions {
  readonly query: string
  readonly count: number
  /** The engines to ask, the first that answers is the last. */
  readonly engines: readonly EngineName[]
  /** The address of an engine that is not at its own. */
  readonly baseUrl: (engine: EngineName) => string | undefined
  readonly key: (engine: EngineName) => string | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What a search found, and what was tried before. */
export interface Found {
  readonly engine: EngineName
  readonly results: readonly Result[]
  /** Why the engines before did not answer, a sentence each. */
  readonly failed: readonly string[]
}

/** Asks one engine after the other. @throws {RETINUE_WEB_SEARCH_FAILED} when none answers. */
export async function search(options: SearchOptions): Promise<Found> {
  const failed: string[] = []
  for (const engine of new Set(options.engines)) {
    const late = AbortSignal.timeout(options.timeoutMs) // held to the end: Node 20 forgets one that only `any` knows
    try {
      const results = await ask(engine, options, AbortSignal.any([options.signal, late]))
      return { engine, results: results.slice(0, options.count), failed }
    } catch (error) {
      options.signal.throwIfAborted()
      failed.push(`${engine}: ${late.aborted ? 'it took too long.' : whyOf(error)}`)
    }
  }
  throw failure(
    'RETINUE_WEB_SEARCH_FAILED',
    `No search engine answered. ${failed.join(' ')}`,
    'Try again later, or go on without it.',
  )
}

async function ask(
  name: EngineName,
  options: SearchOptions,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const engine: Engine = engines[name]
  const { query, count } = options
  const baseUrl = options.baseUrl(name) ?? engine.baseUrl
  if (baseUrl === undefined) {
    const hint = `Set the config's baseUrl where engine is '${name}'.`
    throw failure('RETINUE_WEB_SEARCH_SETUP', 'it needs the address of an instance.', hint)
  }
  const key = engine.hasKey ? options.key(name) : undefined
  const { url, headers, body } = engine.request({ query, count, baseUrl, key })
  const response = await fetch(url, {
    ...(body !== undefined && { method: 'POST', body }),
    headers: { accept: 'application/json', 'user-agent': 'retinue-web-search', ...headers },
    signal,
    redirect: engine.hasKey ? 'error' : 'follow', // a redirect could carry the key to another place
  })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`it answered ${response.status} ${response.statusText}`.trimEnd())
  }
  return engine.results(JSON.parse(await textOf(response)))
}

/** The most bytes of an answer, after decompression: fifty results are a small part of it. */
const maxBytes = 2_000_000

/** Reads an answer, as far as answers go: one without an end would fill the memory before its time is up. */
async function textOf({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    size += read.value.length
    if (size > maxBytes) {
      await reader?.cancel()
      throw new Error(`its answer is larger than ${maxBytes} bytes`)
    }
    text += decoder.decode(read.value, { stream: true })
  }
  return text + decoder.decode()
}

/** Why an engine did not answer, for the model: nothing of what was sent. */
function whyOf(error: unknown): string {
  const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } }
  if (error instanceof RetinueError) return message
  if (error instanceof SyntaxError) return 'its answer was no JSON.'
  if (error instanceof TypeError)
    return `it could not be reached${cause?.code === undefined ? '' : ` (${cause.code})`}.`
  return `${message}.`
}
