// A tool that wants a person's yes: asked for in the stream, across a restart, and decided by a policy.
import { pendingApprovals, resume, run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, Type } from '@retinue/kernel'
import { definePlugin, defineTool, defineToolset, register } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'

const files = defineToolset('files', {
  tools: {
    remove: defineTool({
      description: 'Removes a file.',
      input: Type.Object({ path: Type.String() }),
      approval: ({ path }) => !path.startsWith('/tmp/'),
      execute: ({ path }) => `${path} is gone`,
    }),
  },
})
register(definePlugin({ name: 'files', version: '1.0.0', contributes: [files] }))

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'janitor', tools: ['files'] })
const session = new ChatSession({ user, agent })
const remove = (...paths: string[]) => ({
  calls: paths.map((path) => ({ tool: 'files_remove', input: { path }, id: path })),
})
const results = (of: ChatSession): void => {
  const parts = of.messages.items.flatMap((message) => (message.role === 'tool' ? message.parts : []))
  for (const { toolCallId, output } of parts) console.log(`  ${toolCallId}: ${JSON.stringify(output.value)}`)
  of.messages.clear()
}

console.log('# In the stream')
const running = run(session, 'Clean up', {
  model: scriptedModel([remove('/tmp/a', 'notes.md', 'old.log'), 'Done.']),
  approve: 'wait',
})
for await (const event of running) {
  if (event.type !== 'approval-request') continue
  const isLog = event.toolCallId.endsWith('.log')
  running.approve(event.toolCallId, isLog ? true : { approved: false, reason: 'I need my notes' })
}
results(session)

console.log('# Across a restart')
const model = scriptedModel([remove('b.log'), 'Done.'])
const { finishReason } = await run(session, 'And b.log', { model }).result
console.log(`  stopped for ${finishReason}`)
const saved = JSON.stringify(session)
session.close()
const { session: again } = ChatSession.restore(saved, { user, agent })
for (const { toolName, input, path } of pendingApprovals(again))
  console.log(`  ${path.at(-1)!.agent} wants ${toolName} ${JSON.stringify(input)}`)
await resume(again, { 'b.log': true }, { model }).result
results(again)

console.log('# By a policy')
const script = scriptedModel([remove('c.log', 'main.ts'), 'Done.'])
const approvalPolicy = ({ toolCallId }: { toolCallId: string }) =>
  toolCallId.endsWith('.log') ? 'allow' : 'deny'
await run(again, 'Clean up all', { model: script, approvalPolicy }).result
results(again)
