// Stands between a store and its server, and loses what it is told to lose.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can fail. */
export interface Proxy {
  readonly port: number
  /** Lets the next message with that text through to the server, and cuts the connection when it answers. */
  loseAnswerTo(text: string): void
  close(): void
}

export async function proxyTo(port: number): Promise<Proxy> {
  let lost: string | undefined
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let isLosing = false
    client.on('data', (data) => {
      if (lost !== undefined && data.includes(lost)) {
        lost = undefined
        isLosing = true
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (isLosing) client.destroy()
      else client.write(data)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    loseAnswerTo: (text) => {
      lost = text
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
