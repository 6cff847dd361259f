// Asks for an answer as data; what does not fit is told to the model, which mends it.
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'

const Book = Type.Object({
  title: Type.String({ description: 'Without the author' }),
  year: Type.Integer({ minimum: 1450, description: 'When it was first printed' }),
})

const agent = new AgentConfig({ name: 'librarian' })
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })
using model = scriptedModel(['{ "title": "Emma", "year": "1815" }', '{ "title": "Emma", "year": 1815 }'])

const { output, steps } = await run(session, 'Which of her novels is about Highbury?', {
  model,
  output: Book,
}).result
console.log(`after ${steps} model calls:`, output)
if (output !== undefined) console.log(`${output.title} is ${2026 - output.year} years old.`)

console.log('\nWhat was said on the way:')
for (const { role, parts } of session.messages) {
  for (const part of parts) if (part.type === 'text') console.log(`${role}: ${part.text}`)
}
