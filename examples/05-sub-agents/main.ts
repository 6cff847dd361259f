// A tool that hands a task to a run of its own: fewer tools, a share of the budget, its events within the outer run's.
import { run, type RunEvent } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, Type } from '@retinue/kernel'
import { definePlugin, defineTool, defineToolset, register } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'

const library = defineToolset('library', {
  tools: {
    look_up: defineTool({
      description: 'Looks a book up.',
      input: Type.Object({ title: Type.String() }),
      effect: 'pure',
      execute: ({ title }) => `${title}: shelf 7`,
    }),
  },
})
const delegate = defineToolset('delegate', {
  tools: {
    delegate: defineTool({
      description: 'Hands a task to a helper, and gives its answer.',
      input: Type.Object({ task: Type.String() }),
      async execute({ task }, call) {
        using child = call.interaction.child({ input: task })
        child.tools.exclude('delegate') // no helpers of helpers
        const { text } = await run(child, task, { parent: call, budget: { steps: 5 } }).result
        return text
      },
    }),
  },
})
register(definePlugin({ name: 'delegation', version: '1.0.0', contributes: [library, delegate] }))

const agent = new AgentConfig({ name: 'librarian', tools: ['library', 'delegate'] })
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })
using model = scriptedModel([
  { calls: [{ tool: 'delegate', input: { task: 'Where is Emma?' } }] },
  { calls: [{ tool: 'library_look_up', input: { title: 'Emma' } }] },
  'On shelf 7.',
  'Emma stands on shelf 7.',
])

function show(event: RunEvent, indent = ''): void {
  if (event.type === 'child') show(event.event, `${indent}    `)
  if (event.type === 'tool-call')
    console.log(`${indent}calls ${event.toolName} ${JSON.stringify(event.input)}`)
  if (event.type === 'finish') console.log(`${indent}says ${event.text} (${event.steps} steps)`)
}
for await (const event of run(session, 'Where do I find Emma?', { model, budget: { steps: 10 } })) show(event)

console.log(`\nThe helper could use: ${model.requests[1]!.tools!.map(({ name }) => name).join(', ')}`)
console.log(`The session has ${session.messages.length} messages, none of the helper's.`)
