// What a scripted fetch can be told to answer.

/** A request as it came. */
export interface FetchRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  /** The body as text; empty where there is none. */
  readonly body: string
  readonly signal: AbortSignal
}

/**
 * What one request is answered with: a text, an answer in short, a `Response` as it is, a failure of the network, or
 * what a function of the request gives (now, or when its promise resolves).
 */
export type FetchStep =
  | string
  | FetchAnswer
  | Response
  | Error
  | ((request: FetchRequest) => FetchStep | PromiseLike<FetchStep>)

/** An answer in short. */
export interface FetchAnswer {
  /** @default 200 */
  readonly status?: number
  readonly statusText?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is; in pieces where it is an iterable, also an async one. */
  readonly body?: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
  /** Breaks the body off after what is sent: as a connection that is closed, or with an error. */
  readonly cut?: true | Error
}

/**
 * Steps in the order of the requests, whatever they ask for, or steps by what is asked for: `'https://example.com/a'`,
 * `'POST https://example.com/a'`. An address without a query stands for all of its queries, one that ends in `*` for
 * all that begin so; the first that fits is taken.
 */
export type FetchScript = readonly FetchStep[] | Readonly<Record<string, FetchStep | readonly FetchStep[]>>
