// Aborts a run in the middle of its answer, saves the session as it is, and goes on in a restored one.
import { resume, run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'poet' })
const session = new ChatSession({ user, agent })
const show = (of: ChatSession): void => {
  for (const message of of.messages) {
    const partial = message.role === 'assistant' && message.partial === true ? ' (partial)' : ''
    const text = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
    console.log(`  ${message.role}${partial}: ${text.trim()}`)
  }
}

console.log('# Aborted after four words')
const running = run(session, 'A line of verse, please.', {
  model: scriptedModel(['Shall I compare thee to a summer’s day?']),
})
let words = 0
try {
  for await (const event of running) {
    if (event.type === 'text-delta' && ++words === 4) running.abort('that is enough')
    if (event.type === 'finish') console.log(`  finish: ${event.finishReason}`)
  }
} catch (error) {
  console.log(`  ${(error as Error).message}`)
}
show(session)

console.log('# Gone on with, after a restart')
const saved = JSON.stringify(session)
session.close()
const { session: again, report } = ChatSession.restore(saved, { user, agent })
console.log(`  loaded whole: ${report.ok}`)
await resume(again, {}, { model: scriptedModel(['Shall I compare thee to a summer’s day? There.']) }).result
await run(again, 'Thank you.', { model: scriptedModel(['With pleasure.']) }).result
show(again)
