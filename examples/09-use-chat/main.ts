// What a page with `useChat` talks to. This program is the page as well, with the object that is behind the hook, without
// React: it books, is asked and asks something else, books again, comes back, says yes, then no, is asked itself, and
// changes what it said first.
import { offlineModel } from '@retinue/agent'
import { AgentConfig } from '@retinue/kernel'
import { memoryStore, StoredSessionManager } from '@retinue/store'
import { getToolName, isToolUIPart, type UIMessage } from 'ai'
import { Page } from './page.ts'
import { chatRoute } from './server.ts'
import './trains.ts'

const model = process.env['RETINUE_MODEL'] ?? offlineModel()
const tools = ['trains', 'page']
const agent = new AgentConfig({ name: 'clerk', instructions: 'You sell tickets.', model, tools })
const manager = new StoredSessionManager({ store: memoryStore(), agents: () => agent }) // or await sqliteStore('chats.db')
const route = chatRoute(manager, agent, () => 'ada') // or whom the cookie of your login names

const page = new Page('a-trip', [], route)
console.log('# A booking that wants a yes, a question instead of one, and a booking again')
await page.sendMessage({ text: 'Book a seat to "Lyon", please.' })
await page.sendMessage({ text: 'Departures: when do trains leave "Paris"?' })
await page.sendMessage({ text: 'Book a seat to "Turin", please.' })
show(page.messages)

console.log('\n# The page is opened again, and the answer is given')
const messages = await (await route(new Request(`${page.url}?id=a-trip`))).json()
const later = new Page('a-trip', messages as UIMessage[], route)
show(later.messages.slice(-1))
await later.say(true)
show(later.messages.slice(-1))

console.log('\n# A no, and a tool of the page')
await later.sendMessage({ text: 'Book a seat to "Rome", please.' })
await later.say(false)
show(later.messages.slice(-1))
await later.sendMessage({ text: 'Place: in which city am I?' })
show(later.messages.slice(-1))

console.log('\n# In the first page, the question still stands')
await page.say(false)
console.log(page.error?.message)

console.log('\n# What was said first is changed: what came after it is taken back')
const { id: messageId } = later.messages[0]!
await later.sendMessage({ messageId, text: 'Departures: when do trains leave "Rome"?' })
show(later.messages)

function show(messages: readonly UIMessage[]): void {
  for (const { role, parts } of messages)
    for (const part of parts) if (part.type !== 'step-start') console.log(`${role}: ${shown(part)}`)
}

function shown(part: UIMessage['parts'][number]): string {
  if (part.type === 'text') return part.text.split('\n')[0]!
  if (!isToolUIPart(part)) return `(${part.type})`
  const output = part.state === 'output-available' ? `: ${part.output as string}` : ''
  return `${getToolName(part)} ${JSON.stringify(part.input)} ${part.state}${output}`
}
