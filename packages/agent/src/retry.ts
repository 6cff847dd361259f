// Which failures of a model call pass by themselves, and how long to wait before the next attempt.
// Errors are judged by what they carry (status, headers, codes), not by class: provider packages come in copies.
import type { SettledOptions } from './run-options.ts'

/** How often and how fast a failed call is made again. */
export type RetryPolicy = Pick<SettledOptions, 'maxRetries' | 'retryDelayMs'>

/** A provider's wish to be left alone for longer than this ends the run instead. */
const longestWaitMs = 60_000

/**
 * Tells how long to wait before a failed call is made again; `undefined` where it should not be.
 * @see RFC 9110, section 10.2.3, for `retry-after`.
 */
export function retryDelay(error: unknown, attempt: number, policy: RetryPolicy): number | undefined {
  if (attempt > policy.maxRetries || !isTransient(error)) return undefined
  const asked = retryAfter(error)
  if (asked !== undefined) return asked <= longestWaitMs ? asked : undefined
  // Half of it is chance, so that clients that failed together don't come back together.
  const delay = Math.min(policy.retryDelayMs * 2 ** (attempt - 1), longestWaitMs)
  return delay / 2 + (Math.random() * delay) / 2
}

/** Tells whether a failure is likely to pass: an overloaded or failing server, a limit on the rate, a lost connection. */
function isTransient(error: unknown): boolean {
  for (const cause of causes(error)) {
    if (typeof cause.isRetryable === 'boolean') return cause.isRetryable
    const status = cause.statusCode ?? cause.status
    if (typeof status === 'number') return [408, 409, 429].includes(status) || status >= 500
    if (connectionCodes.test(String(cause.code))) return true
    if (cause.name === 'TypeError' && connectionTexts.test(String(cause.message))) return true
    if (serverTypes.test(String(cause.type))) return true
    if (brokenResponses.test(String(cause.name))) return true
  }
  return false
}

/** Tells whether a failure says nothing of whether it will pass: an error with a message, and nothing else. */
export function isUntold(error: unknown): boolean {
  const { name, code, type, status, statusCode, isRetryable, cause } = (error ?? {}) as Failure
  const told = [code, type, status, statusCode, isRetryable, cause]
  return name === 'Error' && told.every((each) => each === undefined)
}

/**
 * Tells whether a server refuses what its provider attached to earlier answers itself: a thought whose signature fits the
 * conversation no longer, what was encrypted for another account, an answer that it has stored for a month.
 */
export function refusesOwn(error: unknown): boolean {
  const all = [...causes(error)]
  // A response that can't be read is quoted, with the signatures in it.
  if (all.some(({ name }) => brokenResponses.test(String(name)))) return false
  return all.some((each) => attachments.test(`${String(each.message)} ${String(each.responseBody)}`))
}

/** How Claude, Gemini and models of OpenAI's Responses word it, whoever serves them. */
const attachments =
  /thought.?signature|signature.{1,9}thinking|thinking.{1,9}blocks|encrypted.?content|item (with )?id|item '[^']*' of type/i

interface Failure {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly type?: unknown
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly isRetryable?: unknown
  readonly responseHeaders?: Readonly<Record<string, string>>
  readonly responseBody?: unknown
  readonly cause?: unknown
  readonly error?: unknown
}

const connectionCodes =
  /^(ECONN(RESET|REFUSED|ABORTED)|ETIMEDOUT|EPIPE|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_.*|RETINUE_STREAM_CUT)$/
/** How runtimes word a connection that failed: Node, Chromium, Firefox, Safari, Bun, Deno. */
const connectionTexts = /fetch failed|failed to fetch|load failed|network|terminated|connection/i
/** The types of errors that providers send inside a stream. */
const serverTypes = /^(overloaded_error|rate_limit_error|api_error|server_error|timeout_error)$/

/** The names of errors by which provider packages say that a response is cut, torn or garbled. */
const brokenResponses = /^AI_(EmptyResponseBody|InvalidResponseData|JSONParse|TypeValidation)Error$/

/** Where Google names the wait: in the body, and in no header. */
const retryInfo = /"retryDelay":\s*"([\d.]+)s"/

/** A failure and what it was caused by, the outermost first. */
function* causes(error: unknown): Generator<Failure> {
  let cause = error
  for (let depth = 0; depth < 6 && typeof cause === 'object' && cause !== null; depth++) {
    const failure = cause as Failure
    yield failure
    cause = failure.cause ?? failure.error
  }
}

/** The wait that the provider asks for, in milliseconds. */
function retryAfter(error: unknown): number | undefined {
  for (const { responseHeaders = {}, responseBody } of causes(error)) {
    const exact = Number.parseFloat(responseHeaders['retry-after-ms'] ?? '')
    if (exact >= 0) return exact
    const header = responseHeaders['retry-after'] ?? retryInfo.exec(String(responseBody))?.[1]
    if (header === undefined) continue
    const seconds = Number(header)
    const wait = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000
    if (!Number.isNaN(wait)) return Math.max(0, wait)
  }
  return undefined
}
