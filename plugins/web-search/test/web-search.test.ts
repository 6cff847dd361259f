import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { run } from '@retinue/agent'
import { ChatSession, Secret } from '@retinue/kernel'
import { callTool, scriptedFetch, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { engines } from '../src/engine.ts'
import { json, makeSession, serve } from './a-server.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const wikipedia = {
  query: {
    pages: [
      {
        index: 2,
        title: 'Tide table',
        fullurl: 'https://en.wikipedia.org/wiki/Tide_table',
        extract: 'Tables of tides.',
      },
      {
        index: 1,
        title: 'Tide',
        fullurl: 'https://en.wikipedia.org/wiki/Tide',
        extract: 'Tides are the rise\nand fall of sea levels.',
      },
    ],
  },
}
const searxng = {
  results: [
    { title: 'Tides', url: 'https://tides.example/', content: 'High at noon.' },
    { title: 'x', url: 'javascript:alert(1)' },
    { title: 'x', url: `https://tides.example/${'x'.repeat(2000)}` },
    { title: 'x', url: 'https://tides.example/\n2. Another' },
    null,
  ],
}
const brave = {
  web: {
    results: [
      {
        title: '<strong>Tides</strong>',
        url: 'https://b.example/',
        description: 'About <strong>tides</strong> &c.',
      },
    ],
  },
}
const tavily = { results: [{ title: 'Tides', url: 'https://t.example/', content: 'Tides.', score: 0.9 }] }

/** Says half of it, while what nobody holds is forgotten: Node 20 forgot the limit of time, too. */
const halfWhileCollecting = (response: ServerResponse) => {
  response.write('{')
  const collecting = setInterval(collect, 20)
  response.on('close', () => clearInterval(collecting))
}
const endless = (response: ServerResponse) =>
  void Readable.from(
    (function* () {
      for (;;) yield 'x'.repeat(65_536)
    })(),
  )
    .on('error', () => {}) // nobody reads it to its end
    .pipe(response)
const packed = (bytes: Buffer) => (response: ServerResponse) =>
  void response.setHeader('content-encoding', 'gzip').end(gzipSync(bytes))

describe('an engine', () => {
  test('Wikipedia is asked without a key, and its results come in its order', async () => {
    using web = scriptedFetch({ 'https://en.wikipedia.org/w/api.php': { json: wikipedia } }).install()
    const { session } = makeSession()
    const answer = await callTool(session, 'web_search', { query: 'tides' })
    expect(web.requests[0]!.url.searchParams.get('gsrsearch')).toBe('tides')
    expect(session.context.searchResults.$values()).toEqual({
      query: 'tides',
      results: [
        {
          title: 'Tide',
          url: 'https://en.wikipedia.org/wiki/Tide',
          snippet: 'Tides are the rise and fall of sea levels.',
        },
        { title: 'Tide table', url: 'https://en.wikipedia.org/wiki/Tide_table', snippet: 'Tables of tides.' },
      ],
    })
    expect(String(answer)).toContain('1. Tide\nhttps://en.wikipedia.org/wiki/Tide\nTides are')
  })

  test('SearXNG is asked at the address of its instance, below a path too; what is no web page is passed over', async () => {
    using web = scriptedFetch({ 'https://searx.example/sub/search': { json: searxng } }).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({ engine: 'searxng', baseUrl: 'https://searx.example/sub/' })
    await callTool(session, 'web_search', { query: 'tides & moon' })
    expect(web.requests[0]!.url.searchParams.get('q')).toBe('tides & moon')
    expect(session.context.searchResults.results).toEqual([
      { title: 'Tides', url: 'https://tides.example/', snippet: 'High at noon.' },
    ])
  })

  test('Brave gets its key in a header, Tavily as a bearer; the key shows nowhere else (D17)', async () => {
    using web = scriptedFetch({
      'GET https://api.search.brave.com/res/v1/web/search': { json: brave },
      'POST https://api.tavily.com/search': { json: tavily },
    }).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({ engine: 'brave', apiKey: Secret.value('k-123') })
    const answer = await callTool(session, 'web_search', { query: 'tides' })
    expect(web.requests[0]!.headers.get('x-subscription-token')).toBe('k-123')
    expect(session.context.searchResults.results[0]).toEqual({
      title: 'Tides',
      url: 'https://b.example/',
      snippet: 'About tides &c.',
    })
    user.config.webSearch.engine = 'tavily'
    await callTool(session, 'web_search', { query: 'tides' })
    expect(web.requests[1]!.headers.get('authorization')).toBe('Bearer k-123')
    expect(JSON.parse(web.requests[1]!.body)).toEqual({ query: 'tides', max_results: 5 })
    expect(
      [answer, session, user, session.prompt().text].map((each) => JSON.stringify(each)).join(),
    ).not.toContain('k-123')
  })

  test('gives as many results as the config says', async () => {
    const results = Array.from({ length: 30 }, (_, i) => ({ title: `${i}`, url: `https://x.example/${i}` }))
    using _web = scriptedFetch([{ json: { results } }]).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({ engine: 'searxng', baseUrl: 'https://searx.example', maxResults: 7 })
    await callTool(session, 'web_search', { query: 'x' })
    expect(session.context.searchResults.results).toHaveLength(7)
  })

  test('keeps of a title and of what a page says a few words', () => {
    const [result] = engines.searxng.results({
      results: [{ title: 't'.repeat(9999), url: 'https://x.example', content: '🙂'.repeat(9999) }],
    })
    expect(result).toMatchObject({ title: `${'t'.repeat(300)}…`, snippet: `${'🙂'.repeat(500)}…` })
  })

  test.each(Object.keys(engines))('%s passes over an answer of another form', (name) => {
    const { results } = engines[name as keyof typeof engines]
    for (const answer of [null, 1, [], {}, { results: 1 }, { query: { pages: [{}] } }, { web: [] }]) {
      expect(results(answer)).toEqual([])
    }
  })
})

describe('an engine that does not answer', () => {
  test('is followed by the next, and the model is told', async () => {
    using web = scriptedFetch({
      'https://searx.example/search': { status: 503, statusText: 'Service Unavailable' },
      'https://en.wikipedia.org/w/api.php': { json: wikipedia },
    }).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({
      engine: 'searxng',
      baseUrl: 'https://searx.example',
      fallbacks: ['wikipedia', 'brave'],
    })
    const answer = String(await callTool(session, 'web_search', { query: 'tides' }))
    expect(answer).toMatch(/^\(Did not answer: searxng: it answered 503 Service Unavailable\.\)\n/)
    expect(answer).toContain('1. Tide\n')
    expect(web.requests).toHaveLength(2)
  })

  test('is one, too, whose answer is that it could not search', async () => {
    using _web = scriptedFetch({
      'https://searx.example/search': { json: { results: [], unresponsive_engines: [['bing', 'timeout']] } },
      'https://en.wikipedia.org/w/api.php': { json: { error: { code: 'ratelimited' } } },
    }).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({
      engine: 'searxng',
      baseUrl: 'https://searx.example',
      fallbacks: ['wikipedia'],
    })
    await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow(
      'searxng: it found nothing, and engines that it asks did not answer. wikipedia: it answered with an error.',
    )
  })

  test('is told with all the others where none answers', async () => {
    using _web = scriptedFetch([{ status: 503, statusText: 'Service Unavailable' }]).install()
    const { session, user } = makeSession()
    user.config.webSearch.$patch({
      engine: 'searxng',
      baseUrl: 'https://searx.example',
      fallbacks: ['brave', 'searxng'],
    })
    await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow(
      /No search engine answered\. searxng: it answered 503 Service Unavailable\. brave: .*it has no key\. Set the config's fallbackKey/,
    )
    expect(session.context.searchResults.isEmpty).toBe(true)
  })

  test.each([
    ['is no JSON', (response: ServerResponse) => void response.end('<html>'), 'its answer was no JSON.'],
    ['hangs', () => {}, 'it took too long.'],
    ['hangs, while memory is collected,', halfWhileCollecting, 'it took too long.'],
    ['has no end', endless, 'its answer is larger than 2000000 bytes.'],
    ['is a bomb', packed(Buffer.alloc(50_000_000, ' ')), 'its answer is larger than 2000000 bytes.'],
    ['breaks off', (response: ServerResponse) => void response.destroy(), 'it could not be reached'],
  ])('because it %s is told as that', async (fault, answer, why) => {
    const { baseUrl } = await serve(answer)
    const { session, user } = makeSession()
    user.config.webSearch.$patch({
      engine: 'searxng',
      baseUrl,
      ...(fault.startsWith('hangs') && { timeoutMs: 200 }),
    })
    await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow(why)
  })

  test('is not asked without its address', async () => {
    const { session, user } = makeSession()
    user.config.webSearch.engine = 'searxng'
    await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow(
      "it needs the address of an instance. Set the config's baseUrl",
    )
  })

  test('may not send the key elsewhere by a redirect (D17)', async () => {
    const other = await serve(json(brave))
    const { baseUrl } = await serve(
      (response) => void response.writeHead(302, { location: other.baseUrl }).end(),
    )
    const { session, user } = makeSession()
    user.config.webSearch.$patch({ engine: 'brave', baseUrl, apiKey: Secret.value('k-123') })
    await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow('could not be reached')
    expect(other.asked).toEqual([])
  })
})

test('that nothing was found says by whom: one encyclopedia is not the web', async () => {
  using _web = scriptedFetch([{ json: { batchcomplete: true } }]).install()
  const { session } = makeSession()
  expect(await callTool(session, 'web_search', { query: 'tides in Foo' })).toBe(
    "Nothing was found by wikipedia for 'tides in Foo'.",
  )
})

test('where questions and keys are sent is not a session to say (D17)', async () => {
  const { session, user, agent } = makeSession()
  expect(() => (session.config.webSearch.baseUrl = 'https://evil.example')).toThrow('RETINUE_VALUE_REFUSED')
  agent.config.webSearch.$patch({ engine: 'brave', apiKey: Secret.value('k-123') })
  user.config.webSearch.baseUrl = 'https://evil.example'
  await expect(callTool(session, 'web_search', { query: 'tides' })).rejects.toThrow('RETINUE_SECRET_REFUSED')
})

test('a run searches, and what was found is marked off as text from outside (SPEC 42, 55)', async () => {
  const { baseUrl } = await serve(json(searxng))
  const { session, user } = makeSession()
  user.config.webSearch.$patch({ engine: 'searxng', baseUrl })
  const model = scriptedModel([{ calls: [{ tool: 'web_search', input: { query: 'tides' } }] }, 'At noon.'])
  await run(session, 'When is high tide?', { model }).result
  model.done()
  expect(JSON.stringify(model.requests[0]!.prompt[0])).toContain('Answer in a concise style.')
  expect(JSON.stringify(model.requests[1]!.prompt.at(-1))).toContain('```')
  expect(session.prompt().notices).toEqual([])
})

test('the toolset leaves nothing behind but what its user has set (SPEC 30, 34)', async () => {
  const { baseUrl } = await serve(json(searxng))
  const { session, user, agent } = makeSession([])
  const before = JSON.stringify(session)
  agent.tools.push('web_search')
  user.config.webSearch.$patch({ engine: 'searxng', baseUrl })
  await callTool(session, 'web_search', { query: 'tides' })
  session.context.searchResults.$reset()
  agent.tools.remove('web_search')
  expect(JSON.stringify(session)).toBe(before)
  expect(user.config.webSearch.engine).toBe('searxng')
})

test('what versions 1 and 2 saved comes back (SPEC 49, 50)', () => {
  const { user, agent } = makeSession()
  const load = (name: string) => {
    const saved = readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')
    const { session, report } = ChatSession.restore(saved, { user, agent })
    session.close()
    return [report.ok, session.context.searchResults.$values()]
  }
  const results = [{ title: 'Tides', url: 'https://tides.example/', snippet: 'High at noon.' }]
  expect(load('v1')).toEqual([true, { query: 'tides', results }])
  expect(load('v2')).toEqual([true, { query: 'tides', results }])
})
