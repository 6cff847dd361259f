import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { scriptedFetch, type FetchStep } from '../src/index.ts'

const home = 'https://example.com'
const never: FetchStep = () => new Promise(() => {})

describe('a scripted fetch', () => {
  test.each<unknown>([{ text: 'Hello.' }, new URL(home), 5])(
    'refuses a step that can not be played: %j',
    async (step) => {
      const web = scriptedFetch([() => step as FetchStep])
      await expect(web(`${home}/a`)).rejects.toMatchObject({ code: 'RETINUE_SCRIPT_STEP' })
    },
  )

  test('answers in order, or by what is asked for, and keeps each request as it came', async () => {
    const inOrder = scriptedFetch(['one', { json: { n: 2 }, status: 201, headers: { etag: 'x' } }])
    expect(await (await inOrder(`${home}/a`)).text()).toBe('one')
    const second = await inOrder(new URL(`${home}/b?q=1#part`), {
      method: 'POST',
      body: '{"a":1}',
      headers: { b: 'c' },
    })
    expect([second.status, second.ok, second.url, second.headers.get('etag')]).toEqual([
      201,
      true,
      `${home}/b?q=1`,
      'x',
    ])
    expect([second.headers.get('content-type'), await second.json()]).toEqual(['application/json', { n: 2 }])
    expect(inOrder.requests.map(({ method, url, body }) => [method, url.pathname, body])).toEqual([
      ['GET', '/a', ''],
      ['POST', '/b', '{"a":1}'],
    ])
    expect(inOrder.requests[1]!.headers.get('b')).toBe('c')
    inOrder.done()

    using byAddress = scriptedFetch({
      [`POST ${home}/a`]: 'posted',
      [`${home}/a?q=1`]: 'with that query',
      [`${home}/a`]: ['first', 'second'],
      [`${home}/files/*`]: ({ url }) => url.pathname,
    })
    const get = async (path: string, init?: RequestInit) => (await byAddress(home + path, init)).text()
    expect(
      await Promise.all([get('/a?q=2'), get('/a', { method: 'POST' }), get('/a'), get('/a?q=1')]),
    ).toEqual(['first', 'posted', 'second', 'with that query'])
    expect(await get('/files/x/y')).toBe('/files/x/y')
  })

  test('gives what a function, a promise or a response says', async () => {
    const fetch = scriptedFetch([
      ({ body }) => Promise.resolve(() => ({ json: body.length })),
      new Response(null, { status: 204 }),
      { status: 204 },
    ])
    expect(await (await fetch(home, { method: 'PUT', body: new URLSearchParams({ a: 'b' }) })).json()).toBe(3)
    expect(fetch.requests[0]!.headers.get('content-type')).toContain('x-www-form-urlencoded')
    for (let i = 0; i < 2; i++) expect((await fetch(home)).status).toBe(204)
  })

  test('streams, a piece when it is asked for', async () => {
    let asked = 0
    async function* pieces() {
      for (const piece of ['da', new TextEncoder().encode('ta: '), '1']) {
        asked++
        yield piece
      }
    }
    const { body } = await scriptedFetch([{ body: pieces() }])(home)
    const reader = body!.getReader()
    await reader.read()
    expect(asked).toBeLessThan(3)
    reader.releaseLock()
    expect(await text(body as never)).toBe('ta: 1')
  })

  test('fails as the network does, before it answers and in the middle', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const told = new TypeError('fetch failed')
    const fetch = scriptedFetch([refused, told, { body: 'half', cut: true }, { cut: refused }])
    await expect(fetch(home)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: refused,
    })
    await expect(fetch(home)).rejects.toBe(told)
    await expect((await fetch(home)).text()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
    })
    await expect((await fetch(home)).text()).rejects.toBe(refused)
  })

  test('is aborted before it asks, while it waits, and while it is read', async () => {
    const fetch = scriptedFetch([never, { body: ['a', 'b'] }])
    await expect(fetch(home, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(fetch.requests).toEqual([])
    await expect(fetch(home, { signal: AbortSignal.timeout(1) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    const aborter = new AbortController()
    const response = await fetch(new Request(home, { signal: aborter.signal }))
    aborter.abort()
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('refuses what fetch refuses', async () => {
    const fetch = scriptedFetch([])
    await expect(fetch('/relative')).rejects.toThrow(TypeError)
    await expect(fetch(home, { method: 'not one' })).rejects.toThrow(TypeError)
    expect(() => scriptedFetch({ '/relative': 'x' })).toThrow('RETINUE_SCRIPT_STEP')
    fetch.done()
  })
})

describe('a redirect', () => {
  const to = (status: number, location: string): FetchStep => ({ status, headers: { location } })
  const post: RequestInit = {
    method: 'POST',
    body: 'x',
    headers: { authorization: 'key', 'content-type': 'a/b' },
  }

  test.each([301, 302, 303, 307, 308])(
    'of status %i is followed as the real fetch follows it',
    async (status) => {
      const real = await serve(status)
      const answer = await fetch(`${real.home}/a`, post)
      using played = scriptedFetch([to(status, '/b'), 'there'])
      const response = await played(`${home}/a`, post)
      const told = ({ redirected, url, ok }: Response) => [redirected, new URL(url).pathname, ok]
      expect(told(response)).toEqual(told(answer))
      expect(
        played.requests.map(({ method, url, body, headers }) => [
          method,
          url.pathname,
          body,
          ...['authorization', 'content-type'].map((name) => headers.get(name)),
        ]),
      ).toEqual(real.requests)
      expect(real.requests).toHaveLength(2)
    },
  )

  test('takes no credentials to another place', async () => {
    using fetch = scriptedFetch([to(307, 'https://other.example/'), 'there'])
    await fetch(home, post)
    expect(fetch.requests[1]!.headers.has('authorization')).toBe(false)
  })

  test('is given as it is, refused or cut, as the caller and the rules say', async () => {
    const fetch = scriptedFetch([to(302, '/b'), to(302, '/b'), to(302, 'ftp://x/'), { status: 302 }])
    expect((await fetch(home, { redirect: 'manual' })).headers.get('location')).toBe('/b')
    await expect(fetch(home, { redirect: 'error' })).rejects.toThrow(TypeError)
    await expect(fetch(home)).rejects.toThrow(TypeError)
    expect((await fetch(home)).status).toBe(302)
    const round = scriptedFetch(Array.from({ length: 30 }, () => to(302, '/round')))
    await expect(round(home)).rejects.toMatchObject({ cause: { message: 'redirect count exceeded' } })
    expect(round.requests).toHaveLength(21)
  })
})

describe('the end of a script', () => {
  test('is told where something else was asked for, also when nobody heard of it', async () => {
    const fetch = scriptedFetch({ [`${home}/a`]: 'x' })
    await expect(fetch(`${home}/b`)).rejects.toThrow(
      `[RETINUE_SCRIPT_ENDED] GET ${home}/b was fetched, and the script has no step for it. Add one. It has: ${home}/a.`,
    )
    await fetch(`${home}/a`)
    await expect(fetch(`${home}/a`)).rejects.toThrow(`the script has 1 step for ${home}/a.`)
    expect(() => fetch.done()).toThrow(`GET ${home}/b was fetched`)
    expect(fetch.requests).toHaveLength(3)
  })

  test('is told where a step is left', async () => {
    const fetch = scriptedFetch({ [`${home}/a`]: ['x', 'y'], [`${home}/b`]: 'z' })
    await fetch(`${home}/a`)
    expect(fetch.unused).toBe(2)
    expect(() => fetch.done()).toThrow(
      `[RETINUE_SCRIPT_UNUSED] The script has steps that nobody asked for: ${home}/a (1 of 2), ${home}/b (0 of 1).`,
    )
  })
})

test('the global fetch is replaced for the time of a block', async () => {
  const real = globalThis.fetch
  {
    using web = scriptedFetch(['here']).install()
    expect(await (await fetch(home)).text()).toBe('here')
    expect(web.requests).toHaveLength(1)
  }
  expect(globalThis.fetch).toBe(real)
  expect(() => {
    using web = scriptedFetch(['never']).install()
    expect(web.unused).toBe(1)
  }).toThrow('RETINUE_SCRIPT_UNUSED')
  expect(globalThis.fetch).toBe(real)
})

/** A server that leads from anywhere to /b by a status, and what it was asked. */
async function serve(status: number) {
  const requests: unknown[][] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url, headers } = request
    requests.push([
      method,
      url,
      await text(request),
      headers.authorization ?? null,
      headers['content-type'] ?? null,
    ])
    if (url === '/b') response.end('there')
    else response.writeHead(status, { location: '/b' }).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { home: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}
