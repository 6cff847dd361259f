// A clerk who is talked to in a browser. `--serve` waits for one; without it, this program visits the server itself.
import { serve } from '@hono/node-server'
import { offlineModel } from '@retinue/agent'
import { AgentConfig, definePlugin, defineTool, defineToolset, register, Type } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { chatServer } from './server.ts'
import { visit } from './visit.ts'

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
} else await visit(app)
