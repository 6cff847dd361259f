// Stands between a store and its server, and loses what it is told to lose.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A way to a server that can fail. */
export interface Proxy {
  readonly port: number
  /** Lets the next message with that text through to the server, and cuts the connection when it answers. */
  loseAnswerTo(text: string): void
  /** Lets the next message with that text through to the server, and no answer back; resolves when there was one. */
  swallowAnswerTo(text: string): Promise<void>
  /** Cuts all connections, and refuses others for a while; gives how many. */
  goAway(ms: number): Promise<number>
  /** Greets whoever connects from now on as a pooler does: with a process that it has made up. */
  poseAsPooler(): void
  /** Says to whoever connects next, together with the greeting, that the server ends. */
  endAtGreeting(): void
  close(): void
}

/** How a server begins to say which process answers. */
const backendKey = Buffer.from('K\0\0\0\x0c', 'latin1')
/** How a server says that it ends. */
const end = Buffer.from('E\0\0\0\x18SFATAL\0C57P01\0MEnd\0\0', 'latin1')

export async function proxyTo(port: number): Promise<Proxy> {
  let lost: { readonly text: string; lose(client: Socket): void } | undefined
  const sockets = new Set<Socket>()
  let refused: number | undefined
  let isPooler = false
  let isEnding = false
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const server = createServer((client) => {
    if (refused !== undefined) {
      refused++
      client.destroy()
      return
    }
    const upstream = connect(port, '127.0.0.1')
    let losing: typeof lost
    client.on('data', (data) => {
      if (lost !== undefined && data.includes(lost.text)) {
        losing = lost
        lost = undefined
      }
      upstream.write(data)
    })
    upstream.on('data', (data: Buffer) => {
      const greeting = data.indexOf(backendKey)
      if (greeting >= 0 && isPooler) data.writeInt32BE(-1, greeting + backendKey.length)
      if (greeting >= 0 && isEnding) {
        isEnding = false
        client.end(Buffer.concat([data, end]))
      } else if (losing === undefined) client.write(data)
      else losing.lose(client)
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
      lost = { text, lose: (client) => client.destroy() }
    },
    swallowAnswerTo: (text) =>
      new Promise((resolve) => {
        lost = { text, lose: () => resolve() }
      }),
    goAway: async (ms) => {
      refused = 0
      cut()
      await pause(ms)
      const count = refused
      refused = undefined
      return count
    },
    poseAsPooler: () => {
      isPooler = true
    },
    endAtGreeting: () => {
      isEnding = true
    },
    close: () => {
      cut()
      server.close()
    },
  }
}
