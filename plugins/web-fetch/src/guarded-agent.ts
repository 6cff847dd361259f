// Connections that lead to the public net and nowhere else. A name is looked up where the connection is made, and what
// comes of it is checked there: so neither a redirect nor a name that changes its address leads past the check. undici is
// imported by its file: for the bare name Bun gives a stand-in of its own, which asks no agent.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici/index.js'
import { failure } from './errors.ts'
import { hostName } from './host-name.ts'
import { isPublicAddress } from './public-address.ts'

/** Finds the addresses of a name. */
export type Resolve = (
  hostname: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>

/** What a guarded agent is told. */
export interface GuardOptions {
  /** Places that may be private, as `host:port`. */
  readonly privateHosts: readonly string[]
  /** @default that of the system */
  readonly resolve?: Resolve
}

/** Makes an agent of undici whose connections are refused where they do not lead to the public net. */
export function guardedAgent({ privateHosts, resolve = systemResolve }: GuardOptions): Agent {
  const connect = buildConnector({
    async lookup(hostname, options, done) {
      let found
      try {
        found = await resolve(hostname)
      } catch (error) {
        return done(error as NodeJS.ErrnoException, [])
      }
      const isRefused = found.some(({ address }) => !isPublicAddress(address))
      if (found.length === 0) return done(new Error(`'${hostname}' has no address.`), [])
      if (isRefused) return done(privateError(hostname), [])
      if (options.all === true) return done(null, [...found])
      done(null, found[0]!.address, found[0]!.family)
    },
  })
  const connectAnywhere = buildConnector({})
  const places = new Set(privateHosts.map(placeOf))
  return new Agent({
    connect(options, done) {
      const { hostname, protocol } = options
      const port = options.port || (protocol === 'https:' ? '443' : '80')
      const shown = isIP(hostname) === 6 ? `[${hostname}]` : hostname
      if (places.has(`${shown}:${port}`)) return connectAnywhere(options, done)
      if (isIP(hostname) !== 0 && !isPublicAddress(hostname)) return done(privateError(hostname), null)
      connect(options, (...[error, socket]) => {
        if (error !== null) return done(error, null)
        if (isPublicAddress(socket.remoteAddress ?? '')) return done(null, socket)
        socket.destroy()
        done(privateError(hostname), null)
      })
    },
  })
}

function placeOf(place: string): string {
  const end = place.lastIndexOf(':')
  return hostName(place.slice(0, end)) + place.slice(end)
}

const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

function privateError(hostname: string): Error {
  const what = `'${hostname}' leads into a private network, which can't be read.`
  return failure('RETINUE_WEB_FETCH_PRIVATE', what, 'Look for a page on the public web.')
}
