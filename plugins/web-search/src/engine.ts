// The engines: what each is asked, and what its answer means. None of them opens a connection here.
import { type Static, Type } from '@retinue/kernel'

/** One thing that was found. */
export const Result = Type.Object({
  title: Type.String(),
  url: Type.String(),
  snippet: Type.String({ default: '' }),
})
export type Result = Static<typeof Result>

/** What an engine is asked. */
export interface Question {
  readonly query: string
  readonly count: number
  /** Where the engine is: its address without what the request adds. */
  readonly baseUrl: string
  readonly key: string | undefined
}

/** What is sent to an engine. */
export interface Request {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent by POST, where there is one. */
  readonly body?: string
}

/** A search engine. */
export interface Engine {
  /** Its own address; an engine without one is run by its users. */
  readonly baseUrl?: string
  /** Whether it wants a key. */
  readonly hasKey: boolean
  request(question: Question): Request
  /**
   * What was found, from the JSON of its answer; whatever is not of that form is passed over. Throws an error that says
   * why where the answer is that it could not search.
   */
  results(answer: unknown): readonly Result[]
}

/** The engines by name. */
export const engines = {
  wikipedia: {
    baseUrl: 'https://en.wikipedia.org',
    hasKey: false,
    request: ({ query, count, baseUrl }) => ({
      url: address(baseUrl, '/w/api.php', {
        action: 'query',
        format: 'json',
        formatversion: '2',
        generator: 'search',
        gsrsearch: query,
        gsrlimit: String(count),
        prop: 'extracts|info',
        exintro: '1',
        explaintext: '1',
        exsentences: '2',
        exlimit: 'max',
        inprop: 'url',
      }),
    }),
    results(answer) {
      if (at(answer, 'error') !== undefined) throw new Error('it answered with an error')
      return listAt(answer, 'query', 'pages')
        .toSorted((a, b) => Number(at(a, 'index')) - Number(at(b, 'index')))
        .flatMap((page) => resultOf(at(page, 'title'), at(page, 'fullurl'), at(page, 'extract')))
    },
  },
  searxng: {
    hasKey: false,
    request: ({ query, baseUrl }) => ({ url: address(baseUrl, '/search', { q: query, format: 'json' }) }),
    results(answer) {
      const found = listAt(answer, 'results')
      if (found.length === 0 && listAt(answer, 'unresponsive_engines').length > 0)
        throw new Error('it found nothing, and engines that it asks did not answer')
      return found.flatMap((each) => resultOf(at(each, 'title'), at(each, 'url'), at(each, 'content')))
    },
  },
  brave: {
    baseUrl: 'https://api.search.brave.com',
    hasKey: true,
    request: ({ query, count, baseUrl, key }) => ({
      url: address(baseUrl, '/res/v1/web/search', { q: query, count: String(Math.min(count, 20)) }),
      headers: { 'x-subscription-token': key ?? '' },
    }),
    results: (answer) =>
      listAt(answer, 'web', 'results').flatMap((each) =>
        resultOf(at(each, 'title'), at(each, 'url'), at(each, 'description')),
      ),
  },
  tavily: {
    baseUrl: 'https://api.tavily.com',
    hasKey: true,
    request: ({ query, count, baseUrl, key }) => ({
      url: address(baseUrl, '/search', {}),
      headers: { authorization: `Bearer ${key ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, max_results: Math.min(count, 20) }),
    }),
    results: (answer) =>
      listAt(answer, 'results').flatMap((each) =>
        resultOf(at(each, 'title'), at(each, 'url'), at(each, 'content')),
      ),
  },
} as const satisfies Readonly<Record<string, Engine>>

/** The name of an engine. */
export const EngineName = Type.Union([
  Type.Literal('wikipedia'),
  Type.Literal('searxng'),
  Type.Literal('brave'),
  Type.Literal('tavily'),
])
export type EngineName = Static<typeof EngineName>

function address(baseUrl: string, path: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(baseUrl.replace(/\/+$/, '') + path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/** A result, if it has a title and a web address that is no longer than one. */
function resultOf(title: unknown, url: unknown, snippet: unknown): Result[] {
  if (typeof title !== 'string' || typeof url !== 'string' || !/^https?:\/\/\S{1,2000}$/i.test(url)) return []
  return [{ title: plain(title, 300), url, snippet: typeof snippet === 'string' ? plain(snippet, 1000) : '' }]
}

/** Text without the marks by which engines show what was found, in one line that is no longer than that. */
function plain(text: string, maxChars: number): string {
  const line = text
    .replaceAll(/<\/?(?:strong|b|em|span)(?: [^<>]*)?>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length <= maxChars ? line : `${line.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '')}…`
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function listAt(value: unknown, ...keys: string[]): unknown[] {
  const found = keys.reduce(at, value)
  return Array.isArray(found) ? found : []
}
