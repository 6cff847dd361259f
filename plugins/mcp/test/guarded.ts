// A desk that wants authorization, and who gives tokens for it: what renews a token does so once.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type {
  OAuthClientInformationMixed,
  OAuthClientProvider,
  OAuthTokens,
} from '@modelcontextprotocol/client'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { onTestFinished } from 'vitest'
import { deskServer, makeDesk } from './servers/desk.ts'

/** Serves both on loopback, the desk to those alone who send the key; `asked` is what came to who gives the tokens. */
export async function serveGuarded(key: string) {
  const asked: { readonly path: string; readonly key: unknown }[] = []
  let count = 0
  const valid = new Set<string>()
  const issuer = await serve(async (request, { pathname, origin }) => {
    asked.push({ path: pathname, key: request.headers['x-key'] })
    const sent = await text(request)
    if (pathname === '/register')
      return Response.json({ ...(JSON.parse(sent) as object), client_id: 'app' }, { status: 201 })
    if (pathname === '/token') {
      const renewal = new URLSearchParams(sent).get('refresh_token')
      if (renewal !== null && renewal !== `renewal-${count}`)
        return Response.json({ error: 'invalid_grant' }, { status: 400 })
      const token = `token-${++count}`
      valid.add(`Bearer ${token}`)
      return Response.json({ access_token: token, refresh_token: `renewal-${count}`, token_type: 'Bearer' })
    }
    return Response.json({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    })
  })
  const handler = createMcpHandler(() => deskServer(makeDesk()), { keepAliveMs: 0 })
  onTestFinished(() => handler.close())
  const handle = toNodeHandler(handler)
  const origin = await serve((request, { pathname, origin }) => {
    const about = '/.well-known/oauth-protected-resource'
    if (request.headers['x-key'] !== key) return new Response('No key.', { status: 404 })
    if (pathname === about)
      return Response.json({ resource: `${origin}/mcp`, authorization_servers: [issuer] })
    if (valid.has(request.headers.authorization ?? '')) return handle
    const challenge = `Bearer error="invalid_token", resource_metadata="${origin}${about}"`
    return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
  })
  return { url: `${origin}/mcp`, asked, expire: () => valid.clear() }
}

type Answer = Response | ReturnType<typeof toNodeHandler>

async function serve(
  answer: (request: IncomingMessage, url: URL) => Answer | Promise<Answer>,
): Promise<string> {
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const answered = await answer(request, new URL(request.url!, origin))
    if (typeof answered === 'function') return answered(request as never, response)
    response.writeHead(answered.status, Object.fromEntries(answered.headers)).end(await answered.text())
  }
  const server = createServer((request, response) => void respond(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return origin
}

/** Keeps what OAuth needs, as an application does; `sent` are the addresses that a person was sent to. */
export class Login implements OAuthClientProvider {
  readonly sent: URL[] = []
  readonly redirectUrl = 'http://127.0.0.1:9/callback'
  readonly clientMetadata = { redirect_uris: [this.redirectUrl], token_endpoint_auth_method: 'none' }
  #client: OAuthClientInformationMixed | undefined
  #tokens: OAuthTokens | undefined
  #verifier = ''
  readonly clientInformation = () => this.#client
  readonly saveClientInformation = (client: OAuthClientInformationMixed) => void (this.#client = client)
  readonly tokens = () => this.#tokens
  readonly saveTokens = (tokens: OAuthTokens) => void (this.#tokens = tokens)
  readonly redirectToAuthorization = (url: URL) => void this.sent.push(url)
  readonly saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier)
  readonly codeVerifier = () => this.#verifier
  readonly invalidateCredentials = () => void (this.#tokens = undefined)
  #state: unknown
  readonly saveDiscoveryState = (state: unknown) => void (this.#state = state)
  readonly discoveryState = () => this.#state as never
}
