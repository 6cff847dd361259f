// Where a redirect leads, by the rules of fetch (https://fetch.spec.whatwg.org/#http-redirect-fetch).
import { networkFailure } from './fetch-response.ts'

const credentials = ['authorization', 'proxy-authorization', 'cookie', 'host']
const ofBody = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']

/**
 * The request that follows an answer; nothing where the answer is what the caller gets.
 * @throws {TypeError} where it may not be followed.
 */
export function redirected(
  request: Request,
  body: ArrayBuffer,
  { status, headers }: Response,
  hops: number,
): Request | undefined {
  const location = headers.get('location')
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return undefined
  if (request.redirect === 'manual') return undefined
  if (request.redirect === 'error') throw networkFailure(new Error('unexpected redirect'))
  if (hops >= 20) throw networkFailure(new Error('redirect count exceeded'))
  const from = new URL(request.url)
  const to = new URL(location, from)
  if (!/^https?:$/.test(to.protocol)) throw networkFailure(new Error('URL scheme must be a HTTP(S) scheme'))
  const { method } = request
  const isPost = method === 'POST' && status <= 302
  const becomesGet = isPost || (status === 303 && method !== 'GET' && method !== 'HEAD')
  const kept = new Headers(request.headers)
  for (const name of becomesGet ? ofBody : []) kept.delete(name)
  for (const name of to.origin === from.origin ? [] : credentials) kept.delete(name)
  const { redirect } = request
  if (becomesGet) return new Request(to, { headers: kept, redirect })
  return new Request(to, { method, headers: kept, redirect, ...(body.byteLength > 0 && { body }) })
}
