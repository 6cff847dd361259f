// A clerk who is talked to in a browser. `--serve` waits for one; without it, this program visits the server itself, as
// the page does: it asks, orders, is asked, comes back after a while, and says yes.
import { serve } from '@hono/node-server'
import { offlineModel, type RunEvent } from '@retinue/agent'
import { AgentConfig, definePlugin, defineTool, defineToolset, register, Type } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { chatServer } from './server.ts'

const shop = defineToolset('shop', {
  tools: {
    price: defineTool({
      description: 'Tells what an article of the shop costs.',
      input: Type.Object({ article: Type.Enum(['pen', 'book'], { type: 'string' }) }),
      effect: 'pure',
      execute: ({ article }) => `A ${article} costs ${article === 'pen' ? 3 : 12} euros.`,
    }),
    order: defineTool({
      description: 'Orders an article of the shop.',
      input: Type.Object({ article: Type.Enum(['pen', 'book'], { type: 'string' }) }),
      approval: true,
      execute: ({ article }) => `A ${article} is on its way.`,
    }),
  },
})
register(definePlugin({ name: '@example/shop', version: '1.0.0', contributes: [shop] }))

const model = process.env['RETINUE_MODEL'] ?? offlineModel()
const agent = new AgentConfig({ name: 'clerk', instructions: 'You serve in a shop.', model, tools: ['shop'] })
const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent }) // or await sqliteStore('chats.db')
const app = chatServer(manager, agent, () => 'ada') // or whom the cookie of your login names

if (process.argv.includes('--serve')) {
  const port = Number(process.env['PORT'] ?? 8080)
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`http://localhost:${port}`))
} else await visit()

async function visit(): Promise<void> {
  const { id } = (await (await send('POST', '/sessions')).json()) as { id: string }
  console.log('# A turn is a stream of events')
  await turn(id, { text: 'What does a pen cost?' })

  console.log('\n# A turn asks for a yes')
  await turn(id, { text: 'Order a book, please.' })

  console.log('\n# The page is opened again')
  const { messages, approvals } = (await (await send('GET', `/sessions/${id}`)).json()) as Visit
  console.log(`${messages.length} messages`)
  for (const { toolName, input } of approvals)
    console.log(`${toolName} ${JSON.stringify(input)} waits for an answer`)

  console.log('\n# And the answer is given')
  await turn(id, { answers: Object.fromEntries(approvals.map(({ toolCallId }) => [toolCallId, true])) })

  console.log('\n# What can go wrong is told')
  for (const [path, body] of [
    [id, { text: 5 }],
    ['made-up', { text: 'Hello?' }],
  ] as const) {
    const refused = await send('POST', `/sessions/${path}/turns`, body)
    console.log(refused.status, ((await refused.json()) as { message: string }).message)
  }
}

interface Visit {
  readonly messages: readonly object[]
  readonly approvals: readonly { toolCallId: string; toolName: string; input: unknown }[]
}

/** Sends a request to the server, without a network between. */
async function send(method: string, path: string, body?: object): Promise<Response> {
  return app.request(path, { method, ...(body && { body: JSON.stringify(body) }) })
}

async function turn(id: string, body: object): Promise<void> {
  const { body: stream } = await send('POST', `/sessions/${id}/turns`, body)
  let text = ''
  for await (const chunk of stream!.pipeThrough(new TextDecoderStream())) text += chunk
  for (const line of text.trim().split('\n')) show(JSON.parse(line) as RunEvent)
}

function show(event: RunEvent): void {
  if (event.type === 'tool-call') console.log(`calls ${event.toolName} ${JSON.stringify(event.input)}`)
  else if (event.type === 'tool-result') console.log(`result: ${event.output.value as string}`)
  else if (event.type === 'finish') console.log(`ends with ${event.finishReason}`)
  else if (event.type === 'text-delta') process.stdout.write(event.delta)
  else if (event.type === 'text-end') console.log()
}
