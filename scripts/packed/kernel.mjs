// The packed kernel alone: a plugin of its own comes, is used, and leaves. No template, so that it runs
// where code generation is forbidden, too.
import assert from 'node:assert/strict'
import * as kernel from '@retinue/kernel'

const { AgentConfig, ChatSession, ChatUser, compileSchema, Config, Context, Type } = kernel
const { definePlugin, defineTool, defineToolset, registry } = kernel

class NotesConfig extends Config('notes', { limit: Type.Integer({ default: 5, minimum: 1 }) }) {}
class RecentNotes extends Context('recent_notes', {
  titles: Type.Array(Type.String(), { default: [] }),
}) {}
const notes = defineToolset('notes', {
  needs: [NotesConfig, RecentNotes],
  tools: {
    notes: defineTool({
      description: 'Keeps a note.',
      input: Type.Object({ title: Type.String() }),
      execute: ({ title }) => title,
    }),
  },
})
registry.register(
  definePlugin({ name: 'notes', version: '1.0.0', contributes: [NotesConfig, RecentNotes, notes] }),
)

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'scribe', tools: [] })
const session = new ChatSession({ user, agent })
const heard = []
session.on('contextAdded', ({ type }) => heard.push(`+${type}`))
session.on('contextRemoved', ({ type }) => heard.push(`-${type}`))

agent.tools.push('notes')
user.config.notes.limit = 7
session.context.recentNotes.titles = ['first']
assert.equal(session.config.notes.limit, 7)
assert.equal(session.config.notes.$source('limit'), 'user')
assert.throws(() => {
  user.config.notes.limit = 0
})

agent.tools.remove('notes')
assert.deepEqual(heard, ['+recent_notes', '-recent_notes'])
agent.tools.push('notes')
const saved = JSON.parse(JSON.stringify(session))
session.close()

const { session: again } = ChatSession.restore(saved, { user, agent })
assert.deepEqual(again.context.recentNotes.titles, ['first'])
again.close()

// TypeBox's patterns for other scripts are made on their first use.
const host = compileSchema(Type.String({ format: 'idn-hostname' }))
assert.deepEqual([host.check('bücher.example'), host.check('-.example')], [true, false])
console.log('kernel: a tool came with its retinue, was used, left, came back, was saved and restored')
